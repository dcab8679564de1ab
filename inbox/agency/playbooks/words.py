"""What a playbook changes, what stays and why, in words of the reader's language. Drawn when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls import rule_words
from calls.rule_words import Names
from calls.rules import RulesError, load
from calls.timetable import shown
from calls.timetable import words as time_words
from inbox.agency.playbooks.content import span
from inbox.said import said
from tenants.postures import POSTURES

SECTION_NAMES = {
    "hours": gettext_lazy("Opening hours"),
    "holidays": gettext_lazy("Holidays"),
    "tags": gettext_lazy("Tags"),
    "texts": gettext_lazy("Ready texts"),
    "replies": gettext_lazy("Quick replies"),
    "rules": gettext_lazy("Rules"),
    "policy": gettext_lazy("Consent and notices"),
    "lines": gettext_lazy("How lines answer"),
    "targets": gettext_lazy("How soon people are answered"),
}
SECTION_NOTES = {
    "hours": gettext_lazy("The week, day by day."),
    "holidays": gettext_lazy("Days that are closed, from today on. They are added."),
    "tags": gettext_lazy("Names and colours. None is taken away."),
    "texts": gettext_lazy("What callers are texted, with the name filled in."),
    "replies": gettext_lazy("What members say often, for everybody."),
    "rules": gettext_lazy("Who gets which text, when. Rules for one line stay where they are."),
    "policy": gettext_lazy("What must have happened before a text, and how long things are kept."),
    "lines": gettext_lazy("Greeting, ringing, voicemail. Never numbers or phones."),
    "targets": gettext_lazy("The target, whom it reminds and by which way."),
}
_FIELDS = {
    "answering": gettext_lazy("Answering"),
    "ring_order": gettext_lazy("Ringing order"),
    "ring_seconds": gettext_lazy("Ringing time"),
    "press_one": gettext_lazy("Staff press 1 to take a call"),
    "greeting": gettext_lazy("Greeting"),
    "voicemail": gettext_lazy("Voicemail"),
    "posture": gettext_lazy("What must have happened before a text"),
    "consent_digit": gettext_lazy("Key that asks for a text"),
    "consent_prompt": gettext_lazy("Words that offer a text"),
    "washington_needs_notice": gettext_lazy("Washington callers must have heard the notice"),
    "strict_quiet_hours": gettext_lazy("Hold even instant answers at night"),
    "first_text_links": gettext_lazy("Allow a link in the first text"),
    "nudges": gettext_lazy("Follow up when nobody answers"),
    "only_vouched": gettext_lazy("Text new callers only when the carrier vouches for their number"),
    "look_up_callers": gettext_lazy("Ask what kind of line a new caller has"),
    "marketing": gettext_lazy("Marketing texts"),
    "countries": gettext_lazy("Countries that are texted"),
    "message_months": gettext_lazy("Months that messages are kept"),
    "recording_days": gettext_lazy("Days that recordings are kept"),
    "target_minutes": gettext_lazy("Minutes until somebody is answered"),
    "in_open_hours": gettext_lazy("Count opening hours alone"),
    "ladder": gettext_lazy("Who is reminded"),
    "digest_on": gettext_lazy("Morning summary"),
    "digest_at": gettext_lazy("Time of the morning summary"),
}
_VALUES = {
    "staff_first": gettext_lazy("staff first"),
    "greeting": gettext_lazy("straight to the greeting"),
    "by_hours": gettext_lazy("staff while open, then the greeting"),
    "at_once": gettext_lazy("all at once"),
    "in_order": gettext_lazy("one after another"),
    "grey": gettext_lazy("Grey"),
    "blue": gettext_lazy("Blue"),
    "green": gettext_lazy("Green"),
    "amber": gettext_lazy("Amber"),
    "red": gettext_lazy("Red"),
    "purple": gettext_lazy("Purple"),
}
_STAYS = {
    "own_text": gettext_lazy("the business wrote it itself"),
    "own_reply": gettext_lazy("the business wrote it itself"),
    "own_greeting": gettext_lazy("the business wrote it itself"),
    "recorded": gettext_lazy("it is a recording"),
    "no_phones": gettext_lazy("no phone to ring is named there"),
    "stricter": gettext_lazy("it is stricter than the playbook"),
    "own_rules": gettext_lazy("it is for a line of this business alone"),
}
_LEFT_OUT = {
    "number": gettext_lazy("it has a phone number in it"),
    "email": gettext_lazy("it has an e-mail address in it"),
    "site": gettext_lazy("it has a web address in it"),
    "street": gettext_lazy("it has the street address in it"),
    "person": gettext_lazy("it names somebody"),
    "name": gettext_lazy("it names the business"),
    "line": gettext_lazy("it is for one line alone"),
}


def label(piece: str, names: Mapping[str, Any]) -> str:
    """Return what a piece is called; names: {"lines": {id: name}, "texts": {key: name}}."""
    kind, _sep, rest = piece.partition(":")
    if kind == "text":
        return _("Text “%(name)s”") % {"name": names.get("texts", {}).get(rest, rest)}
    if kind == "reply":
        return _("Quick reply /%(name)s") % {"name": rest.partition(":")[0]}
    if kind == "tag":
        return _("Tag “%(name)s”") % {"name": rest}
    if kind == "rule":
        return _("Rule “%(name)s”") % {"name": rest}
    if kind == "holiday":
        return _("Closed on %(day)s") % {"day": rest}
    if kind == "policy":
        return str(_FIELDS.get(rest, rest))
    if kind == "line":
        number, _sep, field = rest.partition(":")
        what = str(_FIELDS.get(field, field))
        name = names.get("lines", {}).get(number, "")
        return f"{name}: {what}" if name and what else name or what
    return str(SECTION_NAMES.get(kind, kind))


def drifted(differs: Mapping[str, tuple[Any, Any]], names: Mapping[str, Any]) -> list[str]:
    """Return in words what differs: piece -> (as the playbook put it, as it is now), a sentence each."""
    return [
        sentence for piece, (put, now) in differs.items() for sentence in change(piece, put, now, names)
    ]  # fmt: skip


def change(piece: str, old: Any, new: Any, names: Mapping[str, Any]) -> list[str]:
    """Return in words what becomes of one piece, a sentence each."""
    if piece == "rules":
        return _rules(old, new, names)
    if piece == "targets":
        return [
            f"{_FIELDS[name]}: {_ladder(new[name]) if name == 'ladder' else _instead(new[name], old.get(name))}"
            for name in new
            if new[name] != (old or {}).get(name)
        ]
    called = label(piece, names)
    if piece == "hours":
        return [f"{called}: {_instead(_week(new), _week(old))}"]
    if new is None:
        return [_("%(what)s is removed.") % {"what": called}]
    if isinstance(new, dict):
        return [_of_fields(called, old, new)]
    if old is None:
        return [f"{called}: {_value(new)}"]
    if piece.startswith("policy:posture") or piece.endswith(":posture"):
        return [f"{called}: {_instead(_posture(new), _posture(old))}"]
    return [f"{called}: {_instead(new, old)}"]


def stay(piece: str, reason: str, names: Mapping[str, Any]) -> str:
    """Return what stays at a business, and why."""
    said_of = {"what": label(piece, names), "why": _STAYS.get(reason, reason)}
    return _("%(what)s stays: %(why)s.") % said_of


def left_out(piece: str, why: str) -> str:
    """Return what was not taken into a playbook, and why."""
    said_of = {"what": label(piece, {}), "why": _LEFT_OUT.get(why, why)}
    return _("%(what)s is not in the playbook: %(why)s.") % said_of


def section_line(section: str, value: Any) -> str:
    """Return in a few words what a section of a playbook holds."""
    if section == "hours":
        return _week(value)
    if section == "targets":
        minutes = value["target_minutes"]
        return ngettext("Within %(n)s minute", "Within %(n)s minutes", minutes) % {"n": minutes}
    if section == "policy":
        return _posture(value["posture"])
    if section == "lines":
        return f"{_VALUES[value['answering']]}, {value['ring_seconds']} s"
    if isinstance(value, dict) and section in ("texts", "replies"):
        return _listed([each.get("name") or each.get("title", "") for each in value.values()])
    return _listed([each["name"] for each in value] if section == "rules" else list(_shown(value)))


def _shown(value: Any) -> list[str]:
    """Holidays by their names, tags by theirs."""
    return [name if key[:1].isdigit() and key[4:5] == "-" else key for key, name in value.items()]


def _listed(words: list[str]) -> str:
    if not words:
        return _("None")
    beside = len(words) - 4
    told = ", ".join(f"“{word}”" for word in words[:4])
    return told + (" " + _("and %(n)s more") % {"n": beside} if beside > 0 else "")


def _rules(old: Any, new: Any, names: Mapping[str, Any]) -> list[str]:
    known = Names({}, names.get("texts", {}))
    try:
        told = rule_words.diff(load(old or []), load(new or []), known)
    except RulesError:
        return [str(SECTION_NAMES["rules"])]
    return [said(sentence) for sentence in told] or [_("The rules are put in another form.")]


def _of_fields(called: str, old: Any, new: dict[str, Any]) -> str:
    body = new.get("body")
    if body is None:
        colour = _value(new.get("colour"))
        return f"{called}: {_instead(colour, _value(old['colour'])) if old else colour}"
    if old is None:
        return f"{called}: “{body}”"
    if old.get("body") == body:
        title = new.get("name") or new.get("title", "")
        return _("%(what)s is now called “%(name)s”.") % {"what": called, "name": title}
    return f"{called}: {_instead(f'“{body}”', '“' + str(old.get('body', '')) + '”')}"


def _instead(new: Any, old: Any) -> str:
    return _("%(new)s, instead of %(old)s") % {"new": _value(new), "old": _value(old)}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if value is None or value in ("", []):
        return _("nothing")
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(_VALUES.get(value, value)) if isinstance(value, str) else str(value)


def _posture(key: str) -> str:
    return said(POSTURES[key].name) if key in POSTURES else _("as the business")


def _ladder(steps: Any) -> str:
    told = [f"{step['at_percent']} % {', '.join(step['channels'])}" for step in steps]
    return "; ".join(told) or _("nobody")


def _week(rows: Any) -> str:
    if not rows:
        return _("closed all week")
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    told: list[tuple[list[int], str]] = []
    for weekday, openings in enumerate(shown([span(row) for row in rows or []])):
        hours = " + ".join(_opening(each) for each in openings)
        if hours and told and told[-1][1] == hours and told[-1][0][-1] == weekday - 1:
            told[-1][0].append(weekday)
        elif hours:
            told.append(([weekday], hours))
    return ", ".join(
        f"{days[open_days[0]]}{f'–{days[open_days[-1]]}' if len(open_days) > 1 else ''} {hours}"
        for open_days, hours in told
    )


def _opening(each: Any) -> str:
    if each.all_day:
        return _("around the clock")
    return f"{time_words(each.opens)}–{time_words(each.closes)}"
