"""`manage.py apply_retention`: purge by hand what is older than a business keeps it, or only say what."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from messaging import retention
from messaging.keeping import Plan
from messaging.management.business import answering, named
from tenants.models import Business, Stage
from tenants.scope import business_scope


class Command(BaseCommand):
    """The agenda does this each month, a week after it has said so; by hand it is done at once.

    A business that cannot be gone through keeps nobody from the others; the exit code is then 1.
    """

    help = "Blank texts, recordings and details that are older than policy keeps them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--business", metavar="SCHEMA", help="one business alone; else all")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--by", default="command line", help="who answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the businesses. Raises CommandError naming --business or --by, or at the end."""
        chosen, by = options["business"], answering(options["by"])
        businesses = (
            [named(chosen)]
            if chosen
            else list(Business.objects.exclude(stage=Stage.GONE).order_by("pk"))
        )
        broken = 0
        for business in businesses:
            try:
                self._apply(business, by, dry_run=options["dry_run"])
            except (DatabaseError, ObjectDoesNotExist) as error:  # no such table, or no policy, say
                broken += 1
                why = (str(error).splitlines() or [type(error).__name__])[0]
                self.stderr.write(f"{business.schema_name}: NOT FINISHED: {why}")
        if options["dry_run"]:
            self.stdout.write("dry run: nothing was changed")
        if broken:
            raise CommandError(
                f"{broken} of {len(businesses)} businesses could not be gone through", returncode=1
            )

    def _apply(self, business: Business, by: str, *, dry_run: bool) -> None:
        with business_scope(business.schema_name):
            planned = retention.plan(timezone.now())
            self._show(business, planned)
            if dry_run or planned.everybody_held or not planned.total:
                return
            counts = retention.purge(planned.limits, door="command", actor=by)
            self.stdout.write(f"  done: {sum(counts.values()):,}")

    def _show(self, business: Business, planned: Plan) -> None:
        limits = planned.limits
        self.stdout.write(
            f"{business.name} ({business.schema_name}): texts {limits.message_months} months, "
            f"recordings {limits.recording_days} days"
        )
        if planned.everybody_held:
            self.stdout.write("  a legal hold covers everybody: nothing goes")
            return
        for share in planned.shares:
            line = f"  {share.what:<22}{share.count:>9,}"
            if share.oldest and share.newest:
                line += f"  {share.oldest:%Y-%m-%d} to {share.newest:%Y-%m-%d}"
            if share.held:
                line += f"  (held: {share.held:,})"
            self.stdout.write(line)
