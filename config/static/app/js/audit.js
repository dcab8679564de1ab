// The upload of a call log: the file's name before it goes, and how far it is while it does.
// Without this the form works all the same.

const form = document.querySelector("[data-audit-upload]");
if (form) {
  const input = form.querySelector('input[type="file"]');
  const name = form.querySelector("[data-file-name]");
  const note = form.querySelector("#file-note");
  const bar = form.querySelector("[data-upload-progress]");
  const button = form.querySelector('button[type="submit"]');
  const zone = input.closest(".drop");
  const limit = Number(form.dataset.limitMb) * 1_000_000;

  const complain = (words) => {
    note.textContent = words;
    note.className = "field__error";
    zone.classList.add("drop--bad");
  };
  const content = () => {
    zone.classList.remove("drop--bad");
    note.className = "field__hint";
    note.textContent = "";
  };
  const size = (bytes) => {
    if (bytes < 1_000) return `${bytes} bytes`;
    if (bytes < 999_500) return `${Math.round(bytes / 1_000)} KB`;
    return `${(bytes / 1_000_000).toFixed(1)} MB`;
  };

  input.addEventListener("change", () => {
    const file = input.files[0];
    if (!file) return;
    name.textContent = `${file.name}, ${size(file.size)}`;
    content();
    if (file.size > limit) complain(`The file is larger than ${form.dataset.limitMb} MB.`);
  });
  for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, () => zone.classList.add("drop--over"));
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("drop--over"));

  form.addEventListener("submit", (event) => {
    const file = input.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > limit) return complain(`The file is larger than ${form.dataset.limitMb} MB.`);
    const request = new XMLHttpRequest();
    bar.hidden = false;
    button.disabled = true;
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && request.responseURL && !request.responseURL.endsWith(form.getAttribute("action"))) {
        location.assign(request.responseURL);
        return;
      }
      // A page that says what is wrong, with what was typed: its fields take the place of ours. The
      // file stays chosen, which no page could bring about.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const answered = page.querySelector("[data-audit-upload]");
      bar.hidden = true;
      button.disabled = false;
      const fields = answered?.querySelector("[data-asked]");
      const said = answered?.querySelector("#file-note.field__error")?.textContent.trim();
      if (fields) form.querySelector("[data-asked]").replaceWith(fields);
      const wrong = form.querySelector('[data-asked] [aria-invalid="true"], [data-asked] .field__error');
      if (said || !wrong) return complain(said || "The file could not be sent. Try again.");
      content();
      wrong.scrollIntoView({ block: "center" });
      wrong.focus();
    });
    request.addEventListener("error", () => {
      bar.hidden = true;
      button.disabled = false;
      complain("The connection broke. Try again.");
    });
    request.open("POST", form.getAttribute("action"));
    request.send(new FormData(form));
  });
}
