"""`python -m bench.onboarding COUNT`: time so many onboardings, remove them, print JSON."""

from __future__ import annotations

import json
import os
import sys
import time

_NAME = "Timed onboarding"


def timed(count: int) -> dict[str, object]:
    """Return the seconds of each onboarding, owner's password and all, and CPU seconds of them all."""
    from bench.traffic import line
    from tenants.onboarding import Request, onboard

    ours, seconds = line(0), []
    before = 0.0
    for position in range(-1, count):
        if not position:
            before = time.process_time()
        request = Request(
            agency="Bench agency 0",
            name=f"{_NAME} {position + 1}",
            timezone="America/Chicago",
            number=f"+1646{2_000_001 + position}",
            provider="twilio",
            account_sid=ours.account_sid,
            auth_token=ours.token,
            owner_email=f"timed-{position}@bench.example",
            forward_to=("+13125550142",),
        )
        began = time.perf_counter()
        onboard(request)
        if position >= 0:  # the first one warms up
            seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "cpu": time.process_time() - before}


def remove(name: str = _NAME) -> None:
    """Remove the businesses made under a name, so that their number stays what it says."""
    from django.db import connection

    from tenants.models import (
        ApiKey,
        Business,
        CompiledHours,
        Domain,
        Membership,
        PhoneNumber,
        User,
    )

    made = Business.objects.filter(name__startswith=name)
    for schema in made.values_list("schema_name", flat=True):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(schema)} CASCADE")
    Membership.objects.filter(business__in=made).delete()
    for model in (ApiKey, PhoneNumber):
        model.objects.filter(business__in=made).delete()
    Domain.objects.filter(tenant__in=made).delete()
    CompiledHours.objects.filter(business__in=made).delete()
    Business.objects.filter(pk__in=list(made.values_list("pk", flat=True)))._raw_delete("default")
    User.objects.filter(email__startswith="timed-").delete()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    try:
        print(json.dumps(timed(int(sys.argv[1]))))
    finally:
        remove()
