"""A row of cells becomes a call, or a sentence about why it cannot. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from calls.audit.columns import Columns
from calls.audit.legs import Leg
from calls.audit.moments import Clock, seconds_of
from calls.audit.outcomes import (
    INBOUND,
    INTERNAL,
    LEG,
    NO_CALL,
    OUTBOUND,
    direction_of,
    outcome_of,
    simple,
)
from calls.audit.rows import Row
from calls.audit.shapes import ANSWERED, MISSED, VOICEMAIL, Problem
from messaging.numbers import normalise

# Rows that are no calls of customers: left out, counted, and said so.
SKIPPED = {
    "internal": "calls between your own phones",
    "not_a_call": "texts, faxes and data",
    "leg": "second legs of calls that are not in the file",
}
_EXTENSION = re.compile(r"(?:ext\.?\s*|x\s*)?\d{1,6}\Z", re.IGNORECASE)
_NEAT = re.compile(r"\+?1?\d{10}\Z")
_INSIDE = re.compile(r"<([^<>]+)>")
_TAIL = re.compile(r"\s*(?:;|,|x|ext\.?|extension)\s*\d*\s*\Z|\s+\([a-z ]+\)\Z", re.IGNORECASE)
_NO_TIME = frozenset({"", "0", "no", "false", "-", "n/a", "na", "null", "none"})
_YES = frozenset({"1", "yes", "true", "y", "answered"})
_REMEMBERED = 20_000
_LONGEST = 120  # characters of a cell that are looked at


class Reader:
    """Reads the rows of one file. `skipped` counts what was left out on purpose, by SKIPPED."""

    def __init__(self, columns: Columns, clock: Clock, width: int) -> None:
        self._clock, self._units, self._width = clock, columns.units, width
        at = columns.columns
        self._at = at
        self._needs = max(at.values(), default=0)
        self._started, self._date, self._time = at.get("started"), at.get("date"), at.get("time")
        self.skipped: Counter[str] = Counter()
        self._numbers: dict[str, tuple[str, bool]] = {}
        self._ways: dict[str, str] = {}
        self._outcomes: dict[str, tuple[str, str] | None] = {}

    def read(self, row: Row) -> Leg | Problem | None:
        """Return the row's leg of a call, what is wrong with it, or None for what is no call."""
        cells = row.cells
        if len(cells) <= self._needs:
            return Problem(
                row.line, "short", f"The row has {len(cells)} cells, the heading has {self._width}."
            )
        if len(cells) > self._width and any(cells[self._width :]):
            return Problem(
                row.line, "long", f"The row has {len(cells)} cells, the heading has {self._width}."
            )
        if self._cell(cells, "kind") and self._way(self._cell(cells, "kind")) == NO_CALL:
            self.skipped["not_a_call"] += 1
            return None
        written = (
            cells[self._started]
            if self._started is not None
            else f"{cells[self._date or 0]} {cells[self._time or 0]}"
        )
        started = self._clock.read(written)
        if started is None:
            shown = " ".join(written.split())[:40]
            words = f"The time “{shown}” cannot be read." if shown else "The time is missing."
            return Problem(row.line, "time", words)
        return self._leg(row, started)

    def _leg(self, row: Row, started: datetime) -> Leg | Problem | None:
        cells = row.cells
        caller, caller_inside = self._number(self._cell(cells, "caller"))
        called, called_inside = self._number(self._cell(cells, "called"))
        way_words = self._cell(cells, "direction")
        way = self._direction(way_words, cells, caller_inside, called_inside)
        if way in (NO_CALL, INTERNAL):
            self.skipped["not_a_call" if way == NO_CALL else "internal"] += 1
            return None
        if "number" in self._at and not caller and not called:
            caller = called = self._number(self._cell(cells, "number"))[0]
        found = self._outcome(cells, way_words, way)
        if found is None:
            shown = self._cell(cells, "outcome")[:40] or way_words[:40]
            words = f"The result “{shown}” says neither answered nor missed."
            return Problem(row.line, "outcome", words)
        kind, because, is_empty = found
        ring, talk = self._seconds(cells, kind, started)
        talk = 0 if is_empty else talk
        is_inbound = way == INBOUND
        other, ours = (caller, called) if is_inbound else (called, caller)
        if "number" in self._at and other == ours:
            ours = ""
        group = self._cell(cells, "parent") or self._cell(cells, "call")
        return Leg(
            row.line, started, other, ours, kind, because, ring, talk, is_inbound,
            way == LEG, group[:80],
        )  # fmt: skip

    def _cell(self, cells: list[str], role: str) -> str:
        column = self._at.get(role)
        return cells[column][:_LONGEST].strip() if column is not None else ""

    def _way(self, words: str) -> str:
        if words not in self._ways:
            if len(self._ways) > _REMEMBERED:
                self._ways.clear()
            self._ways[words] = direction_of(words)
        return self._ways[words]

    def _direction(
        self, words: str, cells: list[str], caller_inside: bool, called_inside: bool
    ) -> str:
        way = self._way(words) if words else ""
        if caller_inside and called_inside and way != LEG:
            return INTERNAL
        if way:
            return way
        if not words and "number" in self._at and "called" in self._at:
            # A phone bill: "Incoming", or the place that was called.
            is_in = self._cell(cells, "called").lower().startswith("incom")
            return INBOUND if is_in else OUTBOUND
        return OUTBOUND if caller_inside else INBOUND

    def _number(self, raw: str) -> tuple[str, bool]:
        """Return a number in E.164 ('' for none), and whether it is an extension inside."""
        found = self._numbers.get(raw)
        if found is None:
            if len(self._numbers) > _REMEMBERED:
                self._numbers.clear()
            found = self._numbers[raw] = number_of(raw)
        return found

    def _result(self, words: str) -> tuple[str, str] | None:
        if words not in self._outcomes:
            if len(self._outcomes) > _REMEMBERED:
                self._outcomes.clear()
            self._outcomes[words] = outcome_of(words)
        return self._outcomes[words]

    def _outcome(self, cells: list[str], way_words: str, way: str) -> tuple[str, str, bool] | None:
        """Return what became of the call, because of what, and whether an answer of no second is in it."""
        result = self._result(self._cell(cells, "outcome"))
        reason = self._result(self._cell(cells, "reason"))
        if result is None and way_words:
            # "Missed" and "Inbound - Voicemail" stand in the column of the direction.
            said = self._result(way_words)
            result = said if said and said[0] != ANSWERED else None
        picked_up = self._picked_up(cells)
        if result is None:
            if picked_up is None:
                return (*reason, False) if reason else None
            result = (ANSWERED, "") if picked_up else (MISSED, "no_answer")
        kind, because = result
        unbelieved = kind == ANSWERED and picked_up is False
        if kind == ANSWERED and reason and reason[0] == VOICEMAIL and way == INBOUND:
            return *reason, False
        if unbelieved:
            # Connected for no second at all: nobody spoke, whatever the system calls it.
            kind, because = MISSED, "caller_hung_up"
        if kind == MISSED and reason and reason[1] and because in ("no_answer", "caller_hung_up"):
            because = reason[1]
        # Without a moment of the answer it is the seconds alone that say so.
        return kind, because, unbelieved and "answered" not in self._at

    def _picked_up(self, cells: list[str]) -> bool | None:
        """Return whether somebody took the call, by times and seconds; None when they do not say."""
        if "answered" in self._at:
            text = self._cell(cells, "answered").lower()
            if text in _NO_TIME or text.startswith(("0000", "1970-", "1/1/1970")):
                return False
            if simple(text) in _YES or any(letter.isdigit() for letter in text):
                return True
        for role in ("talk", "duration"):
            if role in self._at:
                text = self._cell(cells, role)
                seconds = seconds_of(text, self._units.get(role, "s")) if text else 0
                if seconds is not None:
                    return seconds > 0
        return None

    def _seconds(
        self, cells: list[str], kind: str, started: datetime
    ) -> tuple[int | None, int | None]:
        """Return how long it rang and how long they talked, as far as the row tells."""
        units = self._units
        ring = seconds_of(self._cell(cells, "ring"), units.get("ring", "s"))
        talk = seconds_of(self._cell(cells, "talk"), units.get("talk", "s"))
        whole = seconds_of(self._cell(cells, "duration"), units.get("duration", "s"))
        if ring is None and "answered" in self._at and kind == ANSWERED:
            answered = self._clock.read(self._cell(cells, "answered"))
            if answered is not None and 0 <= (answered - started).total_seconds() < 3600:
                ring = int((answered - started).total_seconds())
        if kind != ANSWERED:
            if ring is None and whole and kind == MISSED and ("talk" in self._at or talk == 0):
                ring = whole
            return ring, (talk or whole if kind == VOICEMAIL else None)
        if talk is None and whole is not None:
            talk = whole - ring if ring is not None and "ring" not in self._at and whole >= ring else whole  # fmt: skip
        if ring is None and talk is not None and whole is not None and whole > talk:
            ring = whole - talk
        return ring, talk


def number_of(raw: str) -> tuple[str, bool]:
    """Return a number as exports write it in E.164 ('' for none), and whether it is an extension."""
    text = raw.strip().strip("\"'")
    if not text or len(text) > 80:
        return "", False
    if _NEAT.match(text):
        return normalise(text), False
    if inside := _INSIDE.search(text):
        text = inside[1]
    for prefix in ("tel:", "sip:", "sips:", "'"):
        text = text.removeprefix(prefix)
    text = text.partition("@")[0].strip()
    if _EXTENSION.match(text):
        return "", True
    if text.startswith("00"):
        text = f"+{text[2:]}"
    found = normalise(text) or normalise(_TAIL.sub("", text))
    return found, False


def described(skipped: Iterable[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Yield what was left out, as the report says it."""
    for code, count in skipped:
        yield {"code": code, "count": count, "words": SKIPPED.get(code, code)}
