/* Values with a button that copies them; without a clipboard the button stays away and one selects by hand. */
if (navigator.clipboard) {
  for (const place of document.querySelectorAll("[data-copy-from]")) {
    const button = place.querySelector("[data-copy-value]");
    const words = button.querySelector("[data-copy-words]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(place.querySelector("code").textContent);
        words.textContent = "Copied";
      } catch {
        words.textContent = "Select it by hand";
      }
      setTimeout(() => { words.textContent = "Copy"; }, 2000);
    });
  }
}
