/*
 * Where one writes: the text, the note, quick replies, the hour a text leaves at. Half-written texts
 * are kept for this tab, per member and conversation, until they are sent.
 */
import { measure } from "./segments.js";
import { suggestMembers, suggestQuick, steer } from "./suggest.js";

const MOST_PASTED = 20_000;

/* ---- drafts ---- */

const placeOf = (node) => node.closest("[data-conversation]");
const keyOf = (node) => {
  const thread = placeOf(node);
  return thread ? `app:draft:${thread.dataset.me}:${thread.dataset.conversation}` : null;
};

function drafts(key) {
  try { return JSON.parse(sessionStorage.getItem(key) ?? "{}"); } catch { return {}; }
}

function keep(key, change) {
  if (!key) return;
  const kept = { ...drafts(key), ...change };
  try {
    if (kept.text || kept.note) sessionStorage.setItem(key, JSON.stringify(kept));
    else sessionStorage.removeItem(key);
  } catch { /* no room: the box itself still has it */ }
}

/* ---- the meter ---- */

const signed = (area) => {
  const sign = (area.dataset.signature ?? "").trim();
  const text = area.value.trim();
  return sign && text && !text.endsWith(sign) ? `${text}\n${sign}` : area.value;
};

function meter(area) {
  const form = area.form;
  const gauge = form?.querySelector("[data-meter]");
  const most = Number(form?.dataset.most ?? 1600);
  const text = signed(area);
  const tooLong = text.length > most;
  if (form?.matches("[data-composer]")) {
    if (tooLong) say(form, form.dataset.tooLong.replace("%length%", text.length.toLocaleString()));
    else if (form.dataset.saidLong) say(form, "");
    form.toggleAttribute("data-said-long", tooLong);
    if (tooLong) form.dataset.saidLong = "1"; else delete form.dataset.saidLong;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = tooLong || button.hasAttribute("data-never");
  }
  if (!gauge) return;
  const words = gauge.dataset;
  if (tooLong) {
    gauge.querySelector("[data-meter-words]").textContent = `${text.length.toLocaleString()} / ${most.toLocaleString()}`;
    gauge.toggleAttribute("data-long", true);
    return;
  }
  gauge.toggleAttribute("data-empty", !text.trim());
  if (!text.trim()) {
    gauge.querySelector("[data-meter-words]").textContent = "";
    gauge.toggleAttribute("data-long", false);
    return;
  }
  const found = measure(text);
  const cents = ((found.segments * Number(area.dataset.price ?? 0)) / 100).toFixed(1).replace(/\.0$/, "");
  const count = (found.segments === 1 ? words.one : words.many).replace("%n%", found.segments);
  const parts = [count];
  if (area.dataset.price) parts[0] += `, ${words.price.replace("%c%", cents)}`;
  if (found.left < 60 || found.segments > 1) parts.push(words.left.replace("%n%", found.left));
  if (found.unicode) parts.push(words.unicode.replace("%c%", found.unicode));
  gauge.querySelector("[data-meter-words]").textContent = parts.join(" · ");
  gauge.querySelector(".meter__fill").style.strokeDashoffset = String((100 * found.left) / found.size);
  gauge.toggleAttribute("data-long", found.segments > 1);
}

/* Where the browser cannot grow a field with its content, we do. */
function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function say(form, words) {
  const place = form.querySelector("#reply-error");
  if (!place) return;
  place.replaceChildren();
  if (!words) return;
  const line = document.createElement("p");
  line.className = "composer__error";
  line.append(Object.assign(document.createElement("span"), { textContent: words }));
  place.append(line);
}

/** Meter and grow every box under `root`, and bring back its draft. */
export function prepare(root = document) {
  for (const area of root.querySelectorAll("[data-metered]")) {
    const kept = drafts(keyOf(area) ?? "");
    if (kept.text && !area.value && !area.form.elements.replaces?.value) {
      area.value = kept.text;
      if (kept.token) area.form.elements.client_token.value = kept.token;
    }
    meter(area);
    grow(area);
  }
  const note = root.querySelector("#note-body");
  const kept = note ? drafts(keyOf(note) ?? "") : {};
  if (note && kept.note && !note.value) note.value = kept.note;
  later(root.querySelector("#when-choice"));
  if (!navigator.onLine) noLine(root);
}

/** A text was taken back into the box: what was being written meanwhile stands below it. */
export function putBack(typed) {
  const area = document.getElementById("reply-body");
  if (!area) return;
  if (typed.trim() && !area.value.includes(typed.trim())) area.value = `${area.value}\n${typed}`;
  written(area);
  area.focus();
  document.dispatchEvent(new CustomEvent("app:replied"));
}

function written(area) {
  meter(area);
  grow(area);
  if (area.value.length > MOST_PASTED) return; // never worth keeping
  if (area.matches("[data-metered]")) {
    keep(keyOf(area), { text: area.value, token: area.form.elements.client_token.value });
    area.form.dispatchEvent(new CustomEvent("ask"));
  } else if (area.id === "note-body") {
    keep(keyOf(area), { note: area.value });
  }
}

document.addEventListener("input", (event) => {
  const area = event.target;
  if (area.matches("[data-metered], [data-mentions]")) {
    written(area);
    if (area.dataset.quick) suggestQuick(area);
    if (area.dataset.mentions) suggestMembers(area);
  }
  if (area.matches("#when-at")) area.form.dispatchEvent(new CustomEvent("ask"));
});

/* A browser that lays out ten megabytes stands still: they are not put in at all. */
document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form || !event.target.matches("textarea")) return;
  const pasted = event.clipboardData?.getData("text") ?? "";
  if (pasted.length <= MOST_PASTED) return;
  event.preventDefault();
  say(form, form.dataset.tooMuch.replace("%length%", pasted.length.toLocaleString()));
});

document.addEventListener("keydown", (event) => {
  const area = event.target;
  if (!area.matches?.("[data-metered], [data-mentions]")) return;
  if (steer(area, event)) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const button = area.form.querySelector("button[type=submit]:not(:disabled)");
    if (button) area.form.requestSubmit();
  }
});

/* ---- text or note; now or later ---- */

function show(tab, focus = true) {
  for (const each of document.querySelectorAll("[data-tab]")) {
    const chosen = each.dataset.tab === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) document.querySelector(tab === "note" ? "#note-body" : "#reply-body")?.focus();
}

function later(choice) {
  if (!choice) return;
  const form = choice.form;
  const at = form.querySelector("#when-at");
  at.hidden = choice.value !== "at";
  at.required = choice.value === "at";
  form.querySelector("[data-send-now]").hidden = Boolean(choice.value);
  form.querySelector("[data-send-later]").hidden = !choice.value;
}

document.addEventListener("change", (event) => {
  if (event.target.id !== "when-choice") return;
  later(event.target);
  if (event.target.value === "at") document.getElementById("when-at").focus();
  event.target.form.dispatchEvent(new CustomEvent("ask"));
});

document.addEventListener("click", (event) => {
  const on = (what) => event.target.closest(what);
  let found;
  if ((found = on("[data-tab]"))) show(found.dataset.tab);
  else if ((found = on("[data-when-open]"))) {
    const box = document.getElementById("when");
    box.hidden = !box.hidden;
    found.setAttribute("aria-expanded", String(!box.hidden));
    if (box.hidden) {
      document.getElementById("when-choice").value = "";
      later(document.getElementById("when-choice"));
      found.form?.dispatchEvent(new CustomEvent("ask"));
    } else document.getElementById("when-choice").focus();
  } else if ((found = on("[data-quick-open]"))) {
    const area = found.form.querySelector("[data-metered]");
    area.focus();
    suggestQuick(area, true);
  } else if ((found = on("[data-fresh]"))) {
    window.htmx.ajax("GET", found.dataset.fresh, { target: "#composer", swap: "outerHTML" })
      .then(() => { prepare(); document.getElementById("reply-body")?.focus(); });
  }
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = event.target.dataset.tab === "text" ? "note" : "text";
  show(other, false);
  document.querySelector(`[data-tab="${other}"]`).focus();
});

/* ---- sending ---- */

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const form = event.target;
    if (!form.matches("[data-composer]")) return;
    const long = event.detail.xhr?.status === 413 || event.detail.xhr?.status === 400;
    say(form, long
      ? form.dataset.tooLong.replace("%length%", form.elements.body.value.length.toLocaleString())
      : form.dataset.unreached);
  });
}

/* Without a connection nothing goes out: what the box foretold holds no more. */
function noLine(root = document) {
  for (const place of root.querySelectorAll("[data-away]")) {
    const line = document.createElement("p");
    line.className = "foretold__line foretold__line--wait";
    line.textContent = place.dataset.away;
    place.replaceChildren(line);
  }
}

window.addEventListener("offline", () => noLine());
window.addEventListener("online", () => {
  for (const form of document.querySelectorAll("[data-composer]")) form.dispatchEvent(new CustomEvent("ask"));
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.matches("[data-away]")) noLine();
});

/* Asked of the request itself: the reader may have left the conversation before the answer comes. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target;
  const what = form.matches("[data-composer]") ? "text" : form.matches("[data-note-form]") ? "note" : "";
  if (!what) return;
  const { xhr } = event.detail;
  const key = keyOf(form);
  const kept = { [what]: form.elements.body.value };
  if (what === "text") kept.token = form.elements.client_token.value;
  keep(key, { [what]: "" });
  xhr.addEventListener("loadend", () => {
    if (xhr.status < 200 || xhr.status >= 300) keep(key, kept);
  });
});

document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (form?.matches?.("[data-note-form]")) {
    document.getElementById("note-body")?.focus();
    document.dispatchEvent(new CustomEvent("app:replied"));
  }
  if (!form?.matches?.("[data-composer]")) return;
  prepare();
  document.getElementById("reply-body")?.focus();
  document.dispatchEvent(new CustomEvent("app:replied"));
});
