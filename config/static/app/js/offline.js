/* The page without a network: it looks again when the device says there is one, or when asked. */
const again = () => window.location.reload();
document.getElementById("again").addEventListener("click", again);
window.addEventListener("online", () => {
  const state = document.getElementById("state");
  state.textContent = state.dataset.back;
  setTimeout(again, 600);
});

/* Not every device says so: a look now and then, which asks for nothing but an answer. */
setInterval(async () => {
  const answer = await fetch("/offline/", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.ok) again();
}, 8000);
