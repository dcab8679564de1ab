/*
 * News from the server, one way: an event stream while it holds, and a look
 * every four seconds while it does not.
 */
const POLL_EVERY = 4000;
const REOPEN_AFTER = 15000;

/** Call `onChange(conversationIdOrNull)` whenever something may have changed. */
export function listen(url, onChange) {
  let poll = null;
  let wasOpen = false;

  const pollOn = () => { poll ??= setInterval(() => onChange(null), POLL_EVERY); };
  const pollOff = () => { clearInterval(poll); poll = null; };

  const open = () => {
    const source = new EventSource(url);
    source.addEventListener("open", () => {
      pollOff();
      if (wasOpen) onChange(null); // what happened while we were away
      wasOpen = true;
    });
    source.addEventListener("changed", (event) => {
      let conversation = null;
      try { conversation = JSON.parse(event.data).conversation ?? null; } catch { /* then look at everything */ }
      onChange(conversation === null ? null : String(conversation));
    });
    source.addEventListener("error", () => {
      pollOn();
      if (source.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_AFTER);
    });
  };

  open();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) onChange(null); });
}
