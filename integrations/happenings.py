"""What the rooms below tell (config/wiring.py), in the words of the event catalogue.

Each is called in the transaction in which it happened; where nobody listens it costs no statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from calls.decision import Decision
from calls.models import Call
from integrations import listening
from integrations.catalogue import moment
from integrations.telling import tell
from messaging.models import Alert, Contact, Conversation, Message
from messaging.providers.base import TextEvent
from tenants.models import new_id

# Somebody met this lately is new; whether that was told already is the key's to say.
_NEW = timedelta(minutes=10)
_MISSED = frozenset({"missed", "voicemail"})
_SETTLED = {
    "delivered": "text.delivered", "failed": "text.failed", "undelivered": "text.failed",
    "cancelled": "text.cancelled",
}  # fmt: skip
_HANDLED = {
    "assigned": "conversation.assigned", "team": "conversation.assigned",
    "closed": "conversation.closed", "reopened": "conversation.reopened",
}  # fmt: skip


def call_ended(call: Call, contact: Contact | None, decision: Decision) -> None:
    """A call was decided (settings.CALL_ENDED_HANDLERS)."""
    if call.is_test or call.same_as_id is not None or listening.here() is None:
        return
    if contact is not None:
        _greet(contact, call.started_at)
    name = "call.missed" if call.outcome in _MISSED else ""
    name = "call.answered" if call.outcome == "answered" else name
    if name:
        at = call.ended_at or call.decided_at or call.started_at
        tell(name, f"{name}:{call.pk}", _about_call(call, contact), at)


def voicemail_left(call: Call, contact: Contact) -> None:
    """A voicemail came, perhaps long after the call (settings.VOICEMAIL_LEFT_HANDLERS)."""
    if call.is_test or call.same_as_id is not None or listening.here() is None:
        return
    tell("voicemail.left", f"voicemail.left:{call.pk}", _about_call(call, contact), timezone.now())


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """A text came in (settings.TEXT_RECEIVED_HANDLERS); a member's own phone is no caller's."""
    if listening.here() is None or import_string(settings.STAFF_PHONE_CHECK)(contact):
        return
    _greet(contact, message.created_at)
    data = _about_text(message, contact)
    tell("reply.received", f"reply.received:{message.pk}", data, message.created_at)


def text_queued(contact: Contact, message: Message) -> None:
    """A text was queued or held (settings.TEXT_QUEUED_HANDLERS)."""
    if listening.here() is None:
        return
    _greet(contact, message.created_at)
    data = _about_text(message, contact)
    tell("text.queued", f"text.queued:{message.pk}", data, message.created_at)


def text_sent(message_id: str) -> None:
    """The provider took a text (settings.TEXT_SENT_HANDLERS)."""
    if listening.here() is None:
        return
    message = _with_contact().get(pk=message_id)
    at = message.sent_at or timezone.now()
    tell("text.sent", f"text.sent:{message.pk}", _of(message), at)


def text_settled(message: Message) -> None:
    """What became of a text is known (settings.TEXT_SETTLED_HANDLERS)."""
    name = _SETTLED.get(message.status)
    if name is None or listening.here() is None:
        return
    now = timezone.now()
    # As it stands in the database: whoever tells of it may have changed columns beside the row.
    tell(name, f"{name}:{message.pk}", _of(_with_contact().get(pk=message.pk)), now)


def consent_changed(contact: Contact, kind: str, channel: str, at: datetime) -> None:
    """Somebody opted out or in again (settings.CONSENT_CHANGED_HANDLERS)."""
    name = {"opt_out": "contact.opted_out", "opt_in": "contact.opted_in"}[kind]
    if listening.here() is None:
        return
    data = {
        "consent": {"kind": kind, "channel": channel, "at": moment(at)},
        "contact": _who(contact),
    }
    tell(name, f"{name}:{contact.pk}:{at.timestamp():.6f}", data, at)


def alert_changed(contact_id: int) -> None:
    """An alert about a person was raised or resolved (settings.ALERT_CHANGED_HANDLERS)."""
    if listening.here() is None:
        return
    since = timezone.now() - timedelta(hours=1)
    found = Alert.objects.filter(contact=contact_id, resolved_at=None, raised_at__gte=since)
    for alert in found.select_related("contact").order_by("pk")[:5]:
        assert alert.contact is not None
        told = {
            "id": alert.pk, "code": alert.code, "sentence": alert.sentence, "fix": alert.fix,
        }  # fmt: skip
        data = {"alert": told, "contact": _who(alert.contact)}
        key = f"conversation.escalated:{alert.pk}"
        tell("conversation.escalated", key, data, alert.raised_at)


def handled(kind: str, conversation_ids: Sequence[int], actor: Any, detail: dict[str, Any]) -> None:
    """Members handled conversations (settings.CONVERSATIONS_HANDLED_HANDLERS)."""
    name = _HANDLED.get(kind)
    if name is None or listening.here() is None:
        return
    to = str(detail.get("who") or detail.get("team") or "")
    now = timezone.now()
    for thread in Conversation.objects.filter(pk__in=conversation_ids).select_related("contact"):
        about = {"id": thread.pk, "by": str(actor.name), "to": to}
        # The same may happen to it again: each time is an event of its own.
        key = f"{name}:{thread.pk}:{new_id()}"
        tell(name, key, {"conversation": about, "contact": _who(thread.contact)}, now)


def promise_broken(
    promise_id: int, what: str, words: str, due_at: datetime, conversation_id: int
) -> None:
    """What a text promised was not kept in time."""
    if listening.here() is None:
        return
    contact = Contact.objects.get(conversation=conversation_id)
    about = {"id": promise_id, "what": what, "words": words, "due_at": moment(due_at)}
    data = {"promise": about, "contact": _who(contact)}
    tell("promise.broken", f"promise.broken:{promise_id}", data, due_at)


def contact_created(contact: Contact) -> None:
    """Somebody is new here, perhaps by hand; told once."""
    key = f"contact.created:{contact.pk}"
    tell("contact.created", key, {"contact": _who(contact)}, contact.created_at)


def _greet(contact: Contact, at: datetime) -> None:
    if contact.created_at >= at - _NEW:
        contact_created(contact)


def _with_contact() -> Any:
    return Message.objects.select_related("conversation__contact")


def _of(message: Message) -> dict[str, Any]:
    return _about_text(message, message.conversation.contact)


def _who(contact: Contact) -> dict[str, Any]:
    return {"id": contact.pk, "phone": contact.phone, "name": contact.name}


def _when(at: datetime | None) -> str | None:
    return moment(at) if at is not None else None


def _about_call(call: Call, contact: Contact | None) -> dict[str, Any]:
    receipt = call.receipt or {}
    about = {
        "id": call.pk, "outcome": call.outcome, "missed_because": call.missed_because,
        "our_number": call.our_number, "caller": call.caller,
        "started_at": moment(call.started_at), "ended_at": _when(call.ended_at),
        "ring_seconds": call.ring_seconds, "talk_seconds": call.talk_seconds,
        "decision": call.decision, "decision_reason": call.decision_reason,
        "sentence": str(receipt.get("sentence", "")),
    }  # fmt: skip
    return {"call": about, "contact": _who(contact) if contact is not None else None}


def _about_text(message: Message, contact: Contact) -> dict[str, Any]:
    about = {
        "id": str(message.pk), "conversation": message.conversation_id,
        # Being handed over this very moment is no state for others.
        "status": "queued" if message.status == "sending" else message.status,
        "author": message.author, "author_name": message.author_name, "body": message.body,
        "files": len(message.media or ()), "our_number": message.our_number,
        "their_number": message.their_number, "segments": message.segments, "call": message.call,
        "error_code": message.error_code, "error_sentence": message.error_sentence,
        "created_at": moment(message.created_at), "sent_at": _when(message.sent_at),
        "delivered_at": _when(message.delivered_at),
    }  # fmt: skip
    return {"text": about, "contact": _who(contact)}
