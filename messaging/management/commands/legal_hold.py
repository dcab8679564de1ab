"""`manage.py legal_hold`: place, lift and list what keeps a business's records from being purged."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from messaging import holds
from messaging.holds import HoldError
from messaging.management.business import named
from messaging.models import LegalHold
from tenants.scope import business_scope


class Command(BaseCommand):
    """While a hold is open, nothing it covers is purged or erased."""

    help = "Place, lift and list legal holds of a business."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        place = verbs.add_parser("place", help="hold what there is of a number, or of everybody")
        whom = place.add_mutually_exclusive_group(required=True)
        whom.add_argument("number", nargs="?", default="", metavar="NUMBER")
        whom.add_argument("--everybody", action="store_true")
        place.add_argument("--reason", required=True, help="such as the name of the matter")
        lift = verbs.add_parser("lift", help="end a hold")
        lift.add_argument("id", type=int, metavar="ID", help="as list shows it")
        listed = verbs.add_parser("list", help="show holds, open ones first")
        for verb in (place, lift, listed):
            verb.add_argument("--business", required=True, metavar="SCHEMA")
        for verb in (place, lift):
            verb.add_argument("--by", required=True, help="who answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one verb. Raises CommandError naming the field that is wrong."""
        business = named(options["business"])
        with business_scope(business.schema_name):
            try:
                getattr(self, f"_{options['verb']}")(options)
            except HoldError as error:
                name = {"number": "NUMBER", "id": "ID"}.get(error.field, f"--{error.field}")
                raise CommandError(f"{name}: {error.sentence}") from error

    def _place(self, options: dict[str, Any]) -> None:
        number = "" if options["everybody"] else options["number"]
        if not options["everybody"] and not number.strip():
            raise HoldError("number", "expected a phone number such as +13125550142")
        hold = holds.place(number, options["reason"], options["by"], timezone.now())
        self.stdout.write(f"hold {hold.pk} placed on {hold.phone or 'everybody'}")

    def _lift(self, options: dict[str, Any]) -> None:
        hold = holds.lift(options["id"], options["by"], timezone.now())
        self.stdout.write(f"hold {hold.pk} lifted")

    def _list(self, options: dict[str, Any]) -> None:
        found = sorted(LegalHold.objects.all(), key=lambda h: (h.lifted_at is not None, h.pk))
        for hold in found:
            whom = hold.phone or ("everybody" if not hold.phone_mark else "a number since erased")
            until = f"lifted {hold.lifted_at:%Y-%m-%d}" if hold.lifted_at else "open"
            self.stdout.write(
                f"{hold.pk:>4}  {hold.placed_at:%Y-%m-%d}  {until:<18}  {whom}  {hold.reason} "
                f"({hold.placed_by})"
            )
        if not found:
            self.stdout.write("no holds")
