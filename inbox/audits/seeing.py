"""A log's result as the report shows it. Reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.audit import columns, findings, heat, layouts
from calls.audit.findings import CAUSES, SUGGESTED_TEXTS, Finding, percent, spell
from calls.audit.shapes import Problem
from calls.audit.value import ASKED, Worth, assumed, worth
from calls.rule_words import Names, sentence
from calls.rules import Rule, load
from inbox.audits import forms
from inbox.said import said
from tenants.models import CallLog, LoggedCall

_NAMES = Names({}, SUGGESTED_TEXTS)
_CELL, _GAP, _LEFT, _TOP = 26, 2, 44, 22


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, count, and width in percent of the longest."""

    label: str
    count: int
    width: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Somebody who called more than once and gave up."""

    number: str
    tries: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One assumption, as its form shows it."""

    name: str
    label: str
    unit: str
    why: str
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A rule the audit suggests: where it stands in the list, its sentence, what speaks for it."""

    index: int
    rule: Rule
    sentence: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows."""

    log: CallLog
    result: Mapping[str, Any]
    findings: list[Finding]
    worth: Worth
    missed_percent: int
    closed_percent: int
    causes: list[Bar]
    levels: list[Bar]
    ends: list[Bar]
    call_back: list[tuple[str, str]]
    gave_up: list[GaveUp]
    suggested: list[Suggested]
    heat: dict[str, Any]
    period: str


def report(log: CallLog) -> Report:
    """Return the report of a log that was read. Asks the database for repeat callers' numbers only."""
    result = log.result
    return Report(
        log,
        result,
        findings.findings(result),
        worth(result, assumed(log.assumptions)),
        percent(result["missed"], result["calls"]),
        percent(result["closed"][1], result["missed"]),
        _bars(
            [
                (CAUSES.get(code, code), count, "")
                for code, count in sorted(result["causes"].items(), key=lambda each: -each[1])
            ]
        ),
        _levels(result),
        _ends(result),
        _call_back(result),
        gave_up(log),
        _suggested(result),
        picture(result),
        period(result, log.timezone),
    )


def period(result: Mapping[str, Any], zone: str) -> str:
    """Return the days a result covers, in the log's zone."""
    if not result["from"]:
        return ""
    first, last = (
        datetime.fromisoformat(result[end]).astimezone(ZoneInfo(zone)) for end in ("from", "to")
    )
    return f"{first:%B} {first.day}, {first.year} to {last:%B} {last.day}, {last.year}"


def gave_up(log: CallLog) -> list[GaveUp]:
    """Return who called more than once and gave up, who tried most first; whoever was erased is gone."""
    tries = {row: count for row, count in log.result.get("gave_up_rows", [])}
    found = LoggedCall.objects.filter(log=log.pk, row__in=tries)
    return sorted(
        (GaveUp(call.caller, tries[call.row], call.started_at) for call in found if call.caller),
        key=lambda each: (-each.tries, each.last_at),
    )


def asked(values: Mapping[str, Any], errors: Mapping[str, str]) -> list[Asked]:
    """Return the form of the assumptions."""
    return [
        Asked(name, label, unit, why, str(values.get(name, "")), errors.get(name, ""))
        for name, (label, unit, _, _, why) in ASKED.items()
    ]


def picture(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the week's picture with the places of its cells."""
    step = _CELL + _GAP
    days = [
        {
            "name": findings.DAYS[number],
            "short": findings.DAYS[number][:3],
            "y": _TOP + number * step + _CELL / 2,
            "cells": [
                {"cell": cell, "x": _LEFT + cell.hour * step, "y": _TOP + number * step,
                 "tx": _LEFT + cell.hour * step + _CELL / 2}
                for cell in row
            ],
        }
        for number, row in enumerate(heat.cells(result["grid"]))
    ]  # fmt: skip
    hours = [
        {"words": heat.hour_words(hour), "x": _LEFT + hour * step + _CELL / 2}
        for hour in range(0, 24, 3)
    ]
    return {
        "days": days,
        "hours": hours,
        "size": _CELL,
        "width": _LEFT + 24 * step,
        "height": _TOP + 7 * step,
        "words": heat.in_words(result),
        "steps": list(enumerate(heat.STEP_WORDS)),
        "every_hour": [heat.hour_words(hour) for hour in range(24)],
    }


def _bars(rows: list[tuple[str, int, str]]) -> list[Bar]:
    most = max((count for _, count, _ in rows), default=0)
    return [Bar(label, count, percent(count, most), note) for label, count, note in rows]


def _levels(result: Mapping[str, Any]) -> list[Bar]:
    """Return the share missed by how many conversations were going on: bars of percent."""
    if not result["timed"]:
        return []
    bars = []
    for going_on, (calls, missed) in enumerate(result["levels"]):
        if calls < 5:
            continue
        last = going_on == len(result["levels"]) - 1
        label = ("Nobody is on the phone" if not going_on else
                 f"{going_on}{' or more' if last else ''} conversation{'' if going_on == 1 else 's'} going on")  # fmt: skip
        share = percent(missed, calls)
        bars.append(Bar(label, share, share, f"{missed:,} of {calls:,} calls"))
    return bars if len(bars) > 1 else []


def _ends(result: Mapping[str, Any]) -> list[Bar]:
    rows = [
        ("Called again and got through", result["reached_later"], ""),
        ("Called back and reached", result["called_back"], ""),
        ("Called back in vain", result["tried"], ""),
        ("Never reached", result["lost"], ""),
    ]
    if result["undecided"]:
        rows.append(("Too recent to say", result["undecided"], ""))
    return _bars(rows)


def _call_back(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    back = result["call_back"]
    if not back["count"]:
        return []
    return [
        ("Half within", spell(back["median"])),
        ("Nine of ten within", spell(back["p90"])),
        ("Within 5 minutes", f"{back['within_5_minutes']:,} of {back['count']:,}"),
        ("Within an hour", f"{back['within_1_hour']:,} of {back['count']:,}"),
    ]


def _suggested(result: Mapping[str, Any]) -> list[Suggested]:
    rules = load(result.get("rules", []))
    return [
        Suggested(index, rule, sentence(rule, _NAMES, said), why)
        for index, (rule, why) in enumerate(zip(rules, result.get("why", []), strict=False))
    ]


@dataclass(frozen=True, slots=True)
class Role:
    """One select of the mapping."""

    name: str
    label: str
    why: str
    chosen: int
    error: str


_FIRST = ("started", "date", "time", "caller", "called", "direction", "outcome", "talk", "duration")


def layout(log: CallLog, typed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return how an uploaded file is read so far: its columns, its first rows, what is wrong."""
    sheet = layouts.sheet_of(log)
    chosen = log.mapping["columns"]
    if typed is not None:
        chosen = forms.typed_mapping({key: str(value) for key, value in typed.items()})
    try:
        preview, cannot = layouts.preview(log), ""
    except columns.MappingError as wrong:
        preview, cannot = layouts.Preview(), wrong.sentence
    dates = layouts.dates_of(log)
    roles = [
        Role(name, label, why, chosen.get(name, -1), "")
        for name, (label, why) in columns.ROLES.items()
    ]
    return {
        "sheet": sheet,
        "system": log.mapping.get("system", ""),
        "rows_in_file": log.mapping["survey"]["rows"] + log.mapping["survey"]["broken"],
        "headings": list(enumerate(sheet.headings)),
        "first_roles": [role for role in roles if role.name in _FIRST],
        "other_roles": [role for role in roles if role.name not in _FIRST],
        "others_used": any(role.chosen >= 0 for role in roles if role.name not in _FIRST),
        "preview": [
            (
                row,
                None if isinstance(got, Problem) else got,
                got if isinstance(got, Problem) else None,
            )
            for row, got in preview.rows
        ],
        "problems": preview.problems[:10],
        "problem_count": len(preview.problems),
        "empty_count": preview.empty,
        "looked_at": preview.looked_at,
        "cannot": cannot,
        "dates": dates,
        "order": (typed or log.mapping).get("order", "") or dates.order,
        "must_choose": dates.matters and not dates.order and not log.mapping.get("order"),
    }
