/*
 * The rail's numbers, true on every page and in every window: what is to do, as the folder of that
 * name counts it, and what this member was told and has not seen. Words stand in the rail's data.
 */
const CAP = 999;
const rail = document.querySelector("[data-rail]");
const said = (count) => (count > CAP ? `${CAP}+` : String(count));

/* The number stands first; words for a screen reader may follow it. */
function write(badge, count) {
  if (badge.firstChild?.nodeType === Node.TEXT_NODE) badge.firstChild.data = said(count);
  else badge.prepend(said(count));
}

function showToDo(count) {
  if (count === undefined) return;
  for (const badge of rail.querySelectorAll("[data-todo-count]")) {
    write(badge, count);
    badge.hidden = !count;
  }
}

function showUnseen(count) {
  for (const place of document.querySelectorAll("[data-unseen]")) {
    let badge = place.querySelector(".count");
    if (!count) { badge?.remove(); continue; }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "count";
      badge.dataset.noticeCount = "";
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = ` ${rail.dataset.unseenWords}`;
      badge.append(words);
      place.append(badge);
    }
    write(badge, count);
  }
}

/* Several things at once are asked about once; the server alone knows what was seen elsewhere. */
const waiting = new Map();
function ask(url, show) {
  if (waiting.has(url)) return;
  waiting.set(url, setTimeout(async () => {
    waiting.delete(url);
    try {
      const answer = await fetch(url, { cache: "no-store" });
      if (answer.ok) show(await answer.json());
    } catch { /* the next one asks again */ }
  }, 250));
}
const askUnseen = () => ask(rail.dataset.unseenUrl, ({ unseen }) => showUnseen(unseen));

if (rail) {
  document.addEventListener("app:counts", ({ detail }) => showToDo(detail.actionable));
  document.addEventListener("app:notice", askUnseen);
  document.addEventListener("app:event", ({ detail }) => { if (detail.kind === "notices_seen") askUnseen(); });
  document.addEventListener("app:reset", () => {
    askUnseen();
    ask(rail.dataset.countsUrl, ({ actionable }) => showToDo(actionable));
  });
  // A page that came back from the browser's memory is as old as it is.
  window.addEventListener("pageshow", (event) => { if (event.persisted) askUnseen(); });
}
