"""`manage.py onboard_business`: bring a business live and print one JSON object."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tenants.onboarding import OnboardingError, Request, onboard
from tenants.playbooks import PLAYBOOKS
from tenants.postures import POSTURES
from tenants.registration_rules import FIRST_STATES


class Command(BaseCommand):
    """Creates agency (if new), schema, host, number, hours, rule, templates, API key and owner."""

    help = "Bring a business live. Prints one JSON object and nothing else on stdout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--agency", required=True, help="name of the agency; made if new")
        parser.add_argument("--name", required=True, help="name of the business, as texts show it")
        parser.add_argument("--timezone", required=True, help="such as America/Chicago")
        parser.add_argument("--number", required=True, help="its number, such as +13125550142")
        parser.add_argument("--provider", default="twilio", help=", ".join(settings.PROVIDERS))
        parser.add_argument(
            "--account-sid", required=True, help="the account's id; with telnyx the organization's"
        )
        parser.add_argument(
            "--auth-token", required=True, help="opens the API and signs webhooks; an API key"
        )
        parser.add_argument(
            "--public-key",
            default="",
            help="telnyx: the portal's public key, which checks webhooks",
        )
        parser.add_argument(
            "--application-id", default="", help="telnyx: the TeXML application calls are placed by"
        )
        parser.add_argument(
            "--rotate-token",
            action="store_true",
            help="the token of a known account has changed; without this a different one is refused",
        )
        parser.add_argument("--owner-email", required=True)
        parser.add_argument(
            "--forward-to",
            action="append",
            default=[],
            metavar="+1…",
            help="a staff phone to ring first; repeat for several",
        )
        parser.add_argument("--playbook", default="general", help=", ".join(PLAYBOOKS))
        parser.add_argument(
            "--registration",
            default="",
            metavar="STATE",
            help=f"whether carriers accept texts from the number: {', '.join(FIRST_STATES)}; "
            "default declared (registered, as you say); with the simulator approved",
        )
        parser.add_argument(
            "--posture",
            default="",
            help="what must have happened before a missed call is texted back: "
            + "; ".join(f"{p.key} ({p.name.lower()})" for p in POSTURES.values())
            + "; default the agency's floor",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Onboard, or say which field stands against it. Raises CommandError."""
        try:
            made = onboard(
                Request(
                    agency=options["agency"],
                    name=options["name"],
                    timezone=options["timezone"],
                    number=options["number"],
                    provider=options["provider"],
                    account_sid=options["account_sid"],
                    auth_token=options["auth_token"],
                    owner_email=options["owner_email"],
                    forward_to=tuple(
                        number.strip()
                        for value in options["forward_to"]
                        for number in value.split(",")
                        if number.strip()
                    ),
                    playbook=options["playbook"],
                    rotate_token=options["rotate_token"],
                    public_key=options["public_key"],
                    application_id=options["application_id"],
                    registration=options["registration"],
                    posture=options["posture"],
                )
            )
        except OnboardingError as error:
            raise CommandError(f"--{error}") from error
        self.stdout.write(json.dumps(made.as_json(), indent=2))
