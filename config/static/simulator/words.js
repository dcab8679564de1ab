/* Numbers, times and pictures as people read them. */

/** +13125550142 as (312) 555-0142; anything else as it is. */
export function phone(number) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number ?? "");
  if (parts) return `(${parts[1]}) ${parts[2]}-${parts[3]}`;
  return number === "anonymous" || number === "+266696687" ? "No caller ID" : number ?? "";
}

export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });

/** 83 seconds as 1:23. */
export function timer(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const initials = (name) =>
  name.split(/\s+/).filter((word) => /^\p{L}/u.test(word)).slice(0, 2).map((word) => word[0].toUpperCase()).join("");

const icons = document.getElementById("icons").content;

/** A copy of one of the pictures in _icons.html. */
export const icon = (name) => icons.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);

/** An element with classes and children; strings become text, never markup. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

let ahead = 0;
/** The server's clock, in seconds: all times in events are its. */
export const now = () => Date.now() / 1000 + ahead;
export const setClock = (serverNow) => { ahead = serverNow - Date.now() / 1000; };
