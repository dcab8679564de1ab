/*
 * Lists under a text field: quick replies after a slash at its beginning, members after an @. Arrow
 * keys and Enter choose, so does a tap; Escape closes.
 */
let members = null;
let asked = 0;

const listOf = (area) => (area.dataset.quick ? document.getElementById("quick") : area.form.querySelector("#mention") ?? mentionsOf(area));

function mentionsOf(area) {
  const box = Object.assign(document.createElement("div"), { className: "quick", hidden: true });
  box.id = "mention";
  area.after(box);
  return box;
}

function close(area) {
  const box = listOf(area);
  box.hidden = true;
  box.replaceChildren();
  area.removeAttribute("aria-activedescendant");
}

function mark(area, options, at) {
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
  if (options[at]?.id) area.setAttribute("aria-activedescendant", options[at].id);
  options[at]?.scrollIntoView({ block: "nearest" });
}

/** Offer quick replies for what stands after a slash at the beginning, or all of them. */
export async function suggestQuick(area, all = false) {
  const typed = /^\/(\S{0,30})$/.exec(area.value);
  if (!typed && !all) return close(area);
  const mine = ++asked;
  const answer = await fetch(`${area.dataset.quick}?q=${encodeURIComponent(all ? "" : typed[1])}`);
  if (!answer.ok || mine !== asked) return;
  const box = listOf(area);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text(); // drawn and escaped by the server
  box.replaceChildren(holder.content);
  box.hidden = false;
  mark(area, [...box.querySelectorAll("[role=option]")], 0);
}

/** Offer members for the name that is being written after an @. */
export async function suggestMembers(area) {
  const typed = /(?:^|\s)@([^@\n]{0,30})$/.exec(area.value.slice(0, area.selectionStart));
  if (!typed) return close(area);
  members ??= fetch(area.dataset.mentions).then((answer) => answer.json()).then((told) => told.members);
  const wanted = typed[1].toLowerCase();
  const begins = (name) => ` ${name}`.includes(` ${wanted}`); // a word of the name, never its middle
  const fits = (await members).filter((each) => begins(each.name.toLowerCase())).slice(0, 6);
  const box = listOf(area);
  if (!fits.length) return close(area);
  const list = Object.assign(document.createElement("ul"), { className: "quick__list" });
  list.setAttribute("role", "listbox");
  for (const each of fits) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.id = `member-${each.id}`;
    option.dataset.member = each.id;
    option.textContent = each.name;
    list.append(option);
  }
  box.replaceChildren(list);
  box.hidden = false;
  mark(area, [...list.children], 0);
}

function take(area, option) {
  if (option.dataset.body !== undefined) {
    const slash = /^\/\S{0,30}$/.test(area.value);
    area.value = slash || !area.value.trim() ? option.dataset.body : `${area.value.trimEnd()} ${option.dataset.body}`;
    fetch(`${area.dataset.quick}?used=${option.dataset.id}`);
  } else {
    const before = area.value.slice(0, area.selectionStart).replace(/@[^@\n]{0,30}$/, `@${option.textContent} `);
    area.value = before + area.value.slice(area.selectionStart);
    const named = area.form.elements.named;
    named.value = [...new Set([...named.value.split(",").filter(Boolean), option.dataset.member])].join(",");
  }
  close(area);
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Let the keys move in an open list; true when the key was the list's. */
export function steer(area, event) {
  const box = listOf(area);
  if (box.hidden) return false;
  const options = [...box.querySelectorAll("[role=option]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(area); return true; }
  if (!options.length) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    mark(area, options, (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length);
    return true;
  }
  if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
    event.preventDefault();
    take(area, options[Math.max(at, 0)]);
    return true;
  }
  return false;
}

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.(".quick [role=option]");
  if (!option) return;
  event.preventDefault(); // the field keeps its focus
  const area = option.closest("form")?.querySelector("[data-metered], [data-mentions]");
  if (area) take(area, option);
});
