"""What the messages tell the rooms above, in the transaction in which it happens (config/wiring.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from messaging.models import Contact, Message
from messaging.people import text_arrived, text_did_not_arrive

log = structlog.get_logger(__name__)

# Whose texts somebody waits for: of a confirmation of ours nothing hangs.
WANTED = frozenset({"rule", "person", "api", "assistant"})
_LOST = frozenset({"failed", "undelivered"})


def text_queued(contact: Contact, message: Message) -> None:
    """Tell that a text was queued or held; the contact's row is locked (TEXT_QUEUED_HANDLERS)."""
    if message.author in WANTED:
        for path in settings.TEXT_QUEUED_HANDLERS:
            import_string(path)(contact, message)


def has_joined(purpose: str, phone: str) -> bool:
    """Whether a text is an alert to a member's own phone (E.164) that said JOIN (STAFF_PHONE_CHECK).

    Asked when it is queued and again before it leaves: he may have said STOP or left since.
    """
    return purpose == "staff_alert" and is_member_s(phone)


def is_member_s(phone: str) -> bool:
    """Whether a phone (E.164) said JOIN to alerts and is a member's still (STAFF_PHONE_CHECK)."""
    return bool(import_string(settings.STAFF_PHONE_CHECK)(phone))


def text_settled(message: Message, *, failed_before: bool = True) -> None:
    """Tell what became of a text: delivered, failed, undelivered or cancelled (TEXT_SETTLED_HANDLERS).

    failed_before: whether the conversation may say that one did not arrive, for who knows.
    """
    if message.author not in WANTED:
        return
    if message.status in _LOST:
        text_did_not_arrive(message.conversation_id, timezone.now())
    elif message.status == "delivered" and failed_before:
        text_arrived(message.conversation_id)
    for path in settings.TEXT_SETTLED_HANDLERS:
        import_string(path)(message)


def sent_is_told(message_author: str) -> bool:
    """Whether somebody wants to hear that the provider took this text (settings.LISTENING_CHECK)."""
    return message_author in WANTED and bool(import_string(settings.LISTENING_CHECK)())


def text_sent(message_id: str, author: str) -> None:
    """Tell that the provider took a text (TEXT_SENT_HANDLERS).

    That it took it stands whatever becomes of telling it: what fails here is taken back alone.
    """
    if author not in WANTED:
        return
    try:
        with transaction.atomic():
            for path in settings.TEXT_SENT_HANDLERS:
                import_string(path)(message_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("sent_not_told", message=message_id)


def texts_settled(message_ids: Iterable[str]) -> None:
    """Tell what became of several texts, as they are now."""
    for message in Message.objects.filter(pk__in=list(message_ids)):
        text_settled(message)


def consent_changed(contact: Contact, kind: str, channel: str, at: datetime) -> None:
    """Tell that somebody opted out, or in again (CONSENT_CHANGED_HANDLERS).

    A STOP stands whatever becomes of telling it: what fails here is taken back alone.
    """
    if not import_string(settings.LISTENING_CHECK)():
        return
    try:
        with transaction.atomic():
            for path in settings.CONSENT_CHANGED_HANDLERS:
                import_string(path)(contact, kind, channel, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("consent_not_told", contact=contact.pk, kind=kind)


def alert_changed(contact_id: int) -> None:
    """Tell that an alert about a person was raised or resolved (ALERT_CHANGED_HANDLERS)."""
    for path in settings.ALERT_CHANGED_HANDLERS:
        import_string(path)(contact_id)
