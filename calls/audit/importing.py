"""Reading a log on the agenda, a few seconds at a time, so that nobody else waits for it.

A portion's calls and the place where the next one begins are committed together: a worker that is
killed leaves neither half a portion nor a doubled call, and the next one goes on from there.
"""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from calls.audit import copies, files, findings, layouts, logs, sheet
from calls.audit.examine import examine
from calls.audit.fetching import fetch
from calls.audit.hours import week_of
from calls.audit.legs import Merger
from calls.audit.reading import SKIPPED
from calls.audit.rows import Row
from calls.audit.shapes import Logged, Problem
from calls.audit.value import assumed
from calls.rules import dump
from tenants import agenda
from tenants.agenda import Answer, Later
from tenants.cells import harmless
from tenants.models import CallLog

log = structlog.get_logger(__name__)

PORTION = 5_000  # rows that are committed together
TURN_SECONDS = 3.0
MOST_PROBLEMS = 10_000  # that are kept to be downloaded; more are counted
_SHOWN_PROBLEMS = 50


def import_log(item: agenda.Item) -> Answer:
    """Agenda: read on in a log. Idempotent: what is not committed is read again."""
    found = CallLog.objects.filter(pk=int(item.subject)).first()
    if found is None or found.state != CallLog.State.IMPORTING:
        return None
    if found.result.get("read"):
        return _finish(found)
    if found.source != "csv":
        return fetch(found)
    return _read_on(found)


@dataclass
class _Portion:
    calls: list[Logged] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    ended: bool = False


def _read_on(found: CallLog) -> Answer:
    """Read portions until the turn is over or the file ends."""
    until = time.monotonic() + TURN_SECONDS
    place: dict[str, Any] = found.result
    reader = layouts.reader_of(found)
    reader.skipped.update(place.get("skipped", {}))
    merger = Merger(place.get("carried"))
    size = max(1, default_storage.size(found.file))
    with copies.opened(found.file) as file:
        pieces = files.text_of(file, files.Limits())
        lines, rows = sheet.body(pieces, layouts.sheet_of(found), from_line=place.get("line", 0))
        while True:
            portion = _Portion()
            for row in rows:
                portion.count += 1
                got = row if isinstance(row, Problem) else reader.read(row)
                if isinstance(got, Problem):
                    portion.problems.append(got)
                elif got is not None:
                    portion.calls += merger.add(got)
                if portion.count >= PORTION:
                    break
            else:
                portion.ended = True
                portion.calls += merger.rest()
            done = min(0.99, file.tell() / size)
            after = {
                "line": lines.line,
                "carried": merger.carried(),
                "skipped": dict(reader.skipped) | {"leg": merger.strays + place.get("strays", 0)},
                "strays": merger.strays + place.get("strays", 0),
                "rows": place.get("rows", 0) + portion.count,
                "problems": _kept(place, portion.problems),
                "read": portion.ended,
            }
            if not _commit(found.pk, place, after, portion, done):
                return None
            merger.strays, place = 0, after
            if portion.ended:
                return Later(timezone.now())
            if time.monotonic() > until:
                return Later(timezone.now())


def _kept(place: dict[str, Any], new: list[Problem]) -> list[list[Any]]:
    kept: list[list[Any]] = list(place.get("problems", []))
    room = max(0, MOST_PROBLEMS - len(kept))
    return kept + [[problem.line, problem.code, problem.words] for problem in new[:room]]


def _commit(
    log_id: int, before: dict[str, Any], after: dict[str, Any], portion: _Portion, done: float
) -> bool:
    """Append a portion; False when the log was deleted, called off, or read on by somebody else."""
    with transaction.atomic():
        locked = CallLog.objects.select_for_update().filter(pk=log_id).first()
        if locked is None or locked.state != CallLog.State.IMPORTING:
            return False
        if locked.result.get("line", 0) != before.get("line", 0) or locked.result.get("read"):
            return False
        locked.rows += logs.store(log_id, portion.calls)
        locked.bad_rows += len(portion.problems)
        locked.done, locked.result = done, after
        locked.save(update_fields=["rows", "bad_rows", "done", "result"])
    return True


def _finish(found: CallLog) -> Answer:
    """Count what was read, write down what could not be, and let go of the file."""
    place = found.result
    if not found.rows:
        _fail(found, place)
        return None
    with connection.cursor() as cursor:
        # The report reads in order; without fresh figures the planner takes the table for small.
        cursor.execute("ANALYZE public.tenants_loggedcall")
    result = counted(found) | {
        "rows_read": place.get("rows", found.rows),
        "skipped": [
            {"code": code, "count": count, "words": SKIPPED[code]}
            for code, count in place.get("skipped", {}).items()
            if count
        ],
        "problems": place.get("problems", [])[:_SHOWN_PROBLEMS],
    }
    bad_file = _write_problems(found, place.get("problems", []))
    with transaction.atomic():
        locked = CallLog.objects.select_for_update().filter(pk=found.pk).first()
        if locked is None or locked.state != CallLog.State.IMPORTING:
            if bad_file:
                default_storage.delete(bad_file)
            return None
        path, locked.file = locked.file, ""
        locked.bad_file, locked.result = bad_file, result
        locked.state, locked.done = CallLog.State.READY, 1.0
        locked.imported_at = timezone.now()
        locked.save()
        if path:
            # What the report needs stands in the rows; other people's numbers are kept once.
            transaction.on_commit(lambda: logs.drop_files([path]))
    log.info("call_log_read", log=found.pk, calls=found.rows, bad=found.bad_rows)
    return None


def _fail(found: CallLog, place: dict[str, Any]) -> None:
    problems = place.get("problems", [])
    first = f" Line {problems[0][0]}: {problems[0][2]}" if problems else ""
    CallLog.objects.filter(pk=found.pk, state=CallLog.State.IMPORTING).update(
        state=CallLog.State.FAILED,
        error=f"No row could be read as a call.{first}"
        if found.source == "csv"
        else "The account had no call in this period."
        if found.business_id is None
        else "Your numbers had no call in this period. Calls from before a number was added here "
        "are left out: they may have been somebody else’s.",
        expires_at=timezone.now() + logs.KEPT_UNREAD,
        result={"problems": problems[:_SHOWN_PROBLEMS]},
    )


def import_died(item: agenda.Item, words: str) -> None:
    """A log could not be read however often it was tried: say so, rather than show a bar for ever."""
    CallLog.objects.filter(pk=int(item.subject), state=CallLog.State.IMPORTING).update(
        state=CallLog.State.FAILED,
        error="Reading broke off and could not go on. Try again; if it fails again, ask support.",
        expires_at=timezone.now() + logs.KEPT_UNREAD,
    )


def counted(found: CallLog) -> dict[str, Any]:
    """Return what the log's calls say under its hours and assumptions, with the rules it suggests."""
    week = week_of(found.timezone, found.hours)
    result = examine(logs.calls_of(found.pk), week, assumed(found.assumptions))
    suggested = findings.suggestions(result)
    return result | {
        "rules": dump([each.rule for each in suggested]),
        "why": [each.why for each in suggested],
    }


def examine_log(item: agenda.Item) -> Answer:
    """Agenda: count a log's calls again, under other hours or assumptions. Idempotent."""
    found = CallLog.objects.filter(pk=int(item.subject), state=CallLog.State.READY).first()
    if found is None:
        return None
    result = {k: v for k, v in found.result.items() if k != "counting"} | counted(found)
    with transaction.atomic():
        locked = CallLog.objects.select_for_update().filter(pk=found.pk).first()
        if locked is None:
            return None
        if (locked.hours, locked.assumptions) != (found.hours, found.assumptions):
            return Later(timezone.now() + timedelta(seconds=1))
        CallLog.objects.filter(pk=found.pk).update(result=result)
    return None


def _write_problems(found: CallLog, problems: list[list[Any]]) -> str:
    """Write the rows that could not be read, each with why, as a CSV for a spreadsheet."""
    if not problems or found.source != "csv":
        return ""
    by_line = {line: words for line, _, words in problems}
    out = io.StringIO()
    writer = csv.writer(out)
    layout = layouts.sheet_of(found)
    writer.writerow(["Line", "Problem", *map(harmless, layout.headings)])
    with copies.opened(found.file) as file:
        for row in sheet.body(files.text_of(file, files.Limits()), layout)[1]:
            words = by_line.get(row.line)
            if words is None:
                continue
            cells = row.cells if isinstance(row, Row) else [row.raw]
            writer.writerow([row.line, words, *(harmless(cell[:500]) for cell in cells[:400])])
    if found.bad_rows > len(problems):
        more = f"{found.bad_rows - len(problems):,} more rows could not be read."
        writer.writerow(["", more])
    content = ContentFile(out.getvalue().encode())
    return str(default_storage.save(f"call-logs/problems-{found.pk}.csv", content))
