/* The week's form: more spans, fewer spans, and one day copied to others. Without it each day has one span. */
const WORKDAYS = ["1", "2", "3", "4"];
const week = document.querySelector("[data-week]");

function update(day) {
  day.dataset.kind = day.querySelector("select").value;
  const spans = day.querySelectorAll("[data-span]");
  for (const span of spans) span.querySelector("[data-remove]").hidden = spans.length < 2;
  day.querySelector("[data-add]").hidden = spans.length >= 6;
}

function emptied(span) {
  const fresh = span.cloneNode(true);
  for (const input of fresh.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
  fresh.querySelector(".span__error")?.remove();
  return fresh;
}

/* The other day keeps its own names: its first span is the mould. */
function copy(from, to) {
  to.querySelector("select").value = from.querySelector("select").value;
  const [mould, ...rest] = to.querySelectorAll("[data-span]");
  for (const span of rest) span.remove();
  const bare = emptied(mould);
  let last = mould;
  for (const [position, span] of [...from.querySelectorAll("[data-span]")].entries()) {
    const target = position ? bare.cloneNode(true) : emptied(mould);
    const values = [...span.querySelectorAll("input")].map((input) => input.value);
    target.querySelectorAll("input").forEach((input, n) => { input.value = values[n]; });
    if (position) last.after(target);
    else mould.replaceWith(target);
    last = target;
  }
  update(to);
}

if (week && !week.querySelector("fieldset").disabled) {
  const days = [...week.querySelectorAll("[data-day]")];
  for (const day of days) {
    const which = day.dataset.day;
    const button = day.querySelector("[data-copy]");
    const targets = which === "0" ? WORKDAYS : which === "5" ? ["6"] : [];
    button.hidden = !targets.length;
    button.querySelector(".day__where").textContent = ` ${which === "0" ? week.dataset.toWeek : week.dataset.toSunday}`;
    button.addEventListener("click", () => {
      for (const other of days) if (targets.includes(other.dataset.day)) copy(day, other);
    });
    day.querySelector("[data-add]").addEventListener("click", () => {
      const spans = day.querySelectorAll("[data-span]");
      const fresh = emptied(spans[0]);
      spans[spans.length - 1].after(fresh);
      update(day);
      fresh.querySelector("input").focus();
    });
    day.addEventListener("click", (event) => {
      const remove = event.target.closest("[data-remove]");
      if (!remove) return;
      remove.closest("[data-span]").remove();
      update(day);
    });
    day.querySelector("select").addEventListener("change", () => update(day));
    update(day);
  }
}
