"""`manage.py export_evidence`: one zip that defends every text to a number, for court."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from messaging.evidence.export import EvidenceError, Export, gather, refused
from messaging.management.business import answering, named
from messaging.management.new_file import NewFile
from messaging.marks import mark_here
from messaging.numbers import normalise
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
        # Before anything is gathered and noted as handed out: that there is a place for it.
        with self._room(chosen) as room, business_scope(business.schema_name):
            now = timezone.now()
            try:
                export = gather(
                    options["number"], options["first"], options["last"],
                    actor=by, door="command", at=now,
                )  # fmt: skip
            except EvidenceError as error:
                name = {"number": "NUMBER"}.get(error.field, f"--{error.field}")
                raise CommandError(f"{name}: {error.sentence}") from None
            path = chosen or Path(export.name)
            with export.file:
                try:
                    room.write(export.file, path)
                except BaseException as error:
                    self._note(export, error, options["number"], by, now)
                    if isinstance(error, OSError):
                        raise CommandError(f"--out: {path}: {error.strerror}") from None
                    raise
        self.stdout.write(f"{path}  {export.size:,} bytes")
        self.stdout.write(f"SHA-256 {export.sha256}")
        for name, count in export.counts.items():
            self.stdout.write(f"  {name:<22}{count:>9,}")
        if not export.found:
            self.stdout.write("nothing is stored about this number in this period")
        if not export.chain.intact:
            self.stderr.write(f"THE CONSENT LEDGER IS BROKEN: {export.chain.total} problems")

    @staticmethod
    def _room(chosen: Path | None) -> NewFile:
        folder, name = (chosen.parent, chosen.name) if chosen else (Path(), "")
        try:
            if chosen and not name:
                raise CommandError(f"--out: {chosen}: expected the name of a file")
            return NewFile(folder, name)
        except (FileNotFoundError, NotADirectoryError):
            raise CommandError(f"--out: {folder}: there is no such directory") from None
        except OSError as error:
            raise CommandError(f"--out: {chosen or folder}: {error.strerror}") from None
        except ValueError:
            raise CommandError("--out: has a NUL in it") from None

    @staticmethod
    def _note(export: Export, error: BaseException, number: str, by: str, at: datetime) -> None:
        """Write down that the export which the log has just been told of reached nobody."""
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        refused(
            f"the file of SHA-256 {export.sha256} could not be written: {why}",
            actor=by, door="command", at=at, subject=mark_here(normalise(number)),
        )  # fmt: skip
