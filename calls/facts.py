"""What is known of a call when it is decided about; the question and the answers in one shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calls.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision is made from. Times are aware; seconds are None when unknown.

    called_at: when the call began, in the business's zone; state: open, closed or holiday then;
    opens_at: when it opens next; caller: E.164 or ''; attestation: A, B, C or none; earlier_calls:
    when this caller called before, within a week, newest first, filled only where a rule counts
    calls; number_problem: '' when the number may be texted (messaging.compliance); line_type: as a
    lookup names it, '' when nobody asked; is_probe: the call was placed only to see
    whether calls reach us.
    """

    outcome: Outcome
    missed_at: datetime
    called_at: datetime
    ring_seconds: int | None = None
    talk_seconds: int | None = None
    our_number: str = ""
    caller: str = ""
    state: str = "open"
    opens_at: datetime | None = None
    is_known: bool = False
    is_vip: bool = False
    tags: frozenset[str] = frozenset()
    attestation: str = "none"
    line_type: str = ""
    earlier_calls: tuple[datetime, ...] = ()
    is_ignored: bool = False
    is_probe: bool = False
    opted_out: bool = False
    number_problem: str = ""
    last_text_back_at: datetime | None = None
    person_wrote_at: datetime | None = None  # a member texted this person in the cool-down

    @property
    def is_open(self) -> bool:
        """Whether the business was open when the call began."""
        return self.state == "open"

    @property
    def area_code(self) -> str:
        """The caller's area code in North America, else ''."""
        return self.caller[2:5] if self.caller.startswith("+1") else ""

    def nth_call(self, within: timedelta) -> int:
        """Return the how-manieth call of this caller this is within a span."""
        since = self.called_at - within
        return 1 + sum(1 for moment in self.earlier_calls if since <= moment < self.called_at)


def dump(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON (times ISO 8601; called_at and opens_at with their zone's name beside)."""
    out: dict[str, Any] = {}
    for item in fields(facts):
        value = getattr(facts, item.name)
        if isinstance(value, Outcome):
            value = asdict(value)
        elif isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, tuple):
            value = [moment.isoformat() for moment in value]
        out[item.name] = value
    out["zone"] = getattr(facts.called_at.tzinfo, "key", "UTC")
    return out


def load(raw: Mapping[str, Any]) -> Facts:
    """Return the facts of what `dump` gave. Raises KeyError, ValueError or TypeError for anything else."""
    zone = ZoneInfo(str(raw.get("zone", "UTC")))
    values: dict[str, Any] = {}
    for item in fields(Facts):
        if item.name not in raw:
            continue
        value = raw[item.name]
        if item.name == "outcome":
            value = Outcome(**value)
        elif item.name in ("called_at", "opens_at") and value:
            value = datetime.fromisoformat(value).astimezone(zone)
        elif item.name.endswith("_at") and value:
            value = datetime.fromisoformat(value)
        elif item.name == "tags":
            value = frozenset(value)
        elif item.name == "earlier_calls":
            value = tuple(datetime.fromisoformat(moment) for moment in value)
        values[item.name] = value
    return Facts(**values)
