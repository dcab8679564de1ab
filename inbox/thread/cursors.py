"""Places in a timeline: a page goes on from one, and a found moment is named by one. Pure.

A place is a moment to the microsecond, the kind's letter and the row's id, so that rows of one
moment have an order too. On the wire: "1763788800000000.t.0197…".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Kinds of rows by their letter; at one moment they stand in the letters' order.
KINDS = {
    "a": "activity", "c": "call", "e": "consent", "n": "note", "p": "promise", "r": "refusal",
    "t": "text",
}  # fmt: skip
# What an address may name: "text-0197…", "voicemail-31"; also the kinds of search entries.
_NAMED = {"text": "t", "note": "n", "call": "c", "voicemail": "c"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 253_402_300_799_000_000  # the year 9999, in microseconds
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """One row's place: at is aware; kind is a letter of KINDS; id as text."""

    at: datetime
    kind: str
    id: str

    def __str__(self) -> str:
        return f"{micros(self.at)}.{self.kind}.{self.id}"


def micros(at: datetime) -> int:
    """Return a moment (aware) in microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(value: str) -> datetime | None:
    """Return what `micros` gave as a moment; None for what it never gives."""
    if not value.isascii() or not value.isdigit() or len(value) > 18 or int(value) > _MOST:
        return None
    return _EPOCH + timedelta(microseconds=int(value))


def read(value: str) -> Cursor | None:
    """Return a place from an address; None for what is none."""
    parts = value.split(".")
    if len(parts) != 3 or parts[1] not in KINDS or not _is_id(parts[2]):
        return None
    at = moment(parts[0])
    return None if at is None else Cursor(at, parts[1], parts[2])


def named(value: str) -> tuple[str, str] | None:
    """Return (letter, id) of "text-0197…" or "voicemail-31"; None for what names nothing."""
    kind, _, ref = value.partition("-")
    letter = _NAMED.get(kind)
    if letter is None:
        return None
    fits = bool(_UUID.match(ref)) if letter == "t" else ref.isdigit() and _is_id(ref)
    return (letter, ref) if fits else None


def _is_id(value: str) -> bool:
    number = value.isascii() and value.isdigit() and len(value) < 19
    return number or bool(_UUID.match(value))
