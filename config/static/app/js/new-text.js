/* A new text: whom it is to, picked from the list or typed; what the gate says follows both fields. */
import { prepare } from "./composer.js";

const to = document.getElementById("to");
const people = document.getElementById("people");
const options = () => [...people.querySelectorAll("[role=option]")];
const ask = () => to.form.dispatchEvent(new CustomEvent("ask"));

function close() {
  people.replaceChildren();
  to.setAttribute("aria-expanded", "false");
}

function take(option) {
  to.value = option.dataset.name;
  renewed();
  close();
  ask();
  document.getElementById("reply-body").focus();
}

function mark(at) {
  options().forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
  options()[at]?.scrollIntoView({ block: "nearest" });
}

/* What was wrong with the number or the name that stood there is over once it is written anew. */
function renewed() {
  document.getElementById("to-error")?.remove();
  to.removeAttribute("aria-invalid");
}

to.addEventListener("input", () => { renewed(); ask(); });
to.addEventListener("keydown", (event) => {
  const at = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options().length) {
    event.preventDefault();
    mark((at + step + options().length) % options().length);
  } else if (event.key === "Enter" && at !== -1) {
    event.preventDefault();
    take(options()[at]);
  } else if (event.key === "Escape") close();
});
people.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  event.preventDefault();
  take(option);
});
to.addEventListener("blur", () => setTimeout(close, 150));
/* To whom no text may go is called: Send gives its place to Call. */
function weigh() {
  const send = to.form.querySelector("button[type=submit]");
  const never = Boolean(document.querySelector("#who [data-no-texts]"));
  send.classList.toggle("button--primary", !never);
  send.toggleAttribute("data-never", never);
  send.disabled = never;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "who") weigh();
  if (event.target !== people) return;
  if (document.activeElement !== to) close();
  to.setAttribute("aria-expanded", String(options().length > 0));
});

prepare();
weigh();

/* It is night there: one press chooses their morning. */
to.form.addEventListener("click", (event) => {
  if (!event.target.closest("[data-morning]")) return;
  const when = document.getElementById("when-choice");
  when.value = "morning";
  when.dispatchEvent(new Event("change", { bubbles: true }));
});
