/*
 * The reply box: meter, Ctrl+Enter, and texts that survive. A draft lives in
 * memory only, per conversation, so that looking something up elsewhere in the
 * inbox does not cost the half-written answer.
 */
import { measure, words } from "./segments.js";

/* conversation -> {text, token}; the token goes with its text, so that a retry
   of a send whose answer was lost is known to the server as the same send. */
const drafts = new Map();

const conversationOf = (node) => node.closest("[data-conversation]")?.dataset.conversation;

function meter(textarea) {
  const gauge = textarea.form?.querySelector("[data-meter]");
  if (!gauge) return;
  const result = measure(textarea.value);
  gauge.querySelector("[data-meter-words]").textContent = words(result);
  gauge.querySelector(".meter__fill").style.strokeDashoffset = String((100 * result.left) / result.size);
  gauge.toggleAttribute("data-long", result.segments > 1);
}

/* Where the browser cannot grow a field with its content, we do. */
function grow(textarea) {
  if (CSS.supports("field-sizing", "content")) return;
  textarea.style.height = "auto";
  textarea.style.height = `${textarea.scrollHeight}px`;
}

/** Meter and grow every reply box under `root`, and bring back its draft. */
export function prepare(root = document) {
  for (const textarea of root.querySelectorAll("[data-metered]")) {
    const draft = drafts.get(conversationOf(textarea));
    if (draft && !textarea.value) {
      textarea.value = draft.text;
      textarea.form.elements.client_token.value = draft.token;
    }
    meter(textarea);
    grow(textarea);
  }
}

function keep(textarea) {
  const token = textarea.form.elements.client_token.value;
  drafts.set(conversationOf(textarea), { text: textarea.value, token });
}

function sayNotSent(form) {
  const place = form.querySelector("#reply-error");
  place.innerHTML = '<p class="composer__error"><span></span></p>';
  place.querySelector("span").textContent =
    "Not sent: Ringback could not be reached. Your text is still here; press Send again. It will not go out twice.";
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-metered]")) return;
  keep(event.target);
  meter(event.target);
  grow(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-metered]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.matches("[data-composer]")) sayNotSent(event.target);
  });
}

/* Asked of the request itself: the reader may have left the conversation before the answer comes. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target;
  if (!form.matches("[data-composer]")) return;
  const { xhr } = event.detail;
  const conversation = conversationOf(form);
  const draft = { text: form.elements.body.value, token: form.elements.client_token.value };
  drafts.delete(conversation);
  xhr.addEventListener("loadend", () => {
    if (xhr.status < 200 || xhr.status >= 300) drafts.set(conversation, draft);
  });
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.requestConfig?.elt?.matches?.("[data-composer]")) return;
  prepare();
  document.getElementById("reply-body")?.focus();
  document.dispatchEvent(new CustomEvent("ringback:replied"));
});
