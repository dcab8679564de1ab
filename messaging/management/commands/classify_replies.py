"""`manage.py classify_replies FILE`: read replies for opt-outs, one JSON object a line. No database."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from messaging import optout

EXPECTED = 'a JSON object with a string "text"'


class Command(BaseCommand):
    """Prints every object with `predicted`, `matched` and `us` (microseconds for this one text)."""

    requires_system_checks: list[str] = []
    help = "Read replies for opt-outs: JSON lines with `text` in, the same with the reading out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "file", metavar="FILE", help='JSON lines with `text`; "-" for standard input'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file. Raises CommandError (exit code 1) after the last line if any was bad."""
        if options["file"] == "-":
            total, bad = self._classify(sys.stdin.buffer)
        else:
            try:
                with open(options["file"], "rb") as stream:
                    total, bad = self._classify(stream)
            except OSError as error:
                raise CommandError(f"{options['file']}: {error.strerror or error}") from error
        if bad:
            raise CommandError(f"{bad} of {total} lines could not be read.")

    def _classify(self, stream: IO[bytes] | Iterable[bytes]) -> tuple[int, int]:
        """Print a line for each good one; return how many there were and how many were bad."""
        total = bad = 0
        optout.read("not now, text me next week")  # a process's first reading is its slowest
        for number, raw in enumerate(stream, 1):
            if not raw.strip():
                continue
            total += 1
            try:
                row = _row(raw)
            except ValueError as error:
                bad += 1
                self.stderr.write(f"line {number}: expected {EXPECTED}, {error}")
                continue
            start = time.perf_counter()
            reading = optout.read(row["text"])
            taken = (time.perf_counter() - start) * 1e6
            row |= {"predicted": reading.label, "matched": reading.matched, "us": round(taken, 1)}
            shown = json.dumps(row, ensure_ascii=False)
            # Half a character cannot be written as UTF-8; JSON has an escape for it.
            self.stdout.write(shown.encode("utf-8", "backslashreplace").decode("utf-8"))
        return total, bad


def _row(raw: bytes) -> dict[str, Any]:
    """Return the object of a line. Raises ValueError saying what was found instead."""
    try:
        row = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"found bytes that are no UTF-8 (at {error.start})") from error
    except (json.JSONDecodeError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested"
        raise ValueError(f"found no JSON ({why})") from error
    if not isinstance(row, dict):
        raise ValueError(f"found {type(row).__name__}")
    if "text" not in row:
        raise ValueError("found no text")
    if not isinstance(row["text"], str):
        raise ValueError(f"found a text of type {type(row['text']).__name__}")
    return row
