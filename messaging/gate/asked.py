"""One question to the gate, with what several rows of the table work out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from messaging.clearance import Clearance, Outgoing, Policy, Result, Standing, fits
from messaging.jurisdictions import Ruleset
from messaging.numbers import Textable, textable
from messaging.places import Candidates, resolve
from messaging.windows import Blocked, Kind, blocked, next_ok

OPEN_FOR = timedelta(hours=24)  # they wrote within a day: the conversation is open
STALE_AFTER = timedelta(hours=12)  # R-HRS-3
ASK_AGAIN = timedelta(minutes=5)
A_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Asked:
    """One question to the gate with everything it may look at; what is costly is worked out once."""

    message: Outgoing
    person: Standing
    policy: Policy
    rules: Ruleset
    now: datetime

    @cached_property
    def number(self) -> Textable:
        """The number this text goes to."""
        return textable(self.message.to)

    @cached_property
    def places(self) -> Candidates:
        """Where the person may be: for C3 every candidate, else the strongest evidence (R-TZ-2)."""
        person = self.person
        return resolve(
            self.number.e164,
            stated=person.stated,
            verified=person.verified,
            verified_at=person.verified_at,
            marketing=self.message.category == "C3",
            now=self.now,
        )

    @property
    def level(self) -> int:
        """The step of the ladder this text stands on: the call's own or the person's lasting one."""
        return max(self.message.level, self.person.consent_level)

    @property
    def is_open(self) -> bool:
        """Whether the person wrote to us within a day."""
        last = self.person.last_inbound_at
        return last is not None and self.now - last <= OPEN_FOR

    @property
    def age(self) -> timedelta:
        """How long ago it happened what this text answers."""
        return self.now - (self.message.asked_at or self.now)

    @property
    def since(self) -> datetime:
        """Since when this text waits; now where it is asked about for the first time."""
        return self.message.created_at or self.now

    @property
    def is_expired(self) -> bool:
        """Whether nobody wants it any more."""
        return self.message.expires_at is not None and self.now >= self.message.expires_at

    def _answer(
        self, result: Result, code: str, row: str, rules: tuple[str, ...], sentence: str
    ) -> Clearance:
        return Clearance(result, code, row, rules, sentence, level=self.level, places=self.places)

    def send(self, code: str, row: str, *rules: str, sentence: str) -> Clearance:
        """The text may leave. Raises ValueError for one that was put into a milder category than its own."""
        purpose, category = self.message.purpose, self.message.category
        if not fits(purpose, category):
            raise ValueError(f"category: {purpose} is not {category}")
        return self._answer("send", code, row, rules, sentence)

    def never(self, code: str, row: str, *rules: str, sentence: str) -> Clearance:
        """The text will not leave."""
        return self._answer("never", code, row, rules, f"No text: {sentence}")

    def hold(
        self, code: str, row: str, *rules: str, sentence: str, until: datetime | None,
        expires: datetime,
    ) -> Clearance:  # fmt: skip
        """The text waits until `until`; where that never comes before `expires`, it will not leave."""
        if until is None or until > expires or expires <= self.now or self.is_expired:
            return self.never(code, row, *rules, sentence=f"{sentence} It would come too late.")
        held = self._answer("hold", code, row, rules, f"Waits: {sentence}")
        return replace(held, until=until, expires=expires)

    def blocked(self, kind: Kind, at: datetime | None = None) -> Blocked | None:
        """What stands against this hour in any place the person may be."""
        return blocked(self.places, kind, at or self.now, self.rules)

    def next_ok(
        self, kind: Kind, expires: datetime, *, after: datetime | None = None
    ) -> datetime | None:
        """The first minute from now (or `after`) on that all places allow it, before `expires`."""
        return next_ok(self.places, kind, after or self.now, self.rules, until=expires)
