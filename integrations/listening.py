"""Does anybody want to hear of this business? Asked in the transaction of every call and text.

So it is answered from memory: one statement every few seconds in a process reads all businesses that
somebody listens to, and nobody else's calls cost a statement more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection, transaction

from tenants.scope import current_schema

# A new endpoint hears within so many seconds.
KEEP_SECONDS = 3.0
_SQL = """
    SELECT b.schema_name, b.id, b.agency_id FROM public.tenants_business b
    WHERE EXISTS (SELECT 1 FROM public.integrations_endpoint e
                  WHERE e.is_active AND (e.business_id = b.id OR e.agency_id = b.agency_id))
       OR EXISTS (SELECT 1 FROM public.integrations_crmconnection c
                  WHERE c.is_active AND c.business_id = b.id)
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A business that somebody listens to."""

    business_id: int
    agency_id: int


_kept: tuple[float, dict[str, Heard]] | None = None


def here() -> Heard | None:
    """Return the business whose schema this thread works in, if anybody listens to it."""
    kept = _kept
    if kept is None or time.monotonic() - kept[0] >= KEEP_SECONDS:
        kept = _read()
    return kept[1].get(current_schema())


def somebody() -> bool:
    """Whether anybody listens here (settings.LISTENING_CHECK)."""
    return here() is not None


def changed() -> None:
    """Somebody began or ceased to listen: this process knows it once that is committed."""
    _forget()
    transaction.on_commit(_forget)


def _forget() -> None:
    global _kept
    _kept = None


def _read() -> tuple[float, dict[str, Heard]]:
    global _kept
    with connection.cursor() as cursor:
        cursor.execute(_SQL)
        found = {row[0]: Heard(row[1], row[2]) for row in cursor.fetchall()}
    _kept = (time.monotonic(), found)
    return _kept
