/*
 * News from the server, one way: an event stream while it holds, a look every few seconds while it
 * does not. What comes is told to the page as events on `document`:
 *
 *   app:changed  {ids}                  conversations that changed, always first
 *   app:rows     {html, gone}           their rows, drawn; what stands in no list any more
 *   app:timeline {conversation, html}   the end of a conversation that changed; html is "" where
 *                                            the server did not know that it is open: ask for it
 *   app:counts   {folder: n, ...}
 *   app:notice   {...}                  for this member alone
 *   app:event    {kind, payload}        anything else
 *   app:reset    {}                     ask for everything again
 *   app:line     {state}                "open", "lost" or "gone"
 *
 * Whoever has very many windows open is told "full" in the oldest: it asks now and then, opens nothing
 * again by itself, and is live once more when somebody turns to it.
 *
 * Words for people stand in the data attributes of the [data-live] element (templates/inbox/live/).
 */
const EVENTS = "/inbox/events/";
const POLL = "/inbox/events/poll/";
const POLL_EVERY = 4000;
const REST_EVERY = 20000;
const SAY_AFTER = 2500; // a blink of the line is nobody's business
const REOPEN_FROM = 1000;
const REOPEN_TO = 20000;
const BACK_FOR = 4000;
const STALE_AFTER = 40000; // the server says something every fifteen seconds

const box = document.querySelector("[data-live]");
const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(`app:${name}`, { detail }));

let last = "";
let source = null;
let heard = Date.now();
let reopenIn = REOPEN_FROM;
let lostSince = 0;
let saidLost = false;
const missed = new Set(); // what came since the line broke: a conversation counts once
let over = false;
let resting = false;
let owed = false; // something was asked for and got no answer, for want of a line
const timers = { poll: null, say: null, reopen: null, back: null };
const marks = new Set();

/* ---- telling the page ---- */

function takeIn(news) {
  if (news.changed?.length) {
    news.changed.forEach((id) => missed.add(`/c/${id}/`));
    tell("changed", { ids: news.changed.map(String) });
  }
  if (news.rows !== undefined) tell("rows", { html: news.rows, gone: news.gone ?? [] });
  for (const id of news.changed ?? []) {
    tell("timeline", { conversation: String(id), html: news.timelines?.[id] ?? "" });
  }
  if (news.counts) tell("counts", news.counts);
  for (const { kind, payload, mark } of news.events ?? []) {
    if (mark && marks.has(mark)) continue; // written twice where an answer was lost
    marks.add(mark);
    if (marks.size > 500) marks.delete(marks.values().next().value);
    if (kind !== "notices_seen") missed.add(payload?.url ?? mark);
    if (kind === "notice") tell("notice", payload);
    else tell("event", { kind, payload });
  }
}

function askAll(spread = 0) {
  setTimeout(() => tell("reset"), Math.random() * spread);
}

/* ---- the banner ---- */

function say(text, tone = "") {
  if (!box) return;
  box.querySelector("[data-live-words]").textContent = text;
  box.dataset.tone = tone;
  box.hidden = !text;
}

function lost() {
  if (lostSince || over) return;
  lostSince = Date.now();
  missed.clear();
  clearTimeout(timers.back);
  timers.poll ??= setInterval(look, POLL_EVERY);
  timers.say = setTimeout(() => {
    saidLost = true;
    say(box?.dataset.lost ?? "", "lost");
    tell("line", { state: "lost" });
  }, SAY_AFTER);
}

function back() {
  reopenIn = REOPEN_FROM;
  if (!lostSince) return;
  lostSince = 0;
  clearTimeout(timers.say);
  clearInterval(timers.poll);
  timers.poll = null;
  tell("line", { state: "open" });
  if (owed) askAll();
  owed = false;
  if (!saidLost) return;
  saidLost = false;
  // What was missed comes with the first news; the words wait that long.
  timers.back = setTimeout(() => {
    const words = box?.dataset ?? {};
    const text = missed.size === 1 ? words.backOne : missed.size ? words.backMany : words.back;
    say((text ?? "").replace("{n}", missed.size), "back");
    timers.back = setTimeout(() => say(""), BACK_FOR);
  }, 400);
}

function gone() {
  over = true;
  source?.close();
  for (const timer of Object.values(timers)) clearTimeout(timer);
  clearInterval(timers.poll);
  say(box?.dataset.gone ?? "", "gone");
  tell("line", { state: "gone" });
}

/** Too many windows: this one gives its stream to another. */
function rest() {
  resting = true;
  source?.close();
  source = null;
  clearTimeout(timers.reopen);
  clearTimeout(timers.say);
  clearInterval(timers.poll);
  lostSince ||= Date.now();
  saidLost = true;
  missed.clear();
  timers.poll = setInterval(look, REST_EVERY);
  say(box?.dataset.full ?? "", "lost");
}

/** Somebody turned to this window: it follows live again. */
function wake() {
  if (!resting) return;
  resting = false;
  open();
}

/* ---- the stream ---- */

function open() {
  if (over || resting) return;
  clearTimeout(timers.reopen);
  source?.close();
  const from = last ? `last=${last}` : `age=${Math.ceil(performance.now()) + 1000}`;
  const mine = source = new EventSource(`${EVENTS}?${from}`);
  const on = (name, act) => mine.addEventListener(name, (event) => {
    if (mine !== source) return;
    heard = Date.now();
    if (event.lastEventId) last = event.lastEventId;
    act(event.data ? JSON.parse(event.data) : {});
  });
  on("hello", back);
  on("here", () => {});
  on("news", takeIn);
  on("reset", ({ spread }) => askAll(spread));
  on("gone", gone);
  on("full", rest);
  // The address names where we stood when it was opened: it is opened anew with where we stand now.
  mine.addEventListener("error", () => { if (mine === source) broken(); });
}

function broken() {
  source?.close();
  lost();
  clearTimeout(timers.reopen);
  if (over || resting) return;
  timers.reopen = setTimeout(open, reopenIn * (0.5 + Math.random()));
  reopenIn = Math.min(reopenIn * 2, REOPEN_TO);
}

/** Look once; the way to hear of things while no stream holds. */
async function look() {
  if (over || document.hidden) return;
  try {
    const answer = await fetch(`${POLL}?last=${last}`, { cache: "no-store" });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) return gone();
    if (!answer.ok) return;
    const told = await answer.json();
    if (!lostSince) return; // the stream is back and knows better where we stand
    if (told.last) last = told.last;
    if (told.reset) askAll();
    for (const news of told.news) takeIn(news);
  } catch { /* no line at all: the next look will tell */ }
}

/* A machine that slept, or changed its network, has a line that looks open and is dead. */
function awake() {
  if (document.hidden || over || timers.poll) return;
  if (Date.now() - heard > STALE_AFTER) open();
}

document.addEventListener("htmx:sendError", () => { owed = true; });
document.addEventListener("visibilitychange", () => { if (timers.poll) look(); else awake(); });
setInterval(awake, STALE_AFTER / 4);
for (const act of ["focus", "pointerdown", "keydown"]) window.addEventListener(act, wake);
window.addEventListener("online", open);
window.addEventListener("offline", broken);
window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
window.addEventListener("pagehide", () => source?.close());

open();

/** Call `onChange(conversationIdOrNull)` for every conversation that changed, or for all of them. */
export function listen(_url, onChange) {
  document.addEventListener("app:changed", ({ detail }) => detail.ids.forEach((id) => onChange(id)));
  document.addEventListener("app:reset", () => onChange(null));
}

/** Where the page stands, for whoever must say so. */
export const position = () => last;
