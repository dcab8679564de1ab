"""Provider accounts: what one needs, the addresses its provider calls, and a token that changes.

How a provider signs and what it wants is its adapter's to say; the adapter is a dotted path in the
settings, so that this room imports none of those above it.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tenants.models import ProviderAccount


def webhook_urls(provider: str, account_sid: str) -> dict[str, str]:
    """Return the addresses to enter at the provider for a number of this account."""
    base = f"{settings.PUBLIC_BASE_URL}/webhooks/{provider}"
    query = _adapter(provider).webhook_query(account_sid)
    paths = {
        "voice": "voice",
        "voice_status": "voice/status",
        "voice_fallback": "fallback",
        "messaging": "messaging",
        "messaging_status": "messaging/status",
        "messaging_fallback": "fallback",
    }
    return {name: f"{base}/{path}{query}" for name, path in paths.items()}


def account_problem(
    provider: str, account_sid: str, token: str, public_key: str, application_id: str
) -> tuple[str, str] | None:
    """Return (field, sentence) of what an account lacks at its provider, None when it can be used."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", account_sid):
        return "account-sid", "expected the provider's account id, letters, digits and hyphens"
    if len(application_id) > 64 or not application_id.isascii() or not application_id.isprintable():
        return "application-id", "expected the id of the provider's voice application"
    found: tuple[str, str] | None = _adapter(provider).account_problem(
        account_sid, token, public_key.strip(), application_id
    )
    return found


def _adapter(provider: str) -> Any:
    """Return the adapter by its dotted path: the rooms above are wired, not imported."""
    return import_string(settings.PROVIDERS[provider])()


def rotate_token(account: ProviderAccount, new_token: str) -> None:
    """Make `new_token` current and keep the old one, so that webhooks signed with it still verify."""
    new_token = new_token.strip()
    with transaction.atomic():
        # Two rotations at once must not both call the same token the previous one.
        kept = ProviderAccount.objects.select_for_update().get(pk=account.pk)
        if new_token != kept.auth_token:
            kept.previous_auth_token = kept.auth_token
            kept.auth_token = new_token
            kept.save(update_fields=["auth_token", "previous_auth_token"])
    account.auth_token, account.previous_auth_token = kept.auth_token, kept.previous_auth_token
