"""How an uploaded log is laid out, and how it is to be read: kept with it until it is read."""

from __future__ import annotations

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


def preview(log: CallLog) -> tuple[list[tuple[Row, Leg | Problem | None]], list[Problem], int]:
    """Return the first rows as they would be read, all problems of the first 200, how many those were.

    Raises MappingError.
    """
    reader, count = reader_of(log), 0
    shown: list[tuple[Row, Leg | Problem | None]] = []
    problems: list[Problem] = []
    with default_storage.open(log.file) as file:
        for row in sheet.body(files.text_of(file, files.Limits()), sheet_of(log))[1]:
            count += 1
            found = row if isinstance(row, Problem) else reader.read(row)
            if isinstance(found, Problem):
                problems.append(found)
            if isinstance(row, Row) and len(shown) < sheet.SAMPLE:
                shown.append((row, found))
            if count >= _PREVIEWED:
                break
    return shown, problems, count
