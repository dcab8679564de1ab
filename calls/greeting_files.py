"""Recorded greetings: checked by what they are, stored under a name nobody can guess."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signing import Signer

from calls import sounds
from tenants import agenda
from tenants.models import PhoneNumber

MAX_BYTES = 5 * 1024 * 1024
_OUTLIVES = timedelta(hours=1)
_SIGNER = Signer(salt="ringback.greeting")


class BadSound(ValueError):
    """What was uploaded cannot be a greeting; the text says why."""


def keep(content: bytes, schema: str) -> str:
    """Store an uploaded greeting and return its path. Raises BadSound.

    The name it came under is trusted for nothing.
    """
    if len(content) > MAX_BYTES:
        raise BadSound(f"The file is {len(content) / 1024**2:.1f} MB; at most 5 MB are taken.")
    kind = sounds.kind_of(content)
    if kind not in ("mp3", "wav"):
        raise BadSound("This is no MP3 or WAV file, whatever it is called.")
    if sounds.is_empty(content):
        raise BadSound("There is no sound in this file. Record it once more.")
    path = f"greetings/{schema}/{secrets.token_urlsafe(24)}.{kind}"
    return str(default_storage.save(path, ContentFile(content)))


def let_go(path: str, business_id: int, now: datetime) -> None:
    """Put the removal of a greeting that was replaced on the agenda: a call may be playing it yet."""
    agenda.put(
        "calls.forget_greeting", path.rpartition("/")[2], lane="housekeeping",
        business_id=business_id, due_at=now + _OUTLIVES,
    )  # fmt: skip


def forget_unused(item: agenda.Item) -> agenda.Answer:
    """Agenda: remove a greeting that no line plays any more. Idempotent."""
    path = f"greetings/{item.schema}/{item.subject}"
    if not PhoneNumber.objects.filter(greeting_recording=path).exists():
        default_storage.delete(path)
    return None


@lru_cache(maxsize=5_000)
def public_url(path: str) -> str:
    """Return the address a provider plays a greeting from: signed, so that no other path can be asked."""
    return f"{settings.PUBLIC_BASE_URL}/sound/greeting/{_SIGNER.sign(path)}"


def path_in(signed: str) -> str:
    """Return the path of a signed address. Raises BadSignature for one we never gave out."""
    return _SIGNER.unsign(signed)
