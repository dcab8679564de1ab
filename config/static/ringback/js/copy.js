/* Buttons that copy something and say that they did. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("[data-copy-words]");
  const before = words.dataset.before ?? words.textContent;
  words.dataset.before = before;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Press and hold the code";
  }
  setTimeout(() => { words.textContent = before; }, 2000);
});
