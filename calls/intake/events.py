"""What a phone system tells of one call, in our words; and how untrusted JSON is read. Pure.

telephony.md 4.5. Each mapping (calls/intake/mappings.py) reads one system's shape into CallReport.
Whatever is wrong is a BadReport that names the field as the sender wrote it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

# How a call that is over came out. The first is an answer, the others are missed calls.
OUTCOMES = (
    "answered", "no_answer", "busy", "unreachable", "declined", "caller_hung_up", "voicemail",
)  # fmt: skip
TYPES = ("ringing", "answered", "ended", "test")
DIRECTIONS = ("inbound", "outbound")
MAX_BODY = 64 * 1024
MAX_ID = 200
# Clocks of phone systems run a little ahead; what is further ahead is a mistake.
SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=366)
LONGEST = timedelta(hours=24)
_DEPTH = 12
_YEARS = (2000, 2100)


class BadReport(ValueError):
    """A report that cannot be used. field: as the sender names it, '' for the whole; code: for programs."""

    def __init__(self, field: str, sentence: str, code: str = "invalid") -> None:
        super().__init__(sentence)
        self.field, self.sentence, self.code = field, sentence, code


class Unreadable(ValueError):
    """A body that is no JSON at all."""


@dataclass(frozen=True, slots=True)
class CallReport:
    """One event of one call. Times are aware, UTC; seconds whole; '' and None: not said.

    event_id, call_id: the sender's own; type: of TYPES; outcome: of OUTCOMES once the call is over;
    caller, called: as they were given, caller '' when withheld; line: a line of ours named by the
    sender; started_known: whether started_at is the system's word, not what we made of the end; leg: the one phone of several it tells of, '' for the whole call.
    """

    event_id: str
    call_id: str
    type: str
    direction: str = "inbound"
    caller: str = ""
    called: str = ""
    line: str = ""
    outcome: str = ""
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ring_seconds: int | None = None
    talk_seconds: int | None = None
    voicemail_seconds: int | None = None
    started_known: bool = True
    leg: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether it says that nobody talked to the caller."""
        return self.outcome not in ("", "answered")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A proper event that tells nothing of a call we act upon; why, as a sentence."""

    why: str
    event_id: str = ""


Read = CallReport | Skipped
_TIMES = ("started_at", "answered_at", "ended_at")


def dump(report: CallReport) -> dict[str, Any]:
    """Return a report as JSON, as it is stored."""
    raw = asdict(report)
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in raw.items()}


def masked(report: CallReport) -> CallReport:
    """Return a report with no more of its numbers than their last two digits."""

    def ends(number: str) -> str:
        digits = [c for c in number if c.isdigit()]
        return "•••" + "".join(digits[-2:]) if digits else ""

    return replace(report, caller=ends(report.caller), called=ends(report.called))


def load(raw: Mapping[str, Any]) -> CallReport:
    """Return a stored report."""
    known = {k: v for k, v in raw.items() if k in CallReport.__dataclass_fields__}
    for name in _TIMES:
        known[name] = datetime.fromisoformat(known[name]) if known.get(name) else None
    return CallReport(**known)


def parse(raw: bytes) -> dict[str, Any]:
    """Return the object a body holds. Raises Unreadable, and BadReport for JSON that is no object."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not JSON in UTF-8 ({type(error).__name__}).") from None
    if isinstance(value, list):
        raise BadReport(
            "", "Expected one event as an object, not a list: send one event a request."
        )
    if not isinstance(value, dict):
        raise BadReport("", "Expected one event as an object.")
    return value


def _no_constant(word: str) -> None:
    raise ValueError(word)


def storable(value: Any, depth: int = 0) -> Any:
    """Return JSON as PostgreSQL can hold it: no NUL, no lone surrogates, not too deep."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if depth >= _DEPTH and isinstance(value, dict | list):
        return "(nested deeper than is kept)"
    if isinstance(value, dict):
        return {storable(str(k)): storable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [storable(inner, depth + 1) for inner in value]
    return value


class Fields:
    """An object of untrusted JSON, read field by field; `at` is where it stands, for the errors."""

    def __init__(self, raw: Mapping[str, Any], at: str = "") -> None:
        self.raw, self.at = raw, at

    def named(self, name: str) -> str:
        """Return the field's full name, such as data.direction."""
        return f"{self.at}.{name}" if self.at else name

    def inner(self, name: str, *, required: bool = True) -> Fields:
        """Return a nested object. Raises BadReport."""
        value = self.raw.get(name)
        if value is None and not required:
            return Fields({}, self.named(name))
        if not isinstance(value, dict):
            raise BadReport(self.named(name), "Expected an object.", _code(value))
        return Fields(value, self.named(name))

    def text(self, name: str, *, required: bool = False, longest: int = MAX_ID) -> str:
        """Return a text or a number as text, trimmed; '' when absent. Raises BadReport."""
        value = self.raw.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise BadReport(self.named(name), "Expected a text.")
        if isinstance(value, float) and not math.isfinite(value):
            raise BadReport(self.named(name), "Expected a text.")
        words = "" if value is None else str(value).strip()
        if required and not words:
            raise BadReport(self.named(name), "This field is needed.", "required")
        if len(words) > longest:
            raise BadReport(
                self.named(name), f"Expected at most {longest} characters.", "max_length"
            )
        if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in words):
            raise BadReport(self.named(name), "Expected a text without control characters.")
        return words

    def choice(self, name: str, choices: Mapping[str, str], *, default: str | None = None) -> str:
        """Return what a word stands for in `choices`, small and large letters alike. Raises BadReport."""
        word = self.text(name, required=default is None)
        if not word and default is not None:
            return default
        found = choices.get(word.lower())
        if found is None:
            expected = ", ".join(sorted(choices))
            raise BadReport(self.named(name), f"Expected one of: {expected}.", "invalid_choice")
        return found

    def moment(self, name: str, *, required: bool = False, unit: float = 1) -> datetime | None:
        """Return a time: ISO 8601 with its zone, or a Unix time of `unit` seconds. Raises BadReport.

        A Unix time of 0 is how programs write "never". What lies outside our time is a mistake.
        """
        value = self.raw.get(name)
        if value in (None, "", 0, "0") and not isinstance(value, bool):
            if required:
                raise BadReport(self.named(name), "This field is needed.", "required")
            return None
        try:
            found = _moment(value, unit)
        except (ValueError, OverflowError, OSError):
            raise BadReport(
                self.named(name), "Expected a time such as 2026-11-21T16:04:25Z."
            ) from None
        if found.tzinfo is None:
            raise BadReport(
                self.named(name), "The time needs its zone, such as 2026-11-21T16:04:25Z."
            )
        if not _YEARS[0] <= found.year <= _YEARS[1]:
            raise BadReport(self.named(name), f"Nobody called in the year {found.year}.")
        return found.astimezone(UTC)

    def seconds(self, name: str, *, unit: float = 1) -> int | None:
        """Return a whole number of seconds, of a number of `unit` seconds; None when absent. Raises BadReport."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
            number *= unit
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not 0 <= number <= LONGEST.total_seconds():
            raise BadReport(
                self.named(name), "Expected a number of seconds from 0 to 86400.", "invalid"
            )
        return int(number)


def _moment(value: Any, unit: float) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value * unit, UTC)
    if not isinstance(value, str) or len(value) > 60:
        raise ValueError
    words = value.strip()
    if words.isascii() and words.isdigit():
        return datetime.fromtimestamp(int(words) * unit, UTC)
    return datetime.fromisoformat(words)


def _code(value: Any) -> str:
    return "required" if value is None else "invalid"


def checked_times(report: CallReport, now: datetime, *, started: str, ended: str) -> CallReport:
    """Return a report whose times can be true at `now` (aware). Raises BadReport.

    started, ended: the sender's names of the two fields. A clock that is a little ahead is set back.
    An answer before the call or after it was none whose moment is known.
    """
    for name, at in ((started, report.started_at), (ended, report.ended_at)):
        if at is None:
            continue
        if at > now + SKEW:
            raise BadReport(name, "This time lies in the future.", "future")
        if at < now - OLDEST:
            raise BadReport(name, "This time is more than a year ago.", "too_old")
    if report.started_at and report.ended_at:
        if report.ended_at < report.started_at:
            raise BadReport(ended, "The call ends before it starts.", "before_start")
        if report.ended_at - report.started_at > LONGEST:
            raise BadReport(ended, "The call is longer than a day.", "too_long")
    answered, began, over = report.answered_at, report.started_at, report.ended_at or now
    if answered and began and not began - SKEW <= answered <= over + SKEW:
        return replace(report, answered_at=None)
    return report
