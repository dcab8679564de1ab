"""`manage.py generate_inbox`: a business with as many conversations as one wants to measure."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inbox import staff
from inbox.generation.fill import Wanted, fill
from inbox.models import Team
from tenants.models import Business, Membership, PhoneNumber, Role, User
from tenants.scope import business_scope

_MEMBERS = ("Ava Stone", "Ben Ortega", "Cleo Marsh", "Dev Shah", "Elif Kaya", "Finn Walsh")
_TEAMS = ("Front desk", "Dispatch", "Estimates")


class Command(BaseCommand):
    """Fills a business with generated people, texts, calls, notes and waits."""

    help = (
        "Fill a business with generated conversations, for measuring. The same seed gives the same "
        "people and texts. Refused in production: nothing tells them from real ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which business, and how much."""
        parser.add_argument("--business", required=True, help="schema of the business")
        parser.add_argument("--conversations", type=int, default=100_000)
        parser.add_argument("--messages", type=int, default=1_000_000)
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say how fast."""
        if settings.IS_PRODUCTION:
            raise CommandError("Not in production: generated people cannot be told from real ones.")
        business = Business.objects.filter(schema_name=options["business"]).first()
        if business is None or business.schema_name == "public":
            known = Business.objects.exclude(schema_name="public").order_by("schema_name")
            names = ", ".join(known.values_list("schema_name", flat=True)[:20])
            raise CommandError(
                f"No business {options['business']!r}. There are: {names or 'none'}."
            )
        began, self._last = time.monotonic(), 0.0
        self._step, self._step_began = "", began
        with business_scope(business.schema_name):
            try:
                fill(self._wanted(business, options), self._show)
            except ValueError as problem:
                raise CommandError(f"--{problem}") from None
        took = time.monotonic() - began
        self.stdout.write(
            f"{options['conversations']:,} conversations and {options['messages']:,} texts "
            f"in {took:.0f} s ({options['messages'] / took:,.0f} texts a second)."
        )

    def _wanted(self, business: Business, options: dict[str, Any]) -> Wanted:
        for name in _MEMBERS:
            email = f"{name.split()[0].lower()}@{business.schema_name.replace('_', '-')}.example"
            user = User.objects.filter(email=email).first() or User.objects.create_user(
                email, name=name
            )
            Membership.objects.get_or_create(
                user=user, business=business, defaults={"role": Role.AGENT}
            )
        now = timezone.now()
        for name in _TEAMS:
            Team.objects.get_or_create(name=name, defaults={"created_at": now})
        number = PhoneNumber.objects.filter(business=business).order_by("pk").first()
        return Wanted(
            conversations=options["conversations"],
            messages=options["messages"],
            seed=options["seed"],
            members={each.id: each.name for each in staff.colleagues(business)},
            teams=tuple(team.pk for team in staff.teams()),
            number=number.e164 if number else "+13125550100",
            brand=business.name,
            now=now,
        )

    def _show(self, what: str, done: int, total: int) -> None:
        """Draw how far it is: a bar with its rate on a screen, a line a step elsewhere."""
        now = time.monotonic()
        if what != self._step:
            self._step, self._step_began = what, now
        is_done = done == total
        if not is_done and (now - self._last < 0.2 or not sys.stderr.isatty()):
            return
        self._last = now
        rate = done / max(0.001, now - self._step_began)
        share = done / total if total else 0.0
        bar = "█" * int(24 * share) + "·" * (24 - int(24 * share)) if total else "·" * 24
        line = f"  {what:24} {bar} {done:>9,}{f'/{total:,}' if total else ''}  {rate:,.0f}/s"
        start, end = ("\r", "\n" if is_done else "") if sys.stderr.isatty() else ("", "\n")
        self.stderr.write(f"{start}{line}   ", ending=end)
