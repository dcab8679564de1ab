"""`manage.py backtest`: what other rules would have done with the calls of the past."""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.backtest import printed
from calls.backtest.asking import Progress
from calls.backtest.services import backtest
from calls.rules import RulesError
from messaging.management.business import named
from tenants.scope import business_scope

_LARGEST = 1_000_000  # bytes of a file of rules


class Command(BaseCommand):
    """Prints a table, or one JSON object where it is read by a program. Nothing is written or sent."""

    help = "Replay past calls by the rules in force and by those of a file; print the differences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--business", required=True, help="schema of the business")
        parser.add_argument("--from", dest="since", required=True, help="first day, 2026-01-31")
        parser.add_argument("--to", dest="until", required=True, help="last day, counted in")
        parser.add_argument("--rules", help="a file with the proposed rules (JSON); - for stdin")
        parser.add_argument(
            "--processes", type=int, choices=range(1, 17), help="one a core, at most 2"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object, as a pipe gets it"
        )
        parser.add_argument("--log", type=int, help="an imported call log instead of own calls")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it. Raises CommandError naming the option that is wrong."""
        business = named(options["business"])
        zone = ZoneInfo(business.timezone)
        since = _day("--from", options["since"], zone)
        until = _day("--to", options["until"], zone) + timedelta(days=1)
        if until <= since:
            raise CommandError("--to: is before --from")
        proposed = _rules(options["rules"]) if options["rules"] else None
        try:
            with business_scope(business.schema_name):
                result = backtest(
                    business.schema_name, since, until, proposed, log_id=options["log"],
                    told=_tell, parts=options["processes"] or _processes(),
                )  # fmt: skip
        except RulesError as error:
            raise CommandError(
                "--rules: " + "; ".join(f"{where}: {what}" for where, what in error.problems)
            ) from None
        if options["json"] or not self.stdout.isatty():
            self.stdout.write(json.dumps(result))
            return
        self.stdout.write("\n".join(printed.lines(result)))


def _day(option: str, said: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(said), time(), tzinfo=zone)
    except ValueError:
        raise CommandError(f"{option}: expected a day as 2026-01-31, got {said!r}") from None


def _rules(said: str) -> Any:
    try:
        text = sys.stdin.read(_LARGEST) if said == "-" else Path(said).read_text("utf-8")
        return json.loads(text[:_LARGEST])
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--rules: cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        raise CommandError(f"--rules: is no JSON ({error})") from None


def _processes() -> int:
    """How many processes share the work: two where there are cores, one where this one has threads."""
    return 2 if (os.cpu_count() or 1) > 1 and threading.active_count() == 1 else 1


def _tell(progress: Progress) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{progress.calls:,} calls\r")
        sys.stderr.flush()
