"""`python -m bench.onboarding COUNT`: time so many onboardings by API, remove them, print JSON."""

from __future__ import annotations

import json
import os
import sys
import time

_NAME = "Timed onboarding"


def number(position: int) -> str:
    """Return the number of one business; -1 is the one that warms up."""
    return f"+1646{2_000_001 + position}"


def timed(count: int) -> dict[str, object]:
    """Return the seconds of each request that sets a business up and publishes it, and CPU of them all.

    In this process, through middleware, key, checks and serializers: schema, host, facts, hours,
    rules, texts, a number of the account, a key and the owner's invitation.
    """
    from django.test import Client

    from bench.traffic import line
    from tenants.models import Agency, ApiKey, ProviderAccount

    account = ProviderAccount.objects.get(account_sid=line(0).account_sid)
    agency = Agency.objects.get(pk=account.agency_id)
    key, plain = ApiKey.issue(agency, _NAME)
    client, seconds, before = Client(), [], 0.0
    headers = {"host": "localhost", "authorization": f"Bearer {plain}"}
    try:
        for position in range(-1, count):
            if not position:
                before = time.process_time()
            wish = {
                "name": f"{_NAME} {position + 1}", "timezone": "America/Chicago",
                "external_id": f"timed-{position + 1}", "playbook": "plumbing",
                "facts": {"legal_name": "Timed LLC", "city": "Chicago", "region": "IL"},
                "hours": [{"weekday": 0, "opens": "08:00", "closes": "18:00"}],
                "number": number(position), "account": str(account.pk),
                "registration": "declared", "forward_to": ["+13125550142"], "publish": True,
            }  # fmt: skip
            began = time.perf_counter()
            answer = client.post(
                "/api/v1/businesses/", wish, content_type="application/json", headers=headers
            )
            if position >= 0:  # the first one warms up
                seconds.append(time.perf_counter() - began)
            if answer.status_code != 201 or answer.json()["stage"] != "live":
                raise RuntimeError(f"{answer.status_code}: {answer.content[:400]!r}")
        return {"seconds": seconds, "cpu": time.process_time() - before}
    finally:
        ApiKey.objects.filter(pk=key.pk).delete()


def remove(name: str = _NAME) -> None:
    """Remove the businesses made under a name, so that their number stays what it says."""
    from django.db import connection

    from tenants.models import (
        AgendaItem,
        ApiKey,
        Business,
        BusinessFacts,
        CompiledHours,
        Domain,
        Membership,
        PhoneNumber,
        User,
    )

    made = Business.objects.filter(name__startswith=name)
    keys = list(made.values_list("pk", flat=True))
    for schema in made.values_list("schema_name", flat=True):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(schema)} CASCADE")
    Membership.objects.filter(business__in=made).delete()
    for model in (ApiKey, PhoneNumber, BusinessFacts):
        model.objects.filter(business__in=made).delete()
    AgendaItem.objects.filter(business_id__in=keys).delete()
    Domain.objects.filter(tenant__in=made).delete()
    CompiledHours.objects.filter(business__in=made).delete()
    with connection.cursor() as cursor:
        # The agency's record is append-only; what a measurement wrote is no record of anybody.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM tenants_agencyentry WHERE business_id = ANY(%s)", [keys])
        cursor.execute("SET session_replication_role = origin")
    Business.objects.filter(pk__in=keys)._raw_delete("default")
    User.objects.filter(email__startswith="timed-").delete()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    try:
        print(json.dumps(timed(int(sys.argv[1]))))
    finally:
        remove()
