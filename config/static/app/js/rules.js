/*
 * Small comforts of the rules' pages. Everything works without them: what is
 * chosen in a fold is said on its button, a fold closes when one looks away,
 * and of the imagined call's fields only those that count are shown.
 */
const MOST = 6;

function say(pick) {
  const chosen = [...pick.querySelectorAll("input:checked")].map((box) => box.nextElementSibling.textContent);
  const all = pick.querySelectorAll("input").length;
  const some = chosen.length > MOST ? [...chosen.slice(0, MOST), `${chosen.length - MOST} more`] : chosen;
  const last = some.length > 1 ? some.splice(-1) : [];
  const words = [some.join(", "), ...last].join(" or ");
  pick.querySelector("[data-pick-said]").textContent = chosen.length && chosen.length < all ? words : pick.dataset.pick;
}

document.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  if (pick) say(pick);
  if (event.target.matches("[data-who]")) narrow(event.target);
});

function closeOthers(target) {
  for (const fold of document.querySelectorAll("[data-pick][open], .adds[open]")) {
    if (!fold.contains(target)) fold.open = false;
  }
}
document.addEventListener("click", (event) => closeOthers(event.target));
/* By keyboard only: a press on a label lets the focus pass by the page itself. */
document.addEventListener("keyup", (event) => {
  if (event.key === "Tab") closeOthers(document.activeElement);
});
document.addEventListener("keydown", (event) => {
  const fold = event.key === "Escape" && event.target.closest("[data-pick][open], .adds[open]");
  if (!fold) return;
  fold.open = false;
  fold.querySelector("summary").focus();
});

function narrow(select) {
  for (const field of document.querySelectorAll("[data-for]")) {
    field.hidden = !field.dataset.for.split(" ").includes(select.value);
  }
}
const who = document.querySelector("[data-who]");
if (who) narrow(who);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const body = button?.form.elements.body;
  if (!body) return;
  body.setRangeText(button.dataset.insert, body.selectionStart, body.selectionEnd, "end");
  body.focus();
  body.dispatchEvent(new Event("input", { bubbles: true }));
});
