/*
 * Pictures and files that go with a text: chosen with the clip, pasted, or dropped on the box. Each is
 * uploaded at once; what is wrong with it is said under the box, and the words in it stay.
 */
const boxOf = (node) => node?.closest?.("[data-composer]")?.querySelector("[data-attachments]");
const counted = (box) => box.querySelectorAll("[data-attached]").length;

function say(box, words) {
  const place = box.querySelector("[data-attached-error]");
  place.textContent = words;
  place.hidden = !words;
}

/* Half-written texts outlive a look elsewhere (composer.js), and so do the files that go with them. */
const keyOf = (box) => {
  const thread = box.closest("[data-conversation]");
  return thread ? `app:files:${thread.dataset.me}:${thread.dataset.conversation}` : null;
};

function keep(box) {
  const key = keyOf(box);
  if (!key || !box.dataset.looked) return;
  const chips = [...box.querySelectorAll("[data-attached]")].map((chip) => chip.outerHTML).join("");
  try {
    if (chips) sessionStorage.setItem(key, chips);
    else sessionStorage.removeItem(key);
  } catch { /* no room: they stand in the box */ }
}

function takeBack(box) {
  if (box.dataset.looked) return;
  box.dataset.looked = "1";
  const kept = sessionStorage.getItem(keyOf(box) ?? "") ?? "";
  if (!kept || counted(box)) return;
  const chips = new DOMParser().parseFromString(kept, "text/html").querySelectorAll("[data-attached]");
  box.querySelector("[data-attached-list]").append(...[...chips].map((chip) => document.adoptNode(chip)));
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const box = event.detail.requestConfig?.elt?.matches?.("[data-composer]") && boxOf(event.detail.requestConfig.elt);
  // What was sent is no draft any more; what was refused comes back with the box.
  if (box) try { sessionStorage.removeItem(keyOf(box)); } catch { /* as above */ }
});

/* A text with a picture needs no words; the meter counts what a picture message costs otherwise. */
function settle(box) {
  keep(box);
  const form = box.closest("form");
  const some = counted(box) > 0;
  const area = form.elements.body;
  if (area) area.required = !some;
  box.querySelector("[data-attached-note]").hidden = !some;
  form.toggleAttribute("data-with-files", some);
}

async function upload(box, file) {
  const words = box.dataset;
  if (counted(box) + Number(words.going ?? 0) >= Number(words.most)) return say(box, words.tooMany);
  if (file.size > Number(words.max)) return say(box, words.tooLarge.replace("%name%", file.name));
  words.going = Number(words.going ?? 0) + 1;
  const status = box.querySelector("[data-attached-status]");
  status.textContent = words.busy.replace("%name%", file.name);
  const waiting = document.createElement("li");
  waiting.className = "attached attached--busy";
  waiting.textContent = words.busy.replace("%name%", file.name);
  box.querySelector("[data-attached-list]").append(waiting);
  const form = box.closest("form");
  const send = [...form.querySelectorAll("button[type=submit]")];
  for (const button of send) button.disabled = true;
  try {
    const body = new FormData();
    body.append("file", file, file.name);
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(words.url, { method: "POST", body, headers: { "X-CSRFToken": token } });
    const text = await answer.text();
    if (answer.ok && !answer.redirected) {
      const parsed = new DOMParser().parseFromString(text, "text/html").querySelector("[data-attached]");
      if (parsed) box.querySelector("[data-attached-list]").insertBefore(document.adoptNode(parsed), waiting);
    } else {
      const isSentence = answer.headers.get("Content-Type")?.startsWith("text/plain");
      say(box, isSentence && text ? text : words.unreached.replace("%name%", file.name));
    }
  } catch {
    say(box, words.unreached.replace("%name%", file.name));
  } finally {
    waiting.remove();
    status.textContent = "";
    words.going = Number(words.going) - 1;
    if (Number(words.going) === 0) for (const button of send) button.disabled = false;
    settle(box);
    form.dispatchEvent(new CustomEvent("ask"));
  }
}

async function take(box, files) {
  say(box, "");
  for (const file of files) await upload(box, file);
}

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-attach-open]");
  if (open) boxOf(open)?.querySelector("[data-attach-input]").click();
  const gone = event.target.closest("[data-attached-remove]");
  if (!gone) return;
  const box = boxOf(gone);
  const token = gone.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
  // What the server keeps of it is cleared away in a day in any case.
  fetch(gone.dataset.attachedRemove, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
  gone.closest("[data-attached]").remove();
  say(box, "");
  settle(box);
  box.closest("form").elements.body?.focus();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-attach-input]")) return;
  take(boxOf(event.target), [...event.target.files]);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const box = boxOf(event.target);
  const files = [...(event.clipboardData?.files ?? [])];
  if (!box || !files.length) return;
  event.preventDefault();
  take(box, files);
});

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

document.addEventListener("dragover", (event) => {
  const thread = event.target.closest?.(".thread");
  if (!carriesFiles(event) || !thread) return;
  event.preventDefault();
  thread.toggleAttribute("data-drop", true);
});

for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const thread = event.target.closest?.(".thread");
    if (thread && (name === "drop" || !thread.contains(event.relatedTarget))) thread.removeAttribute("data-drop");
  });
}

document.addEventListener("drop", (event) => {
  const thread = event.target.closest?.(".thread");
  const box = thread?.querySelector("[data-composer] [data-attachments]");
  if (!carriesFiles(event) || !box) return;
  event.preventDefault(); // a browser would leave the page for the file
  take(box, [...event.dataTransfer.files]);
});

/** Bring every box under `root` in line with the files that stand in it. */
export function settleAll(root = document) {
  for (const box of root.querySelectorAll("[data-attachments]")) {
    takeBack(box);
    settle(box);
  }
}

document.addEventListener("htmx:afterSettle", () => settleAll());
settleAll();
