"""How an uploaded log is laid out, and how it is to be read: kept with it until it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.core.files.storage import default_storage

from calls.audit import columns, files, sheet
from calls.audit.columns import Columns
from calls.audit.legs import Leg
from calls.audit.moments import MONTH_FIRST, Clock, DateOrder
from calls.audit.reading import Reader
from calls.audit.rows import Row
from calls.audit.shapes import Problem
from calls.audit.sheet import Sheet, Survey
from tenants.models import CallLog

_PREVIEWED = 200  # rows


@dataclass(slots=True)
class Preview:
    """The first rows as they would be read. looked_at: how many problems and empty answers are of."""

    rows: list[tuple[Row, Leg | Problem | None]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    empty: int = 0
    looked_at: int = 0


def sheet_of(log: CallLog) -> Sheet:
    """Return how an uploaded log is laid out."""
    return Sheet(**log.mapping["sheet"])


def columns_of(log: CallLog) -> tuple[Columns, str]:
    """Return which column means what, and the order of dates: '' where somebody must choose.

    Raises MappingError when no calls can be read with them.
    """
    chosen = columns.with_units(log.mapping["columns"], sheet_of(log).headings)
    columns.check(chosen.columns)
    found = Survey.of(log.mapping["survey"]).order_of(_dated(chosen))
    return chosen, log.mapping["order"] or found.order or ("" if found.matters else MONTH_FIRST)


def dates_of(log: CallLog) -> DateOrder:
    """Return what the file's dates say about their order."""
    chosen = columns.with_units(log.mapping["columns"], sheet_of(log).headings)
    return Survey.of(log.mapping["survey"]).order_of(_dated(chosen))


def _dated(chosen: Columns) -> list[int]:
    return [chosen.columns[role] for role in ("started", "date") if role in chosen.columns]


def reader_of(log: CallLog) -> Reader:
    """Return a reader of this log's rows. Raises MappingError."""
    chosen, order = columns_of(log)
    zone = ZoneInfo("UTC" if chosen.is_utc else log.timezone)
    return Reader(chosen, Clock(zone, order), len(sheet_of(log).headings))


def preview(log: CallLog) -> Preview:
    """Return how the first rows of an uploaded log would be read. Raises MappingError."""
    reader, found = reader_of(log), Preview()
    with default_storage.open(log.file) as file:
        for row in sheet.body(files.text_of(file, files.Limits()), sheet_of(log))[1]:
            found.looked_at += 1
            got = row if isinstance(row, Problem) else reader.read(row)
            if isinstance(got, Problem):
                found.problems.append(got)
            elif got is not None:
                found.empty += got.is_inbound and got.is_empty
            if isinstance(row, Row) and len(found.rows) < sheet.SAMPLE:
                found.rows.append((row, got))
            if found.looked_at >= _PREVIEWED:
                break
    return found
