/*
 * Put fresh rows in place of old ones by their data-key and leave the rest of
 * the page alone: what did not change keeps its focus, its open fold and its
 * place under the reader's eye.
 */
const FRESH = "is-fresh";

/* What the server said, without what the reader or htmx did to it since. */
export function essence(node) {
  const copy = node.cloneNode(true);
  copy.classList.remove(FRESH);
  for (const part of [copy, ...copy.querySelectorAll("[class], [open]")]) {
    part.removeAttribute("open");
    part.classList.remove("htmx-request", "htmx-added", "htmx-settling", "htmx-swapping");
    if (!part.className) part.removeAttribute("class");
  }
  return copy.outerHTML.replace(/ class=""/g, "");
}

export function takeOver(older, newer) {
  if (older.querySelector("details[open]")) newer.querySelector("details")?.setAttribute("open", "");
  const hadFocus = older.contains(document.activeElement);
  older.replaceWith(newer);
  if (hadFocus) newer.querySelector("a, summary, button")?.focus({ preventScroll: true });
}

/* A voicemail that somebody listens to must not begin anew. */
function isPlaying(row) {
  return [...row.querySelectorAll("audio")].some((player) => !player.paused);
}

/** Merge the keyed rows of `html` into `list`; returns the rows that were not there before. */
export function merge(list, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = [...holder.content.querySelectorAll("[data-key]")];
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const added = [];

  let place = null;
  for (const row of fresh) {
    let current = known.get(row.dataset.key);
    known.delete(row.dataset.key);
    if (!current) {
      row.classList.add(FRESH);
      added.push(row);
      current = row;
    } else if (!isPlaying(current) && essence(current) !== essence(row)) {
      takeOver(current, row);
      current = row;
    }
    const next = place ? place.nextElementSibling : list.firstElementChild;
    if (current !== next) {
      const focused = current.contains(document.activeElement) ? document.activeElement : null;
      list.insertBefore(current, next);
      focused?.focus({ preventScroll: true });
    }
    if (current === row) window.htmx?.process(row);
    place = current;
  }
  for (const gone of known.values()) gone.remove();
  return added;
}
