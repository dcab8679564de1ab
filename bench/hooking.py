"""A business whose events are told to several endpoints: `python -m bench.hooking EVENTS BAD FAST`.

BAD and FAST are addresses with commas between them. Bad ones hear of a few events alone: they would
never be through. Fast ones are known as such, as endpoints are that were told before.
"""

from __future__ import annotations

import os
import sys

import django

BAD_EVENTS = 3


def main(events: int, bad: list[str], fast: list[str]) -> None:
    """Make the endpoints, then let the events happen, each in a transaction of its own."""
    from django.db import transaction
    from django.utils import timezone

    from bench.traffic import line
    from integrations import catalogue, endpoints, listening, telling
    from integrations.endpoints import Owner
    from integrations.models import Delivery, Endpoint, Event
    from tenants.models import PhoneNumber
    from tenants.scope import business_scope

    business = PhoneNumber.objects.select_related("business").get(e164=line(0).number).business
    Delivery.objects.all().delete()
    Event.objects.all().delete()
    Endpoint.objects.all().delete()
    endpoints.MOST = 1_000
    many = len(bad) > 1
    for url in bad:
        endpoints.make(Owner(business=business), url, ["contact.created"] if many else [])
    for url in fast:
        endpoints.make(Owner(business=business), url, ["reply.received"] if many else [])
    Endpoint.objects.filter(shown_url__in=[url.rstrip("/") for url in fast]).update(took_ms=20)
    listening.changed()
    told = ["contact.created"] * (BAD_EVENTS if many else 0) + ["reply.received"] * events
    with business_scope(str(business.schema_name)):
        for number, name in enumerate(told):
            kind = catalogue.TYPES[name]
            with transaction.atomic():
                telling.tell(kind.name, f"bench:{number}", kind.example, timezone.now())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(int(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(","))
