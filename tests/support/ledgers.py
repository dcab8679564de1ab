"""Ledgers for tests: filled the product's way, and falsified by somebody who may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from messaging import consent
from messaging.ledger_check import Checked, check
from messaging.people import lock_contact
from tests.support.hooks import a_caller, a_sid
from tests.support.world import Biz


def append(biz: Biz, count: int = 1, **given: Any) -> list[int]:
    """Append so many events of as many people; returns their ids."""
    made = []
    with biz.scope():
        for _ in range(count):
            with transaction.atomic():
                contact = lock_contact(given.get("phone") or a_caller(), timezone.now())
                values = {
                    "kind": "opt_out", "channel": "sms", "raw_text": "Stop, bitte: «genug» 🛑",
                    "matched": "stop", "provider": "twilio", "provider_id": a_sid("SM"),
                    "evidence": {"line_type": "mobile", "élan": "ß"}, "at": timezone.now(),
                    **{name: value for name, value in given.items() if name != "phone"},
                }  # fmt: skip
                made.append(consent.record(contact, **values))
    return made


def checked(biz: Biz) -> Checked:
    """Check a business's whole ledger."""
    with biz.scope():
        return check(biz.business.pk)


@contextmanager
def guards_set_aside(biz: Biz) -> Iterator[Any]:
    """Work in a business's schema as a superuser who switched every trigger off."""
    with biz.scope(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


def exported(biz: Biz) -> list[dict[str, Any]]:
    """Return the ledger as an export carries it."""
    from messaging.ledger_check import _columns, row_of

    with biz.scope(), transaction.atomic():
        return [row_of(columns) for columns in _columns()]
