"""`manage.py seed_demo`: an agency, three businesses and thirty days of history, once."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from billing.models import UsageRecord
from calls.setup import load_setup
from inbox import demo_audit, demo_cases, demo_settings, demo_waits
from inbox.demo_history import History
from inbox.demo_scripts import MEMBERS
from messaging.models import Message
from tenants.models import (
    Agency,
    Business,
    Membership,
    PhoneNumber,
    ProviderAccount,
    Role,
    User,
)
from tenants.onboarding import Request, onboard
from tenants.scope import business_scope

AGENCY = "Northwind Agency"
PASSWORD = "ringback-demo"
BUSINESSES = [
    (
        "Lakeside Plumbing",
        "America/Chicago",
        "+13125550100",
        "plumbing",
        ("+13125550190", "+13125550191"),
    ),
    ("Desert Dental", "America/Phoenix", "+16025550100", "dental", ("+16025550190",)),
    (
        "Alvarez Law",
        "America/New_York",
        "+13055550100",
        "legal",
        ("+13055550190", "+13055550191"),
    ),
]
# How their lines answer, each in its own way.
LINES: dict[str, dict[str, str]] = {
    "Lakeside Plumbing": {"label": "Main line"},
    "Desert Dental": {
        "label": "Front desk",
        "answering": "by_hours",
        "emergency_digit": "9",
        "emergency_number": "+16025550199",
        "greeting": "You have reached {business}. We open {next_open}.",
        "forwards_from": "+16025550170",
        "forwarding_carrier": "verizon",
    },
    "Alvarez Law": {"label": "Office", "ring_order": "in_order"},
}


@contextlib.contextmanager
def quiet_alerts() -> Iterator[None]:
    """Keep the alerts of an invented history out of the log: nobody needs to act on them."""
    alerts = logging.getLogger("messaging.alerts")
    level = alerts.level
    alerts.setLevel(logging.ERROR)
    try:
        yield
    finally:
        alerts.setLevel(level)


class Command(BaseCommand):
    """Idempotent: what exists is left as it is."""

    requires_system_checks: list[str] = []  # `run.py check` runs them; starting need not
    help = "Seed the demo: an agency, three businesses, thirty days of history, a call audit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the sign-ins as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed. Raises CommandError outside demo and test environments."""
        if settings.IS_PRODUCTION:
            raise CommandError("The demo is never seeded into a production database.")
        self._people()
        for name, zone, number, playbook, staff in BUSINESSES:
            if not Business.objects.filter(name=name).exists():
                print(f"seeding {name}", file=sys.stderr)
                with transaction.atomic(), quiet_alerts():
                    self._business(name, zone, number, playbook, staff)
        with quiet_alerts():
            demo_audit.add(Agency.objects.get(name=AGENCY), timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(self._sign_ins(), indent=2))

    def _business(
        self, name: str, zone: str, number: str, playbook: str, staff: tuple[str, ...]
    ) -> None:
        account = ProviderAccount.objects.filter(provider="simulator").first()
        made = onboard(
            Request(
                agency=AGENCY,
                name=name,
                timezone=zone,
                number=number,
                provider="simulator",
                account_sid=account.account_sid if account else "AC" + secrets.token_hex(16),
                auth_token=account.auth_token if account else secrets.token_hex(16),
                owner_email=f"owner@{name.split()[0].lower()}.example",
                forward_to=staff,
                playbook=playbook,
                password=PASSWORD,
            )
        )
        User.objects.filter(email=made.owner_email).update(name=MEMBERS[playbook])
        PhoneNumber.objects.filter(e164=number).update(**LINES[name])
        schema = made.business.schema_name
        with business_scope(schema):
            setup, now = load_setup(schema), timezone.now()
            history = History(setup, playbook, number, now)
            history.build()
            history.save()
            self._usage(made.business)
            demo_cases.add(setup, playbook, number, now)
            demo_waits.add(setup, playbook, number, now)
            demo_settings.add(setup, playbook, now)
        made.business.created_at = timezone.now() - timedelta(days=31)
        made.business.save(update_fields=["created_at"])

    @staticmethod
    def _usage(business: Business) -> None:
        UsageRecord.objects.bulk_create(
            [
                UsageRecord(
                    business_id=business.pk,
                    kind="sms_segment",
                    key=f"sms:{message.pk}",
                    quantity=message.segments,
                    occurred_at=message.created_at,
                )
                for message in Message.objects.filter(direction="out")
            ]
        )

    @staticmethod
    def _people() -> None:
        agency, _ = Agency.objects.get_or_create(name=AGENCY)
        if not User.objects.filter(email="agency@northwind.example").exists():
            user = User.objects.create_user(
                "agency@northwind.example", PASSWORD, name="Jo Northwind"
            )
            Membership.objects.create(user=user, agency=agency, role=Role.AGENCY_OWNER)
        if not User.objects.filter(email="support@ringback.example").exists():
            User.objects.create_superuser(
                "support@ringback.example", PASSWORD, name="Ringback Support"
            )

    @staticmethod
    def _sign_ins() -> list[dict[str, str]]:
        port = settings.PUBLIC_BASE_URL.rpartition(":")[2]
        suffix = f":{port}" if port.isdigit() else ""
        public = settings.PUBLIC_BASE_URL
        rows = [
            {"who": "Agency", "email": "agency@northwind.example", "url": f"{public}/"},
            {"who": "Support", "email": "support@ringback.example", "url": f"{public}/admin/"},
        ]
        for name, _, number, _, _ in BUSINESSES:
            business = Business.objects.filter(name=name).first()
            domain = business.get_primary_domain() if business else None
            if domain:
                rows.append(
                    {
                        "who": f"{name} ({number})",
                        "email": f"owner@{name.split()[0].lower()}.example",
                        "url": f"http://{domain.domain}{suffix}/",
                    }
                )
        return [{**row, "password": PASSWORD} for row in rows]
