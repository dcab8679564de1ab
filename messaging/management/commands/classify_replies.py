"""`manage.py classify_replies FILE`: what each reply of a file means for consent, as JSON lines."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging import optout


class Command(BaseCommand):
    """Needs no database: reading a text is pure."""

    help = (
        "Read JSON lines with `text` from FILE (- for standard input) and print each with "
        "`predicted` (opt_out, ambiguous, help, opt_in, not_opt_out), `matched` (the words that "
        "said so) and `us` (microseconds it took)."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every line that can be read; name the others on stderr and end with 1."""
        bad = 0
        optout.read("stop")  # tables that are made at first use are made
        for number, line in enumerate(_lines(options["file"]), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text = row["text"]
                if not isinstance(text, str):
                    raise TypeError
            except (ValueError, TypeError, KeyError):
                bad += 1
                self.stderr.write(f"line {number}: expected a JSON object with a string `text`")
                continue
            started = time.perf_counter()
            reading = optout.read(text)
            spent = (time.perf_counter() - started) * 1e6
            answer = {**row, "predicted": reading.label, "matched": reading.matched}
            self._print(answer | {"us": round(spent, 1)})
        if bad:
            raise CommandError(f"{bad} lines could not be read")

    def _print(self, answer: dict[str, Any]) -> None:
        words = json.dumps(answer, ensure_ascii=False)
        try:
            words.encode(self.stdout.encoding or "utf-8")
        except UnicodeEncodeError:  # a lone surrogate, or a terminal without the letters
            words = json.dumps(answer)
        self.stdout.write(words)


def _lines(name: str) -> Iterator[str]:
    """Yield the lines of a file or of standard input. Raises CommandError naming the file."""
    if name == "-":
        yield from sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            yield from file
    except OSError as error:
        raise CommandError(f"FILE: {name}: {error.strerror}") from None
