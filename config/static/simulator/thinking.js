/* What the platform does, line by line, and the one number that matters. */
import { icon, make, now } from "./words.js";

const CALL_LINES = {
  ringing: ["call", "The staff’s phone rings"],
  greeting: ["call", "The caller listens"],
  recording: ["voicemail", "The caller leaves a message"],
  talking: ["answered", "Caller and staff are connected"],
  back_staff: ["call", "A member calls back: the staff’s phone rings first"],
  back_ringing: ["call", "Now the caller’s phone rings"],
};
const STAFF_LINES = {
  busy: ["call", "The staff’s line is busy"],
  screening: ["answered", "Somebody picked up and hears the question"],
  screening_voicemail: ["voicemail", "The staff phone’s own voicemail picked up"],
  voicemail: ["voicemail", "The staff phone’s own voicemail talks to the caller"],
};

const code = (text) => (text ? make("code", "", text) : null);

function questions(receipt) {
  const list = make("ol", "questions");
  receipt.questions.forEach((question, position) => {
    const row = make("li", question.passed ? "" : "is-stopped", icon(question.passed ? "yes" : "no"),
      make("span", "step__asked", question.asked, " ", make("span", "step__input", question.input)),
      make("span", "questions__answer", question.answer));
    row.style.animationDelay = `${position * 35}ms`;
    list.append(row);
  });
  return list;
}

/** How one event reads: [picture, tone, title, ...more], or null for one that is not shown. */
function describe(line) {
  switch (line.kind) {
    case "call": {
      if (line.state === "ended") return ["over", "", line.says];
      if (line.state === "back_staff" && line.staff === "back_waiting") return ["answered", "", `The staff picked up and hears “${line.says}”`];
      if (line.key) return ["call", "", `The caller is offered a text for a pressed ${line.key}`];
      const [picture, title] = STAFF_LINES[line.staff] ?? CALL_LINES[line.state] ?? [];
      return title ? [picture, "", title] : null;
    }
    case "webhook":
      if (line.failed) return ["problem", "bad", line.title, make("p", "step__more", `No usable answer: ${line.failed}`)];
      return ["webhook", "", line.title, code(line.path.replace("/webhooks/simulator", "")),
        make("span", "step__took number", `${line.milliseconds < 10 ? line.milliseconds.toFixed(1) : Math.round(line.milliseconds)} ms`)];
    case "verbs":
      return ["verbs", "quiet", "", make("p", "step__more step__told", `told to ${line.told.join(", then ")}`)];
    case "outcome": {
      const picture = line.outcome === "answered" ? "answered" : line.outcome === "voicemail" ? "voicemail" : "missed";
      const because = line.detail ? `: ${line.detail[0].toLowerCase()}${line.detail.slice(1)}` : "";
      return [picture, line.outcome === "answered" ? "good" : "bad", `Outcome: ${line.title.toLowerCase()}${because}`];
    }
    case "decision":
      return [line.receipt.action, line.receipt.action, line.receipt.sentence, code(line.receipt.code), questions(line.receipt)];
    case "queued":
      return ["queued", "", line.title];
    case "gate":
      return line.passed ? ["gate", "", line.title] : ["gate", "bad", line.title, code(line.code)];
    case "api":
      return ["api", "send", "The provider takes it: the text is on the caller’s phone"];
    case "refused":
      return ["problem", "bad", `The provider refuses: ${line.title}`, code(String(line.code))];
    case "failed":
      return ["problem", "bad", line.title, code(line.code)];
    case "text":
      if (line.by === "caller") return ["text", "", line.body ? `The caller writes “${line.body}”` : "The caller sends a picture"];
      if (line.by === "carrier") return ["radio", "", "The carrier answers the keyword by itself"];
      return null; // the provider's line has said so
    case "received": case "consent":
      return ["inbox", line.kind === "consent" ? "send" : "", line.title];
    case "problem":
      return ["problem", "bad", line.title];
    default:
      return null;
  }
}

export class Thinking {
  constructor() {
    this.list = document.getElementById("story");
    this.empty = document.getElementById("story-empty");
    this.measure = document.getElementById("measure");
    this.value = this.measure.querySelector("[data-value]");
    this.label = this.measure.querySelector("[data-label]");
    this.about = this.measure.querySelector("[data-about]");
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.empty.hidden = false;
    this.start = null;
    this.call = null;
    this.text = null;
    this.verdict = "";
    this.lastShown = "";
    this.showMeasure();
  }

  /** A new call begins a new story. */
  begin(call) {
    this.clear();
    this.start = call.started_at;
    this.call = call;
  }

  add(line, isNews) {
    if (line.kind === "call") {
      this.call = line;
      const shown = `${line.sid}${line.state}${line.staff}${line.key}`;
      if (shown === this.lastShown) return;
      this.lastShown = shown;
    }
    if (line.kind === "decision") this.verdict = line.receipt.action === "skip" ? line.receipt.sentence : "";
    if ((line.kind === "failed" || line.kind === "refused") && !this.text) this.verdict = line.title;
    if (line.kind === "text" && line.by === "platform" && this.missedAt() !== null) this.text ??= line;
    this.showMeasure();
    const [picture, tone, title, ...more] = describe(line) ?? [];
    if (!picture) return;
    this.start ??= line.at;
    const offset = make("time", "step__at number", `+${Math.max(0, line.at - this.start).toFixed(3)}`);
    const step = make("li", `step${tone ? ` step--${tone}` : ""}${isNews ? " is-new" : ""}`, offset,
      make("span", "step__icon", icon(picture === "radio" ? "api" : picture)),
      make("div", "step__body", title ? make("p", "step__title", title) : null, ...more));
    step.dataset.at = String(line.at);
    const later = [...this.list.children].find((child) => Number(child.dataset.at) > line.at);
    this.list.insertBefore(step, later ?? null);
    this.empty.hidden = true;
    this.list.parentElement.scrollTop = this.list.parentElement.scrollHeight;
  }

  /** When a text was due: the pressed 1, the last ring, or the hang-up; null while it is not yet. */
  missedAt() {
    return this.call?.pressed_at ?? this.call?.rang_until ?? this.call?.hung_up_at ?? null;
  }

  showMeasure() {
    cancelAnimationFrame(this.frame);
    const missedAt = this.missedAt();
    const state = this.text && missedAt !== null ? "done" : this.verdict ? "none" : missedAt !== null ? "running" : "idle";
    this.measure.dataset.state = state;
    const atHangUp = this.call?.hung_up_at && missedAt !== null && Math.abs(this.call.hung_up_at - missedAt) < 0.05;
    const from = missedAt === null || atHangUp ? "Hang-up" : this.call.pressed_at ? "Pressed 1" : "Last ring";
    this.label.textContent = `${from} to text`;
    if (state === "done") {
      this.value.textContent = `${Math.max(0.01, this.text.at - missedAt).toFixed(2)} s`;
      this.about.textContent = {
        "Hang-up": "From the caller’s hang-up to the text on the phone.",
        "Pressed 1": "From the key the caller pressed to the text on the phone.",
        "Last ring": "From the end of the ringing to the text on the caller’s phone.",
      }[from];
    } else if (state === "none") {
      const because = this.verdict.replace(/^No text: /, "");
      this.value.textContent = "no text";
      this.label.textContent = because[0].toUpperCase() + because.slice(1);
      this.about.textContent = "That is an answer too: the questions that led to it are below.";
    } else if (state === "running") {
      this.about.textContent = "The clock runs…";
      const run = () => {
        const passed = now() - missedAt;
        if (passed > 60) { this.value.textContent = "–"; this.about.textContent = "No text within a minute."; return; }
        this.value.textContent = `${passed.toFixed(2)} s`;
        this.frame = requestAnimationFrame(run);
      };
      run();
    } else {
      this.value.textContent = "–";
      this.about.textContent = this.call ? `The clock starts when the ${this.call.staff_phone ? "ringing" : "call"} ends.` : "Place a call nobody answers, and the clock runs.";
    }
  }
}
