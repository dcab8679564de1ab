"""Phone systems a business has connected: added, given a new secret, paused, taken away.

Each verb runs in the business's schema, where it leaves its entry in the audit log.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from calls.intake.mappings import KEYED, MAPPINGS
from calls.intake.signing import PREFIX
from messaging import audit
from tenants.models import Business, CallSource, PhoneNumber

MOST = 20
KEYED_NAME = "API key"


class SourceError(ValueError):
    """A choice that cannot be taken; field as the form names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def new_secret() -> str:
    """Return a fresh secret in the form of Standard Webhooks (telephony.md 6.3)."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def add(
    business: Business, *, name: str, mapping: str, line: str, by: str, at: datetime
) -> CallSource:
    """Connect a phone system; its secret is readable on the returned row. Raises SourceError."""
    name = _name(name)
    if mapping not in MAPPINGS:
        raise SourceError("mapping", "Choose one of the phone systems.")
    number = PhoneNumber.objects.filter(business=business, e164=line, is_active=True).first()
    if number is None:
        raise SourceError("line", "Choose the line that texts leave from.")
    with transaction.atomic():
        _hold(business)
        mine = CallSource.objects.filter(business=business)
        if mine.filter(name__iexact=name).exists():
            raise SourceError("name", "You have a phone system of this name already.")
        if mine.count() >= MOST:
            raise SourceError("name", f"At most {MOST} phone systems can be connected.")
        source = _make(business, name, mapping, number)
        _note("source.add", source, by, at, {"system": mapping, "line": number.e164[-4:]})
    return source


def for_keys(business: Business, line: PhoneNumber) -> CallSource:
    """Return the source that stands for events sent with an API key, made at the first of them."""
    known = CallSource.objects.filter(business=business, mapping=KEYED).first()
    if known is not None:
        return known
    with transaction.atomic():
        _hold(business)
        known = CallSource.objects.filter(business=business, mapping=KEYED).first()
        return known or _make(business, KEYED_NAME, KEYED, line)


def change_line(source: CallSource, line: str, *, by: str, at: datetime) -> None:
    """Let texts about a source's calls leave from another line. Raises SourceError."""
    number = PhoneNumber.objects.filter(
        business=source.business_id, e164=line, is_active=True
    ).first()
    if number is None:
        raise SourceError("line", "Choose the line that texts leave from.")
    with transaction.atomic():
        source.line = number
        source.save(update_fields=["line"])
        _note("source.line", source, by, at, {"line": number.e164[-4:]})


def rotate(source: CallSource, *, by: str, at: datetime) -> str:
    """Give a source a new secret and return it; the one before verifies until `retire` or the next."""
    secret = new_secret()
    _exchange(source, secret, "source.rotate", by, at)
    return secret


def paste(source: CallSource, secret: str, *, by: str, at: datetime) -> None:
    """Keep the secret that the phone system made itself. Raises SourceError."""
    secret = secret.strip()
    if not 8 <= len(secret) <= 300 or not secret.isascii() or not secret.isprintable():
        raise SourceError(
            "secret", "Paste the key as the phone system shows it, 8 characters at least."
        )
    _exchange(source, secret, "source.paste", by, at)


def retire(source: CallSource, *, by: str, at: datetime) -> None:
    """Let the secret before the last exchange verify nothing any more."""
    with transaction.atomic():
        source.previous_secret = ""
        source.save(update_fields=["previous_secret"])
        _note("source.retire", source, by, at, {})


def set_active(source: CallSource, is_active: bool, *, by: str, at: datetime) -> None:
    """Pause a source (its events are kept and not acted upon) or let it go on."""
    with transaction.atomic():
        source.is_active = is_active
        source.save(update_fields=["is_active"])
        _note("source.resume" if is_active else "source.pause", source, by, at, {})


def remove(source: CallSource, *, by: str, at: datetime) -> None:
    """Take a source away: its address answers 404 from now on. Calls it reported stay."""
    with transaction.atomic():
        _note("source.remove", source, by, at, {})
        Business.objects.filter(pk=source.business_id).update(setup_version=F("setup_version") + 1)
        source.delete()


def _make(business: Business, name: str, mapping: str, line: PhoneNumber) -> CallSource:
    source = CallSource.objects.create(
        business=business,
        name=name,
        mapping=mapping,
        token=secrets.token_urlsafe(24),
        secret=new_secret(),
        line=line,
    )
    # From now on a call may be known by two ways: workers read the set-up again.
    Business.objects.filter(pk=business.pk).update(setup_version=F("setup_version") + 1)
    return source


def _exchange(source: CallSource, secret: str, action: str, by: str, at: datetime) -> None:
    with transaction.atomic():
        source.previous_secret, source.secret = source.secret, secret
        source.save(update_fields=["secret", "previous_secret"])
        _note(action, source, by, at, {})


def _hold(business: Business) -> None:
    """One at a time for each business."""
    Business.objects.select_for_update().get(pk=business.pk)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise SourceError("name", "Give it a name of at most 80 characters.")
    return name


def _note(action: str, source: CallSource, by: str, at: datetime, detail: dict[str, str]) -> None:
    known = {"source": source.pk, "name": source.name, **detail}
    audit.note(action, actor=by, door="page", at=at, detail=known)
