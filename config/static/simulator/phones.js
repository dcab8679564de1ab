/* Both phones: what is on their screens, from the state of the call and the texts. */
import { clock, icon, initials, make, now, phone, timer } from "./words.js";

const CALLER_SAYS = {
  calling: "calling…", ringing: "ringing…", greeting: "connected", recording: "recording your message",
  talking: "talking with staff", ended: "call ended", back_ringing: "incoming call",
};
const STAFF_SAYS = {
  ringing: "incoming call", busy: "on another call", screening: "picked up",
  screening_voicemail: "its voicemail picked up", talking: "talking", voicemail: "its voicemail talks",
  back_ringing: "call back: pick up first", back_waiting: "calling them…",
};
const STAFF_BUTTONS = {
  ringing: ["decline", "answer"], screening: ["decline", "press_1"], talking: ["staff_hang_up"],
  back_ringing: ["decline", "answer"], back_waiting: ["staff_hang_up"],
};
const TICKS = { queued: ["waiting", "Sending"], sent: ["sent", "Sent"], delivered: ["delivered", "Delivered"] };

const all = (root, name) => root.querySelectorAll(`[data-${name}]`);
const put = (root, name, text) => { for (const place of all(root, name)) place.textContent = text; };

/** Fill everything that names the business or the caller. */
export function introduce(line, caller) {
  put(document, "business-name", line.name);
  put(document, "business-number", line.shown);
  put(document, "caller-number", phone(caller));
  put(document, "staff-number", line.staff || "no staff phone");
  put(document, "initials", initials(line.name));
  document.getElementById("inbox").href = line.inbox;
  document.getElementById("straight").hidden = line.staff_first;
}

/** One phone's call screen: a name, a state, a countdown, buttons. */
class CallScreen {
  constructor(id) {
    this.root = document.getElementById(id);
    this.state = this.root.querySelector("[data-state]");
    this.count = this.root.querySelector("[data-count]");
    this.says = this.root.querySelector("[data-says]");
    this.buttons = [...this.root.querySelectorAll("[data-do]")];
  }

  show(words, call, buttons, { countsDown, says = "" }) {
    this.root.hidden = false;
    this.root.dataset.rings = String(countsDown);
    this.state.textContent = words;
    this.says.textContent = says;
    for (const button of this.buttons) button.hidden = !buttons.includes(button.dataset.do);
    this.call = call;
    this.countsDown = countsDown;
    this.tick();
  }

  hide() {
    this.root.hidden = true;
    this.call = null;
  }

  tick() {
    if (!this.call) return;
    const { until, since } = this.call;
    const left = until ? Math.max(0, until - now()) : 0;
    if (this.call.state === "ended") this.count.textContent = "";
    else if (this.countsDown && until) this.count.textContent = String(Math.ceil(left));
    else this.count.textContent = timer(now() - since);
    const share = until && this.countsDown ? left / Math.max(0.1, until - since) : 0;
    this.root.style.setProperty("--left", `${(share * 100).toFixed(1)}%`);
  }
}

export class Phones {
  constructor() {
    this.caller = new CallScreen("caller-call");
    this.staff = new CallScreen("staff-call");
    this.thread = document.getElementById("thread");
    this.notes = document.getElementById("staff-notes");
    this.note = document.getElementById("caller-note");
    this.bubbles = new Map();
    this.ended = new Set();
    setInterval(() => { this.caller.tick(); this.staff.tick(); }, 100);
    const dates = () => {
      for (const place of document.querySelectorAll("[data-clock]")) place.textContent = clock(now()).replace(/ .M$/, "");
      put(document, "day", new Date(now() * 1000).toLocaleDateString("en-US", { weekday: "long", day: "numeric", month: "long" }));
    };
    dates();
    setInterval(dates, 5000);
  }

  clear() {
    this.thread.replaceChildren();
    this.notes.replaceChildren();
    this.bubbles.clear();
    this.ended.clear();
    this.caller.hide();
    this.staff.hide();
  }

  /** Bring both phones to where the call stands. */
  showCall(call, isNews) {
    if (call.state === "ended") {
      this.end(call, isNews);
      return;
    }
    clearTimeout(this.closing);
    const rings = ["calling", "ringing", "back_ringing"].includes(call.state);
    if (call.state === "back_staff") this.caller.hide(); // their phone rings once staff picked up
    else this.caller.show(CALLER_SAYS[call.state], call, this.callerButtons(call), {
      countsDown: rings || call.state === "recording",
      says: call.state === "greeting" ? `“${call.says}”` : "",
    });
    if (rings && call.state === "calling") this.note.hidden = true;
    if (call.staff === "idle") this.staff.hide();
    else {
      this.staff.show([STAFF_SAYS[call.staff], call.turn].filter(Boolean).join(", "), call, STAFF_BUTTONS[call.staff] ?? [], {
        countsDown: call.staff !== "talking" && call.staff !== "voicemail",
        says: call.staff.startsWith("screening") || (call.staff === "back_waiting" && call.says) ? `“${call.says}”` : call.staff === "voicemail" ? call.says : "",
      });
    }
    document.getElementById("staff-phone").dataset.rings = String(call.staff === "ringing" || call.staff === "back_ringing");
  }

  /** What the caller can press now; the keys are those he was told of. */
  callerButtons(call) {
    if (call.state === "back_ringing") return ["caller_decline", "caller_answer"];
    const listening = call.state === "greeting";
    const keys = { caller_press_1: call.key, caller_press_emergency: listening ? call.emergency : "" };
    const shown = ["hang_up"];
    for (const [what, key] of Object.entries(keys)) {
      if (!key) continue;
      const button = this.caller.root.querySelector(`[data-do="${what}"]`);
      put(button, "key", key);
      shown.push(what);
    }
    return shown;
  }

  end(call, isNews) {
    document.getElementById("staff-phone").dataset.rings = "false";
    this.staff.hide();
    if (isNews) {
      this.caller.show("call ended", call, [], { countsDown: false });
      this.closing = setTimeout(() => { this.caller.hide(); this.note.hidden = true; }, 900);
    } else this.caller.hide();
    if (this.ended.has(call.sid)) return;
    this.ended.add(call.sid);
    const talked = call.picked_up_at && !call.rang_until && call.staff_phone;
    if (call.back && !call.picked_up_at) return; // it never rang here, or nobody picked up
    const line = make("p", "chat__event number", icon(talked ? "answered" : "missed"), `${talked ? "Call" : "Call, not answered"} · ${clock(call.started_at)}`);
    this.place(line, call.started_at);
    if (call.rang_until) {
      const from = make("span", "lock__note-body number", phone(call.caller));
      this.notes.prepend(make("div", "lock__note", make("span", "lock__note-app", icon("missed"), "Missed call", make("time", "", clock(call.rang_until))), from));
      while (this.notes.children.length > 3) this.notes.lastElementChild.remove();
    }
  }

  /** A text on the caller's phone; `isNews` when it arrives now. */
  showText(text, isNews) {
    if (this.bubbles.has(text.text)) return;
    const side = text.by === "caller" ? "mine" : text.by;
    const words = make("p", "sms__body", text.body);
    words.hidden = !text.body;
    const pictures = (text.media ?? []).map((url) => this.picture(url));
    const about = make("p", "sms__about number", make("span", "", text.by === "carrier" ? "from the carrier" : ""), make("time", "", clock(text.at)), make("span", "sms__tick"));
    const bubble = make("div", `sms sms--${side}${isNews ? " is-new" : ""}`, ...pictures, words, about);
    this.bubbles.set(text.text, bubble);
    this.place(bubble, text.at);
    if (text.by === "platform") this.showStatus(text.text, text.status, text.error);
    if (isNews && text.by !== "caller" && !this.caller.root.hidden) {
      this.note.querySelector("[data-note-body]").textContent = text.body || "Picture";
      this.note.hidden = false;
    }
  }

  /* What is no picture, or is kept no longer, is a link to whatever it is. */
  picture(url) {
    const shown = make("img", "sms__picture");
    shown.alt = "Picture";
    shown.addEventListener("load", () => { this.thread.scrollTop = this.thread.scrollHeight; });
    shown.addEventListener("error", () => {
      const link = make("a", "sms__file", "File");
      link.href = url;
      shown.replaceWith(link);
    });
    shown.src = url;
    return shown;
  }

  showStatus(id, status, error) {
    const bubble = this.bubbles.get(id);
    if (!bubble) return;
    const [picture, word] = TICKS[status] ?? ["problem", "Not delivered"];
    const tick = bubble.querySelector(".sms__tick");
    tick.dataset.status = status;
    tick.replaceChildren(icon(picture), error ? `${word} (${error})` : word);
  }

  place(element, at) {
    element.dataset.at = String(at);
    const later = [...this.thread.children].find((child) => Number(child.dataset.at) > at);
    this.thread.insertBefore(element, later ?? null);
    this.thread.scrollTop = this.thread.scrollHeight;
  }
}
