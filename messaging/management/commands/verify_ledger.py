"""`manage.py verify_ledger [--business SCHEMA] [--json] [--by WHO]`: whether consent ledgers stand as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from messaging import audit
from messaging.ledger_check import Checked, check
from messaging.management.business import named
from tenants.models import Business, Stage
from tenants.scope import business_scope

BROKEN, UNKNOWN = 1, 2


class Command(BaseCommand):
    """Changes nothing, and writes in each audit log that it was asked.

    Exit code 0: all intact; 1: one is broken or cannot be read; 2: no such business.
    """

    help = "Check the hash chain, details, head and daily roots of one ledger or of all."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which business, and for whom."""
        parser.add_argument("--business", metavar="SCHEMA", help="this one alone, by its schema")
        parser.add_argument("--json", action="store_true", help="a JSON list on standard output")
        parser.add_argument("--by", default="command line", help="who asks, for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print. Raises CommandError with the exit code when not all is well."""
        businesses = (
            Business.objects.exclude(stage=Stage.GONE)
            .exclude(schema_name=get_public_schema_name())
            .order_by("pk")
        )
        if options["business"] is not None:
            one = named(options["business"], returncode=UNKNOWN)
            businesses = businesses.filter(pk=one.pk)
        found, bad = [], 0
        for business in businesses:
            row = self._checked(business, options["by"])
            bad += not row["intact"]
            found.append(row)
            if not options["json"]:
                for line in _lines(row):
                    self.stdout.write(line)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1))
        if bad:
            raise CommandError(f"{bad} of {len(found)} ledgers do not stand", returncode=BROKEN)

    @staticmethod
    def _checked(business: Business, by: str) -> dict[str, Any]:
        try:
            with business_scope(str(business.schema_name)):
                found: Checked = check(business.pk)
                audit.note(
                    "ledger.check", actor=by, door="command", at=timezone.now(),
                    detail={"rows": found.rows, "problems": found.total},
                )  # fmt: skip
            return found.as_dict()
        except DatabaseError as error:  # no such table, say: the others are checked all the same
            why = f"cannot be read: {str(error).splitlines()[0]}"
            nothing = {"rows": 0, "erased": 0, "roots": 0, "last_hash": ""}
            row = {"business": business.schema_name, "intact": False, **nothing}
            return {**row, "total": 1, "problems": [why]}


def _lines(row: dict[str, Any]) -> Iterator[str]:
    """Yield one line for a ledger that stands, and one for each problem of one that does not."""
    rows = f"{row['rows']:,} rows"
    if row["intact"]:
        gone = f", {row['erased']:,} erased" if row["erased"] else ""
        yield f"{row['business']}: intact, {rows}{gone}, {row['roots']:,} roots, last {row['last_hash']}"
        return
    yield f"{row['business']}: BROKEN, {row['total']:,} problems in {rows}"
    yield from (f"  {problem}" for problem in row["problems"])
