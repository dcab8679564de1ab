"""A send whose answer never came: settled by asking the provider, never by sending again blindly.

telephony.md 2.4: creating a message has no idempotency key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.models import Message
from messaging.people import lock_person
from messaging.providers import provider
from messaging.providers.base import Found
from messaging.sending import (
    NO_ANSWER,
    Claimed,
    accept,
    as_text,
    credentials,
    explain_failure,
    fail,
    update,
)
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable

log = structlog.get_logger(__name__)

# The provider says twice that it has no such text before it is sent again.
ABSENCES_WANTED = 2
GIVE_UP_ASKING = timedelta(minutes=15)
_NEVER_CONFIRMED = "The provider never confirmed this text, so it was not sent again."


def ask(item: agenda.Item, text: Claimed, now: datetime) -> agenda.Answer:
    """A text that is `sending` and unanswered: wait for its receipt, then ask the provider."""
    began = text.unknown_since
    if began is None:
        # Its worker may still be talking to the provider; only after that can asking tell.
        longest = timedelta(seconds=settings.PROVIDER_TIMEOUT_SECONDS + 6)
        assert text.claimed_at is not None
        if now < text.claimed_at + longest:
            return Later(text.claimed_at + longest)
        began = now
        update(item.subject, "status = 'sending'", unknown_since=now)
    if not text.account_sid:
        fail(item, text, "UNKNOWN", _NEVER_CONFIRMED)
        return None
    taken = _provider_ids_of_others(text, item.subject)
    return Outside(partial(_look, item, text, taken), partial(_found, item, text, began))


def _look(item: agenda.Item, text: Claimed, taken: frozenset[str]) -> Found:
    """Ask the provider whether it took a text."""
    try:
        account = credentials(text)
    except Undecryptable:
        return Found("unknown")
    return provider(text.provider).find(account, as_text(item, text, timezone.now()), taken)


def _found(item: agenda.Item, text: Claimed, began: datetime, found: Found) -> Later | None:
    now = timezone.now()
    # A request that got no answer may still be lying at the provider: leave it more time.
    share = 5 if text.error_code == NO_ANSWER else 0.5
    pause = timedelta(seconds=max(1.0, settings.SETTLE_AFTER_SECONDS * share))
    if found.kind == "found":
        with transaction.atomic():
            lock_person(text.conversation_id)
            accept(item, text, found.message_id, found.status, now)
            if found.status in ("failed", "undelivered"):
                explain_failure(item, text, found.error_code)
        return None
    with transaction.atomic():
        lock_person(text.conversation_id)
        if found.kind == "absent":
            if text.absences + 1 < ABSENCES_WANTED:
                update(item.subject, "status = 'sending'", absences=text.absences + 1)
                return Later(now + pause)
            log.info("send_never_arrived", message=item.subject)
            update(
                item.subject,
                "status = 'sending' AND provider_id IS NULL",
                status="queued",
                claimed_at=None,
                unknown_since=None,
                absences=0,
                error_code="",
                error_sentence="",
            )
            return Later(now)
        if now - began > GIVE_UP_ASKING:
            fail(item, text, "UNKNOWN", _NEVER_CONFIRMED)
            return None
        return Later(now + min(timedelta(seconds=60), max(pause, (now - began) / 2)))


def _provider_ids_of_others(text: Claimed, message_id: str) -> frozenset[str]:
    found = (
        Message.objects.filter(
            conversation_id=text.conversation_id, direction="out", provider_id__isnull=False
        )
        .exclude(pk=message_id)
        .values_list("provider_id", flat=True)
    )
    return frozenset(str(provider_id) for provider_id in found)
