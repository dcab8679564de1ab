"""`manage.py migrate_businesses`: bring every business's schema up to date, many at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tenants import migrating
from tenants.migrating_locks import alone
from tenants.models import Business, Stage


class Command(BaseCommand):
    """Goes on where it was stopped, by whatever: each schema remembers what was done in it."""

    requires_system_checks: list[str] = []
    help = "Migrate the schema of every business that is behind the template, several at a time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --processes."""
        parser.add_argument("--processes", type=int, default=0, help="0: one for each core")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring them up, tell how far it is; fails with the names of those that could not be."""
        with alone():
            bring_up(options["processes"])


def bring_up(processes: int = 0) -> None:
    """Bring every business up that is behind. Raises CommandError naming those that failed."""
    kept = Business.objects.exclude(stage=Stage.GONE).order_by("pk")
    rows = kept.values_list("schema_name", flat=True)
    behind = migrating.behind([str(name) for name in rows], settings.TENANT_BASE_SCHEMA)
    if not behind:
        return
    wrong = migrating.bring_up_all(
        behind, processes=processes, told=migrating.Bar("preparing business")
    )
    if wrong:
        told = "; ".join(f"{schema}: {why}" for schema, why in sorted(wrong.items()))
        raise CommandError(
            f"{len(wrong)} of {len(behind)} businesses could not be brought up to date; run it again "
            f"once this is mended. {told}"
        )
