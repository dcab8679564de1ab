"""Whose number is this, and whose account signed? Cached for a moment in each web process.

The hot path of a webhook asks the database nothing: accounts and lines are kept for a few seconds
and read again at once when they do not fit (an unknown number, a signature that fails).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tenants.fields import decrypt

KEEP_SECONDS = 3.0
_KEEP_AT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account with the secrets that sign for it, newest first."""

    id: int
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """A number of a business: whose it is, by which account, and how it answers."""

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


ACCOUNT_SQL = """
    SELECT id, auth_token, previous_auth_token FROM public.tenants_provideraccount
    WHERE provider = %s AND account_sid = %s
"""
ROUTE_SQL = """
    SELECT b.id, b.schema_name, n.account_id, b.suspended_at IS NOT NULL, n.e164, b.name,
           n.answering, n.staff_numbers, n.ring_seconds, n.press_one, n.greeting, n.voicemail
    FROM public.tenants_phonenumber n JOIN public.tenants_business b ON b.id = n.business_id
    WHERE n.e164 = %s AND n.is_active
"""
Fetch = Callable[[str, tuple[Any, ...]], Awaitable[tuple[Any, ...] | None]]


class Directory:
    """Answers by key from memory, or by one query when the answer is old or missing."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}

    async def account(
        self, provider: str, account_sid: str, *, fresh: bool = False
    ) -> Account | None:
        """Return a provider account, or None when there is none by that id."""
        if not account_sid:
            return None
        return await self._get(("account", provider, account_sid), self._read_account, fresh)

    async def route(self, e164: str, *, fresh: bool = False) -> Route | None:
        """Return whose number this is, or None when it is nobody's."""
        if not e164:
            return None
        return await self._get(("route", e164), self._read_route, fresh)

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
        return Account(row[0], tuple(decrypt(secret) for secret in row[1:] if secret))

    async def _read_route(self, e164: str) -> Route | None:
        row = await self._fetch(ROUTE_SQL, (e164,))
        if row is None:
            return None
        fields: list[Any] = [*row[:7], tuple(row[7]), *row[8:]]
        return Route(*fields)
