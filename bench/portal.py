"""`python -m bench.portal COUNT PAGES`: time an agency's list of so many businesses, print JSON.

The businesses are rows of the public floor alone: the list enters no schema, which is the point of it.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from datetime import timedelta

_NAME = "Timed portal"
# What members ask for: the list as it opens, further on, by another column, what was looked for, a filter.
_ASKED = (
    "", "?page=7", "?sort=name", "?sort=rate", "?sort=waiting&page=3", "?q=plumbing+4", "?q=646350",
    "?show=trouble", "?show=live&sort=spend",
)  # fmt: skip


def timed(count: int, pages: int) -> dict[str, object]:
    """Return the seconds of each page, its statements and bytes, at an agency with `count` businesses."""
    from django.db import connection
    from django.test import Client

    agency_id, user = make(count)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    urls = [f"/agency/{agency_id}/{asked}" for asked in _ASKED]
    for url in urls:  # templates and plans are read once
        answer = client.get(url)
        if answer.status_code != 200:
            raise AssertionError(f"{url}: {answer.status_code}")
    asked: list[str] = []

    def note(execute, statement, *rest):  # type: ignore[no-untyped-def]
        asked.append(statement)
        return execute(statement, *rest)

    with connection.execute_wrapper(note):
        size = len(client.get(urls[0]).content)
    seconds, before = [], time.process_time()
    for number in range(pages):
        began = time.perf_counter()
        client.get(urls[number % len(urls)])
        seconds.append(time.perf_counter() - began)
    cpu = time.process_time() - before
    return {"seconds": seconds, "statements": len(asked), "bytes": size, "cpu": cpu}


def make(count: int):  # type: ignore[no-untyped-def]
    """Make the agency, its businesses' public rows and its owner; returns the agency's id and the owner."""
    from django.utils import timezone

    from tenants.models import (
        Agency,
        Business,
        BusinessHealth,
        Membership,
        PhoneNumber,
        ProviderAccount,
        Role,
        User,
    )

    remove()
    chance, now = random.Random(7), timezone.now()
    agency = Agency.objects.create(name=_NAME)
    account = ProviderAccount.objects.create(
        agency=agency, provider="twilio", account_sid="AC" + "e" * 32, auth_token="x"
    )
    kinds = ("Plumbing", "Dental", "Legal", "Heating", "Salon")
    made = Business.objects.bulk_create(
        Business(
            agency=agency, name=f"{chance.choice(kinds)} {n}", timezone="America/Chicago",
            schema_name=f"timed_portal_{n}", external_id=f"crm-{n}",
        )
        for n in range(count)
    )  # fmt: skip
    PhoneNumber.objects.bulk_create(
        PhoneNumber(e164=f"+1646{3_500_000 + n}", business=business, account=account)
        for n, business in enumerate(made)
    )
    BusinessHealth.objects.bulk_create(
        _health(business, chance, now, BusinessHealth) for business in made
    )
    user = User.objects.create_user("portal@bench.example", name="Portal")
    Membership.objects.create(user=user, agency=agency, role=Role.AGENCY_OWNER)
    return agency.pk, user


def _health(business, chance, now, model):  # type: ignore[no-untyped-def]
    texts, bad = chance.randrange(300), chance.random() < 0.1
    waiting = chance.randrange(5)
    return model(
        business=business, computed_at=now, calls=texts * 3, missed=texts, texts=texts, sent=texts,
        replies=texts // 2, text_p50_ms=900 + chance.randrange(900), text_p95_ms=4000,
        waiting=waiting, oldest_waiting_at=now - timedelta(hours=1) if waiting else None,
        registration="approved", forwarding="lost" if bad else "reached",
        spend_cents=chance.randrange(20_000), margin_cents=chance.randrange(9_000),
        problems=["forwarding_lost"] if bad else [], trouble=90 if bad else 0, last_call_at=now,
    )  # fmt: skip


def remove() -> None:
    """Remove what was made here."""
    from tenants.models import (
        Agency,
        Business,
        BusinessHealth,
        Membership,
        PhoneNumber,
        ProviderAccount,
        User,
    )

    made = Business.objects.filter(schema_name__startswith="timed_portal_")
    ids = list(made.values_list("pk", flat=True))
    PhoneNumber.objects.filter(business__in=ids).delete()
    BusinessHealth.objects.filter(business__in=ids).delete()
    Business.objects.filter(pk__in=ids)._raw_delete("default")
    Membership.objects.filter(agency__name=_NAME).delete()
    ProviderAccount.objects.filter(agency__name=_NAME).delete()
    Agency.objects.filter(name=_NAME)._raw_delete("default")
    User.objects.filter(email="portal@bench.example").delete()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    try:
        print(json.dumps(timed(int(sys.argv[1]), int(sys.argv[2]))))
    finally:
        remove()
