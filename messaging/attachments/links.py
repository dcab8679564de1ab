"""Addresses by which somebody without a sign-in gets exactly one file for some hours: signed, on the public host."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

# A provider fetches at once; a text that waited in its queue some hours later.
OUTLIVES = timedelta(hours=6)
_SIGNER = Signer(salt="ringback.media", sep=".")


def url_of(schema: str, attachment_id: UUID | str, until: datetime) -> str:
    """Return the address of a file that holds until `until` (aware).

    The same for the same three: a provider that is asked twice with one key must read one request.
    """
    token = _SIGNER.sign_object([schema, str(attachment_id), int(until.timestamp())])
    return f"{settings.PUBLIC_BASE_URL}/media/{token}/"


def urls_of_text(schema: str, media: list[dict[str, str]], expires_at: datetime) -> tuple[str, ...]:
    """Return the addresses a provider gets a text's files from (messaging.models.Message.media)."""
    until = expires_at + OUTLIVES
    return tuple(url_of(schema, each["id"], until) for each in media if each.get("id"))


def url_for_api(schema: str, attachment_id: str, now: datetime) -> str:
    """Return the address an API client gets a file from: for six hours, seven at most."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return url_of(schema, attachment_id, hour + timedelta(hours=1) + OUTLIVES)


def read(token: str, now: datetime) -> tuple[str, str]:
    """Return schema and attachment of an address. Raises BadSignature: never given out, or too old."""
    try:
        schema, attachment_id, until = _SIGNER.unsign_object(token)
    except BadSignature:
        raise
    except Exception:
        raise BadSignature("not one of ours") from None
    if now.timestamp() > until:
        raise BadSignature("too old")
    return schema, attachment_id
