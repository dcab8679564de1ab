/* On a phone the tabs reach beyond the screen: the open one is brought into view. */
for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = current.parentElement;
  tabs.scrollLeft = current.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}
