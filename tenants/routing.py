"""Whose number is this, and whose account signed? Kept in memory by each web process.

The hot path of a webhook asks the database nothing. While the process hears of changes
(tenants/routing_news.py) accounts and lines are kept for a minute, else for a few seconds; they are
read again at once when they do not fit (an unknown number, a signature that fails).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from tenants import postures
from tenants.fields import Undecryptable, decrypt

log = structlog.get_logger(__name__)

KEEP_SECONDS = 3.0
# While every change is heard of; what changes by the time alone is late by no more than this.
KEEP_WHILE_TOLD_SECONDS = 60.0
# Anybody can name any account and sign it wrongly; that must not keep the database busy. An id that
# is nobody's is remembered so long, and an account is not read afresh more often than this.
PACE_SECONDS = 1.0
_KEEP_AT_MOST = 20_000
_NOBODIES_AT_MOST = 5_000
_COLUMNS_OF_ACCOUNTS = 6


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account with what signs for it, newest first.

    secrets: tokens shared with the provider; public_keys: the provider's, in its own writing.
    Which of them counts is the adapter's to say: an HMAC with a public key anybody could forge.
    """

    id: int
    secrets: tuple[str, ...] = field(repr=False)
    public_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A number of a business: whose it is, by which account, and how it answers.

    texts_nobody: its business is suspended or not live; is_active: False for a number that was switched off: a call or a receipt to it is nobody's, yet
    somebody who texts STOP to it is obeyed; standing: what its bills say as the rows have it (JSON, None for
    nothing), to be judged when a call is answered: a grace ends without anything being written.
    """

    business_id: int
    schema: str
    account_id: int
    texts_nobody: bool
    e164: str
    business_name: str
    answering: str
    staff_numbers: tuple[str, ...]
    ring_seconds: int
    press_one: bool
    greeting: str
    voicemail: bool
    posture: str  # in force: the business's, its agency's or the line's, the strictest
    is_active: bool = True
    ring_order: str = "at_once"
    greeting_recording: str = ""
    consent_digit: str = "1"
    consent_prompt: str = ""
    emergency_digit: str = ""
    emergency_number: str = ""
    timezone: str = "UTC"
    spans: tuple[tuple[int, str, str], ...] = ()  # of a week: weekday, "09:00", "17:00"
    closed: tuple[str, ...] = ()  # dates
    standing: str | None = None


_ACCOUNT = """
    SELECT id, public_key, auth_token, previous_auth_token {more}
    FROM public.tenants_provideraccount WHERE {which}
"""
ACCOUNT_SQL = _ACCOUNT.format(more="", which="provider = %s AND account_sid = %s")
ACCOUNTS_SQL = _ACCOUNT.format(
    more=", provider, account_sid", which="account_sid <> '' ORDER BY id DESC LIMIT %s"
)
_ROUTE = """
    SELECT b.id, b.schema_name, n.account_id,
           b.suspended_at IS NOT NULL OR b.stage <> 'live', n.e164, b.name,
           n.answering, n.staff_numbers, n.ring_seconds, n.press_one, n.greeting, n.voicemail,
           n.is_active, n.ring_order, n.greeting_recording, n.consent_digit, n.consent_prompt,
           n.emergency_digit, n.emergency_number, b.timezone, coalesce(h.spans, '[]'),
           coalesce(h.closed, '[]'), b.posture, a.posture_floor, n.posture,
           (SELECT coalesce(json_agg(o.e164), '[]')
            FROM (SELECT jsonb_array_elements_text(n.staff_numbers)
                  UNION SELECT n.emergency_number) rung(e164)
            JOIN public.tenants_phonenumber o ON o.e164 = rung.e164 AND o.is_active),
           ({standing})::text
    FROM public.tenants_phonenumber n JOIN public.tenants_business b ON b.id = n.business_id
    JOIN public.tenants_agency a ON a.id = b.agency_id
    LEFT JOIN public.tenants_compiledhours h ON h.business_id = b.id
    WHERE {which} AND b.stage <> 'gone'
"""
# What a subscription says is the next room's to write down; here it is one more column.
_STANDING = import_string(settings.STANDING_COLUMN)
ROUTE_SQL = _ROUTE.format(which="n.e164 = %s", standing=_STANDING)
ROUTES_SQL = _ROUTE.format(which="n.is_active", standing=_STANDING) + " ORDER BY n.id DESC LIMIT %s"
Fetch = Callable[[str, tuple[Any, ...]], Awaitable[tuple[Any, ...] | None]]


class Directory:
    """Answers by key from memory, or by one query when the answer is old or missing."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.is_told = False  # of every change, by tenants/routing_news.py
        self._changes = 0
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}
        self._nobody_until: dict[tuple[str, ...], float] = {}
        self._freshened: dict[tuple[str, ...], float] = {}  # when accounts were last read afresh
        self._soon: dict[
            tuple[str, ...], asyncio.Future[Any]
        ] = {}  # reads that wait for their turn

    async def account(
        self, provider: str, account_sid: str, *, fresh: bool = False
    ) -> Account | None:
        """Return a provider account, or None when there is none by that id.

        `fresh` reads it again, with all others who ask for the same, at most once a PACE_SECONDS:
        whoever comes too early waits for the next time.
        """
        if not account_sid:
            return None
        key = ("account", provider, account_sid)
        if fresh:
            return await self._freshly(key)
        if self._nobody_until and self._nobody_until.get(key, 0.0) > time.monotonic():
            return None
        account: Account | None = await self._get(key, self._read_account, False)
        if account is None:
            if len(self._nobody_until) >= _NOBODIES_AT_MOST:
                self._nobody_until.clear()
            self._nobody_until[key] = time.monotonic() + PACE_SECONDS
        return account

    async def route(
        self, e164: str, *, fresh: bool = False, inactive_too: bool = False
    ) -> Route | None:
        """Return whose number this is, or None when it is nobody's.

        `inactive_too`: also whose it was before it was switched off, for texts that come in.
        """
        if not e164:
            return None
        route: Route | None = await self._get(("route", e164), self._read_route, fresh)
        return route if route is None or route.is_active or inactive_too else None

    def forget(self, business_id: int | None = None) -> None:
        """Forget the lines of a business, or with None everything; also what is being read just now."""
        self._changes += 1
        if business_id is None:
            self._kept.clear()
            return
        gone = [
            key for key, (_, value) in self._kept.items()
            if isinstance(value, Route) and value.business_id == business_id
        ]  # fmt: skip
        for key in gone:
            del self._kept[key]

    @property
    def changes(self) -> int:
        """How often something was forgotten: what was read before the last time may be old."""
        return self._changes

    def keep(self, rows: Sequence[tuple[Any, ...]], changes: int) -> None:
        """Keep lines (rows of ROUTES_SQL) or accounts (of ACCOUNTS_SQL) read when `changes` was so many.

        They are dropped where something changed since.
        """
        if changes != self._changes:
            return
        for row in rows:
            if len(self._kept) >= _KEEP_AT_MOST:
                return
            now = time.monotonic()
            if len(row) == _COLUMNS_OF_ACCOUNTS:
                self._kept["account", row[4], row[5]] = (now, _account(row[:4]))
            else:
                self._kept["route", row[4]] = (now, _route(row))

    async def _freshly(self, key: tuple[str, ...]) -> Any:
        soon = self._soon.get(key)
        if soon is None:
            pause = self._freshened.get(key, 0.0) + PACE_SECONDS - time.monotonic()
            if pause <= 0 or key not in self._freshened:
                self._freshened[key] = time.monotonic()
                return await self._get(key, self._read_account, True)
            soon = self._soon[key] = asyncio.ensure_future(self._freshly_after(pause, key))
        return await asyncio.shield(soon)  # one who leaves does not take the read from the others

    async def _freshly_after(self, pause: float, key: tuple[str, ...]) -> Any:
        await asyncio.sleep(pause)
        # Whoever asks from here on may know of a rotation that this read no longer sees.
        del self._soon[key]
        self._freshened[key] = time.monotonic()
        return await self._get(key, self._read_account, True)

    async def _get(
        self, key: tuple[str, ...], read: Callable[..., Awaitable[Any]], fresh: bool
    ) -> Any:
        kept = self._kept.get(key)
        longest = KEEP_WHILE_TOLD_SECONDS if self.is_told else KEEP_SECONDS
        if kept is not None and not fresh and time.monotonic() - kept[0] < longest:
            return kept[1]
        changes = self._changes
        value = await read(*key[1:])
        if changes != self._changes:
            return value  # as it was, maybe, a moment ago: good for this one alone
        if len(self._kept) >= _KEEP_AT_MOST:
            self._kept.clear()
        if value is None:
            # Not remembered: a business that was made this second must be found the next.
            self._kept.pop(key, None)
        else:
            self._kept[key] = (time.monotonic(), value)
        return value

    async def _read_account(self, provider: str, account_sid: str) -> Account | None:
        row = await self._fetch(ACCOUNT_SQL, (provider, account_sid))
        return None if row is None else _account(row)

    async def _read_route(self, e164: str) -> Route | None:
        row = await self._fetch(ROUTE_SQL, (e164,))
        return None if row is None else _route(row)


def _account(row: tuple[Any, ...]) -> Account:
    try:
        secrets = tuple(decrypt(secret) for secret in row[2:] if secret)
        return Account(row[0], secrets, (row[1],) if row[1] else ())
    except Undecryptable:
        # Nothing verifies then: refused and counted, like any signature that does not fit.
        log.error("account_undecryptable", account=row[0])
        return Account(row[0], ())


def _route(row: tuple[Any, ...]) -> Route:
    posture = postures.strictest(*row[22:25])
    spans = tuple((day, opens, closes) for day, opens, closes in row[20])
    # What became a line with us after it was named is rung by none: calls went in circles.
    staff = tuple(phone for phone in row[7] if phone not in row[25])
    on_call = "" if row[18] in row[25] else row[18]
    known = [*row[:7], staff, *row[8:12], posture, *row[12:18], on_call, row[19]]
    fields: list[Any] = [*known, spans, tuple(row[21]), row[26]]
    return Route(*fields)
