/* Whoever plays a voicemail has heard it: said once, and no list is asked to change for it. */
document.addEventListener("play", (event) => {
  const player = event.target;
  const address = player.dataset && player.dataset.heard;
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!address || !token) return;
  delete player.dataset.heard;
  const strip = player.closest(".call");
  const fresh = strip && strip.querySelector(".call__new");
  fetch(address, { method: "POST", headers: { "X-CSRFToken": token.value } }).then((answer) => {
    if (answer.ok && fresh) fresh.replaceWith("heard");
    if (!answer.ok) player.dataset.heard = address;
  }, () => { player.dataset.heard = address; });
}, true);
