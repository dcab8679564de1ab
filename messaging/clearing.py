"""Asking the gate: what is stored of a person, a text and a number, as the gate's facts; and its answer, kept.

Pure: rows in, dataclasses out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from messaging import lint
from messaging.clearance import Brake, Clearance, Outgoing, Policy, Standing
from messaging.compliance import clear, fail_closed
from messaging.jurisdictions import Ruleset
from messaging.places import Place, place_of
from messaging.windows import local_times

_PRICE = re.compile(r"\W*[$€£]?\s?\d[\d.,]*\W*")


@dataclass(frozen=True, slots=True)
class Person:
    """What the gate asks of a contact's row; the names are the columns'."""

    opted_out_at: datetime | None
    untextable_at: datetime | None
    paused_until: datetime | None
    consent_level: int
    consent_event: int | None
    consent_at: datetime | None
    last_text_back_at: datetime | None
    last_inbound_at: datetime | None
    last_person_text_at: datetime | None
    introduced_at: datetime | None
    state: str
    zone: str
    place_source: str
    place_at: datetime | None
    line_type: str = ""

    @classmethod
    def of(cls, row: object) -> Person:
        """Take it from a row with columns of these names, such as a Contact."""
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a text answers, kept with it: the gate asks for it again before sending. Times are aware."""

    purpose: str = "manual"
    asked_at: datetime | None = None
    level: int = 0
    attestation: str = ""
    elsewhere: int = 0
    gave_up_after: int | None = None
    is_missed: bool = True
    confirmed_by_provider: bool = False
    helped_at: datetime | None = None
    clarified_at: datetime | None = None
    exchanges_last_minute: int = 0
    is_first: bool = False  # the text introduces the business
    is_known: bool = False  # they were known before this call
    let_go: str = ""  # who let it go though a limit was reached last
    let_go_of: tuple[str, ...] = ()  # codes of those limits; every other still holds it

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON; what is as usual is left out."""
        usual = Occasion()
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name in self.__slots__
            if (value := getattr(self, name)) != getattr(usual, name)
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Occasion:
        """Read it back."""
        values = dict(stored)
        for name in ("asked_at", "helped_at", "clarified_at"):
            if values.get(name):
                values[name] = datetime.fromisoformat(values[name])
        values["let_go_of"] = tuple(values.get("let_go_of", ()))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Line:
    """The number a text leaves from, as the gate sees it."""

    own_numbers: frozenset[str]
    may_send: bool = True
    use_case: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that wants to leave."""

    to: str
    body: str
    author: str
    category: str
    occasion: Occasion
    expires_at: datetime | None
    created_at: datetime
    is_first: bool = False
    brake: Brake | None = None
    throttled_until: datetime | None = None
    has_files: bool = False  # a text with pictures may have no words
    has_joined: bool = False  # an alert to a phone that said JOIN (messaging.upward.has_joined)


@dataclass(frozen=True, slots=True)
class Answer:
    """The gate's answer with the lint's findings, and both as they are stored with the text."""

    clearance: Clearance
    findings: tuple[lint.Finding, ...] = ()
    entry: dict[str, Any] = field(default_factory=dict)


def ask(
    wanted: Wanted, person: Person, line: Line, policy: Policy, rules: Ruleset, now: datetime
) -> Answer:
    """Lint a text, ask the gate about it at `now` (aware), and write the answer down.

    What is written names the version of rules and policy, the consent relied on, and where the
    person may be with the local times there (compliance.md 7, send_decision). Never raises: where
    something of this fails, the text is held (row 49).
    """
    try:
        return _ask(wanted, person, line, policy, rules, now)
    except Exception as problem:
        clearance = fail_closed(type(problem).__name__, wanted.created_at, now)
        return Answer(clearance, (), clearance.as_dict() | {"at": now.isoformat()})


def _ask(
    wanted: Wanted, person: Person, line: Line, policy: Policy, rules: Ruleset, now: datetime
) -> Answer:
    occasion = wanted.occasion
    context = context_of(wanted, policy)
    is_wordless = wanted.has_files and not wanted.body
    findings = (
        lint.lint(wanted.body, context) if wanted.category != "C0" and not is_wordless else ()
    )
    blocking = [found for found in findings if found.severity == "block"]
    promo = _offer(findings, occasion.purpose)
    stopped = [found for found in blocking if found.code != "PROMO"]
    outgoing = Outgoing(
        to=wanted.to,
        our_numbers=line.own_numbers,
        category=wanted.category,
        author=wanted.author,
        purpose=occasion.purpose,
        asked_at=occasion.asked_at,
        expires_at=wanted.expires_at,
        created_at=wanted.created_at,
        level=occasion.level,
        blocking=tuple(found.rule for found in stopped),
        blocking_words=" ".join(f"{found.sentence} {found.fix}" for found in stopped[:2]),
        promo=(promo.found or promo.sentence) if promo else "",
        attestation=occasion.attestation,
        elsewhere=occasion.elsewhere,
        confirmed_by_provider=occasion.confirmed_by_provider,
        is_missed=occasion.is_missed,
        gave_up_after=occasion.gave_up_after,
        may_send=line.may_send,
        use_case=line.use_case,
        is_known=occasion.is_known,
        brake=wanted.brake,
        throttled_until=wanted.throttled_until,
        has_joined=wanted.has_joined,
    )
    clearance = clear(outgoing, standing_of(person, occasion), policy, rules, now)
    entry = clearance.as_dict() | {
        "at": now.isoformat(),
        "ruleset": rules.version,
        "policy": policy.version,
        "posture": policy.posture,
        "consent_event": person.consent_event,
        "local_times": [list(pair) for pair in local_times(clearance.places, now)],
        "findings": [found.code for found in findings],
    }
    return Answer(clearance, findings, entry)


def _offer(findings: tuple[lint.Finding, ...], purpose: str) -> lint.Finding | None:
    """Return what makes it an offer. A bare price is one only in an answer to a missed call (1.3)."""
    for found in findings:
        if found.code == "PROMO" and (purpose == "text_back" or not _PRICE.fullmatch(found.found)):
            return found
    return None


def context_of(wanted: Wanted, policy: Policy) -> lint.Context:
    """Return what the lint must know of a text."""
    return lint.Context(
        brand=policy.brand,
        author=wanted.author,
        category=wanted.category,
        is_first=wanted.is_first,
        vertical=policy.vertical,
        links_in_first=policy.first_text_links,
    )


def completed(wanted: Wanted, policy: Policy) -> str:
    """Return the body with brand and way out where a first text lacks them; never twice."""
    if wanted.category == "C0" or not wanted.is_first:
        return wanted.body
    return lint.completed(wanted.body, context_of(wanted, policy), has_files=wanted.has_files)


def standing_of(person: Person, occasion: Occasion) -> Standing:
    """Return a contact's row as the gate takes it."""
    place = _place(person)
    is_verified = place is not None and person.place_source == "verified"
    return Standing(
        opted_out=person.opted_out_at is not None,
        untextable=person.untextable_at is not None,
        line_type=person.line_type,
        paused_until=person.paused_until,
        consent_level=person.consent_level,
        consent_at=person.consent_at,
        last_text_back_at=person.last_text_back_at,
        last_inbound_at=person.last_inbound_at,
        member_wrote_at=person.last_person_text_at,
        helped_at=occasion.helped_at,
        clarified_at=occasion.clarified_at,
        exchanges_last_minute=occasion.exchanges_last_minute,
        stated=None if is_verified else place,
        verified=place if is_verified else None,
        verified_at=person.place_at if is_verified else None,
    )


def _place(person: Person) -> Place | None:
    if not person.state:
        return None
    try:
        return place_of(person.state, person.zone)
    except ValueError:
        return None  # no place we know: the area code's places stand
