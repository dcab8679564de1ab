"""`python -m bench.ledger check ROWS` or `append COUNT`: time it, print JSON.

In a business of its own, that is removed again. The rows are written by COPY with the ledger's
triggers set aside, chained as the product chains them, and look like those of a busy business.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

NAME = "Timed ledger"
_PEOPLE = 1000
_BEGAN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
_TEXTS = (
    "STOP",
    "Stop please",
    "no more texts, thank you",
    "parem com as mensagens já",
    "🛑",
    "START",
)
_COLUMNS = (
    "seq", "contact_id", "phone_mark", "kind", "level", "scope", "channel", "matched_by", "matched",
    "classifier", "provider", "provider_id", "our_number", "evidence", "actor", "legal_entity",
    "brand_id", "campaign_id", "ruleset_version", "detail_hash", "occurred_at", "recorded_at",
    "prev_hash", "row_hash",
)  # fmt: skip


def _events(count: int, contacts: list[int]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield rows and their details: four consents by call to each answer by text."""
    for seq in range(1, count + 1):
        person, at = seq % _PEOPLE, _BEGAN + timedelta(seconds=seq, microseconds=seq % 999_983)
        call = seq % 5 != 0
        detail = {
            "ip": "", "phone": f"+1312556{person:04d}", "salt": secrets.token_hex(16),
            "raw_text": "" if call else _TEXTS[seq // 5 % len(_TEXTS)], "user_agent": "",
        }  # fmt: skip
        evidence = {
            "call": str(seq), "dial_status": "no-answer", "stir_attestation": "A",
            "called_number": "+13125550100", "started_at": at.isoformat(), "rang_for": "24 s",
            "prompt_hash": "f" * 64,
        } if call else {}  # fmt: skip
        yield {
            "seq": seq, "contact": contacts[person],
            "phone_mark": hashlib.sha256(detail["phone"].encode()).hexdigest(),
            "kind": "consent" if call else "opt_out", "level": 1 if call else None, "scope": "all",
            "channel": "call" if call else "sms", "matched_by": "call" if call else "per_se",
            "matched": "" if call else "stop", "classifier": "" if call else "rules-1",
            "provider": "twilio", "provider_id": f"{'CA' if call else 'SM'}{seq:032x}",
            "our_number": "+13125550100", "evidence": evidence, "actor": "",
            "legal_entity": "Lakeside Plumbing LLC", "brand_id": "BN0123456789", "campaign_id": "C1",
            "ruleset_version": "2026-11", "occurred_at": at, "recorded_at": at,
        }, detail  # fmt: skip


def write(count: int) -> None:
    """Fill the current, empty ledger with so many rows."""
    from django.db import connection, transaction
    from psycopg.types.json import Jsonb

    from messaging.ledger import GENESIS, as_row, detail_hash, row_hash
    from messaging.models import Contact

    contacts = [
        contact.pk
        for contact in Contact.objects.bulk_create(
            Contact(phone=f"+1312556{n:04d}", created_at=_BEGAN) for n in range(_PEOPLE)
        )
    ]
    before, details = GENESIS, []
    tables = ("messaging_consentevent", "messaging_ledgerhead")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        words = f"COPY messaging_consentevent ({', '.join(_COLUMNS)}) FROM STDIN"
        with cursor.copy(words) as copy:
            for values, detail in _events(count, contacts):
                values["detail_hash"] = detail_hash(detail)
                values["prev_hash"], before = before, row_hash(before, as_row(values))
                values |= {"row_hash": before, "contact_id": values["contact"]}
                values["evidence"] = Jsonb(values["evidence"])
                copy.write_row([values[name] for name in _COLUMNS])
                details.append(detail)
        cursor.execute("SELECT min(id) FROM messaging_consentevent")
        (first,) = cursor.fetchone()
        names = ("ip", "phone", "raw_text", "salt", "user_agent")
        with cursor.copy(
            f"COPY messaging_consentdetail (event_id, {', '.join(names)}) FROM STDIN"
        ) as copy:
            for position, detail in enumerate(details):
                copy.write_row([first + position, *(detail[name] for name in names)])
        cursor.execute(
            "UPDATE messaging_ledgerhead SET seq = %s, row_hash = %s, day = %s",
            [count, before, (_BEGAN + timedelta(seconds=count)).date()],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        for table in ("messaging_consentevent", "messaging_consentdetail"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def appends(count: int) -> dict[str, list[float]]:
    """Return the seconds of a webhook's transaction with an append and without, in turns."""
    from django.db import transaction
    from django.utils import timezone

    from messaging import consent
    from messaging.people import lock_contact, touch_conversation

    taken: dict[str, list[float]] = {"with": [], "without": []}
    for position in range(-20, count * 2):
        appends_too = position % 2 == 0
        now = timezone.now()
        began = time.perf_counter()
        with transaction.atomic():
            contact = lock_contact(f"+1312557{position % _PEOPLE:04d}", now)
            touch_conversation(contact.pk, at=now, line="Stop please", direction="in", unread=1)
            if appends_too:
                consent.record(
                    contact, "opt_out", at=now, channel="sms", raw_text="Stop please",
                    matched="stop", matched_by="per_se", provider="twilio",
                    provider_id=f"SM{position + 20:032x}", our_number="+13125550100",
                )  # fmt: skip
        if position >= 0:  # the first ones warm up
            taken["with" if appends_too else "without"].append(time.perf_counter() - began)
    return taken


def checked(rows: int) -> dict[str, float]:
    """Return the seconds a check of so many rows takes, and the CPU seconds of this process in it."""
    from messaging.ledger_check import check
    from tenants.scope import current_business

    business = current_business()
    write(rows)
    began, cpu = time.perf_counter(), time.process_time()
    found = check(business.pk)
    taken = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    if not found.intact or found.rows != rows:
        raise SystemExit(f"the ledger as written is not intact: {found.problems[:3]}")
    return taken


def measure(what: str, count: int) -> object:
    """Onboard a business, time `check` or `append` in it, and return what was found."""
    from bench.traffic import line
    from tenants.onboarding import Request, onboard
    from tenants.scope import business_scope

    ours = line(0)
    request = Request(
        agency="Bench agency 0", name=NAME, timezone="America/Chicago", number="+16462999999",
        provider="twilio", account_sid=ours.account_sid, auth_token=ours.token,
        owner_email="timed-ledger@bench.example", forward_to=("+13125550142",),
    )  # fmt: skip
    business = onboard(request).business
    with business_scope(str(business.schema_name)):
        return {"check": checked, "append": appends}[what](count)


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.onboarding import remove

    remove(NAME)  # of a run that was killed
    try:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    finally:
        remove(NAME)


if __name__ == "__main__":
    main()
