/*
 * To and from the simulated network: requests by fetch, its story by an event
 * stream while that holds, and a look every second and a half while it does not.
 */
const POLL_EVERY = 1500;

export class Refused extends Error {}

async function read(answer) {
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(data.detail ?? `The simulator answered ${answer.status}.`);
  return data;
}

/** Post to one of the simulator's doors. Throws Refused with a sentence. */
export async function post(what, data) {
  let answer;
  try {
    answer = await fetch(`/simulator/do/${what}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data),
    });
  } catch {
    throw new Refused("The platform does not answer. Is it running?");
  }
  return read(answer);
}

/** What a caller's phone shows right now. */
export async function look(caller, business) {
  return read(await fetch(`/simulator/do/phone?${new URLSearchParams({ business, caller })}`));
}

/** Call `onLine` for every new line of a caller's story; returns a function that stops. */
export function follow(caller, after, onLine, onState) {
  let last = after;
  let poll = null;
  let source = null;
  let reopen = null;
  let isOver = false;
  const take = (line) => {
    last = line.id;
    onLine(line);
  };
  const ask = async () => {
    try {
      const query = new URLSearchParams({ after: last, caller, poll: "1" });
      for (const line of await read(await fetch(`/simulator/events/?${query}`))) if (!isOver) take(line);
      if (!isOver) onState("polling");
    } catch {
      if (!isOver) onState("away");
    }
  };
  const open = () => {
    source = new EventSource(`/simulator/events/?${new URLSearchParams({ after: last, caller })}`);
    source.addEventListener("open", () => {
      clearInterval(poll);
      poll = null;
      onState("live");
    });
    source.addEventListener("message", (event) => take(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // Not left to the browser: it would ask again with the old `after`.
      source.close();
      if (isOver) return;
      if (!poll) onState("away");
      poll ??= setInterval(ask, POLL_EVERY);
      reopen = setTimeout(open, 3000);
    });
  };
  open();
  return () => {
    isOver = true;
    source.close();
    clearInterval(poll);
    clearTimeout(reopen);
  };
}
