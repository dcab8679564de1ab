/* The page: who calls whom, and every event brought to the phones and the story. */
import { Phones, introduce } from "./phones.js";
import { Thinking } from "./thinking.js";
import { Refused, follow, look, post } from "./transport.js";
import { now, phone, setClock } from "./words.js";

const lines = JSON.parse(document.getElementById("lines").textContent);
const form = document.getElementById("controls");
const stage = document.querySelector(".stage");
const problem = document.getElementById("problem");
const phones = new Phones();
const thinking = new Thinking();
const STATES = { live: "Live", polling: "Looking every second", away: "Connection lost, trying again" };
let stop = () => {};
let stopLine = () => {};
let line = lines[0];
let caller = "";
let call = null;
let visit = 0;

// --- remembered choices ---------------------------------------------------------------------------
const remembered = (() => {
  try { return JSON.parse(localStorage.getItem("simulator")) ?? {}; } catch { return {}; }
})();
function remember(changes) {
  Object.assign(remembered, changes);
  try { localStorage.setItem("simulator", JSON.stringify(remembered)); } catch { /* private window */ }
}

/** A believable number nobody has, in the business's area; the last digits dodge the magic endings. */
function newCaller() {
  let last;
  do last = 2000 + Math.floor(Math.random() * 7900); while ([6, 7, 8].includes(last % 10000));
  return `+1${line.area}555${last}`;
}

/** What was typed, as +1 and ten digits where it is a North American number. */
function typed(value) {
  const text = value.trim();
  const digits = text.replace(/[\s().-]/g, "");
  if (/^\d{10}$/.test(digits)) return `+1${digits}`;
  if (/^1\d{10}$/.test(digits)) return `+${digits}`;
  if (/^\+\d+$/.test(digits)) return digits;
  return ["private", "anonymous", "no caller id"].includes(text.toLowerCase()) ? "anonymous" : text;
}

function say(sentence) {
  problem.textContent = sentence ?? "";
  problem.hidden = !sentence;
  form.caller.setAttribute("aria-invalid", String(Boolean(sentence?.startsWith("caller"))));
}

async function attempt(work) {
  try {
    await work();
    say("");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
  }
}

// --- events -----------------------------------------------------------------------------------------
function take(event, isNews) {
  if (event.business && event.business !== line.number) return;
  if (event.kind === "call") {
    if (call?.sid !== event.sid) thinking.begin(event);
    call = event;
    phones.showCall(event, isNews);
    showGo();
  } else if (event.call && event.call !== call?.sid) return;
  if (event.kind === "text") phones.showText(event, isNews);
  if (event.kind === "text_status") phones.showStatus(event.text, event.status, event.error);
  thinking.add(event, isNews);
}

function showGo() {
  const isOn = Boolean(call && call.state !== "ended");
  document.querySelector("#go span").textContent = isOn ? "Hang up" : "Call";
  const go = document.getElementById("go").classList;
  go.toggle("button--danger", isOn);
  go.toggle("button--primary", !isOn);
}

/** Show the phones of this caller and this business, then follow what happens. */
async function visitPhones() {
  stop();
  const mine = ++visit;
  call = null;
  phones.clear();
  thinking.clear();
  introduce(line, caller);
  showGo();
  await attempt(async () => {
    const seen = await look(caller, line.number);
    if (mine !== visit) return;
    setClock(seen.now);
    remember({ caller });
    for (const text of seen.texts) phones.showText(text, false);
    for (const event of seen.story) take(event, false);
    stop = follow(caller, seen.last_id, (event) => take(event, true), (state) => {
      const place = document.getElementById("line");
      place.textContent = STATES[state];
      place.dataset.state = state;
    });
  });
}

/** A call back from the inbox rings whosever phones are shown: those of its person come into view. */
async function watchLine() {
  stopLine();
  const mine = line;
  const begun = ({ kind, caller: person, at }) => {
    const isOn = call && call.state !== "ended";
    if (kind === "back" && mine === line && person !== caller && !isOn && at > now() - 15) setCaller(person);
  };
  await attempt(async () => {
    const seen = await look(mine.number, mine.number);
    if (mine !== line) return;
    setClock(seen.now);
    seen.story.forEach(begun);
    stopLine = follow(mine.number, seen.last_id, begun, () => {});
  });
}

function setCaller(number) {
  caller = number;
  form.caller.value = phone(number);
  return visitPhones();
}

// --- what people do ------------------------------------------------------------------------------------
form.business.addEventListener("change", () => {
  line = lines.find((one) => one.number === form.business.value) ?? lines[0];
  remember({ business: line.number });
  showRing();
  setCaller(newCaller()).then(watchLine);
});
form.caller.addEventListener("change", () => setCaller(typed(form.caller.value)));
document.getElementById("new-caller").addEventListener("click", () => setCaller(newCaller()));

function showRing() {
  const byHand = form.staff.value === "by_hand";
  document.getElementById("ring-shown").textContent = byHand ? `${line.rings} s` : `${form.ring_seconds.value} s`;
  form.ring_seconds.disabled = byHand || form.staff.value === "busy" || !line.staff_first;
  form.staff.disabled = !line.staff_first;
}
for (const name of ["staff", "ring_seconds", "afterwards"]) {
  form[name].addEventListener("input", () => {
    showRing();
    remember({ [name]: form[name].value });
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    if (call && call.state !== "ended") {
      await post("instruct", { call: call.sid, what: "hang_up" });
      return;
    }
    const number = typed(form.caller.value);
    if (number !== caller) await setCaller(number);
    // Where only one pane fits, the phone comes into view.
    if (matchMedia("(max-width: 759px)").matches) document.querySelector(".simulator__panes").scrollIntoView({ block: "start" });
    await post("call", {
      business: line.number, caller, staff: form.staff.value, ring_seconds: Number(form.ring_seconds.value),
      afterwards: form.afterwards.value, faster: document.getElementById("faster").checked,
    });
  });
});

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    if (call) attempt(() => post("instruct", { call: call.sid, what: button.dataset.do }));
  });
}

// A picture that goes with the caller's next text: {sample} or {upload, name}.
let picked = null;
const picker = document.getElementById("picked");
function pick(picture, name) {
  picked = picture;
  picker.hidden = !picture;
  picker.querySelector("[data-picked-name]").textContent = name ?? "";
}
for (const button of document.querySelectorAll("[data-sample]")) {
  button.addEventListener("click", () => pick({ sample: button.dataset.sample }, button.textContent));
}
picker.querySelector("[data-picked-remove]").addEventListener("click", () => pick(null));
document.getElementById("picture-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  document.getElementById("pictures").hidePopover();
  if (!file) return;
  if (file.size > 2 * 1024 * 1024) {
    say("That file is larger than 2 MB.");
    return;
  }
  const reader = new FileReader();
  reader.addEventListener("load", () => pick({ upload: reader.result.slice(reader.result.indexOf(",") + 1) }, file.name));
  reader.readAsDataURL(file);
});

document.getElementById("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.body;
  const body = field.value.trim();
  if (!body && !picked) return;
  const picture = picked;
  const name = picker.querySelector("[data-picked-name]").textContent;
  field.value = "";
  pick(null);
  attempt(async () => {
    try {
      await post("reply", { business: line.number, caller, body, ...picture });
    } catch (error) {
      field.value ||= body; // nothing typed is lost
      if (picture && !picked) pick(picture, name);
      throw error;
    }
  });
});

for (const button of document.querySelectorAll("button[data-pane]")) {
  button.addEventListener("click", () => {
    stage.dataset.show = button.dataset.pane;
    for (const other of document.querySelectorAll("button[data-pane]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

// --- the first look ----------------------------------------------------------------------------------
line = lines.find((one) => one.number === remembered.business) ?? lines[0];
form.business.value = line.number;
for (const name of ["staff", "ring_seconds", "afterwards"]) if (remembered[name]) form[name].value = remembered[name];
if (form.staff.selectedIndex < 0) form.staff.selectedIndex = 0;
showRing();
setCaller(remembered.caller ?? newCaller()).then(watchLine);
