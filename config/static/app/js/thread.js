/*
 * The open conversation: what is new comes in at its end, older pages at its beginning, and nothing
 * moves under the reader. A row is known by its key; what did not change is not touched.
 */
import { prepare, putBack } from "./composer.js";
import { essence, merge, takeOver } from "./merge.js";
import { markOpen, refresh as refreshQueue } from "./queue.js";

const byId = (id) => document.getElementById(id);
const open = () => byId("thread")?.dataset.conversation ?? null;
const refresh = (id) => { if (byId(id)) window.htmx.trigger(byId(id), "refresh"); };
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
/* Where the panel stands beside list and thread; narrower, it takes a place until it is closed. */
const wide = () => window.matchMedia("(min-width: 1200px)").matches;
const phone = () => window.matchMedia("(max-width: 759px)").matches;

/* ---- putting rows in ---- */

const isMark = (row) => row.dataset.key.startsWith("day-");
/* What somebody listens to or writes in is left alone. */
const isBusy = (row) => row.querySelector("[data-note-change]")
  || [...row.querySelectorAll("audio")].some((player) => !player.paused);

/** Merge the newest rows into the list: older pages stay. Returns the new rows, null for a gap. */
function mergeTail(list, rows) {
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  if (!rows.some((row) => !isMark(row) && known.has(row.dataset.key))) return null;
  const added = [];
  let place = null; // the last row that stands where it should
  let held = []; // new rows before the first one that is known
  let first = null;
  for (const row of rows) {
    let here = known.get(row.dataset.key);
    if (here && isMark(row)) continue;
    if (here) {
      for (const early of held) here.before(early);
      held = [];
      if (!isBusy(here) && essence(here) !== essence(row)) {
        takeOver(here, row);
        here = row;
        window.htmx.process(row);
      }
      if (place && place.nextElementSibling !== here) place.after(here);
      first ??= here;
      place = here;
      continue;
    }
    row.classList.add("is-fresh");
    if (!isMark(row)) added.push(row);
    if (place) place.after(row); else held.push(row);
    if (place) place = row;
    window.htmx.process(row);
  }
  // What stood after the first of them and is told no more: a text that was taken back, a removed note.
  const told = new Set(rows.map((row) => row.dataset.key));
  for (let row = first?.nextElementSibling; row;) {
    const next = row.nextElementSibling;
    if (!told.has(row.dataset.key) && !isMark(row)) row.remove();
    row = next;
  }
  for (const mark of list.querySelectorAll(".day-mark")) {
    const next = mark.nextElementSibling;
    if (!next || next.classList.contains("day-mark")) mark.remove();
  }
  return added;
}

function showNews(html) {
  const box = byId("scroll");
  const list = byId("timeline");
  if (list.querySelector("[data-newer]")) { // looking at an old place
    byId("thread-pill").hidden = false;
    return;
  }
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const rows = [...holder.content.querySelectorAll("[data-key]")];
  const fresh = rows.filter((row) => !["older", "newer", "none"].includes(row.dataset.key));
  // The box is reversed: 0 is the newest, and further up is negative.
  const away = Math.abs(box.scrollTop) > 48;
  const edge = box.getBoundingClientRect().top;
  const anchor = away && [...list.children].find((row) => row.getBoundingClientRect().bottom > edge);
  const was = anchor && anchor.getBoundingClientRect().top;
  const key = anchor && anchor.dataset.key;

  let added = mergeTail(list, fresh);
  if (added === null) {
    if (!holder.content.querySelector('[data-key="older"]') && fresh.length > 9) return refresh("timeline");
    added = merge(list, html);
  }
  if (away) {
    const still = list.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (still) box.scrollTop += still.getBoundingClientRect().top - was;
    if (added.length) byId("thread-pill").hidden = false;
  } else {
    box.scrollTop = 0;
    noteSeen();
  }
  own();
  const said = added.map((row) => row.dataset.says).filter(Boolean);
  if (said.length) byId("announcer").textContent = said.join(". ");
  // Opting out or back in changes the head and the reply box as well.
  if (added.some((row) => row.matches(".event-line"))) reload();
}

/* The reply box knows the newest text its writer has had before him: one that stood at the end, on a
 * page that was looked at, for a moment. What came in just before a click was not read. */
const READ_MS = 1500;
let reading = null;
function noteSeen() {
  clearTimeout(reading);
  const box = byId("scroll");
  const newest = () => [...document.querySelectorAll("#timeline [data-at]")].pop()?.dataset.at;
  const looked = () => box === byId("scroll") && !document.hidden && Math.abs(box.scrollTop) < 48;
  const at = newest();
  if (!box || !at || !looked()) return;
  reading = setTimeout(() => {
    const seen = document.querySelector("[data-composer] [name=seen]");
    if (seen && looked() && Number(at) > Number(seen.value)) seen.value = at;
    if (newest() !== at) noteSeen();
  }, READ_MS);
}
document.addEventListener("visibilitychange", noteSeen);

/* Whose note it is may change it. */
function own() {
  const me = byId("thread")?.dataset.me;
  for (const acts of document.querySelectorAll("#timeline [data-mine]")) acts.hidden = acts.dataset.mine !== me;
}

function reload() {
  window.htmx.ajax("GET", window.location.pathname, { target: "#thread", select: "#thread", swap: "outerHTML" });
}

/* ---- when ---- */

let waiting = null;
function changed(conversation) {
  if (conversation !== null && String(conversation) !== open()) return;
  waiting ??= setTimeout(() => { waiting = null; refresh("timeline"); }, 80);
}

document.addEventListener("app:timeline", ({ detail }) => {
  if (String(detail.conversation) !== open()) return;
  if (detail.html) showNews(detail.html); else changed(null);
  if (document.querySelector("[data-scheduled]")) refresh("scheduled");
});
document.addEventListener("app:reset", () => changed(null));
document.addEventListener("app:replied", () => { changed(null); refresh("scheduled"); });
/* What was done with the open conversation changes what its head offers. */
document.addEventListener("app:handled", ({ detail }) => {
  if ((detail.ids ?? []).map(String).includes(open())) reload();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "timeline" || event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  showNews(event.detail.serverResponse);
});

/* An older page came in above: the day it ends with was opened below it already. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.target.closest?.("#timeline") && event.target.id !== "timeline") return;
  const seen = new Set();
  for (const mark of document.querySelectorAll("#timeline .day-mark")) {
    if (seen.has(mark.dataset.key)) mark.remove();
    seen.add(mark.dataset.key);
  }
  own();
});

/* ---- taking back ---- */

setInterval(() => {
  for (const line of document.querySelectorAll("[data-undo-until]")) {
    const left = Math.ceil((Date.parse(line.dataset.undoUntil) - Date.now()) / 1000);
    if (left <= 0) {
      line.removeAttribute("data-undo-until");
      line.hidden = true;
      setTimeout(() => changed(null), 1200);
    } else {
      line.querySelector("[data-undo-left]").textContent = left;
    }
  }
}, 250);

function takeBack(button) {
  button.disabled = true;
  const typed = byId("reply-body")?.value ?? "";
  window.htmx.ajax("POST", button.dataset.undo, {
    target: "#composer", swap: "outerHTML", values: { csrfmiddlewaretoken: token(), body: typed },
  }).then(() => putBack(typed));
  button.closest("li")?.classList.add("is-leaving");
}

/* ---- the panel beside ---- */

function showPanel(shown, remember = true) {
  const panel = byId("panel");
  if (!panel) return;
  panel.hidden = !shown;
  document.querySelector("[data-panel-toggle]")?.setAttribute("aria-expanded", String(shown));
  if (shown) window.htmx.trigger(panel, "open");
  if (remember && wide()) localStorage.setItem("app:panel", shown ? "1" : "0");
  if (shown && remember && !wide()) setTimeout(() => panel.querySelector("[data-panel-close]")?.focus(), 300);
}

function closePanel() {
  showPanel(false);
  document.querySelector(phone() ? ".thread__title a" : "[data-panel-toggle]")?.focus();
}

/* Escape closes the panel, unless it means something nearer: a menu, a list, a field one writes in. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || byId("panel")?.hidden !== false) return;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (event.target.matches?.("input, textarea, select") && !byId("panel").contains(event.target)) return;
  event.preventDefault();
  closePanel();
});

/* ---- clicks ---- */

document.addEventListener("click", (event) => {
  const on = (what) => event.target.closest(what);
  let found;
  if (on("#thread-pill")) {
    if (document.querySelector("#timeline [data-newer]")) reload();
    else byId("scroll").scrollTo({ top: 0, behavior: "smooth" });
  } else if ((found = on("[data-call]"))) {
    event.preventDefault(); // without this script the link dials
    window.htmx.ajax("GET", found.dataset.call, { target: "#call-place", swap: "innerHTML" })
      .then(() => byId("call-dialog")?.showPopover());
  } else if ((found = on("[data-undo]"))) takeBack(found);
  else if (on(".thread__title a") && window.matchMedia("(max-width: 759px)").matches) {
    event.preventDefault();
    showPanel(byId("panel").hidden);
  } else if (on("[data-panel-toggle]")) showPanel(byId("panel").hidden);
  else if (on("[data-panel-close]") || (phone() && byId("panel")?.hidden === false && !on("#panel"))) closePanel();
  else if ((found = on("[data-note-edit]"))) {
    const body = found.closest(".note").querySelector(".note__body");
    window.htmx.ajax("GET", found.dataset.noteEdit, { target: body, swap: "outerHTML" });
  } else if ((found = on("[data-note-remove]"))) {
    if (window.confirm(found.dataset.ask)) {
      window.htmx.ajax("POST", found.dataset.noteRemove, {
        target: found, swap: "none", values: { csrfmiddlewaretoken: token() },
      }).then(() => changed(null));
    }
  } else if ((found = on("[data-note-leave]"))) leaveNote(found.closest("form"));
  else if ((found = on(".timeline__more a"))) event.preventDefault();
});

function leaveNote(form) {
  form.remove();
  changed(null);
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target;
  if (form.matches?.("[data-note-change]") && event.detail.xhr.status === 204) leaveNote(form);
});

/* What became of the click stands in the same dialog. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt?.matches?.("#call-dialog form")) byId("call-dialog")?.showPopover();
});

/* ---- opening ---- */

function opened() {
  const box = byId("scroll");
  if (!box) return;
  box.addEventListener("scroll", () => {
    if (Math.abs(box.scrollTop) >= 48) return;
    if (!document.querySelector("#timeline [data-newer]")) byId("thread-pill").hidden = true;
    noteSeen();
  }, { passive: true });
  own();
  const found = byId("timeline").dataset.found;
  if (found) {
    const row = byId("timeline").querySelector(`[data-key="${CSS.escape(found)}"]`);
    row?.classList.add("is-found");
    row?.scrollIntoView({ block: "center" });
  }
  if (wide() && localStorage.getItem("app:panel") === "1") showPanel(true, false);
}

document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.detail.requestConfig?.target?.id !== "thread" && !asked?.matches?.(".queue-row, [data-back]")) return;
  markOpen();
  refreshQueue(); // opening a conversation reads it
  prepare();
  opened();
  // One pane at a time: the reader is somewhere new, and so is the focus.
  if (phone()) {
    document.querySelector(".thread__title")?.focus({ preventScroll: true });
  }
});

/* Some phones cover the page with the keyboard instead of shrinking it. */
window.visualViewport?.addEventListener("resize", () => {
  document.documentElement.style.setProperty("--visible-height", `${window.visualViewport.height}px`);
});

prepare();
opened();
