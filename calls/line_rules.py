"""What may be set on a line, and what cannot be: one sentence for each field that is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from calls import greetings
from messaging.numbers import national, normalise
from tenants import postures

ANSWERING = ("staff_first", "greeting", "by_hours")
ORDERS = ("at_once", "in_order")
RING_SECONDS = (5, 60)
MAX_STAFF = 10  # a provider rings no more at once (telephony.md 1.2)
_KEYS = frozenset("0123456789*#")
_CALLABLE = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}|\+(?!1)[1-9][0-9]{6,14}")


def read_phones(typed: str) -> tuple[list[str], str]:
    """Return the numbers of a list as people type one, and what is wrong with it ('' for nothing)."""
    found: list[str] = []
    for part in re.split(r"[,;\n]+", typed):
        if not part.strip():
            continue
        number = normalise(part)
        if not _CALLABLE.fullmatch(number):
            return (
                found,
                f"“{part.strip()[:30]}” is no phone number. Write it such as (312) 555-0142.",
            )
        if number not in found:
            found.append(number)
    return found, ""


def problems(
    values: Mapping[str, Any], *, e164: str, ours: Collection[str], forwards_from: str, floor: str
) -> dict[str, str]:
    """Return what is wrong with a line's settings, field by field; empty when they can be kept.

    values: fields of tenants.PhoneNumber; ours: the business's own lines; forwards_from: its public
    number whose unanswered calls are forwarded here; floor: the posture that the business or its
    agency requires.
    """
    wrong = {
        "label": "At most 40 characters." if len(values["label"]) > 40 else "",
        "answering": _one_of(values["answering"], ANSWERING),
        "ring_order": _one_of(values["ring_order"], ORDERS),
        "ring_seconds": _ring(values["ring_seconds"]),
        "staff_numbers": _staff(values, e164, ours, forwards_from),
        "greeting": greetings.greeting_problem(values["greeting"]),
        "posture": _posture(values["posture"], floor),
        "consent_digit": _key(values["consent_digit"]),
        "consent_prompt": greetings.offer_problem(
            values["consent_prompt"], values["consent_digit"]
        ),
        "emergency_digit": _emergency_key(values),
        "emergency_number": _on_call(values, e164, ours, forwards_from),
    }
    return {name: sentence for name, sentence in wrong.items() if sentence}


def _one_of(value: str, known: Collection[str]) -> str:
    return "" if value in known else f"Choose one of: {', '.join(known)}."


def _ring(value: Any) -> str:
    low, high = RING_SECONDS
    fits = isinstance(value, int) and low <= value <= high
    return "" if fits else f"Choose {low} to {high} seconds."


def _staff(values: Mapping[str, Any], e164: str, ours: Collection[str], forwards_from: str) -> str:
    numbers = values["staff_numbers"]
    if len(numbers) > MAX_STAFF:
        return f"At most {MAX_STAFF} phones can be rung."
    if not numbers and values["answering"] != "greeting":
        return "Name at least one phone to ring, or choose “straight to the greeting”."
    for number in numbers:
        if problem := _would_loop(number, e164, ours, forwards_from):
            return problem
    return ""


def _would_loop(number: str, e164: str, ours: Collection[str], forwards_from: str) -> str:
    if number == e164:
        return "A line cannot ring itself."
    if number in ours:
        return f"{national(number)} is a line of yours with us: the call would go in a circle."
    if number == forwards_from:
        return f"Calls to {national(number)} are forwarded here: the call would go in a circle."
    return ""


def _posture(value: str, floor: str) -> str:
    if value and value not in postures.POSTURES:
        return f"Choose one of: {', '.join(postures.POSTURES)}."
    if value and postures.stricter(value, floor) != value:
        return f"Your policy requires at least “{postures.POSTURES[floor].name}”."
    return ""


def _key(value: str) -> str:
    return "" if value in _KEYS and len(value) == 1 else "Choose one key: 0 to 9, * or #."


def _emergency_key(values: Mapping[str, Any]) -> str:
    key, number = values["emergency_digit"], values["emergency_number"]
    if not key:
        return "Choose the key callers press to reach them." if number else ""
    if problem := _key(key):
        return problem
    if key == values["consent_digit"]:
        return "This key already asks for a text. Choose another."
    return ""


def _on_call(
    values: Mapping[str, Any], e164: str, ours: Collection[str], forwards_from: str
) -> str:
    number = values["emergency_number"]
    if not number:
        return "Say whose phone rings in an emergency." if values["emergency_digit"] else ""
    if not _CALLABLE.fullmatch(number):
        return "This is no phone number. Write it such as (312) 555-0142."
    return _would_loop(number, e164, ours, forwards_from)
