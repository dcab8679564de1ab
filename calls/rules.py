"""The rules a missed call is answered by: an ordered list, the first that fits decides. Pure.

This is their one shape: stored in RuleSet.rules, drafted, imported and exported as the JSON of `dump`,
read again by `load`, which names the field of whatever is wrong. What a rule says in words is in
calls/rule_words.py; whether it fits a call is asked in calls/matching.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import time
from typing import Any

OUTCOMES = {
    "no_answer": "nobody answers",
    "busy": "the line is busy",
    "unreachable": "the phone cannot be reached",
    "declined": "the call is declined",
    "caller_hung_up": "the caller hangs up",
    "forwarded": "the call is forwarded to us unanswered",
    "not_accepted": "nobody presses 1",
}
STATES = {"open": "open", "closed": "closed", "holiday": "on holiday"}
CALLERS = {"new": "somebody new", "known": "somebody you know", "vip": "a VIP"}
ATTESTATIONS = {
    "A": "vouched for",
    "B": "partly vouched for",
    "C": "passed on unchecked",
    "none": "without a word from the network",
}
ACTIONS = {"text": "text back", "hold": "text back when you open", "skip": "send no text"}
MAX_RULES = 40
_DAY = 86_400
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TAG = re.compile(r"[^\x00-\x1f,]{1,40}")


class RulesError(ValueError):
    """Rules that cannot be used. problems: (field, sentence), as "rules[2].then.template", "..."."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class When:
    """What a call must be like; an empty condition asks nothing. Seconds; local times; Monday is 0.

    ring_at_least asks only of a caller who hung up: a timeout rang its full time. talk_at_most: an
    answered call at most so long counts as missed. voicemail: '', left or none. nth_from..nth_to:
    the how-manieth call of this caller within nth_within seconds, this one counted. from_time to
    to_time may pass midnight and belongs to the day it begins on.
    """

    lines: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    voicemail: str = ""
    ring_at_least: int = 0
    ring_at_most: int | None = None
    talk_at_most: int = 0
    callers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    without_tags: frozenset[str] = frozenset()
    attestations: frozenset[str] = frozenset()
    nth_from: int = 1
    nth_to: int | None = None
    nth_within: int = _DAY
    area_codes: frozenset[str] = frozenset()
    other_area_codes: frozenset[str] = frozenset()  # any but these
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    to_time: time | None = None

    @property
    def counts_calls(self) -> bool:
        """Whether earlier calls of the person must be known."""
        return self.nth_from > 1 or self.nth_to is not None


@dataclass(frozen=True, slots=True)
class Then:
    """What is done. Seconds; templates by key.

    template is sent while the business is open, template_closed otherwise ('' for the same one);
    template_b goes to b_percent of the people instead, the same person always getting the same.
    delay: seconds after the call; cool_down: seconds without another text to the same person;
    expires_after: a later text would be worse than none; notify: tell the staff; follow_up_after: 0
    for none, else seconds after which whoever has not replied gets follow_up_template, or, where
    that is '', the staff is reminded to phone them.
    """

    action: str = "text"
    template: str = ""
    template_closed: str = ""
    template_b: str = ""
    b_percent: int = 0
    delay: int = 0
    cool_down: int = 12 * 3600
    expires_after: int = 1800
    notify: bool = False
    follow_up_after: int = 0
    follow_up_template: str = ""

    def template_for(self, is_open: bool, takes_b: bool) -> str:
        """Return the key of the template somebody gets."""
        if takes_b and self.template_b:
            return self.template_b
        return self.template if is_open or not self.template_closed else self.template_closed


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. id stays the same for as long as it lives, whatever its name and place."""

    id: str
    name: str
    is_on: bool = True
    when: When = field(default=When())
    then: Then = field(default=Then())


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a business in their order, as of one version."""

    version: int = 0
    rules: tuple[Rule, ...] = ()

    @property
    def in_force(self) -> tuple[Rule, ...]:
        """Those that are on."""
        return tuple(rule for rule in self.rules if rule.is_on)


def dump(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return rules as JSON: what differs from the default only, in a stable order."""
    return [
        {
            "id": rule.id,
            "name": rule.name,
            "is_on": rule.is_on,
            "when": _changed(rule.when, When()),
            "then": _changed(rule.then, Then()),
        }
        for rule in rules
    ]


def load(
    raw: Any, *, lines: frozenset[str] | None = None, templates: frozenset[str] | None = None
) -> tuple[Rule, ...]:
    """Return the rules of some JSON. Raises RulesError naming every field that is wrong.

    lines, templates: the business's own; a rule that names another is refused. None: not asked,
    as for rules that were stored while they were right.
    """
    problems: list[tuple[str, str]] = []
    if not isinstance(raw, list) or len(raw) > MAX_RULES:
        raise RulesError([("rules", f"Expected a list of at most {MAX_RULES} rules.")])
    loaded, seen = [], set()
    for number, item in enumerate(raw):
        at = f"rules[{number}]"
        if not isinstance(item, Mapping):
            problems.append((at, "Expected an object."))
            continue
        rule = _rule(item, at, problems)
        if rule.id in seen:
            problems.append((f"{at}.id", "Two rules have this id."))
        seen.add(rule.id)
        problems += _unknown(rule, at, lines, templates)
        problems += _contradictions(rule, at)
        loaded.append(rule)
    if problems:
        raise RulesError(problems)
    return tuple(loaded)


def _rule(item: Mapping[str, Any], at: str, problems: list[tuple[str, str]]) -> Rule:
    for field_name in sorted(set(item) - {"id", "name", "is_on", "when", "then"}, key=str):
        problems.append((f"{at}.{field_name}", "There is no such field."))
    ident, name = item.get("id"), item.get("name")
    if not isinstance(ident, str) or not _ID.fullmatch(ident):
        problems.append((f"{at}.id", "Expected small letters, digits and hyphens, at most 40."))
        ident = f"rule-{at}"
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 80 or "\x00" in name:
        problems.append((f"{at}.name", "Expected a name of at most 80 characters."))
        name = "Rule"
    is_on = item.get("is_on", True)
    if not isinstance(is_on, bool):
        problems.append((f"{at}.is_on", "Expected true or false."))
        is_on = True
    when = _part(When, item.get("when", {}), f"{at}.when", _WHEN, problems)
    then = _part(Then, item.get("then", {}), f"{at}.then", _THEN, problems)
    return Rule(ident, name.strip(), is_on, when, then)


def _part(
    kind: Any, raw: Any, at: str, readers: Mapping[str, Any], problems: list[tuple[str, str]]
) -> Any:
    if not isinstance(raw, Mapping):
        problems.append((at, "Expected an object."))
        return kind()
    read: dict[str, Any] = {}
    for name, value in raw.items():
        reader = readers.get(str(name))
        if reader is None:
            problems.append((f"{at}.{name}", "There is no such field."))
            continue
        try:
            read[name] = reader(value)
        except ValueError as error:
            problems.append((f"{at}.{name}", str(error)))
    return kind(**read)


def _unknown(
    rule: Rule, at: str, lines: frozenset[str] | None, templates: frozenset[str] | None
) -> list[tuple[str, str]]:
    found = []
    if lines is not None:
        found += [
            (f"{at}.when.lines", f"{line} is no line of this business.")
            for line in sorted(rule.when.lines - lines)
        ]
    if templates is not None:
        for name in ("template", "template_closed", "template_b", "follow_up_template"):
            key = getattr(rule.then, name)
            if key and key not in templates:
                found.append((f"{at}.then.{name}", f"There is no template “{key}”."))
    return found


def _contradictions(rule: Rule, at: str) -> list[tuple[str, str]]:
    when, then, found = rule.when, rule.then, []
    if then.action != "skip":
        if not then.template:
            found.append((f"{at}.then.template", "Choose the text that is sent."))
        if then.delay >= then.expires_after:
            found.append(
                (f"{at}.then.delay", "The text would have expired before its delay is over.")
            )
        if then.action == "hold" and then.delay:
            found.append((f"{at}.then.delay", "A text that waits for opening has no delay beside."))
    if bool(then.template_b) != bool(then.b_percent):
        found.append((f"{at}.then.b_percent", "A second text and its share belong together."))
    if then.follow_up_template and not then.follow_up_after:
        found.append((f"{at}.then.follow_up_after", "Say after how long the follow-up is sent."))
    if then.follow_up_after and then.action == "skip":
        found.append((f"{at}.then.follow_up_after", "Nothing follows where no text was sent."))
    if (when.from_time is None) != (when.to_time is None):
        found.append((f"{at}.when.to_time", "A span of the day has a beginning and an end."))
    elif when.from_time is not None and when.from_time == when.to_time:
        found.append((f"{at}.when.to_time", "The span ends when it begins; leave both empty."))
    if when.nth_to is not None and when.nth_to < when.nth_from:
        found.append((f"{at}.when.nth_to", "Expected a number not below nth_from."))
    if when.ring_at_most is not None and when.ring_at_most < when.ring_at_least:
        found.append((f"{at}.when.ring_at_most", "Expected a number not below ring_at_least."))
    if both := when.tags & when.without_tags:
        found.append(
            (f"{at}.when.without_tags", f"Asked for and excluded: {', '.join(sorted(both))}.")
        )
    return found


def _changed(part: Any, default: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for item in fields(part):
        value = getattr(part, item.name)
        if value == getattr(default, item.name):
            continue
        if isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, time):
            value = value.strftime("%H:%M")
        out[item.name] = value
    return out


def _one_of(words: Mapping[str, str] | Sequence[str]) -> Any:
    def read(value: Any) -> str:
        if value not in tuple(words):
            raise ValueError(f"Expected one of {', '.join(w or 'nothing' for w in words)}.")
        return str(value)

    return read


def _some_of(words: Mapping[str, str]) -> Any:
    def read(value: Any) -> frozenset[str]:
        if not isinstance(value, list) or any(v not in tuple(words) for v in value):
            raise ValueError(f"Expected a list of {', '.join(words)}.")
        return frozenset(value)

    return read


def _matching(pattern: str, said: str) -> Any:
    compiled = re.compile(pattern)

    def read(value: Any) -> frozenset[str]:
        if not isinstance(value, list) or len(value) > 400:
            raise ValueError(f"Expected a list of {said}.")
        if any(not isinstance(v, str) or not compiled.fullmatch(v) for v in value):
            raise ValueError(f"Expected a list of {said}.")
        return frozenset(value)

    return read


def _whole(low: int, high: int, *, may_lack: bool = False) -> Any:
    def read(value: Any) -> int | None:
        if value is None and may_lack:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"Expected a whole number from {low} to {high}.")
        return value

    return read


def _clock(value: Any) -> time | None:
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise ValueError("Expected a time as 17:30.")


def _days(value: Any) -> frozenset[int]:
    if isinstance(value, list) and all(type(v) is int and 0 <= v <= 6 for v in value):
        return frozenset(value)
    raise ValueError("Expected a list of weekdays, 0 for Monday to 6.")


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Expected true or false.")
    return value


def _key(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[-a-zA-Z0-9_]{0,40}", value):
        return value
    raise ValueError("Expected the key of a template.")


_WHEN = {
    "lines": _matching(r"\+[1-9]\d{6,14}", "lines as +13125550100"),
    "states": _some_of(STATES),
    "outcomes": _some_of(OUTCOMES),
    "voicemail": _one_of(("", "left", "none")),
    "ring_at_least": _whole(0, 600),
    "ring_at_most": _whole(0, 600, may_lack=True),
    "talk_at_most": _whole(0, 600),
    "callers": _some_of(CALLERS),
    "tags": _matching(_TAG.pattern, "tags"),
    "without_tags": _matching(_TAG.pattern, "tags"),
    "attestations": _some_of(ATTESTATIONS),
    "nth_from": _whole(1, 100),
    "nth_to": _whole(1, 100, may_lack=True),
    "nth_within": _whole(60, 7 * _DAY),
    "area_codes": _matching(r"[2-9]\d\d", "area codes as 312"),
    "other_area_codes": _matching(r"[2-9]\d\d", "area codes as 312"),
    "weekdays": _days,
    "from_time": _clock,
    "to_time": _clock,
}
_THEN = {
    "action": _one_of(ACTIONS),
    "template": _key,
    "template_closed": _key,
    "template_b": _key,
    "b_percent": _whole(0, 100),
    "delay": _whole(0, _DAY),
    "cool_down": _whole(0, 90 * _DAY),
    "expires_after": _whole(10, 7 * _DAY),
    "notify": _yes,
    "follow_up_after": _whole(0, 14 * _DAY),
    "follow_up_template": _key,
}
