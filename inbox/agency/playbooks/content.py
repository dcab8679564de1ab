"""What a playbook holds: sections of a business's set-up, in one shape, read again with every check. Pure.

{"schema": 1, "sections": {"hours": …}}. A section is whole or absent. Numbers, staff phones,
recordings, members, secrets, registration and names have no place in the shape: whatever else stands
in a stored playbook is refused by its field. The name of the business is the merge field {business}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from calls import greetings, rules
from calls.hours import Span
from calls.line_rules import ANSWERING, ORDERS, RING_SECONDS
from calls.timetable import DAYS_END
from inbox.thread import quick
from inbox.waits import ladder
from messaging import text
from tenants import postures

SCHEMA = 1
# In the order in which they are put: rules name texts, a line is held to the policy.
SECTIONS = (
    "hours", "holidays", "tags", "texts", "replies", "rules", "policy", "lines", "targets",
)  # fmt: skip
LINE_FIELDS = (
    "answering", "ring_order", "ring_seconds", "press_one", "greeting", "voicemail", "posture",
    "consent_digit", "consent_prompt",
)  # fmt: skip
# The choices of a policy that are on or off; of these the strict ones are never switched off.
SWITCHES = (
    "washington_needs_notice", "strict_quiet_hours", "first_text_links", "nudges", "only_vouched",
    "look_up_callers", "marketing",
)  # fmt: skip
STRICT = ("washington_needs_notice", "strict_quiet_hours", "only_vouched")
POLICY_FIELDS = ("posture", *SWITCHES, "countries", "message_months", "recording_days")
TARGET_FIELDS = ("target_minutes", "in_open_hours", "ladder", "digest_on", "digest_at")
_KEY = re.compile(r"[-a-zA-Z0-9_]{1,40}")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_COLOURS = ("grey", "blue", "green", "amber", "red", "purple")
_MOST = 200


class ContentError(ValueError):
    """A playbook that cannot be used; problems: (field, sentence), as "texts.missed-open.body"."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in problems))
        self.problems = problems


def read(raw: Any) -> dict[str, Any]:
    """Return the sections of a stored playbook, in their one shape and order.

    Raises ContentError naming every field that is wrong, and a schema that this version cannot read.
    """
    if not isinstance(raw, Mapping) or raw.get("schema") != SCHEMA:
        raise ContentError([("schema", f"Expected {SCHEMA}.")])
    given = raw.get("sections")
    if not isinstance(given, Mapping):
        raise ContentError([("sections", "Expected an object.")])
    problems = [(str(name), "There is no such section.") for name in given if name not in SECTIONS]
    problems += [(str(name), "There is no such field.") for name in raw if name not in _WHOLE]
    found: dict[str, Any] = {}
    for name in SECTIONS:
        if name in given:
            try:
                found[name] = _READERS[name](given[name])
            except ContentError as wrong:
                problems += [
                    (f"{name}.{where}".rstrip("."), what) for where, what in wrong.problems
                ]
    if problems:
        raise ContentError(problems)
    return found


def write(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return sections as they are stored. Raises ContentError."""
    whole = {"schema": SCHEMA, "sections": dict(sections)}
    return {"schema": SCHEMA, "sections": read(whole)}


def clock(moment: time) -> str:
    """Return a time of a span as it is stored: minutes, and 24:00 for a day's end."""
    return "24:00" if moment >= time(23, 59) else moment.isoformat("minutes")


def span(row: Any) -> Span:
    """Return a stored span, [weekday, "09:00", "17:00"]. Raises ContentError."""
    try:
        day, opens, closes = row
        fits = type(day) is int and 0 <= day <= 6 and bool(_CLOCK.fullmatch(opens))
        end = DAYS_END if closes == "24:00" else time.fromisoformat(closes)
        if not fits or not time.fromisoformat(opens) < end:
            raise ValueError
        return Span(day, time.fromisoformat(opens), end)
    except (TypeError, ValueError):
        raise ContentError([("", 'Expected spans such as [0, "09:00", "17:00"].')]) from None


def _wrong(where: str, what: str) -> ContentError:
    return ContentError([(where, what)])


def _hours(raw: Any) -> list[list[Any]]:
    if not isinstance(raw, list) or len(raw) > 100:
        raise _wrong("", "Expected a list of spans.")
    spans = sorted((span(row) for row in raw), key=lambda each: (each.weekday, each.opens))
    return [[each.weekday, clock(each.opens), clock(each.closes)] for each in spans]


def _holidays(raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping) or len(raw) > _MOST:
        raise _wrong("", "Expected days with their names.")
    for day, name in raw.items():
        try:
            date.fromisoformat(day)
        except (TypeError, ValueError):
            raise _wrong(str(day), "Expected a day such as 2026-12-25.") from None
        _line(str(day), name, 80)
    return {day: raw[day].strip() for day in sorted(raw)}


def _line(where: str, value: Any, longest: int) -> str:
    if (
        not isinstance(value, str)
        or not 0 < len(value.strip()) <= longest
        or not value.isprintable()
    ):
        raise _wrong(where, f"Expected at most {longest} characters.")
    return value.strip()


def _tags(raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping) or len(raw) > _MOST:
        raise _wrong("", "Expected tags with their colours.")
    for name, colour in raw.items():
        _line(str(name), name, 40)
        if colour not in _COLOURS or "," in name:
            raise _wrong(str(name), f"Expected one of: {', '.join(_COLOURS)}.")
    return {name: raw[name] for name in sorted(raw)}


def _texts(raw: Any) -> dict[str, dict[str, str]]:
    if not isinstance(raw, Mapping) or len(raw) > _MOST:
        raise _wrong("", "Expected texts by key.")
    found = {}
    for key in sorted(raw):
        value = raw[key]
        if (
            not _KEY.fullmatch(key)
            or not isinstance(value, Mapping)
            or set(value) != {"name", "body"}
        ):
            raise _wrong(str(key), "Expected a name and a body.")
        name, body = _line(f"{key}.name", value["name"], 80), value["body"]
        if not isinstance(body, str) or "\x00" in body or text.problems(body):
            raise _wrong(f"{key}.body", " ".join(text.problems(str(body))) or "Expected a text.")
        found[key] = {"name": name, "body": body}
    return found


def _replies(raw: Any) -> dict[str, dict[str, str]]:
    if not isinstance(raw, Mapping) or len(raw) > _MOST:
        raise _wrong("", "Expected quick replies.")
    found = {}
    for key in sorted(raw):
        shortcut, _, language = key.partition(":")
        value = raw[key]
        if (
            language not in ("en", "es")
            or not isinstance(value, Mapping)
            or set(value) != {"title", "body"}
        ):
            raise _wrong(str(key), "Expected a short word, its language, a title and a body.")
        title, body = str(value["title"]), str(value["body"])
        if "\x00" in body + title or quick.problems(shortcut, title, body):
            raise _wrong(str(key), "This quick reply cannot be kept.")
        found[key] = {"title": title, "body": body}
    return found


def _rules(raw: Any) -> list[dict[str, Any]]:
    try:
        loaded = rules.load(raw)
    except rules.RulesError as wrong:
        raise ContentError(wrong.problems) from None
    for place, rule in enumerate(loaded):
        if rule.when.lines:
            raise _wrong(f"[{place}].when.lines", "A line belongs to one business.")
    return rules.dump(loaded)


def _fields(raw: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise _wrong("", "Expected an object.")
    problems = [(str(name), "There is no such field.") for name in raw if name not in names]
    problems += [(name, "It is missing.") for name in names if name not in raw]
    if problems:
        raise ContentError(problems)
    return {name: raw[name] for name in names}


def _refused(problems: list[tuple[str, str]]) -> None:
    if problems:
        raise ContentError(problems)


def _lines(raw: Any) -> dict[str, Any]:
    line = _fields(raw, LINE_FIELDS)
    wrong = [
        (name, "Expected on or off.") for name in ("press_one", "voicemail")
        if not isinstance(line[name], bool)
    ]  # fmt: skip
    wrong += [
        (name, "Expected a text.") for name in ("greeting", "consent_prompt", "consent_digit")
        if not isinstance(line[name], str)
    ]  # fmt: skip
    _refused(wrong)
    low, high = RING_SECONDS
    checks = {
        "answering": line["answering"] in ANSWERING,
        "ring_order": line["ring_order"] in ORDERS,
        "ring_seconds": type(line["ring_seconds"]) is int and low <= line["ring_seconds"] <= high,
        "posture": line["posture"] in ("", *postures.POSTURES),
        "consent_digit": len(line["consent_digit"]) == 1
        and line["consent_digit"] in "0123456789*#",
        "greeting": not greetings.greeting_problem(line["greeting"]),
        "consent_prompt": not greetings.offer_problem(
            line["consent_prompt"], line["consent_digit"]
        ),
    }
    _refused([(name, "This cannot be set on a line.") for name, fits in checks.items() if not fits])
    return line


def _targets(raw: Any) -> dict[str, Any]:
    found = _fields(raw, TARGET_FIELDS)
    try:
        found["ladder"] = [step.as_dict() for step in ladder.read(found["ladder"])]
    except ladder.LadderError as wrong:
        raise _wrong("ladder", str(wrong)) from None
    minutes = found["target_minutes"]
    checks = {
        "target_minutes": type(minutes) is int and 1 <= minutes <= 7 * 24 * 60,
        "in_open_hours": isinstance(found["in_open_hours"], bool),
        "digest_on": isinstance(found["digest_on"], bool),
        "digest_at": isinstance(found["digest_at"], str)
        and bool(_CLOCK.fullmatch(found["digest_at"])),
    }
    _refused([(name, "This cannot be set.") for name, fits in checks.items() if not fits])
    return found


def _policy(raw: Any) -> dict[str, Any]:
    found = _fields(raw, POLICY_FIELDS)
    countries = found["countries"]
    checks = {name: isinstance(found[name], bool) for name in SWITCHES} | {
        "posture": found["posture"] in postures.POSTURES,
        "countries": isinstance(countries, list) and bool(countries)
        and all(each in ("US", "CA") for each in countries),
        "message_months": type(found["message_months"]) is int and 24 <= found["message_months"] <= 240,
        "recording_days": type(found["recording_days"]) is int and 1 <= found["recording_days"] <= 3650,
    }  # fmt: skip
    _refused([(name, "This cannot be chosen.") for name, fits in checks.items() if not fits])
    return found | {"countries": sorted(set(countries))}


_WHOLE = ("schema", "sections")
_READERS: dict[str, Callable[[Any], Any]] = {
    "hours": _hours, "holidays": _holidays, "tags": _tags, "texts": _texts, "replies": _replies,
    "rules": _rules, "lines": _lines, "targets": _targets, "policy": _policy,
}  # fmt: skip
