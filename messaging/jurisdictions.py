"""The rulebook: what each jurisdiction asks of a text, as reviewed data with sources. Pure.

Rules are files in messaging/rulebook, looked up for the local date of the moment asked about, so a
law that begins next month can be written down today. Source: compliance.md sections 2 and 4, R-ST-4.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from messaging import zones
from messaging.holiday_rules import Calendar, Holiday, dates
from messaging.places import FOLDER, Place, states
from messaging.rulebook_file import Entry, Hours, RulesetError, read

__all__ = ["Jurisdiction", "Ruleset", "RulesetError", "current", "load"]

FEDERAL, DEFAULT, UNKNOWN = "US", "US-default", "US-unknown"
_COUNTRIES = ("US", "CA")
_REQUIRED = frozenset(
    {"code", "name", "hours", "texts_count", "consent", "reply_carve_out", "source", "confidence"}
    | {"reviewer", "reviewed_on", "effective_from"}
)
_KNOWN = _REQUIRED | {"holidays", "cap", "zone", "note", "effective_to"}
# Both edges of a window are narrowed by 15 minutes when it is used; it must outlive that.
_SHORTEST = 60
# No state may be wider than federal law (R-HRS-1); a rule that is was mistyped.
_FEDERAL_OPENS, _FEDERAL_CLOSES = 8 * 60, 21 * 60


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One jurisdiction's rules for one span of dates.

    code: 'US' (federal), 'US-FL', 'US-default' (R-ST-3), 'US-unknown' (R-ST-2), 'CA'; hours: seven
    windows in minutes after local midnight, Monday first, None for a banned day; holidays: names of
    calendars whose days are banned; cap: marketing texts per 24 h; zone: whose clock counts, '' for
    the recipient's; confidence: H, M or L; effective_to: the last date on which it holds.
    """

    code: str
    name: str
    hours: Hours
    holidays: tuple[str, ...]
    cap: int | None
    texts_count: str
    consent: str
    reply_carve_out: str
    zone: str
    note: str
    source: str
    confidence: str
    reviewer: str
    reviewed_on: date
    effective_from: date
    effective_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether these rules hold on a local date."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    def window(self, weekday: int, *, marketing: bool) -> tuple[int, int] | None:
        """Return the window of a weekday, or None when it is banned.

        Days are banned for marketing alone: an answer may go on a banned day too, in the hours
        that every other day of the week allows.
        """
        window = self.hours[weekday]
        if window is None and not marketing:
            others = [each for each in self.hours if each]
            return max(opens for opens, _ in others), min(closes for _, closes in others)
        return window


@dataclass(frozen=True, slots=True, eq=False)
class Ruleset:
    """All rules of one edition.

    version: as declared, with the first 8 hex digits of the SHA-256 of the files; rows: sorted by
    code and date; emergency: codes of states in which a declared emergency bars marketing now.
    """

    version: str
    rows: tuple[Jurisdiction, ...]
    calendars: dict[str, Calendar]
    emergency: frozenset[str]
    # What messaging.windows has worked out for this edition.
    plans: dict[Any, Any] = field(init=False, default_factory=dict, repr=False)
    _by_code: dict[str, list[Jurisdiction]] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._by_code.setdefault(row.code, []).append(row)

    def at(self, place: Place, on: date) -> Jurisdiction:
        """Return the rules of a place on its local date.

        A state's own, else the default of its country, else the federal ones. A place without a
        state in the US, or in a country the book does not list, gets the strictest (R-ST-2).
        """
        codes = [place.code] if place.state else []
        if place.country != FEDERAL:
            codes.append(place.country)
        elif place.code in states():
            codes.append(DEFAULT)
        for code in [*codes, UNKNOWN]:
            row = self.named(code, on)
            if row is not None:
                return row
        return self.federal(on)

    def named(self, code: str, on: date) -> Jurisdiction | None:
        """Return the rules filed under a code that hold on a date."""
        return next((row for row in self._by_code.get(code, ()) if row.holds_on(on)), None)

    def federal(self, on: date) -> Jurisdiction:
        """Return the federal rules; before they began, the first there were."""
        return self.named(FEDERAL, on) or self._by_code[FEDERAL][0]

    def holiday(self, row: Jurisdiction, day: date) -> str:
        """Return the name of the banned holiday a date is under these rules, '' for none."""
        return next((name for c in row.holidays if (name := self.calendars[c].on(day))), "")


@cache
def current() -> Ruleset:
    """Return the rulebook the product ships with, read once."""
    return load(FOLDER)


def load(folder: Path) -> Ruleset:
    """Read all rule files of a folder; raises RulesetError with file and line for what is wrong."""
    digest = hashlib.sha256()
    documents: list[dict[str, Entry]] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.csv")]):
        content = path.read_bytes()
        digest.update(content)
        if path.suffix == ".yaml":
            known = frozenset({"version", "emergency", "holidays", "jurisdictions"})
            documents.append(read(path.name, content).fields(known=known))
    calendars: dict[str, Calendar] = {}
    for entry in _all(documents, "holidays"):
        _calendars(entry, calendars)
    found = [
        (_jurisdiction(each, calendars), each)
        for entry in _all(documents, "jurisdictions")
        for each in entry.items()
    ]
    emergency = frozenset(_emergency(_all(documents, "emergency")))
    rows = _in_order(found, folder)
    version = f"{_version(documents, folder)}-{digest.hexdigest()[:8]}"
    return Ruleset(version, rows, calendars, emergency)


def _all(documents: list[dict[str, Entry]], key: str) -> list[Entry]:
    return [document[key] for document in documents if key in document]


def _version(documents: list[dict[str, Entry]], folder: Path) -> str:
    declared = _all(documents, "version")
    if not declared:
        raise RulesetError(folder.name, 1, "version is missing")
    for again in declared[1:]:
        raise again.wrong("declared twice")
    return declared[0].read("a version such as 2026.11", _checked_version)


def _checked_version(words: str) -> str:
    if not re.fullmatch(r"[0-9]{4}\.[0-9]{2}(\.[0-9]{1,3})?", words):
        raise ValueError(words)
    return words


def _emergency(entries: Iterable[Entry]) -> Iterable[str]:
    for entry in entries:
        for each in entry.items():
            if each.text() not in states():
                raise each.wrong(f"unknown state {each.text()}")
            yield each.text()


def _calendars(entry: Entry, calendars: dict[str, Calendar]) -> None:
    for name, each in entry.fields().items():
        if name in calendars:
            raise each.wrong("stands twice")
        required = frozenset({"source", "days"})
        fields = each.fields(required, required | {"note"})
        days = []
        for holiday, rule in fields["days"].fields().items():
            try:
                dates(rule.text(), 2024)
            except ValueError as error:
                raise rule.wrong(str(error)) from None
            days.append(Holiday(holiday, rule.text(), rule.line))
        note = fields["note"].text() if "note" in fields else ""
        calendars[name] = Calendar(name, tuple(days), fields["source"].filled(), note)


def _jurisdiction(entry: Entry, calendars: dict[str, Calendar]) -> Jurisdiction:
    code_entry = entry.fields().get("code")
    if code_entry is None:
        raise entry.wrong("jurisdictions: code is missing")
    code = _code(code_entry)
    fields = Entry(entry.file, entry.node, code).fields(_REQUIRED, _KNOWN)
    row = Jurisdiction(
        code=code,
        name=fields["name"].filled(),
        hours=_sound_hours(fields["hours"], code),
        holidays=tuple(_listed(fields["holidays"], calendars)) if "holidays" in fields else (),
        cap=fields["cap"].number() if "cap" in fields else None,
        texts_count=fields["texts_count"].one_of("yes", "no", "unclear"),
        consent=fields["consent"].filled(),
        reply_carve_out=fields["reply_carve_out"].filled(),
        zone=_zone(fields["zone"]) if "zone" in fields else "",
        note=fields["note"].text() if "note" in fields else "",
        source=fields["source"].filled(),
        confidence=fields["confidence"].one_of("H", "M", "L"),
        reviewer=fields["reviewer"].filled(),
        reviewed_on=fields["reviewed_on"].day(),
        effective_from=fields["effective_from"].day(),
        effective_to=fields["effective_to"].day() if "effective_to" in fields else None,
    )
    if row.effective_to and row.effective_to < row.effective_from:
        raise fields["effective_to"].wrong("lies before effective_from")
    return row


def _code(entry: Entry) -> str:
    code = entry.text()
    country, _, state = code.partition("-")
    if country not in _COUNTRIES:
        raise entry.wrong(f"{code or 'nothing'}: unknown country")
    if state and code not in {*states(), DEFAULT, UNKNOWN}:
        raise entry.wrong(f"{code}: unknown state")
    return code


def _sound_hours(entry: Entry, code: str) -> Hours:
    hours = entry.hours()
    for opens, closes in filter(None, hours):
        if closes - opens < _SHORTEST:
            raise entry.wrong(f"a window is shorter than {_SHORTEST} minutes")
        if code.startswith(FEDERAL) and not _FEDERAL_OPENS <= opens < closes <= _FEDERAL_CLOSES:
            raise entry.wrong("wider than federal law, 8:00-21:00")
    return hours


def _listed(entry: Entry, calendars: dict[str, Calendar]) -> Iterable[str]:
    for each in entry.items():
        if each.text() not in calendars:
            raise each.wrong(f"there is no list of holidays named {each.text()}")
        yield each.text()


def _zone(entry: Entry) -> str:
    if entry.text() not in zones.names():
        raise entry.wrong(f"unknown time zone {entry.text()}")
    return entry.text()


def _in_order(found: list[tuple[Jurisdiction, Entry]], folder: Path) -> tuple[Jurisdiction, ...]:
    """Sort the rows; refuses two that hold on one date, and a book without its foundations."""
    found.sort(key=lambda pair: (pair[0].code, pair[0].effective_from))
    for (before, _), (row, entry) in pairwise(found):
        overlaps = before.effective_to is None or row.effective_from <= before.effective_to
        if row.code == before.code and overlaps:
            begins = Entry(entry.file, entry.node, row.code).fields()["effective_from"]
            raise begins.wrong(f"overlaps the rules from {before.effective_from}")
    rows = tuple(row for row, _ in found)
    for code in (FEDERAL, DEFAULT, UNKNOWN):
        if not any(row.code == code and row.effective_to is None for row in rows):
            raise RulesetError(folder.name, 1, f"{code}: rules without an end are missing")
    return rows
