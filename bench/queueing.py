"""`python -m bench.queueing COUNT`: one business queues so many texts as an API client would."""

from __future__ import annotations

import os
import sys


def queue(count: int) -> None:
    """Queue COUNT texts of the first business in the bulk lane, one transaction each."""
    from bench.traffic import line
    from messaging.services import send_as
    from tenants.models import Business
    from tenants.scope import enter

    business = Business.objects.get(numbers__e164=line(0).number)
    enter(business)  # as the API key of a request does
    for position in range(count):
        send_as(f"+1214{2_000_000 + position}", "We are open on Monday again.", author="api")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    queue(int(sys.argv[1]))
