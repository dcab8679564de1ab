"""One rule as a form: what was typed, kept as it was typed, and read as the JSON of a rule. Pure.

A condition that the rule does not ask for is no part of the form until somebody adds it, so that
simple rules stay simple. What is wrong is named by field, in words that fit the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calls.rule_words import span
from calls.rules import Rule, RulesError, Then, When


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the sentence that can be added and taken away. fields: of When or of Then."""

    key: str
    label: str
    part: str
    fields: tuple[str, ...]


CLAUSES = (
    Clause("hours", "Open, closed or holiday", "when", ("states",)),
    Clause("day", "Days and times", "when", ("weekdays", "from_time", "to_time")),
    Clause("who", "New, known or VIP", "when", ("callers",)),
    Clause("tags", "Tags", "when", ("tags", "without_tags")),
    Clause("nth", "How often they called", "when", ("nth_from", "nth_to", "nth_within")),
    Clause("area", "Area code", "when", ("area_codes", "other_area_codes")),
    Clause("voicemail", "Voicemail", "when", ("voicemail",)),
    Clause("ring", "How long it rang", "when", ("ring_at_least", "ring_at_most")),
    Clause("talk", "Answered only for a moment", "when", ("talk_at_most",)),
    Clause("vouched", "Is their number genuine", "when", ("attestations",)),
    Clause("closed", "Another text while closed", "then", ("template_closed",)),
    Clause("delay", "Wait before the text", "then", ("delay",)),
    Clause("second", "Try a second text", "then", ("template_b", "b_percent")),
    Clause("notify", "Tell us", "then", ("notify",)),
    Clause("follow", "Follow up without a reply", "then", ("follow_up_after", "follow_up_template")),
    Clause("expires", "Not too late", "then", ("expires_after",)),
)  # fmt: skip
BY_KEY = {clause.key: clause for clause in CLAUSES}
SPANS = ("nth_within", "delay", "cool_down", "expires_after", "follow_up_after")
UNITS = (("60", "min"), ("3600", "hours"), ("86400", "days"), ("1", "seconds"))
_LISTS = ("lines", "outcomes", "states", "callers", "attestations", "weekdays")
_WORDS = ("tags", "without_tags", "area_codes", "other_area_codes")
_NUMBERS = ("ring_at_least", "ring_at_most", "talk_at_most", "nth_from", "nth_to", "b_percent")
_CHOICES = (
    "voicemail", "from_time", "to_time", "action", "template", "template_closed", "template_b",
    "follow_up_template",
)  # fmt: skip
_RANGE = re.compile(r"Expected a whole number from (\d+) to (\d+)\.")
# What an added clause says before anybody chose, so that it says something.
_BEGIN = {
    "nth": {"nth_from": "2", "nth_within_n": "1", "nth_within_unit": "3600"},
    "ring": {"ring_at_least": "4"},
    "talk": {"talk_at_most": "5"},
    "delay": {"delay_n": "2", "delay_unit": "60"},
    "second": {"b_percent": "50"},
    "follow": {"follow_up_after_n": "2", "follow_up_after_unit": "3600"},
    "expires": {"expires_after_n": "30", "expires_after_unit": "60"},
}
_LONGEST = 2_000  # of what one field may bring


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule being edited: values as typed (a list where several are chosen), and which clauses show."""

    ident: str
    is_on: bool
    values: Mapping[str, Any]
    shows: frozenset[str]
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The keys of the texts the rule sends, the usual one first."""
        if self.values["action"] == "skip":
            return []
        wanted = {"template": True, "template_closed": "closed" in self.shows,
                  "template_b": "second" in self.shows, "follow_up_template": "follow" in self.shows}  # fmt: skip
        keys = [self.values[name] for name, shows in wanted.items() if shows and self.values[name]]
        return list(dict.fromkeys(keys))

    def with_errors(self, problems: Mapping[str, str]) -> RuleForm:
        """Return the form with what is wrong; a clause with an error shows."""
        return replace(self, errors=problems)


def form_of(rule: Rule) -> RuleForm:
    """Return a stored rule as a form."""
    values: dict[str, Any] = {"name": rule.name}
    for part in (rule.when, rule.then):
        for name in type(part).__slots__:
            values |= _shown(name, getattr(part, name))
    usual = RuleForm(rule.id, rule.is_on, {}, frozenset())
    return replace(usual, values=values, shows=_asked(rule))


def _asked(rule: Rule) -> frozenset[str]:
    usual = {"when": When(), "then": Then()}
    return frozenset(
        clause.key
        for clause in CLAUSES
        if any(
            getattr(getattr(rule, clause.part), name) != getattr(usual[clause.part], name)
            for name in clause.fields
        )
    )


def _shown(name: str, value: Any) -> dict[str, Any]:
    if name in SPANS:
        unit = next((u for u in (86_400, 3600, 60) if value and value % u == 0), 1 if value else 60)
        return {f"{name}_n": str(value // unit) if value else "", f"{name}_unit": str(unit)}
    if name in _LISTS:
        return {name: [str(item) for item in sorted(value)]}
    if name in _WORDS:
        return {name: ", ".join(sorted(value))}
    if name in ("from_time", "to_time"):
        return {name: value.strftime("%H:%M") if value else ""}
    if name == "notify":
        return {name: "on" if value else ""}
    if name in _NUMBERS:
        return {name: "" if value in (None, 0) else str(value)}
    return {name: value}


def typed(
    ident: str, is_on: bool, one: Callable[[str], str], many: Callable[[str], list[str]]
) -> RuleForm:
    """Return the form as it was sent. one, many: the values of a field of the request."""
    values: dict[str, Any] = {"name": _clean(one("name"))}
    for name in _LISTS:
        values[name] = [_clean(item)[:40] for item in many(name)[:60]]
    for name in (*_WORDS, *_NUMBERS, *_CHOICES):
        values[name] = _clean(one(name))
    for name in SPANS:
        values[f"{name}_n"], values[f"{name}_unit"] = (
            _clean(one(f"{name}_n")),
            _clean(one(f"{name}_unit")),
        )
    shows = {key for key in many("shows") if key in BY_KEY}
    verb, _, key = one("act").partition(" ")
    if verb == "add" and key in BY_KEY:
        shows.add(key)
        values |= _BEGIN.get(key, {})
    if verb == "drop":
        shows.discard(key)
    values["notify"] = "on" if "notify" in shows else ""
    return RuleForm(ident, is_on, values, frozenset(shows))


def _clean(value: str) -> str:
    return value.replace("\x00", "")[:_LONGEST].strip()


def raw_of(form: RuleForm) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the rule's JSON, and what cannot even be read, by field."""
    hidden = {name for clause in CLAUSES if clause.key not in form.shows for name in clause.fields}
    problems: dict[str, str] = {}
    parts: dict[str, dict[str, Any]] = {"when": {}, "then": {}}
    for part, kind in (("when", When), ("then", Then)):
        for name in kind.__slots__:
            if name not in hidden:
                _read(name, form.values, parts[part], problems)
    raw = {"id": form.ident, "name": form.values["name"], "is_on": form.is_on, **parts}
    return raw, problems


def _read(
    name: str, values: Mapping[str, Any], into: dict[str, Any], problems: dict[str, str]
) -> None:
    if name in SPANS:
        number, unit = values[f"{name}_n"], values[f"{name}_unit"]
        if not number and name != "cool_down":
            return
        if not _is_number(number or "0") or unit not in dict(UNITS):
            problems[name] = "Write a whole number, such as 2."
            return
        into[name] = int(number or 0) * int(unit)
    elif name == "weekdays":
        into[name] = [
            int(day) if day in "0123456" and len(day) == 1 else day for day in values[name]
        ]
    elif name in _LISTS:
        into[name] = values[name]
    elif name == "notify":
        into[name] = values[name] == "on"
    elif name in _WORDS:
        joint = r"[,\s]+" if name.endswith("area_codes") else r"\s*,\s*"
        into[name] = [word for word in re.split(joint, values[name]) if word]
    elif name in _NUMBERS:
        if not values[name]:
            return
        if not _is_number(values[name]):
            problems[name] = "Write a whole number, such as 2."
            return
        into[name] = int(values[name])
    elif values[name] or name in ("template", "action"):
        into[name] = values[name]


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 8


def problems_of(error: RulesError) -> dict[str, str]:
    """Return what the rules refuse, by field of the form, in its words."""
    found: dict[str, str] = {}
    for where, what in error.problems:
        name = where.rsplit(".", 1)[-1]
        limits = _RANGE.fullmatch(what)
        if limits and name in SPANS:
            what = f"Expected {span(int(limits[1]))} to {span(int(limits[2]))}."
        elif name in ("area_codes", "other_area_codes"):
            what = "Write area codes of three digits, such as 312, with commas between them."
        elif name in ("tags", "without_tags") and what.startswith("Expected"):
            what = "Write tags with commas between them, each at most 40 letters."
        elif name in ("from_time", "to_time") and what.startswith("Expected"):
            what = "Write a time such as 17:30."
        elif name == "id":
            name = "name"
        found.setdefault(name, what)
    return found


def replaced(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    """Return the rules with one of them changed."""
    return tuple(rule if each.id == rule.id else each for each in rules)


def moved(rules: tuple[Rule, ...], ident: str, by: int) -> tuple[Rule, ...]:
    """Return the rules with one of them moved up (-1) or down (1); at the end it stays."""
    order = list(rules)
    at = next((n for n, rule in enumerate(order) if rule.id == ident), -1)
    to = at + by
    if at < 0 or not 0 <= to < len(order):
        return rules
    order[at], order[to] = order[to], order[at]
    return tuple(order)
