"""What the pages of lines show: cards, choices, and what was typed into a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from calls import flow, greetings, line_rules, lines, preview
from messaging.numbers import national, normalise
from tenants import postures
from tenants.models import Answering, PhoneNumber, RingOrder

KEYS = tuple("0123456789*#")
ANSWERS = {
    Answering.STAFF_FIRST: (
        "Ring the staff first",
        "Then the greeting, when nobody takes the call.",
    ),
    Answering.GREETING: (
        "Straight to the greeting",
        "For calls your own phone system forwards to us when nobody answered.",
    ),
    Answering.BY_HOURS: (
        "By your opening hours",
        "Ring the staff while you are open, else straight to the greeting.",
    ),
}
ORDERS = {
    RingOrder.AT_ONCE: "All at once",
    RingOrder.IN_ORDER: "One after the other",
}
_LONGEST = 2_000  # of what is typed into one field


@dataclass(frozen=True, slots=True)
class Card:
    """One line on the list."""

    id: int
    label: str
    number: str
    sentence: str
    is_active: bool
    posture: str
    forwarding: str
    emergency: bool


def cards(business_id: int, now: datetime) -> list[Card]:
    """Return the business's lines, those in use first."""
    found = PhoneNumber.objects.select_related("business__agency").filter(business=business_id)
    return [_card(number, now) for number in found.order_by("-is_active", "pk")]


def _card(number: PhoneNumber, now: datetime) -> Card:
    line = lines.as_line(number, lines.values_of(number), now)
    return Card(
        number.pk,
        number.label,
        national(number.e164),
        preview.summary(line),
        number.is_active,
        postures.POSTURES[line.posture].name,
        number.get_forwarding_display() if number.forwards_from else "",
        bool(line.emergency_key),
    )


def typed_of(number: PhoneNumber) -> dict[str, Any]:
    """Return a line's settings as its form shows them."""
    values = {name: getattr(number, name) for name in lines.FIELDS}
    return values | {
        "staff_numbers": "\n".join(national(phone) for phone in number.staff_numbers),
        "emergency_number": national(number.emergency_number) if number.emergency_number else "",
        "ring_seconds": str(number.ring_seconds),
        "drop_recording": False,
    }


def typed_in(form: QueryDict) -> dict[str, Any]:
    """Return what was typed, as it was typed."""
    words = {
        name: form.get(name, "").replace("\r\n", "\n")[:_LONGEST]
        for name in lines.FIELDS
        if name not in ("press_one", "voicemail")
    }
    ticks = {name: form.get(name) == "on" for name in ("press_one", "voicemail", "drop_recording")}
    return words | ticks


def read(typed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of what was typed, and what could not be read, field by field."""
    staff, problem = line_rules.read_phones(typed["staff_numbers"])
    problems = {"staff_numbers": problem} if problem else {}
    seconds = typed["ring_seconds"].strip()
    on_call = typed["emergency_number"].strip()
    values = {name: typed[name] for name in lines.FIELDS} | {
        "label": " ".join(typed["label"].split()),
        "greeting": typed["greeting"].strip(),
        "consent_prompt": typed["consent_prompt"].strip(),
        "staff_numbers": staff,
        "ring_seconds": int(seconds)
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 4
        else None,
        # What is no number is kept as it is, for the rules to name.
        "emergency_number": (normalise(on_call) or on_call) if on_call else "",
    }
    return values, problems


def story(number: PhoneNumber, values: dict[str, Any], now: datetime) -> list[preview.Story]:
    """Return what callers would hear with these settings; a wrong one is shown as it is kept."""
    kept = lines.values_of(number)
    wrong = lines.check(number, values)
    shown = {name: kept[name] if name in wrong else values[name] for name in lines.FIELDS}
    shown["greeting_recording"] = values.get("greeting_recording", "")
    return preview.stories(lines.as_line(number, shown, now))


def choices(number: PhoneNumber, typed: dict[str, Any]) -> dict[str, Any]:
    """Return what can be chosen in the form of a line."""
    floor = number.business.effective_posture
    order = list(postures.POSTURES)
    stricter = [key for key in order if order.index(key) > order.index(floor)]
    return {
        "answers": [(key, *said, typed["answering"] == key) for key, said in ANSWERS.items()],
        "orders": [(key, said, typed["ring_order"] == key) for key, said in ORDERS.items()],
        "floor": postures.POSTURES[floor],
        "postures": [
            (postures.POSTURES[key], typed["posture"] == key) for key in ("", *stricter) if key
        ],
        "keys": KEYS,
        "greeting_fields": greetings.GREETING_FIELDS,
        "offer_fields": greetings.OFFER_FIELDS,
        "our_greeting": flow.our_greeting(number.business.name),
        "our_offer": flow.offer(
            flow.Line(
                number.e164, number.business.name, "greeting", (), 20, True, "", True,
                consent_digit=typed["consent_digit"] or "1",
            )
        ),
    }  # fmt: skip
