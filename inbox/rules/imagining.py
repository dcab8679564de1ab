"""“What would happen if…”: the form of an imagined call, read from what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from calls.outcome import Outcome
from calls.rules import ATTESTATIONS, OUTCOMES
from calls.setup import Setup
from calls.what_if import Imagined
from calls.words import because_words
from messaging.models import Contact
from messaging.numbers import normalise

WHO = {
    "new": "Somebody new",
    "known": "Somebody you know",
    "vip": "A VIP",
    "contact": "This person or number",
}
HAPPENS = {**{key: f"Missed: {words}" for key, words in OUTCOMES.items()}, "answered": "Answered"}
VOUCHED = {**ATTESTATIONS, "failed": "proven forged"}
HEARD = {
    "1": "Called, and heard nothing of texts",
    "2": "Heard that we may text, and stayed on",
    "3": "Pressed 1 for a text",
}
FIELDS = (
    "line", "who", "q", "area", "day", "time", "happens", "ring", "talk", "voicemail", "vouched",
    "heard", "nth", "tags", "texted", "rules",
)  # fmt: skip
_LONGEST = 60
_MANY = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """An imagined call as typed. errors: by field; people: several whom the name may mean."""

    values: Mapping[str, str]
    imagined: Imagined | None = None
    contact: Contact | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    people: tuple[Contact, ...] = ()

    @property
    def name(self) -> str:
        """What a pin of this call may be called."""
        if self.imagined is None:
            return ""
        kind, because = self.imagined.kind, self.imagined.because
        what = because_words(Outcome(kind, because if kind != "answered" else ""))
        return f"{WHO[self.values['who']]}, {what}, {self.imagined.at:%A %H:%M}"


def usual(setup: Setup, now: datetime) -> dict[str, str]:
    """Return what the form says before anybody typed: a new caller, now, who does what the policy asks."""
    local = now.astimezone(setup.zone)
    first = setup.numbers[0].e164 if setup.numbers else ""
    level = setup.policy_of(first).level_needed
    return {
        "line": first, "who": "new", "q": "", "area": "", "day": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}", "happens": "no_answer", "ring": "20", "talk": "", "voicemail": "",
        "vouched": "A", "heard": str(max(1, level)), "nth": "1", "tags": "", "texted": "", "rules": "",
    }  # fmt: skip


def read(given: Mapping[str, str], setup: Setup, now: datetime) -> Asked:
    """Return the imagined call of what was typed (`given` may lack fields: the usual holds)."""
    values = usual(setup, now)
    for name in FIELDS:
        if name in given:
            values[name] = str(given[name]).replace("\x00", "")[:_LONGEST].strip()
    errors: dict[str, str] = {}
    if setup.line(values["line"]) is None:
        errors["line"] = "Choose one of your lines."
    for name, choices in (
        ("who", WHO),
        ("happens", HAPPENS),
        ("vouched", VOUCHED),
        ("heard", HEARD),
    ):
        if values[name] not in choices:
            errors[name] = "Choose one of these."
    at = _moment(values, setup, errors)
    numbers = {
        name: _number(values[name], low, high, name, errors)
        for name, low, high in (
            ("ring", 0, 600),
            ("talk", 0, 36_000),
            ("nth", 1, 100),
            ("texted", 0, 2_000),
        )
    }
    contact: Contact | None = None
    phone, people = "", tuple[Contact, ...]()
    if not errors:
        contact, phone, people = _caller(values, errors)
    if errors or at is None or people:
        return Asked(values, errors=errors, people=people)
    answered = values["happens"] == "answered"
    texted = numbers["texted"]
    imagined = Imagined(
        line=values["line"], caller=phone, at=at,
        kind="answered" if answered else "missed",
        because="" if answered else values["happens"],
        ring=numbers["ring"], talk=numbers["talk"] if answered else None,
        voicemail=values["voicemail"] == "on" and not answered,
        attestation=values["vouched"], level=int(values["heard"]), nth=numbers["nth"] or 1,
        is_known=values["who"] in ("known", "vip"), is_vip=values["who"] == "vip",
        tags=frozenset(tag.strip() for tag in values["tags"].split(",") if tag.strip()),
        texted_ago=timedelta(hours=texted) if texted is not None else None,
    )  # fmt: skip
    return Asked(values, imagined, contact)


def _moment(values: Mapping[str, str], setup: Setup, errors: dict[str, str]) -> datetime | None:
    try:
        day, clock = date.fromisoformat(values["day"]), time.fromisoformat(values["time"][:5])
        if not 2000 <= day.year <= 2100:
            raise ValueError("far off")
    except ValueError:
        errors["day"] = "Write a day and a time, such as 2026-11-22 and 21:40."
        return None
    # Through UTC, so that a time skipped by daylight saving becomes a real one.
    return datetime.combine(day, clock, setup.zone).astimezone(UTC).astimezone(setup.zone)


def _number(typed: str, low: int, high: int, name: str, errors: dict[str, str]) -> int | None:
    if not typed:
        return None
    if typed.isascii() and typed.isdigit() and len(typed) < 7 and low <= int(typed) <= high:
        return int(typed)
    errors[name] = f"Write a whole number from {low} to {high:,}."
    return None


def _caller(
    values: Mapping[str, str], errors: dict[str, str]
) -> tuple[Contact | None, str, tuple[Contact, ...]]:
    if values["who"] != "contact":
        area = values["area"] or values["line"][2:5]
        if not (area.isascii() and area.isdigit() and len(area) == 3 and area[0] not in "01"):
            errors["area"] = "Write an area code of three digits, such as 312."
            return None, "", ()
        # A number of that area nobody of the business has: nothing is ever sent to it.
        return None, f"+1{area}2340000", ()
    wanted = values["q"]
    phone = normalise(wanted)
    if phone:
        return Contact.objects.filter(phone=phone).first(), phone, ()
    if wanted.lower() in ("withheld", "anonymous", "private"):
        return None, "", ()
    found = tuple(
        Contact.objects.filter(name__icontains=wanted, erased_at=None).order_by("name")[:_MANY]
    ) if wanted else ()  # fmt: skip
    if not found:
        errors["q"] = (
            "Nobody by that name. Write a number such as (312) 555-0142, or part of a name."
        )
        return None, "", ()
    if len(found) > 1:
        return None, "", found
    return found[0], found[0].phone, ()
