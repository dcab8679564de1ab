/*
 * The keyboard map and its dialog. A key clicks the first thing on the page that carries its name in
 * data-key-act, so that a page only has to name its buttons. Single letters do something only while
 * nobody is writing, and can be turned off (WCAG 2.1.4); that choice is kept in this browser.
 */
const ACTS = {
  n: "note", e: "close", a: "assign", s: "snooze", u: "unread", x: "select", "/": "search",
};
const PLACES = { i: "go-inbox", c: "go-contacts", s: "go-settings" };
const PATIENCE = 1500; // ms between g and the letter of a place

const read = () => {
  try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
};
let on = read();
let going = 0;

const writing = (target) =>
  target.isContentEditable || target.closest("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select");

/* What a thread's reply box calls these by itself. */
const ALSO = { reply: "#reply-body", note: '[data-tab="note"]' };

const shown = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;

function find(name, near = document) {
  const named = [...near.querySelectorAll(`[data-key-act~="${name}"]`)];
  if (near === document && ALSO[name]) named.push(...document.querySelectorAll(ALSO[name]));
  return named.find((each) => shown(each) && !each.disabled);
}

/* What is written into gets the focus, everything else a click. */
function act(name, near) {
  const target = (near && find(name, near)) ?? find(name);
  if (!target) return false;
  if (target.matches("textarea, input:not([type=checkbox], [type=radio])")) target.focus();
  else target.click();
  return true;
}

/* The reply may stand behind the note's tab. */
function reply() {
  const tab = document.querySelector('[role="tab"][aria-selected="false"]:not([data-tab="note"])[data-tab]');
  if (tab && shown(tab) && document.getElementById("reply-body")) tab.click();
  return act("reply");
}

function newText() {
  const url = document.getElementById("keys")?.dataset.new;
  if (act("new")) return true;
  if (url) window.location.assign(url);
  return Boolean(url);
}

/* ---- the list ---- */

const rows = () => [...document.querySelectorAll("a.queue-row")].filter(shown);
const focused = () => document.activeElement?.closest?.(".queue__list li")?.querySelector("a.queue-row");

function step(by) {
  const all = rows();
  const here = all.indexOf(focused());
  const at = here !== -1 ? here : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[at === -1 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (!next) return false;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  // Beside an open conversation the next one opens at once; in a list alone it is only chosen.
  if (document.querySelector("#thread[data-conversation]")) next.click();
  return true;
}

function openFocused() {
  const row = focused() ?? rows().find((each) => each.hasAttribute("aria-current"));
  if (!row) return false;
  row.click();
  return true;
}

/* ---- the map ---- */

function showMap() {
  const map = document.getElementById("keys");
  if (!map) return false;
  document.getElementById("account-menu")?.hidePopover?.();
  document.getElementById("more-menu")?.hidePopover?.();
  if (!map.open) map.showModal();
  return true;
}

function single(key) {
  if (Date.now() < going && PLACES[key]) {
    going = 0;
    return act(PLACES[key]);
  }
  going = 0;
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  if (key === "o") return openFocused();
  if (key === "?") return showMap();
  if (key === "r") return reply();
  if (key === "c") return newText();
  if (key === "g") {
    going = Date.now() + PATIENCE;
    return true;
  }
  return ACTS[key] ? act(ACTS[key], key === "x" ? document.activeElement?.closest("li") : null) : false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && writing(event.target)) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (!on || document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (single(event.key.toLowerCase())) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-opens="keys"]')) showMap();
});

/* ---- the choice ---- */

function showChoice() {
  document.documentElement.dataset.keys = on ? "on" : "off";
  for (const box of document.querySelectorAll("[data-keys-choice]")) box.checked = on;
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-choice]")) return;
  on = event.target.checked;
  try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* private window: only this page */ }
  showChoice();
});

showChoice();
