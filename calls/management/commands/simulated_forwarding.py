"""Switch the forwarding of a public number on the simulated network, to see what a loss looks like."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.simulator import forwarding
from messaging.numbers import national, normalise
from tenants.models import PhoneNumber


class Command(BaseCommand):
    """manage.py simulated_forwarding NUMBER on|off."""

    help = "Let the simulated carrier forward the calls to a business's own number, or not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what can be asked for."""
        parser.add_argument("number", help="the business's own number, such as +13125550177")
        parser.add_argument("state", choices=["on", "off"])

    def handle(self, *_: object, **options: Any) -> None:
        """Switch it."""
        if not settings.SIMULATOR_ENABLED:
            raise CommandError("There is no simulated network here (SIMULATOR_ENABLED).")
        number = normalise(options["number"])
        forwards = PhoneNumber.objects.filter(
            forwards_from=number, account__provider="simulator"
        ).first()
        if not number or forwards is None:
            raise CommandError("number: no simulated line is reached by forwarding from it")
        forwarding.switch(number, options["state"] == "on")
        told = "are forwarded to" if options["state"] == "on" else "no longer reach"
        self.stdout.write(f"Calls to {national(number)} {told} {national(forwards.e164)}.")
