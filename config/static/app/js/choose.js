// A long list of boxes to tick: narrowed by typing, ticked all at once, and counted.
for (const room of document.querySelectorAll("[data-choose]")) {
  const rows = [...room.querySelectorAll("[data-choose-row]")];
  const find = room.querySelector("[data-choose-find]");
  const box = (row) => row.querySelector("input[type=checkbox]");
  const count = () => {
    room.querySelector("[data-choose-count]").value = rows.filter((row) => box(row).checked).length;
  };
  const tick = (wanted) => {
    for (const row of rows) if (!row.hidden) box(row).checked = wanted;
    count();
  };
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.chooseRow.includes(word));
  });
  // Enter narrows the list; it does not send the form.
  find.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  room.querySelector("[data-choose-all]").addEventListener("click", () => tick(true));
  room.querySelector("[data-choose-none]").addEventListener("click", () => tick(false));
  // A form has at most a thousand fields; the ticks go as one.
  const form = room.closest("form");
  form?.addEventListener("submit", () => {
    const ticked = rows.map(box).filter((each) => each.checked);
    form.querySelector("[data-choose-chosen]").value = ticked.map((each) => each.value).join(",");
    for (const each of rows.map(box)) each.disabled = true;
  });
  // Back from the next page they can be ticked again.
  addEventListener("pageshow", () => rows.forEach((row) => (box(row).disabled = false)));
  room.addEventListener("change", count);
  count();
}
