/* The keyboard map and its dialog. Single letters only while nobody is writing. */
const writing = (target) => target.closest("input, textarea, select, [contenteditable]");

function step(by) {
  const rows = [...document.querySelectorAll(".queue-row")];
  const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[at === -1 ? 0 : at + by];
  next?.focus();
  next?.click();
}

function showMap() {
  document.getElementById("account-menu")?.hidePopover?.();
  document.getElementById("keys")?.showModal();
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => document.getElementById("reply-body")?.focus(),
  g: () => document.getElementById("scroll")?.scrollTo({ top: 0 }),
  "?": showMap,
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("textarea")) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const act = ACTS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-opens="keys"]')) showMap();
});
