"""`manage.py export_evidence`: one zip that defends every text to a number, for court."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from messaging.evidence.export import EvidenceError, gather
from messaging.management.business import answering, named
from tenants.scope import business_scope


class Command(BaseCommand):
    """One number of one business. The export is noted in the business's audit log."""

    help = "Export everything a business holds about a number as evidence."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("number", metavar="NUMBER", help="such as +13125550142")
        parser.add_argument("--business", required=True, metavar="SCHEMA")
        parser.add_argument("--from", dest="first", metavar="DATE", help="first day, in UTC")
        parser.add_argument("--to", dest="last", metavar="DATE", help="last day, in UTC")
        parser.add_argument("--out", metavar="FILE", help="where to; else here, under its own name")
        parser.add_argument("--by", default="command line", help="who answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the zip. Raises CommandError naming what is wrong; never writes over a file."""
        business, by = named(options["business"]), answering(options["by"])
        chosen = Path(options["out"]) if options["out"] else None
        if chosen is not None:
            self._check(chosen)
        with business_scope(business.schema_name):
            try:
                export = gather(
                    options["number"], options["first"], options["last"],
                    actor=by, door="command", at=timezone.now(),
                )  # fmt: skip
            except EvidenceError as error:
                name = {"number": "NUMBER"}.get(error.field, f"--{error.field}")
                raise CommandError(f"{name}: {error.sentence}") from None
        path = chosen or Path(export.name)
        with export.file:
            try:
                with path.open("xb") as out:
                    shutil.copyfileobj(export.file, out)
            except OSError as error:
                raise CommandError(f"--out: {path}: {error.strerror}") from None
        self.stdout.write(f"{path}  {export.size:,} bytes")
        self.stdout.write(f"SHA-256 {export.sha256}")
        for name, count in export.counts.items():
            self.stdout.write(f"  {name:<22}{count:>9,}")
        if not export.found:
            self.stdout.write("nothing is stored about this number in this period")
        if not export.chain.intact:
            self.stderr.write(f"THE CONSENT LEDGER IS BROKEN: {export.chain.total} problems")

    @staticmethod
    def _check(path: Path) -> None:
        if path.exists():
            raise CommandError(f"--out: {path}: the file exists, and evidence is not written over")
        if not path.parent.is_dir():
            raise CommandError(f"--out: {path.parent}: there is no such directory")
