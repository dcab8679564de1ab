"""`manage.py audit_calls`: what a call log says, to read or as one JSON object. Needs no business."""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from calls.audit import columns, files, findings, printed, sheet
from calls.audit.examine import examine
from calls.audit.hours import USUAL, week_of, written
from calls.audit.legs import Merger
from calls.audit.moments import DAY_FIRST, MONTH_FIRST, Clock
from calls.audit.ordering import ordered
from calls.audit.reading import Reader, described
from calls.audit.shapes import Logged, Problem
from calls.audit.value import AssumptionError, assumed, worth
from calls.rules import dump
from messaging import zones
from tenants.cells import harmless

_SHOWN = 20
_TELL_EVERY = 50_000  # rows


class Command(BaseCommand):
    """Reads a file of any size in bounded memory; progress goes to stderr.

    A terminal gets lines to read, a pipe or a file the JSON object a program wants.
    """

    help = "Audit a call log. A terminal gets a report, a pipe one JSON object and nothing else."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="a CSV, or a zip or gz of one")
        parser.add_argument(
            "--mapping", type=Path,
            help='JSON such as {"started": "Start time", "caller": "From", "outcome": "Result"}; '
            f"roles: {', '.join(columns.ROLES)}; without it, guessed by the headings",
        )  # fmt: skip
        parser.add_argument("--timezone", default="America/Chicago", help="of times without a zone")
        parser.add_argument("--hours", help="opening hours: mon-fri 9:00-17:00, sat 9:00-12:00")
        parser.add_argument(
            "--dates", choices=[MONTH_FIRST, DAY_FIRST],
            help="what comes first in 1/2/2026; default: as the file shows, else month",
        )  # fmt: skip
        parser.add_argument(
            "--assume", action="append", default=[], metavar="NAME=NUMBER",
            help="another assumption, such as ticket_low=200; repeat for several",
        )  # fmt: skip
        parser.add_argument(
            "--json", action="store_true", help="one JSON object, as a pipe gets it"
        )
        parser.add_argument(
            "--malformed", type=Path, help="write the rows that cannot be read to this new file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit. Raises CommandError for options and files that cannot be used."""
        began = time.monotonic()
        try:
            with options["file"].open("rb") as file:
                found = self._audit(file, options)
        except (files.FileRefused, columns.MappingError, AssumptionError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"file: {where}{error.strerror or error}") from error
        found["seconds"] = round(time.monotonic() - began, 2)
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if options["json"] or not self.stdout.isatty():
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write("\n".join(printed.lines(found, options["file"].name)))

    def _audit(self, file: BinaryIO, options: dict[str, Any]) -> dict[str, Any]:
        hours = written(options["hours"]) if options["hours"] else USUAL
        if hours is None:
            raise CommandError("hours: expected hours such as: mon-fri 9:00-17:00, sat 9:00-12:00")
        if options["timezone"] not in zones.names():
            raise CommandError("timezone: expected a time zone such as America/Chicago")
        assumptions = assumed(dict(_pair(text) for text in options["assume"]))
        layout = sheet.look(files.text_of(file, files.Limits()))
        survey = sheet.survey(files.text_of(file, files.Limits()), layout)
        chosen = _mapping(options["mapping"], layout.headings)
        order = survey.order_of(
            [chosen.columns[role] for role in ("started", "date") if role in chosen.columns]
        )
        first = options["dates"] or order.order or MONTH_FIRST
        zone = ZoneInfo("UTC" if chosen.is_utc else options["timezone"])
        reader = Reader(chosen, Clock(zone, first), len(layout.headings))
        with _Problems(options["malformed"], layout.headings) as problems:
            calls = _calls(file, layout, reader, problems, survey.rows + survey.broken)
            result = examine(ordered(calls), week_of(options["timezone"], hours), assumptions)
        suggested = findings.suggestions(result)
        return {
            "calls": result["calls"],
            "rows": survey.rows + survey.broken,
            "malformed": problems.count,
            "problems": problems.first,
            "skipped": list(described(reader.skipped.items())),
            "file": {
                "delimiter": layout.delimiter_words,
                "heading_line": layout.heading_line,
                "system": columns.system_of(layout.headings),
                "mapping": chosen.as_dict(layout.headings),
                "dates": {"order": first, "certain": bool(order.order) or not order.matters},
            },
            "timezone": options["timezone"],
            "hours": hours,
            **result,
            "findings": [asdict(each) for each in findings.findings(result)],
            "assumptions": assumptions.as_dict(),
            "value": asdict(worth(result, assumptions)),
            "suggested_rules": [
                {**rule, "why": each.why}
                for rule, each in zip(dump([s.rule for s in suggested]), suggested, strict=True)
            ],
        }  # fmt: skip


class _Problems:
    """Rows that could not be read: counted, the first ones kept, all written to a file if wanted."""

    def __init__(self, path: Path | None, headings: list[str]) -> None:
        self.count, self.first = 0, list[dict[str, Any]]()
        # "x": what is there already is somebody's.
        self._file = path.open("x", newline="", encoding="utf-8") if path else None
        self._out = csv.writer(self._file) if self._file else None
        if self._out:
            self._out.writerow(["Line", "Problem", *map(harmless, headings)])

    def __enter__(self) -> _Problems:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file:
            self._file.close()

    def add(self, problem: Problem, cells: list[str]) -> None:
        """Take note of one."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append({"line": problem.line, "problem": problem.words})
        if self._out:
            cells = cells or [problem.raw]
            self._out.writerow([problem.line, problem.words, *map(harmless, cells)])


def _calls(
    file: BinaryIO, layout: sheet.Sheet, reader: Reader, problems: _Problems, rows: int
) -> Iterator[Logged]:
    merger = Merger()
    pieces = files.text_of(file, files.Limits())
    for count, row in enumerate(sheet.body(pieces, layout)[1], start=1):
        found = row if isinstance(row, Problem) else reader.read(row)
        if isinstance(found, Problem):
            problems.add(found, [] if isinstance(row, Problem) else row.cells)
        elif found is not None:
            yield from merger.add(found)
        if count % _TELL_EVERY == 0:
            print(f"{count:,} of {rows:,} rows", file=sys.stderr, flush=True)
    yield from merger.rest()
    reader.skipped["leg"] += merger.strays


def _mapping(path: Path | None, headings: list[str]) -> columns.Columns:
    if path is None:
        guess = columns.guess(headings)
        columns.check(guess.columns)
        return guess
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"mapping: expected a file of JSON ({error})") from error
    return columns.read_mapping(raw, headings)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value
