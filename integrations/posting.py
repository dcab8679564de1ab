"""Handing deliveries of one endpoint to its address: several at once, signed, and not for long.

No database here, and nothing is raised for what may be expected: whoever asked writes down what came.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from integrations.retrying import SECONDS, Verdict, judged, slow_words
from messaging.scrub import without_others
from tenants.outgoing import Answer, Line, NoAnswer, Refused, Target, found, private_allowed

IN_FLIGHT = 6
IN_FLIGHT_SLOW = 2
# No new delivery is begun after so long: what came of the others is to be written down.
SLICE_SECONDS = 4.0
MOST_KEPT = 500
_SECRETS = re.compile(r"(?:whsec_|rb_|v1,|Bearer\s+)[A-Za-z0-9+/=_\-]{8,}")
_EACH = 4  # deliveries that are worth a thread of their own


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery on its way: its row, how often it was tried before, its event's id and the body."""

    delivery_id: int
    attempts: int
    message_id: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. status: HTTP, 0 for none; took_ms: how long; pause: seconds asked for."""

    letter: Letter
    verdict: Verdict
    at: datetime
    status: int = 0
    took_ms: int = 0
    answer: str = ""
    pause: float = 0.0


def post_all(
    url: str, secrets: Sequence[str], letters: Sequence[Letter], *, at_once: int = IN_FLIGHT,
    moved: Callable[[], None] = lambda: None,
) -> list[Result]:  # fmt: skip
    """Hand letters over in their order; returns what came of those that were tried.

    secrets: `whsec_…`, each of which signs. at_once: how many are on their way together. moved: called
    after each. The first that meets trouble ends it for all.
    """
    if not letters:
        return []
    try:
        target = found(url, allow_private=private_allowed())
    except Refused as refused:
        return [_failed(letters[0], Verdict("trouble", str(refused)))]
    except NoAnswer as problem:
        return [_failed(letters[0], Verdict("trouble", problem.sentence))]
    round_ = _Round(target, [Webhook(secret) for secret in secrets], letters, moved)
    others = min(at_once, -(-len(letters) // _EACH)) - 1
    threads = [threading.Thread(target=round_.work, daemon=True) for _ in range(others)]
    for thread in threads:
        thread.start()
    round_.work()
    for thread in threads:
        thread.join()
    return round_.results


def headers_of(letter: Letter, hooks: Sequence[Webhook], at: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks for one attempt; `at` is aware, in UTC."""
    text = letter.body.decode()
    return {
        "Content-Type": "application/json", "User-Agent": "Call-Webhooks/1",
        "webhook-id": letter.message_id, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(h.sign(letter.message_id, at, text) for h in hooks),
    }  # fmt: skip


class _Round:
    """One time slice of one endpoint, shared by its threads."""

    def __init__(
        self, target: Target, hooks: list[Webhook], letters: Sequence[Letter],
        moved: Callable[[], None],
    ) -> None:  # fmt: skip
        self._target, self._hooks, self._moved = target, hooks, moved
        self._waiting: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        for letter in letters:
            self._waiting.put(letter)
        self._over = threading.Event()
        self._until = time.monotonic() + SLICE_SECONDS
        self.results: list[Result] = []

    def work(self) -> None:
        line = Line(self._target, seconds=SECONDS)
        try:
            while not self._over.is_set() and time.monotonic() < self._until:
                try:
                    letter = self._waiting.get_nowait()
                except queue.Empty:
                    return
                result = self._hand_over(letter, line)
                self.results.append(result)
                self._moved()
                if result.verdict.kind in ("trouble", "gone"):
                    self._over.set()
        finally:
            line.close()

    def _hand_over(self, letter: Letter, line: Line) -> Result:
        at, began = datetime.now(UTC), time.monotonic()
        try:
            answer = line.post(letter.body, headers_of(letter, self._hooks, at))
        except NoAnswer as problem:
            return _failed(letter, Verdict("trouble", problem.sentence), _since(began))
        took_ms, verdict = _since(began), judged(answer.status)
        if verdict.kind == "delivered":
            verdict = Verdict("delivered", slow_words(took_ms))
        return Result(
            letter, verdict, datetime.now(UTC), answer.status, took_ms, _kept(answer),
            answer.retry_after,
        )  # fmt: skip


def _failed(letter: Letter, verdict: Verdict, took_ms: int = 0) -> Result:
    return Result(letter, verdict, datetime.now(UTC), took_ms=took_ms)


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _kept(answer: Answer) -> str:
    """Return what a delivery log shows of an answer: text alone, and not much of it."""
    text = answer.body.decode("utf-8", "replace")
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
    # What others echo is theirs to keep: neither numbers of people nor secrets stay here.
    return _SECRETS.sub("[secret]", without_others(text, ()))[:MOST_KEPT]
