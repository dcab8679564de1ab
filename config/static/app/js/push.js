/*
 * "Tell me on this device": honest about what this browser can do, and what was chosen in it.
 * The box carries every state as an element of its own; one is shown.
 */
const IS_IOS = /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = () => window.matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && window.isSecureContext;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function digest(words) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(words));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration ? registration.pushManager.getSubscription() : null;
}

function show(box, state) {
  for (const part of box.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
}

async function look(box) {
  if (box.dataset.key === "") return show(box, "unset");
  if (!canPush()) return show(box, IS_IOS && !isInstalled() ? "install" : "unsupported");
  if (Notification.permission === "denied") return show(box, "blocked");
  const mine = await subscription();
  if (!mine || Notification.permission !== "granted") return show(box, "off");
  const hash = await digest(mine.endpoint);
  const row = document.querySelector(`[data-device="${hash}"]`);
  if (row) row.querySelector("[data-this]").hidden = false;
  show(box, row ? "on" : "off");
}

async function turnOn(box) {
  show(box, "busy");
  try {
    if ((await Notification.requestPermission()) !== "granted") return look(box);
    const registration = await navigator.serviceWorker.ready;
    let mine = await registration.pushManager.getSubscription();
    const key = bytes(box.dataset.key);
    const had = mine?.options?.applicationServerKey;
    if (mine && had && text(had) !== box.dataset.key) { await mine.unsubscribe(); mine = null; }
    mine ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const form = new FormData(box.querySelector("form"));
    form.set("endpoint", mine.endpoint);
    form.set("p256dh", text(mine.getKey("p256dh")));
    form.set("auth", text(mine.getKey("auth")));
    const answer = await fetch(box.dataset.url, { method: "POST", body: form, credentials: "same-origin" });
    if (!answer.ok) throw new Error(await answer.text());
    window.location.reload();
  } catch (problem) {
    box.querySelector("[data-problem]").textContent = problem.message.slice(0, 200);
    show(box, "failed");
  }
}

async function turnOff(form) {
  const mine = canPush() ? await subscription() : null;
  if (mine && (await digest(mine.endpoint)) === form.dataset.removes) await mine.unsubscribe().catch(() => {});
  form.submit();
}

const box = document.querySelector("[data-push]");
if (box) {
  look(box).catch(() => show(box, "unsupported"));
  for (const button of box.querySelectorAll("[data-on]")) button.addEventListener("click", () => turnOn(box));
  for (const form of document.querySelectorAll("form[data-removes]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); turnOff(form); });
  }
}
