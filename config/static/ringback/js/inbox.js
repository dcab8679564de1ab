/*
 * The open conversation beside the queue: what is new comes in at the end, and nothing moves under
 * the reader.
 */
import { prepare } from "./composer.js";
import "./keys.js";
import { listen } from "./live.js";
import { merge } from "./merge.js";
import { markOpen, refresh as refreshQueue } from "./queue.js";

const byId = (id) => document.getElementById(id);
const openConversation = () => byId("thread").dataset.conversation ?? null;
const refresh = (id) => { if (byId(id)) window.htmx.trigger(byId(id), "refresh"); };

/* ---- asking ---- */

let waiting = null;

/* A call brings several changes within a moment; one look answers them all. */
function changed(conversation) {
  if (conversation !== null && conversation !== openConversation()) return;
  waiting ??= setTimeout(() => { waiting = null; refresh("timeline"); }, 80);
}

/* ---- showing ---- */

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
  if (event.target.id !== "timeline" || event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  showTimeline(event.detail.serverResponse);
});

/* What was done with the open conversation changes what its head offers. */
document.addEventListener("ringback:handled", ({ detail }) => {
  if ((detail.ids ?? []).map(String).includes(openConversation())) reloadThread();
});

/* ---- reading ---- */

function watchThread() {
  byId("scroll")?.addEventListener("scroll", (event) => {
    if (Math.abs(event.target.scrollTop) < 48) byId("thread-pill").hidden = true;
  }, { passive: true });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#thread-pill")) byId("scroll").scrollTo({ top: 0, behavior: "smooth" });
});

document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.detail.requestConfig?.target?.id !== "thread" && !asked?.matches?.(".queue-row, [data-back]")) return;
  markOpen();
  prepare();
  watchThread();
  refreshQueue(); // opening a conversation reads it
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
