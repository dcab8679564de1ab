"""What a back-test replays: calls as they were, and what became of their callers over time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from calls.outcome import Outcome
from messaging.clearing import Person

CUSTOMER = "customer"  # the tag of calls.guards


@dataclass(frozen=True, slots=True)
class Part:
    """One of several parts that callers are dealt out to; whatever concerns one caller is in one part."""

    number: int = 0
    of: int = 1


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call of the past. Times are aware; seconds are None when unknown.

    key: names it to people and programs (a call's id, or a log's line); caller: E.164, '' when it
    was withheld; level, attestation: as calls.consented reads them.
    """

    key: str
    started_at: datetime
    missed_at: datetime
    caller: str
    our_number: str
    outcome: Outcome
    ring_seconds: int | None = None
    talk_seconds: int | None = None
    level: int = 1
    attestation: str = "none"


@dataclass(slots=True)
class PastPerson:
    """What is known of a caller. Moments are in order.

    Tags, VIP and the ignore list are as they are today: that is what rules would meet. Opt-outs,
    and what people wrote, are as they were: (moment, whether opted out from then on).
    """

    created_at: datetime | None = None
    is_vip: bool = False
    is_ignored: bool = False
    tags: frozenset[str] = frozenset()
    line_type: str = ""
    untextable_at: datetime | None = None
    consent_level: int = 0
    consent_at: datetime | None = None
    state: str = ""
    zone: str = ""
    place_source: str = ""
    place_at: datetime | None = None
    is_named: bool = False
    opted: tuple[tuple[datetime, bool], ...] = ()
    wrote: tuple[datetime, ...] = ()  # members to the person
    inbound: tuple[datetime, ...] = ()  # the person to us

    def opted_out_at(self, at: datetime) -> datetime | None:
        """Return since when this person was opted out at a moment, None when he was not."""
        since = None
        for moment, is_out in self.opted:
            if moment > at:
                break
            since = moment if is_out else None
        return since

    def wrote_before(self, at: datetime) -> datetime | None:
        """Return when a member last wrote to this person before a moment."""
        return _last(self.wrote, at)

    def at(self, moment: datetime, texted_at: datetime | None) -> Person:
        """Return the person's row as the gate would have met it; texted_at: the last text-back."""
        level = 0
        if self.consent_at is not None and self.consent_at <= moment:
            level = self.consent_level
        return Person(
            opted_out_at=self.opted_out_at(moment),
            untextable_at=self.untextable_at,
            paused_until=None,
            consent_level=level,
            consent_event=None,
            consent_at=self.consent_at if level else None,
            last_text_back_at=texted_at,
            last_inbound_at=_last(self.inbound, moment),
            last_person_text_at=_last(self.wrote, moment),
            introduced_at=texted_at,
            state=self.state,
            zone=self.zone,
            place_source=self.place_source,
            place_at=self.place_at,
            line_type=self.line_type,
        )

    def known_at(self, moment: datetime) -> bool:
        """Whether the business knew this person at a moment, as calls.guards.is_known says live."""
        if CUSTOMER in self.tags or (self.created_at is not None and self.created_at < moment):
            return True
        return bool(self.inbound) and self.inbound[0] < moment

    def proven_at(self, moment: datetime) -> bool:
        """Whether more than calls stood behind the number, as calls.guards.is_proven says live."""
        if self.tags or self.is_named or self.is_vip:
            return True
        return any(said and said[0] < moment for said in (self.inbound, self.wrote))


def _last(moments: tuple[datetime, ...], at: datetime) -> datetime | None:
    found = bisect_right(moments, at)
    return moments[found - 1] if found else None
