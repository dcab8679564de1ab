"""Whose number is this, and whose account signed? Cached for a moment in each web process.

The hot path of a webhook asks the database nothing: accounts and lines are kept for a few seconds
and read again at once when they do not fit (an unknown number, a signature that fails).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from tenants import postures
from tenants.fields import Undecryptable, decrypt

log = structlog.get_logger(__name__)

KEEP_SECONDS = 3.0
# Anybody can name any account and sign it wrongly; that must not keep the database busy. An id that
# is nobody's is remembered so long, and an account is not read afresh more often than this.
PACE_SECONDS = 1.0
_KEEP_AT_MOST = 20_000
_NOBODIES_AT_MOST = 5_000


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

    is_active: False for a number that was switched off: a call or a receipt to it is nobody's, yet
    somebody who texts STOP to it is obeyed.
    """

    business_id: int
    schema: str
    account_id: int
    is_suspended: bool
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


ACCOUNT_SQL = """
    SELECT id, public_key, auth_token, previous_auth_token FROM public.tenants_provideraccount
    WHERE provider = %s AND account_sid = %s
"""
ROUTE_SQL = """
    SELECT b.id, b.schema_name, n.account_id, b.suspended_at IS NOT NULL, n.e164, b.name,
           n.answering, n.staff_numbers, n.ring_seconds, n.press_one, n.greeting, n.voicemail,
           n.is_active, n.ring_order, n.greeting_recording, n.consent_digit, n.consent_prompt,
           n.emergency_digit, n.emergency_number, b.timezone, coalesce(h.spans, '[]'),
           coalesce(h.closed, '[]'), b.posture, a.posture_floor, n.posture,
           (SELECT coalesce(json_agg(o.e164), '[]')
            FROM (SELECT jsonb_array_elements_text(n.staff_numbers)
                  UNION SELECT n.emergency_number) rung(e164)
            JOIN public.tenants_phonenumber o ON o.e164 = rung.e164 AND o.is_active)
    FROM public.tenants_phonenumber n JOIN public.tenants_business b ON b.id = n.business_id
    JOIN public.tenants_agency a ON a.id = b.agency_id
    LEFT JOIN public.tenants_compiledhours h ON h.business_id = b.id
    WHERE n.e164 = %s
"""
Fetch = Callable[[str, tuple[Any, ...]], Awaitable[tuple[Any, ...] | None]]


class Directory:
    """Answers by key from memory, or by one query when the answer is old or missing."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
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
        if kept is not None and not fresh and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        value = await read(*key[1:])
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
        if row is None:
            return None
        try:
            secrets = tuple(decrypt(secret) for secret in row[2:] if secret)
            return Account(row[0], secrets, (row[1],) if row[1] else ())
        except Undecryptable:
            # Nothing verifies then: refused and counted, like any signature that does not fit.
            log.error("account_undecryptable", provider=provider, account=row[0])
            return Account(row[0], ())

    async def _read_route(self, e164: str) -> Route | None:
        row = await self._fetch(ROUTE_SQL, (e164,))
        if row is None:
            return None
        posture = postures.strictest(*row[22:25])
        spans = tuple((day, opens, closes) for day, opens, closes in row[20])
        # What became a line with us after it was named is rung by none: calls went in circles.
        staff = tuple(phone for phone in row[7] if phone not in row[25])
        on_call = "" if row[18] in row[25] else row[18]
        known = [*row[:7], staff, *row[8:12], posture, *row[12:18], on_call, row[19]]
        fields: list[Any] = [*known, spans, tuple(row[21])]
        return Route(*fields)
