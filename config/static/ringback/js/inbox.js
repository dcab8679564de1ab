/*
 * The inbox without reloads. The server renders rows; this file decides when to
 * ask for them and sees to it that nothing moves under the reader.
 */
import { prepare } from "./composer.js";
import "./keys.js";
import { listen } from "./live.js";
import { merge } from "./merge.js";

const page = document.getElementById("content");
const byId = (id) => document.getElementById(id);
const openConversation = () => byId("thread").dataset.conversation ?? null;
const refresh = (id) => { if (byId(id)) window.htmx.trigger(byId(id), "refresh"); };

/* ---- asking ---- */

let waiting = null;
let wanted = { list: false, timeline: false };

/* A call brings several changes within a moment; one look answers them all. */
function changed(conversation) {
  wanted.list = true;
  wanted.timeline ||= conversation === null || conversation === openConversation();
  waiting ??= setTimeout(() => {
    const now = wanted;
    waiting = null;
    wanted = { list: false, timeline: false };
    if (now.timeline) refresh("timeline");
    if (now.list) refresh("queue");
  }, 80);
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id === "queue" && openConversation()) {
    event.detail.parameters.selected = openConversation();
  }
});

/* ---- showing ---- */

function showUnread(total) {
  const inbox = `Inbox · ${page.dataset.business}`;
  document.title = total ? `(${total}) ${inbox}` : inbox;
  for (const badge of document.querySelectorAll("[data-unread-count]")) {
    badge.textContent = total;
    badge.hidden = !total;
  }
}

function showList(html) {
  const box = byId("queue");
  const list = box.querySelector("ul");
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const before = list.firstElementChild?.dataset.at;
  merge(list, html);
  const away = box.scrollTop > 40;
  if (away && list.firstElementChild?.dataset.at !== before) byId("queue-pill").hidden = false;
  showUnread(Number(holder.content.querySelector("[data-unread-total]")?.dataset.unreadTotal ?? 0));
}

function showTimeline(html) {
  const box = byId("scroll");
  const list = byId("timeline");
  // The box is reversed: 0 is the newest, and further up is negative.
  const away = Math.abs(box.scrollTop) > 48;
  const edge = box.getBoundingClientRect().top;
  const anchor = away && [...list.children].find((row) => row.getBoundingClientRect().bottom > edge);
  const was = anchor && anchor.getBoundingClientRect().top;
  const key = anchor && anchor.dataset.key;

  const added = merge(list, html);

  if (away) {
    const still = list.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (still) box.scrollTop += still.getBoundingClientRect().top - was;
    if (added.length) byId("thread-pill").hidden = false;
  } else {
    box.scrollTop = 0;
  }
  const said = added.map((row) => row.dataset.says).filter(Boolean);
  if (said.length) byId("announcer").textContent = said.join(". ");
  // Opting out or back in changes the head and the reply box as well.
  if (added.some((row) => row.matches(".event-line"))) reloadThread();
}

function reloadThread() {
  window.htmx.ajax("GET", window.location.href, { target: "#thread", select: "#thread", swap: "outerHTML" });
}

/* Fragments we asked for are merged by key instead of swapped whole. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const show = { queue: showList, timeline: showTimeline }[event.target.id];
  if (!show || event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  show(event.detail.serverResponse);
});

function markOpen() {
  const path = window.location.pathname;
  for (const row of document.querySelectorAll(".queue-row")) {
    const current = new URL(row.href).pathname === path;
    row.toggleAttribute("aria-current", current);
    if (current) row.setAttribute("aria-current", "page");
  }
}

/* ---- reading ---- */

function watchThread() {
  byId("scroll")?.addEventListener("scroll", (event) => {
    if (Math.abs(event.target.scrollTop) < 48) byId("thread-pill").hidden = true;
  }, { passive: true });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#thread-pill")) byId("scroll").scrollTo({ top: 0, behavior: "smooth" });
  if (event.target.closest("#queue-pill")) byId("queue").scrollTo({ top: 0, behavior: "smooth" });
});

byId("queue").addEventListener("scroll", (event) => {
  if (event.target.scrollTop < 8) byId("queue-pill").hidden = true;
}, { passive: true });

document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.detail.requestConfig?.target?.id !== "thread" && !asked?.matches?.(".queue-row, [data-back]")) return;
  markOpen();
  prepare();
  watchThread();
  refresh("queue"); // opening a conversation reads it
  // One pane at a time: the reader is somewhere new, and so is the focus.
  if (window.matchMedia("(max-width: 759px)").matches) {
    document.querySelector(".thread__title")?.focus({ preventScroll: true });
  }
});

document.addEventListener("ringback:replied", () => changed(null));

/* Some phones cover the page with the keyboard instead of shrinking it. */
window.visualViewport?.addEventListener("resize", () => {
  document.documentElement.style.setProperty("--visible-height", `${window.visualViewport.height}px`);
});

prepare();
watchThread();
listen("/inbox/events/", changed);
