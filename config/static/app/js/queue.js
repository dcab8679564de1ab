/*
 * The queue without reloads. The server draws rows; this file decides from their data-attributes
 * whether they stand in the folder that is shown, and where, and sees to it that nothing moves under
 * the reader.
 */
import { essence, takeOver } from "./merge.js";

const page = document.getElementById("content");
const box = document.getElementById("queue");
const list = document.getElementById("queue-list");
const pill = document.getElementById("queue-pill");
const MOST = 200; // rows that are asked for again at once
const CAP = 999;

/* ---- which rows, in which order ---- */

const FALLS = list.dataset.sort === "newest";
const PLACE = { waiting: "waiting", newest: "at", soonest: "until" }[list.dataset.sort];
const items = () => [...list.querySelectorAll(":scope > [data-id]")];
const find = (id) => list.querySelector(`:scope > [data-key="c${CSS.escape(String(id))}"]`);
const more = () => list.querySelector(':scope > [data-key="more"]');

/* Micros of one's own place, then the id: negative when a stands before b. */
function compare(a, b) {
  const by = Number(a.dataset[PLACE]) - Number(b.dataset[PLACE]) || Number(a.dataset.id) - Number(b.dataset.id);
  return FALLS ? -by : by;
}

function inFolder({ state, assignee, team, waiting }) {
  const view = list.dataset;
  if (view.sort === "waiting" && !waiting) return false;
  switch (view.folder) {
    case "actionable": return Boolean(waiting);
    case "mine": return state === "open" && assignee === view.me;
    case "unassigned": return state === "open" && !assignee && !team;
    case "team": return state === "open" && team === view.team;
    case "snoozed": return state === "snoozed";
    case "closed": return state === "closed";
    default: return state === "open";
  }
}

/* Whether a row stands in what is shown; what only the server can say leaves it where it is. */
function belongs(row, isHere) {
  const view = list.dataset;
  const who = view.who === "me" ? view.me : view.who;
  if (!inFolder(row.dataset)) return false;
  if (view.folder !== "team" && view.team && row.dataset.team !== view.team) return false;
  if (who === "none" ? row.dataset.assignee : who && row.dataset.assignee !== who) return false;
  if ("onlyUnread" in view && !("unread" in row.dataset) && !isOpen(row)) return false;
  if (view.tags && !view.tags.split("|").every((tag) => row.dataset.tags.includes(`|${tag}|`))) return false;
  return view.words ? isHere : true;
}

const isOpen = (row) => row.dataset.id === document.getElementById("thread")?.dataset.conversation;

/* ---- putting rows in place ---- */

function keepStill(change) {
  const away = box.scrollTop > 40;
  const edge = box.getBoundingClientRect().top;
  const anchor = away && items().find((row) => row.getBoundingClientRect().bottom > edge);
  const was = anchor && anchor.getBoundingClientRect().top;
  const first = items()[0]?.dataset.key;
  change();
  if (anchor?.isConnected) box.scrollTop += anchor.getBoundingClientRect().top - was;
  if (away && pill && items()[0]?.dataset.key !== first) pill.hidden = false;
}

function upsert(row) {
  const current = find(row.dataset.id);
  if (!belongs(row, Boolean(current))) return leave(current, row);
  list.querySelector(':scope > [data-key="none"]')?.remove();
  let shown = row;
  if (current) {
    row.querySelector("input").checked = current.querySelector("input").checked;
    if (essence(current) === essence(row)) shown = current;
    else takeOver(current, row);
  } else {
    row.classList.add("is-fresh");
  }
  const after = items().find((other) => other !== shown && compare(shown, other) < 0);
  const end = more();
  if (!after && end && !current) return; // it stands on a page that was not asked for yet
  const next = after ?? end;
  if (!shown.isConnected || shown.nextElementSibling !== (next ?? null)) {
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(shown, next ?? null);
    focused?.focus({ preventScroll: true });
  }
  if (shown === row) {
    window.htmx?.process(row);
    tick(row.querySelector("[data-since]"));
  }
}

/* The conversation one works on stays, dimmed, until another is opened. */
function leave(current, row = null) {
  if (!current) return;
  if (!isOpen(current)) return current.remove();
  if (row && essence(current) !== essence(row)) {
    takeOver(current, row);
    window.htmx?.process(row);
    current = row;
  }
  current.classList.add("is-leaving");
}

function rowsOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.querySelectorAll("li[data-key]")];
}

/* What news said while the list was on its way here: the list may have been drawn before. */
const newer = new Set();
const isOlder = (row) => newer.has(row.dataset.key) && (!list.dataset.words || find(row.dataset.id));

/* Rows that changed, wherever they stood. */
document.addEventListener("app:rows", ({ detail }) => {
  let mine = false;
  keepStill(() => {
    for (const id of detail.gone ?? []) { newer.add(`c${id}`); leave(find(id)); }
    for (const row of rowsOf(detail.html ?? "")) {
      newer.add(row.dataset.key);
      mine ||= [row, find(row.dataset.id)].some((each) => each?.dataset.assignee === list.dataset.me);
      upsert(row);
    }
  });
  markOpen();
  showTicked();
  if (!items().length) refresh();
  if (mine) askCounts();
});

/* The first rows of the list as they are now: what follows them stays as it was. */
function showList(html) {
  const fresh = rowsOf(html);
  const rows = fresh.filter((row) => row.dataset.id);
  const end = fresh.find((row) => row.dataset.key === "more");
  const keys = new Set(rows.map((row) => row.dataset.key));
  const last = rows.at(-1);
  const loaded = items().length > rows.length && end;
  keepStill(() => {
    for (const row of items()) {
      const within = !loaded || !last || compare(row, last) <= 0;
      if (within && !keys.has(row.dataset.key) && !newer.has(row.dataset.key)) leave(row);
    }
    if (!loaded) more()?.remove();
    rows.filter((row) => !isOlder(row)).forEach(upsertKnown);
    if (!loaded && end) {
      list.append(end);
      window.htmx?.process(end);
    }
    const none = fresh.find((row) => row.dataset.key === "none");
    list.querySelector(':scope > [data-key="none"]')?.remove();
    if (none && !items().length) list.append(none);
  });
  markOpen();
  showTicked();
}

/* A row of the very list that was asked for belongs to it, whatever its attributes say. */
function upsertKnown(row) {
  const words = list.dataset.words;
  list.dataset.words = "";
  upsert(row);
  list.dataset.words = words;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target !== box || event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  showList(event.detail.serverResponse);
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target !== box) return;
  newer.clear();
  event.detail.parameters.upto = Math.min(items().length, MOST);
});

/* A page that was asked for may hold rows that have moved up since. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (!list.contains(event.target) && event.target !== list) return;
  const seen = new Set();
  for (const row of items()) {
    if (seen.has(row.dataset.key)) row.remove();
    seen.add(row.dataset.key);
  }
  tickAll();
  markOpen();
});

list.addEventListener("click", (event) => {
  if (!event.target.closest(".queue__more a")) return;
  event.preventDefault();
  window.htmx.trigger(more(), "intersect");
});

let asking = null;
export function refresh() {
  asking ??= setTimeout(() => { asking = null; window.htmx.trigger(box, "refresh"); }, 60);
}
document.addEventListener("app:reset", () => { refresh(); askCounts(); });

/* ---- counts ---- */

function showCounts(counts) {
  for (const badge of document.querySelectorAll("[data-count]")) {
    const count = counts[badge.dataset.count];
    if (count === undefined) continue;
    badge.textContent = count > CAP ? `${CAP}+` : count;
    badge.hidden = !count;
  }
  // The title says what the rail says (rail.js): what is to do.
  if (counts.actionable === undefined) return;
  const said = counts.actionable > CAP ? `${CAP}+` : counts.actionable;
  const inbox = `${page.dataset.inbox} · ${page.dataset.business}`;
  document.title = counts.actionable ? `(${said}) ${inbox}` : inbox;
}
document.addEventListener("app:counts", ({ detail }) => showCounts(detail));

let counting = null;
function askCounts() {
  counting ??= setTimeout(async () => {
    counting = null;
    try {
      const answer = await fetch(box.dataset.countsUrl, { cache: "no-store" });
      if (answer.ok) showCounts(await answer.json());
    } catch { /* the next change asks again */ }
  }, 300);
}

/* ---- how long they wait ---- */

function tick(place) {
  if (!place) return;
  const words = list.dataset;
  const minutes = Math.max(0, Math.floor((Date.now() - Number(place.dataset.since) / 1000) / 60000));
  const days = Math.floor(minutes / 1440);
  const said = minutes < 1 ? words.now
    : minutes < 60 ? words.minutes.replace("%s", minutes)
      : minutes < 2880 ? words.hours.replace("%s", Math.floor(minutes / 60))
        : days === 1 ? words.day : words.days.replace("%s", days);
  if (place.textContent !== said) place.textContent = said;
}
const tickAll = () => list.querySelectorAll("[data-since]").forEach(tick);
setInterval(tickAll, 20000);

/* ---- what is open ---- */

export function markOpen() {
  const path = window.location.pathname;
  for (const link of document.querySelectorAll(".queue-row, .found__row")) {
    const current = new URL(link.href).pathname === path && link.matches(".queue-row");
    link.toggleAttribute("aria-current", current);
    if (current) link.setAttribute("aria-current", "page");
  }
  for (const row of list.querySelectorAll(".is-leaving")) if (!isOpen(row)) row.remove();
}

pill?.addEventListener("click", () => box.scrollTo({ top: 0, behavior: "smooth" }));
box.addEventListener("scroll", () => { if (box.scrollTop < 8 && pill) pill.hidden = true; }, { passive: true });

/* ---- ticking rows ---- */

const bulk = document.getElementById("bulk");
const ticks = () => [...list.querySelectorAll('input[name="id"]')];
let lastTicked = null;

function showTicked() {
  const count = ticks().filter((each) => each.checked).length;
  list.toggleAttribute("data-ticking", count > 0);
  const said = bulk.querySelector("[data-selected]");
  said.textContent = count ? said.dataset.words.replace("%s", count) : "";
}

list.addEventListener("click", (event) => {
  const ticked = event.target.closest('input[name="id"]');
  if (!ticked) return;
  const all = ticks();
  const [from, to] = [all.indexOf(lastTicked), all.indexOf(ticked)];
  if (event.shiftKey && from !== -1) {
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = ticked.checked;
  }
  lastTicked = ticked;
  showTicked();
});
list.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.closest(".queue-row__pick")) event.preventDefault(); // no text is selected
});
bulk.addEventListener("reset", () => setTimeout(showTicked));

/* ---- what was done ---- */

document.addEventListener("app:handled", () => {
  bulk.reset();
  for (const menu of document.querySelectorAll(".menu--acts:popover-open")) menu.hidePopover();
  refresh();
  askCounts();
});

/* A refusal is a line like any other. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "toasts") return;
  const toast = event.target.firstElementChild;
  if (!toast) return;
  clearTimeout(event.target.forgetting);
  event.target.forgetting = setTimeout(() => { if (toast.isConnected && !toast.matches(":hover, :focus-within")) toast.remove(); }, 8000);
});

/* ---- search ---- */

const search = document.getElementById("search-box");
const results = document.getElementById("results");
function endSearch() {
  search.value = "";
  results.replaceChildren();
}
search?.addEventListener("keydown", (event) => {
  const rows = [...results.querySelectorAll(".found__row")];
  if (event.key === "Escape") { endSearch(); search.blur(); }
  if (event.key === "ArrowDown" && rows.length) { event.preventDefault(); rows[0].focus(); }
});
search?.addEventListener("input", () => { if (!search.value.trim()) results.replaceChildren(); });
results?.addEventListener("keydown", (event) => {
  const rows = [...results.querySelectorAll(".found__row")];
  const at = rows.indexOf(document.activeElement);
  if (event.key === "Escape") { endSearch(); search.focus(); }
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || at === -1) return;
  event.preventDefault();
  (rows[at + (event.key === "ArrowDown" ? 1 : -1)] ?? search).focus();
});

tickAll();
markOpen();
showTicked();
