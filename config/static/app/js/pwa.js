/*
 * The installed app: its service worker, its new versions, its badge, what is said without a network,
 * and what is left behind by whoever signs out. Words and addresses come from #app's data attributes.
 */
const app = document.getElementById("app");

/* A text that stands in a box unsent is never thrown away by a reload or a notice's click. */
const unsent = () => [...document.querySelectorAll("textarea")].some((box) => box.value.trim() && box.value !== box.defaultValue);

function offer(words, act) {
  const note = document.createElement("div");
  note.className = "app-note";
  note.setAttribute("role", "status");
  const said = document.createElement("p");
  said.textContent = words;
  note.append(said);
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = act.words;
    button.addEventListener("click", () => { note.remove(); act.run(); });
    note.append(button);
  }
  document.body.append(note);
  return note;
}

/* ---- new versions ---- */

function offerUpdate(worker) {
  offer(app.dataset.update, { words: app.dataset.updateAct, run: () => worker.postMessage("take over") });
}

async function register() {
  const registration = await navigator.serviceWorker.register(app.dataset.worker, { scope: "/", updateViaCache: "none" });
  const hadOne = Boolean(navigator.serviceWorker.controller);
  if (registration.waiting && hadOne) offerUpdate(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh?.addEventListener("statechange", () => {
      if (fresh.state === "installed" && navigator.serviceWorker.controller) offerUpdate(fresh);
    });
  });
  let reloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne || reloading || unsent()) return;
    reloading = true;
    window.location.reload();
  });
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data?.kind !== "open") return;
    const url = new URL(event.data.url, window.location.origin);
    if (url.origin !== window.location.origin) return;
    if (!unsent()) window.location.assign(url);
    else offer(app.dataset.waiting, { words: app.dataset.waitingAct, run: () => window.location.assign(url) });
  });
}

/* ---- no network ---- */

let away = null;
function network() {
  if (navigator.onLine) { away?.remove(); away = null; return; }
  away ??= offer(app.dataset.offline);
  away.classList.add("app-note--away");
}

/* ---- signing out ---- */

/* Others may use this device: nothing half-written stays, and who left is told nothing here any more. */
async function tidy() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith("app:")) sessionStorage.removeItem(key);
  } catch { /* a private window keeps nothing */ }
  badge(0);
  const registration = await navigator.serviceWorker?.getRegistration("/");
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

function leave(event) {
  const form = event.target;
  if (event.defaultPrevented || !form.matches('form[action$="/logout/"]')) return;
  event.preventDefault();
  const patience = new Promise((done) => { setTimeout(done, 2000); }); // a push service may be slow
  Promise.race([tidy().catch(() => {}), patience]).then(() => form.submit());
}

/* ---- the badge on the app's icon ---- */

function badge(count) {
  if (!navigator.setAppBadge) return;
  (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {});
}

if (app) {
  if ("serviceWorker" in navigator && window.isSecureContext) register().catch(() => {});
  document.addEventListener("submit", leave);
  window.addEventListener("offline", network);
  window.addEventListener("online", network);
  network();
  /* Whoever looks at the app has been called to it: the count starts anew. */
  badge(Number(app.dataset.badge ?? 0));
}
