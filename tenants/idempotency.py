"""A request with an `Idempotency-Key` is done once: whoever repeats it within a day gets the same answer.

The answer is a row that is written in the transaction of the work: either both are there or none,
whatever dies between. It is kept sealed, because an answer may hold a secret that is shown once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import connection, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone

from tenants.fields import cipher
from tenants.models import ApiKey, IdempotentAnswer

KEPT = timedelta(days=1)
REPLAYED = "Idempotent-Replayed"
_USABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
# Who is refused for who he is, or told to wait, comes again; and what broke may be mended.
_NOT_KEPT = frozenset({401, 409, 429})
_HEADERS = ("Content-Type", "ETag", "Location")


class Busy(Exception):
    """The first request with this key is being worked on at this moment."""


class OtherRequest(Exception):
    """The key was used for something else."""


class Forgotten(Exception):
    """It was done, but its answer is not to be had: it held a person who was erased, or the key it was sealed under is gone."""


def is_usable(wanted: str) -> bool:
    """Whether a header's value can be a key: 1 to 255 characters of ASCII that can be shown."""
    return _USABLE.fullmatch(wanted) is not None


def digest(*parts: str | bytes) -> str:
    """Return the hex SHA-256 of what makes a request the same: method, address, body."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(str(len(data)).encode() + b":" + data)
    return whole.hexdigest()


def once(
    key: ApiKey, wanted: str, request_hash: str, now: datetime, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """Do the work and keep its answer, or give the answer that is kept. `now` is aware.

    work: everything the request does, with its answer rendered. What fails on our side (5xx) is
    rolled back whole and forgotten. Raises Busy, OtherRequest, Forgotten.
    """
    with transaction.atomic():
        if not _is_mine(key, wanted):
            raise Busy
        rows = IdempotentAnswer.objects.filter(key=key, wanted=wanted)
        rows.filter(created_at__lte=now - KEPT).delete()
        known = rows.first()
        if known is not None:
            return _again(known, request_hash)
        row = IdempotentAnswer.objects.create(key=key, wanted=wanted, request_hash=request_hash)
        answer = work()
        if answer.status_code >= 500 or answer.status_code in _NOT_KEPT:
            transaction.set_rollback(True)
        elif answer.streaming or "json" not in answer.headers.get("Content-Type", "json"):
            row.delete()
        else:
            row.status = answer.status_code
            row.body = {"sealed": cipher().encrypt(answer.content).decode()}
            row.headers = {
                name: answer.headers[name] for name in _HEADERS if name in answer.headers
            }
            row.save(update_fields=["status", "body", "headers"])
    return answer


def known(key: ApiKey, wanted: str, request_hash: str, now: datetime) -> HttpResponse | None:
    """Return the answer that is kept, None where there is none yet. `now` is aware. Raises OtherRequest, Forgotten."""
    kept = IdempotentAnswer.objects.filter(key=key, wanted=wanted, created_at__gt=now - KEPT)
    row = kept.first()
    return None if row is None else _again(row, request_hash)


@dataclass(slots=True)
class Once:
    """One request with its key, for work that asks a provider first: only what it makes is in a transaction."""

    key: ApiKey
    wanted: str
    request_hash: str
    is_kept: bool = False

    def keep(self, work: Callable[[], HttpResponse]) -> HttpResponse:
        """Do the work and keep its answer, as `once` does. Raises Busy, OtherRequest, Forgotten."""
        answer = once(self.key, self.wanted, self.request_hash, timezone.now(), work)
        self.is_kept = True
        return answer


def forget_old(now: datetime, most: int) -> int:
    """Delete answers that are older than a day, at most so many; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.tenants_idempotentanswer WHERE id IN (SELECT id FROM "
            "public.tenants_idempotentanswer WHERE created_at <= %s LIMIT %s FOR UPDATE SKIP LOCKED)",
            [now - KEPT, most],
        )
        return int(cursor.rowcount)


def forget_words(business_id: int, agency_id: int) -> int:
    """Forget what the kept answers of a business say, not that they were given: a person was erased."""
    whose = Q(key__business=business_id) | Q(key__agency=agency_id)
    return IdempotentAnswer.objects.filter(whose, body__isnull=False).update(body=None)


def _is_mine(key: ApiKey, wanted: str) -> bool:
    """Take the key for this transaction, unless another request has it just now."""
    number = int.from_bytes(
        hashlib.sha256(f"{key.pk}:{wanted}".encode()).digest()[:8], "big", signed=True
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _again(known: IdempotentAnswer, request_hash: str) -> HttpResponse:
    if known.request_hash != request_hash:
        raise OtherRequest
    if known.body is None:
        raise Forgotten
    try:
        content = cipher().decrypt(known.body["sealed"].encode())
    except InvalidToken:
        raise Forgotten from None
    answer = HttpResponse(content, status=known.status or 200, headers=known.headers)
    answer.headers[REPLAYED] = "true"
    return answer
