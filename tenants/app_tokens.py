"""What apps of others carry instead of a key: tokens of an hour, each for one business (OAuth 2).

The library keeps them (by their SHA-256); here is how they look, and which key one stands for.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from oauth2_provider.models import RefreshToken
from oauth2_provider.scopes import BaseScopes

from tenants import api_scopes
from tenants.models import ApiKey, AppConsent

# Each begins with what it is, so that one that was published by mistake is found by machines.
ACCESS, REFRESH = "rba_", "rbr_"


def scopes_of_apps() -> dict[str, str]:
    """Return the scopes an app can ask for, each with its words."""
    return {
        name: words
        for name, words in api_scopes.SCOPES.items()
        if name not in api_scopes.NOT_FOR_APPS
    }


class AppScopes(BaseScopes):
    """The library's view of them. Nothing is given that was not asked for by name."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return all with their words."""
        return scopes_of_apps()

    def get_available_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return what any app may ask for."""
        return list(scopes_of_apps())

    def get_default_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return what an app gets that asks for nothing: nothing."""
        return []


def new_access_token(request: Any) -> str:
    """Return an access token of 256 random bits."""
    return f"{ACCESS}{secrets.token_urlsafe(32)}"


def new_refresh_token(request: Any) -> str:
    """Return a refresh token of 256 random bits."""
    return f"{REFRESH}{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """Return the hex SHA-256 by which a code or a token is kept (no salt needed at 256 random bits)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find(presented: str, now: datetime) -> ApiKey | None:
    """Return the living key that an access token stands for, with no more scopes than the token has; or None.

    `now` (aware) is written as last use at most once a minute.
    """
    found = (
        RefreshToken.objects.filter(
            access_token__token_checksum=digest(presented),
            access_token__expires__gt=now,
            revoked=None,
        )
        .values_list("token_family", "access_token__scope")
        .first()
    )
    if found is None:
        return None
    key = key_of(found[0], now)
    if key is None:
        return None
    granted = str(found[1]).split()
    # Never empty: a key without scopes may do everything.
    key.scopes = [name for name in key.scopes if name in granted]
    if not key.scopes:
        return None
    key.used(now)
    return key


def key_of(family: Any, now: datetime) -> ApiKey | None:
    """Return the key that is living at `now` (aware) of a family of tokens, or None."""
    consent = (
        AppConsent.objects.filter(token_family=family, token_family__isnull=False)
        .select_related("key__business__agency", "key__agency")
        .first()
    )
    key = consent.key if consent is not None else None
    return key if key is not None and key.is_live(now) else None
