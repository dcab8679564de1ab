"""The agenda: everything that waits, or happens outside the transaction that wants it.

A row is written in the transaction of the change (`put`), and handed over on commit by a wake-up
(`wake`). `Drain` claims due rows in batches, runs their handlers with many provider calls in
flight, and goes on until none is due. A lost wake-up is harmless: the drain looks again each
half second, and beat starts it again each second. A claim moves `due_at` forward by the lease, so
the rows of a killed worker are simply due again. Handlers are claimed or idempotent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from redis import Redis

from tenants.redis import briefly

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=settings.AGENDA_LEASE_SECONDS)
MAX_ATTEMPTS = 8
_AFTER_DEATH = timedelta(hours=1)
WAKE_KEY = "ringback:wake:{lane}"


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed row. `schema` is '' when the row belongs to no business."""

    id: int
    lane: str
    kind: str
    business_id: int | None
    schema: str
    subject: str
    due_at: datetime
    expires_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Later:
    """A handler's answer: ask again at `at` (aware)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Outside:
    """A handler's answer: something to do in no transaction, then settle what came of it.

    act: called without a database connection in use; must not raise for expected failures.
    settle: called with act's result, in the business's schema; returns None or Later.
    """

    act: Callable[[], Any]
    settle: Callable[[Any], Later | None]


@dataclass(frozen=True, slots=True)
class Next:
    """A handler's answer: this row is done, and the row it just wrote is worked on at once.

    item: the new row, written as claimed by us (`written_by_me`); work: its outside part. It saves
    the round trip over the agenda where what comes next is certain; should we die, the row's
    lease brings it back like any other.
    """

    item: Item
    work: Outside


Answer = Later | Outside | Next | None
Handler = Callable[[Item], Answer]


def put(
    kind: str,
    subject: str,
    *,
    lane: str,
    business_id: int | None,
    due_at: datetime,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
) -> None:
    """Write one row in the current transaction and wake its lane on commit.

    `unique_key` defaults to kind, business and subject: the same thing is wanted once. A second
    put for a waiting row only moves it earlier; for one being worked on it takes the claim away, so
    that the row is asked again afterwards; for a dead one it begins anew. Times are aware. Raises ValueError for a kind
    nobody handles.
    """
    if kind not in settings.AGENDA_HANDLERS:
        raise ValueError(f"kind: nobody handles {kind!r}")
    key = unique_key or f"{kind}:{business_id or 0}:{subject}"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO public.tenants_agendaitem
                (lane, kind, business_id, subject, unique_key, due_at, expires_at, state, attempts,
                 claimed_by, last_error, created_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', 0, '', '', now())
            ON CONFLICT (unique_key) DO UPDATE SET
                due_at = CASE
                    WHEN tenants_agendaitem.state = 'dead' OR tenants_agendaitem.claimed_by <> ''
                    THEN EXCLUDED.due_at
                    ELSE LEAST(tenants_agendaitem.due_at, EXCLUDED.due_at) END,
                attempts = CASE WHEN tenants_agendaitem.state = 'dead' THEN 0
                                ELSE tenants_agendaitem.attempts END,
                claimed_by = '', state = 'waiting'
            """,
            [lane, kind, business_id, subject, key, due_at, expires_at],
        )
    if due_at <= datetime.now(UTC) + timedelta(seconds=1):
        transaction.on_commit(lambda: wake(lane))


@cache
def whoami() -> str:
    """Return the name a claim of this process is made under: host and process."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def drop(kind: str, subject: str, business_id: int | None) -> None:
    """Take a waiting row off the agenda; one that is being worked on is left to its handler."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.tenants_agendaitem WHERE unique_key = %s AND claimed_by = ''",
            [f"{kind}:{business_id or 0}:{subject}"],
        )


# Drains of this process, woken directly: their own follow-up work needs no round trip by Redis.
_local_wakes: dict[str, Callable[[], None]] = {}


def wake(lane: str) -> None:
    """Tell a drain that something is due. Never raises: the row itself is the promise."""
    local = _local_wakes.get(lane)
    if local is not None:
        local()
        return
    try:
        briefly(lambda redis: _push(redis, WAKE_KEY.format(lane=lane)))
    except Exception as error:
        log.warning("wake_failed", lane=lane, error=type(error).__name__)


def _push(redis: Redis, key: str) -> None:
    pipe = redis.pipeline(transaction=False)
    pipe.rpush(key, 1)
    pipe.ltrim(key, -4, -1)
    pipe.execute()


_CLAIM = """
    WITH chosen AS MATERIALIZED ({chosen})
    UPDATE public.tenants_agendaitem AS a
    SET due_at = now() + %(lease)s::interval, attempts = attempts + 1, claimed_by = %(me)s
    FROM chosen
    LEFT JOIN public.tenants_business b ON b.id = chosen.business_id
    WHERE a.id = chosen.id
    RETURNING a.id, a.lane, a.kind, a.business_id, coalesce(b.schema_name, ''), a.subject,
              chosen.due_at, a.expires_at, a.attempts
"""
_OLDEST = """
    SELECT id, business_id, due_at FROM public.tenants_agendaitem
    WHERE lane = %(lane)s AND state = 'waiting' AND due_at <= now()
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# A loose index scan over the businesses that have something due, a few rows of each: one
# business's ten thousand rows do not stand before another's one.
_FAIR = """
    SELECT a.id, a.business_id, a.due_at FROM (
        WITH RECURSIVE due AS (
            (SELECT business_id FROM public.tenants_agendaitem
             WHERE lane = %(lane)s AND state = 'waiting' AND due_at <= now()
               AND business_id > %(after)s
             ORDER BY business_id LIMIT 1)
            UNION ALL
            SELECT (SELECT n.business_id FROM public.tenants_agendaitem n
                    WHERE n.lane = %(lane)s AND n.state = 'waiting' AND n.due_at <= now()
                      AND n.business_id > due.business_id
                    ORDER BY n.business_id LIMIT 1)
            FROM due WHERE due.business_id IS NOT NULL
        ) SELECT business_id FROM due WHERE business_id IS NOT NULL
    ) AS busy
    CROSS JOIN LATERAL (
        SELECT id, business_id, due_at FROM public.tenants_agendaitem
        WHERE lane = %(lane)s AND state = 'waiting' AND due_at <= now()
          AND business_id = busy.business_id
        ORDER BY due_at LIMIT %(each)s FOR UPDATE SKIP LOCKED
    ) AS a LIMIT %(limit)s
"""


def claim(lane: str, me: str, limit: int, *, fair: bool = False, after: int = 0) -> list[Item]:
    """Claim up to `limit` due rows of a lane for `me`.

    `fair` takes a few of each business whose id is greater than `after`, so that a caller who
    remembers whom it served last goes round.
    """
    chosen = _FAIR if fair else _OLDEST
    values: dict[str, Any] = {
        "lane": lane,
        "me": me,
        "limit": limit,
        "each": max(1, limit // 8),
        "after": after,
        "lease": f"{LEASE.total_seconds()} seconds",
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(chosen=chosen), values)
        items = [Item(*row) for row in cursor.fetchall()]
    return sorted(items, key=lambda item: item.due_at)


def finish(items: list[Item]) -> None:
    """Take finished rows off the agenda, those that are still claimed as they were for these items.

    The claim is the fence: a row whose lease was lost, or that was wanted again meanwhile, stays.
    """
    if items:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM public.tenants_agendaitem a USING unnest(%s::bigint[], %s::int[]) "
                "AS mine(id, attempts) WHERE a.id = mine.id AND a.attempts = mine.attempts "
                "AND a.claimed_by <> ''",
                [[item.id for item in items], [item.attempts for item in items]],
            )


def postpone(item: Item, at: datetime) -> None:
    """Give a row back, due at `at` (aware), its attempts forgotten: it was asked, not failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET due_at = %s, claimed_by = '', attempts = 0 "
            "WHERE id = %s AND attempts = %s AND claimed_by <> ''",
            [at, item.id, item.attempts],
        )


def fail(item: Item, error: BaseException) -> None:
    """Give a row back after an error: later each time, and dead after MAX_ATTEMPTS."""
    dead = item.attempts >= MAX_ATTEMPTS
    pause = timedelta(seconds=min(300, 0.25 * 4 ** (item.attempts - 1)))
    # PostgreSQL takes neither NUL nor lone surrogates, and an error may quote what we were sent.
    words = f"{type(error).__name__}: {error}"[:500].replace("\x00", "")
    words = words.encode("utf-8", "replace").decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET due_at = %s, claimed_by = '', last_error = %s, "
            "state = %s WHERE id = %s AND attempts = %s AND claimed_by <> ''",
            [
                datetime.now(UTC) + pause,
                words,
                "dead" if dead else "waiting",
                item.id,
                item.attempts,
            ],
        )
    if dead:
        log.error("agenda_dead", kind=item.kind, subject=item.subject, schema=item.schema)
        path = settings.AGENDA_DEAD_HANDLERS.get(item.kind)
        if path:
            import_string(path)(item, words)


def begin_again(item: Item, words: str) -> None:
    """Work that must never end was given up (settings.AGENDA_DEAD_HANDLERS): it is tried anew in an hour.

    The log has told whoever watches errors, and will again.
    """
    put(
        item.kind, item.subject, lane=item.lane, business_id=item.business_id,
        due_at=datetime.now(UTC) + _AFTER_DEATH,
    )  # fmt: skip


def renew(items: list[Item]) -> set[int]:
    """Extend the lease of rows still being worked on; returns the ids that are still ours."""
    if not items:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_agendaitem a SET due_at = now() + %s::interval "
            "FROM unnest(%s::bigint[], %s::int[]) AS mine(id, attempts) "
            "WHERE a.id = mine.id AND a.attempts = mine.attempts AND a.claimed_by <> '' "
            "RETURNING a.id",
            [
                f"{LEASE.total_seconds()} seconds",
                [item.id for item in items],
                [item.attempts for item in items],
            ],
        )
        return {row[0] for row in cursor.fetchall()}


def handler_of(kind: str) -> Handler:
    """Return the handler registered for a kind. Raises KeyError."""
    return _imported(settings.AGENDA_HANDLERS[kind])


@cache
def _imported(path: str) -> Handler:
    handler: Handler = import_string(path)
    return handler


def run_due(lane: str, *, until: datetime | None = None, limit: int = 1000) -> int:
    """Run what is due in this thread, one after another, until nothing is; returns how many.

    For commands and tests; the worker's Drain does the same with many calls in flight.
    """
    from tenants.scope import business_scope

    done = 0
    while done < limit:
        items = claim(lane, "inline", 50)
        if not items:
            return done
        for claimed in items:
            item, done = claimed, done + 1
            started = time.monotonic()
            try:
                with business_scope(item.schema):
                    answer = handler_of(item.kind)(item)
                    if isinstance(answer, Next):
                        finish([item])
                        item, answer = answer.item, answer.work
                    if isinstance(answer, Outside):
                        answer = answer.settle(answer.act())
            except Exception as error:
                log.exception("agenda_failed", kind=item.kind, subject=item.subject)
                fail(item, error)
                continue
            if isinstance(answer, Later):
                postpone(item, answer.at)
            else:
                finish([item])
            log.debug("agenda_done", kind=item.kind, ms=int((time.monotonic() - started) * 1000))
    return done
