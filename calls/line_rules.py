"""What may be set on a line, and what cannot be: one sentence for each field that is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType

from calls import greetings
from messaging.numbers import national, normalise
from tenants import postures

ANSWERING = ("staff_first", "greeting", "by_hours")
ORDERS = ("at_once", "in_order")
RING_SECONDS = (5, 60)
MAX_STAFF = 10  # a provider rings no more at once (telephony.md 1.2)
_KEYS = frozenset("0123456789*#")
# Where a phone may be rung whatever the line: the United States with its territories, and Canada.
_HOME = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})
# Area codes that are no place (telephony.md 1.7): pay-per-call, and those a carrier keeps for itself.
_NO_PLACE = frozenset({"900", "976", "700", "710", "456"})
_NANP = re.compile(r"\+1([2-9][0-9]{2})([2-9][0-9]{2})[0-9]{4}")
_PAY_PER_CALL = "976"
_RUNG = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)
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


def callable_phones(values: Mapping[str, Any]) -> set[str]:
    """Return the phones that these settings may ring, without what is no number at all."""
    named = (*values["staff_numbers"], values["emergency_number"])
    return {number for number in named if _CALLABLE.fullmatch(number)}


@lru_cache(maxsize=20_000)
def not_rung(number: str, e164: str) -> str:
    """Return why a line never rings a phone, whoever named it, '' where it may.

    number, e164: the phone's and the line's, E.164. Anybody who presses a key makes the account pay
    for the call: premium rate, satellites, personal numbers and far countries are no phones to ring.
    """
    costly = f"{national(number)} costs extra or is no phone: we do not ring it."
    found = _NANP.fullmatch(number)
    if found and (found[1] in _NO_PLACE or found[2] == _PAY_PER_CALL or found[1].endswith("11")):
        return costly
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return f"{number[:20]} is no phone number."
    if not phonenumbers.is_valid_number(parsed):
        # New area codes are in service before any table knows them.
        return "" if found else f"{number} is no phone number that exists."
    kind, region = phonenumbers.number_type(parsed), phonenumbers.region_code_for_number(parsed)
    if kind == PhoneNumberType.TOLL_FREE and found:
        return ""
    if kind not in _RUNG or region == "001":
        return costly
    if region not in _HOME and region != _region_of(e164):
        return f"{national(number)} is abroad: phones in the United States and Canada are rung."
    return ""


def coming_back(
    e164: str, phones: Iterable[str], ways: Iterable[tuple[str, str, Collection[str]]]
) -> set[str]:
    """Return the phones whose unanswered calls come back to a line, over whatever other lines.

    ways: (a line, the public number forwarded to it or '', the phones it rings) of every line that
    may be on such a way.
    """
    leads: dict[str, set[str]] = {}
    for line, forwards_from, rings in ways:
        leads.setdefault(line, set()).update(rings)
        if forwards_from:
            leads.setdefault(forwards_from, set()).add(line)

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for number in leads.get(waiting.pop(), set()) - seen:
                seen.add(number)
                waiting.append(number)
        return seen

    return {phone for phone in phones if e164 in reached(phone)}


def problems(
    values: Mapping[str, Any], *, e164: str, ours: Collection[str], forwards_from: str, floor: str,
    others: Collection[str] = (), circles: Collection[str] = (),
) -> dict[str, str]:  # fmt: skip
    """Return what is wrong with a line's settings, field by field; empty when they can be kept.

    values: fields of tenants.PhoneNumber; ours: the business's own lines; forwards_from: its public
    number whose unanswered calls are forwarded here; floor: the posture that the business or its
    agency requires; others: lines of other businesses; circles: phones whose unanswered calls come
    back here (`coming_back`).
    """
    phones = _Phones(e164, ours, forwards_from, others, circles)
    wrong = {
        "label": _label(values["label"]),
        "answering": _one_of(values["answering"], ANSWERING),
        "ring_order": _one_of(values["ring_order"], ORDERS),
        "ring_seconds": _ring(values["ring_seconds"]),
        "staff_numbers": _staff(values, phones),
        "greeting": greetings.greeting_problem(values["greeting"]),
        "posture": _posture(values["posture"], floor),
        "consent_digit": _key(values["consent_digit"]),
        "consent_prompt": greetings.offer_problem(
            values["consent_prompt"], values["consent_digit"]
        ),
        "emergency_digit": _emergency_key(values),
        "emergency_number": _on_call(values, phones),
    }
    return {name: sentence for name, sentence in wrong.items() if sentence}


def _one_of(value: str, known: Collection[str]) -> str:
    return "" if value in known else f"Choose one of: {', '.join(known)}."


def _ring(value: Any) -> str:
    low, high = RING_SECONDS
    fits = isinstance(value, int) and low <= value <= high
    return "" if fits else f"Choose {low} to {high} seconds."


def _label(value: str) -> str:
    if not value.isprintable():
        return "There is a character that cannot be shown."
    return "At most 40 characters." if len(value) > 40 else ""


def _staff(values: Mapping[str, Any], phones: _Phones) -> str:
    numbers = values["staff_numbers"]
    if len(numbers) > MAX_STAFF:
        return f"At most {MAX_STAFF} phones can be rung."
    if not numbers and values["answering"] != "greeting":
        return "Name at least one phone to ring, or choose “straight to the greeting”."
    for number in numbers:
        if not _CALLABLE.fullmatch(number):
            return "One of them is no phone number. Write it such as (312) 555-0142."
        if problem := phones.problem(number):
            return problem
    return ""


@lru_cache(maxsize=2_000)
def _region_of(e164: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""
    except phonenumbers.NumberParseException:
        return ""


@dataclass(frozen=True, slots=True)
class _Phones:
    """Which phones a line can ring; the fields are those of `problems`."""

    e164: str
    ours: Collection[str]
    forwards_from: str
    others: Collection[str]
    circles: Collection[str]

    def problem(self, number: str) -> str:
        if number == self.e164:
            return "A line cannot ring itself."
        if number in self.ours:
            return f"{national(number)} is a line of yours with us: the call would go in a circle."
        if number in self.others:
            return f"{national(number)} is a line of this service: the call could go in a circle."
        if number == self.forwards_from:
            return f"Calls to {national(number)} are forwarded here: the call would go in a circle."
        if number in self.circles:
            return f"Calls to {national(number)} come back here: the call would go in a circle."
        return not_rung(number, self.e164)


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


def _on_call(values: Mapping[str, Any], phones: _Phones) -> str:
    number = values["emergency_number"]
    if not number:
        return "Say whose phone rings in an emergency." if values["emergency_digit"] else ""
    if not _CALLABLE.fullmatch(number):
        return "This is no phone number. Write it such as (312) 555-0142."
    return phones.problem(number)
