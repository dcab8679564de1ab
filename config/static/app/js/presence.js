/*
 * Who else looks at a conversation, and who writes in it. A hint, no more: without a socket the page
 * says nothing of others. Words stand in the data attributes of [data-here] (templates/inbox/live/).
 */
const words = document.querySelector("[data-here]")?.dataset;
const WRITES_FOR = 6000; // somebody who stopped says so; somebody cut off does not
const SAY_WRITES_EVERY = 3000;
const REOPEN_FROM = 2000;
const REOPEN_TO = 60000;

const pages = new Map();
let me = null;
let socket = null;
let seen = null;
let wroteAt = 0;
let reopenIn = REOPEN_FROM;
let over = false;

const openConversation = () => {
  const id = document.getElementById("thread")?.dataset.conversation;
  return id && !document.hidden ? Number(id) : null;
};

/* ---- saying ---- */

function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function look() {
  const now = openConversation();
  if (now === seen) return show();
  seen = now;
  wroteAt = 0;
  say({ see: now });
  show();
}

document.addEventListener("input", ({ target }) => {
  if (!target.closest?.("[data-composer], .composer") || !target.matches("textarea")) return;
  const writes = target.value.trim() !== "" && !target.closest("[data-note]");
  if (writes && Date.now() - wroteAt > SAY_WRITES_EVERY) {
    wroteAt = Date.now();
    say({ writes: true });
  } else if (!writes && wroteAt) {
    wroteAt = 0;
    say({ writes: false });
  }
});
document.addEventListener("focusout", ({ target }) => {
  if (!wroteAt || !target.matches?.("textarea")) return;
  wroteAt = 0;
  say({ writes: false });
});

/* ---- hearing ---- */

function heard(page) {
  if (page.conversation === null) pages.delete(page.page);
  else pages.set(page.page, { ...page, at: Date.now() });
}

/** Return who else has a conversation open: [{user, name, writes}], each person once. */
export function others(conversation) {
  const found = new Map();
  for (const page of pages.values()) {
    if (page.user === me || page.conversation !== Number(conversation)) continue;
    const writes = page.writes && Date.now() - page.at < WRITES_FOR;
    found.set(page.user, { user: page.user, name: page.name, writes: writes || (found.get(page.user)?.writes ?? false) });
  }
  return [...found.values()];
}

/* ---- showing ---- */

function list(names) {
  return new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" }).format(names);
}

function sentence(people) {
  const writing = people.filter((each) => each.writes);
  if (writing.length === 1) return words.writes.replace("{name}", writing[0].name);
  if (writing.length) return words.writeMany.replace("{names}", list(writing.map((each) => each.name)));
  if (people.length === 1) return words.looks.replace("{name}", people[0].name);
  return people.length ? words.lookMany.replace("{names}", list(people.map((each) => each.name))) : "";
}

const initials = (name) => name.trim().split(/[\s.@]+/).slice(0, 2).map((part) => part[0] ?? "").join("").toUpperCase();

function show() {
  if (!words) return;
  const place = document.querySelector("[data-presence], #presence");
  if (place) {
    const people = seen === null ? [] : others(seen);
    const text = sentence(people);
    if (place.dataset.said !== text) {
      place.dataset.said = text;
      place.textContent = text;
      place.toggleAttribute("data-writes", people.some((each) => each.writes));
      place.hidden = !text;
      place.setAttribute("role", "status");
    }
  }
  showRows();
  clearTimeout(show.later);
  if ([...pages.values()].some((page) => page.writes)) show.later = setTimeout(show, WRITES_FOR / 3);
}

/* Small marks on the rows that others have open. */
function showRows() {
  const by = new Map();
  for (const page of pages.values()) {
    if (page.user !== me) by.set(page.conversation, true);
  }
  for (const old of document.querySelectorAll(".viewers")) {
    if (!by.has(Number(old.closest("[data-key]")?.dataset.key.slice(1)))) old.remove();
  }
  for (const conversation of by.keys()) {
    const row = document.querySelector(`#queue [data-key="c${conversation}"]`);
    const place = row?.querySelector(".queue-row__top");
    if (!place) continue;
    const people = others(conversation);
    const mark = place.querySelector(".viewers") ?? document.createElement("span");
    const key = people.map((each) => each.user).join();
    if (mark.dataset.key === key) continue;
    mark.className = "viewers";
    mark.dataset.key = key;
    mark.title = sentence(people.map((each) => ({ ...each, writes: false })));
    mark.replaceChildren(...people.slice(0, 3).map(({ name }) => {
      const avatar = document.createElement("span");
      avatar.className = "viewers__one";
      avatar.textContent = initials(name);
      avatar.setAttribute("aria-hidden", "true");
      return avatar;
    }));
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.textContent = mark.title;
    mark.append(said);
    place.querySelector(".queue-row__title")?.after(mark);
  }
}

/* ---- the socket ---- */

function open() {
  if (over || !words || socket?.readyState <= WebSocket.OPEN) return;
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const mine = socket = new WebSocket(`${scheme}://${window.location.host}/inbox/presence/`);
  mine.addEventListener("open", () => {
    reopenIn = REOPEN_FROM;
    seen = null;
    look();
  });
  mine.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    me = told.you ?? me;
    if (told.here) {
      pages.clear();
      told.here.forEach(heard);
    } else {
      heard(told);
    }
    show();
  });
  mine.addEventListener("close", (event) => {
    pages.clear();
    show();
    if (event.code === 4403 || mine !== socket) return;
    setTimeout(open, reopenIn * (0.5 + Math.random()));
    reopenIn = Math.min(reopenIn * 2, REOPEN_TO);
  });
}

document.addEventListener("app:line", ({ detail }) => {
  over = detail.state === "gone";
  if (over) socket?.close();
  else if (detail.state === "open") open();
});
for (const name of ["htmx:afterSettle", "htmx:historyRestore", "app:rows", "visibilitychange"]) {
  document.addEventListener(name, look);
}
window.addEventListener("popstate", () => setTimeout(look, 0));
window.addEventListener("pagehide", () => socket?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });

open();
