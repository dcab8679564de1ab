"""What happens when a text came in: the handlers of settings.TEXT_RECEIVED_HANDLERS, STOP first.

A handler is called with (contact, message, event) in the transaction that stored the text, with
the contact's row locked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from messaging import alerts, consent, keywords, optout, policies
from messaging.clearance import EXPRESS_TEXT
from messaging.clearing import Occasion
from messaging.erasure import request_erasure
from messaging.instructions import ORDINARY, meaning_of, says_no, wants_erasure
from messaging.jurisdictions import current as current_rules
from messaging.models import ConsentEvent, Contact, Message
from messaging.numbers import national
from messaging.outbox import Draft, NotAllowed, cancel_waiting, queue
from messaging.people import needs_no_answer
from messaging.providers import provider
from messaging.providers.base import TextEvent
from messaging.refusals import keep_refusal
from messaging.services import sender_of
from messaging.upward import is_member_s
from tenants.models import Business
from tenants.scope import current_business, current_schema

# One confirmation within five minutes is presumed consented to; later there is none (R-REV-5).
CONFIRM_WITHIN = timedelta(minutes=5)
# Whoever could have meant STOP is left alone this long, unless he or the staff says otherwise (row 12).
PAUSED_FOR = timedelta(days=7)
log = structlog.get_logger(__name__)

# Bare words that answer a question as often as they refuse.
_SHORT_ANSWERS = frozenset({"no", "n", "nope", "nah", "done", "finished", "none", "?", "??", "."})
_BODIES = {
    "opt_out": "You're unsubscribed and won't get more texts from us. Reply START to resubscribe.",
    "opt_in": "You're subscribed again. Reply STOP to opt out, HELP for help.",
    "help": "Help at {phone}. Msg frequency varies. Msg&data rates may apply. Reply STOP to opt out.",
    "ambiguous": "Should we stop texting you? Reply STOP to stop. We won't text again unless you reply.",
}
_PURPOSES = {
    "opt_out": "confirm_stop", "opt_in": "resubscribed", "help": "help", "ambiguous": "clarify",
}  # fmt: skip


def obey(contact: Contact, message: Message, event: TextEvent) -> None:
    """Obey what a text says of consent before anything else sees it (compliance.md R-REV-2, R-REV-9).

    An opt-out is for the whole business and cancels what waits. What could be one pauses the
    business's machines, asks once, and tells the staff. Exactly one side confirms: the provider for
    the keywords it knows, we for the rest (R-REV-6).
    """
    now = message.created_at
    was_out = contact.opted_out_at is not None
    was_paused = contact.paused_until is not None and contact.paused_until > now
    # "Yes" means stop to somebody whom we asked by text, not to one whose voicemail was in doubt.
    was_asked = was_paused and _was_asked(contact)
    reading = meaning_of(event.body, event.opt_out, opted_out=was_out, paused=was_asked)
    is_short_answer = reading.by == "bare" and reading.matched in _SHORT_ANSWERS
    if is_short_answer and not was_paused and _answers_a_question(message):
        reading = ORDINARY
    if reading.label == "ambiguous" and is_member_s(contact.phone):
        # A member answers a caller by way of us: his doubtful words are about her, not about alerts.
        reading = ORDINARY
    if reading.label == "not_opt_out":
        _goes_on(contact, message, event, was_out, was_paused)
        return
    if reading.label == "opt_in" and was_out and not _may_lift(contact, event, reading):
        alerts.raise_alert(
            "WANTS_TEXTS_AGAIN", f"{contact} wants texts again, but the carrier still blocks them.",
            fix="Ask them by phone to text START.", subject=str(contact.pk), contact=contact, at=now,
        )  # fmt: skip
        return
    business = current_business()
    asked_lately = _asked_lately(contact, "help", now)
    clarified = _asked_lately(contact, "pause", now)
    kind = "pause" if reading.label == "ambiguous" else reading.label
    is_new = consent.record(
        contact,
        kind,
        at=now,
        channel="sms",
        raw_text=event.body,
        matched=reading.matched,
        matched_by=reading.by,
        classifier=optout.VERSION,
        provider=message.provider,
        provider_id=event.message_id,
        our_number=message.our_number,
        legal_entity=business.name,
        ruleset_version=current_rules().version,
        level=EXPRESS_TEXT if kind == "opt_in" else None,
    )
    if reading.label != "ambiguous":
        needs_no_answer(message, at_all=reading.label == "opt_out")
    if reading.label == "opt_out":
        cancel_waiting(message.conversation_id, business.pk, "The person opted out.")
        if wants_erasure(event.body):
            with _beside("erasure request"):
                request_erasure(contact, at=now)
    if reading.label == "ambiguous":
        contact.paused_until = now + PAUSED_FOR
        contact.save(update_fields=["paused_until"])
        alerts.raise_alert(
            "COULD_MEAN_STOP", f"{contact} wrote something that could mean “stop texting me”.",
            fix="Read it and decide: resume texts, or opt them out.", subject=str(contact.pk),
            contact=contact, at=now,
        )  # fmt: skip
    # Yes to our own question is no keyword that a provider confirms as an opt-out.
    confirmed = reading.by != "answer" and provider(message.provider).answers_keyword(event)
    changes = {"opt_out": not was_out, "opt_in": was_out}.get(reading.label, True)
    if is_new is not None and changes and not confirmed:
        occasion = Occasion(
            purpose=_PURPOSES[reading.label],
            asked_at=now,
            helped_at=asked_lately,
            clarified_at=clarified,
        )
        with _beside("confirmation"):
            _answer(contact, message, _BODIES[reading.label], occasion, business)


def _goes_on(
    contact: Contact, message: Message, event: TextEvent, was_out: bool, was_paused: bool
) -> None:
    """An ordinary text: it ends a pause, and the first one is consent to a conversation (1.2, level 4)."""
    if was_out:
        return  # words alone do not undo an opt-out: START does (R-REV-11)
    if not was_paused and contact.consent_level >= EXPRESS_TEXT:
        return
    business_id, name = _ours()
    common: dict[str, Any] = {
        "at": message.created_at, "channel": "sms", "raw_text": event.body,
        "provider": message.provider, "provider_id": event.message_id,
        "our_number": message.our_number, "legal_entity": name,
    }  # fmt: skip
    if was_paused:
        if says_no(event.body):
            return
        consent.record(contact, "resume", matched_by="answer", **common)
        policies.ask_held_again(business_id, message.conversation_id)
        alerts.resolve(
            "COULD_MEAN_STOP", str(contact.pk), by="their own answer", at=message.created_at
        )
    if contact.consent_level < EXPRESS_TEXT:
        consent.record(
            contact,
            "consent",
            level=EXPRESS_TEXT,
            scope="conversation",
            matched_by="text",
            **common,
        )


def _ours() -> tuple[int, str]:
    """Return the id and the name of the business whose schema this thread works in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name FROM public.tenants_business WHERE schema_name = %s",
            [current_schema()],
        )
        business_id, name = cursor.fetchone()
    return int(business_id), str(name)


def _answers_a_question(message: Message) -> bool:
    """Whether a bare word ("no", "done") answers what a member just asked: then it is just an answer."""
    last = (
        Message.objects.filter(
            conversation=message.conversation_id,
            direction="out",
            status__in=["sending", "sent", "delivered"],
            created_at__gt=message.created_at - timedelta(hours=24),
            created_at__lt=message.created_at,
        )
        .order_by("-created_at")
        .values_list("author", "body")
        .first()
    )
    return last is not None and last[0] == "person" and "?" in last[1]


@contextlib.contextmanager
def _beside(what: str) -> Iterator[None]:
    """Do something that must not undo the opt-out if it fails: what is in the ledger stays obeyed."""
    try:
        with transaction.atomic():
            yield
    except (OperationalError, InterfaceError):
        raise  # the connection is gone, and everything with it: the provider sends it again
    except Exception:
        log.exception("beside_the_opt_out", what=what)


def _may_lift(contact: Contact, event: TextEvent, reading: optout.Reading) -> bool:
    """Whether these words reopen texting (R-REV-11): START always; other words not a carrier's block."""
    if keywords.provider_answers(event.body) or event.opt_out or reading.by == "per_se":
        return True
    last = (
        ConsentEvent.objects.filter(contact=contact, kind="opt_out")
        .select_related("detail")
        .order_by("-seq")
        .first()
    )
    return (
        last is not None and last.channel == "sms" and not keywords.provider_answers(last.raw_text)
    )


def _was_asked(contact: Contact) -> bool:
    """Whether the last pause came of a text, which we answer with a question."""
    pauses = ConsentEvent.objects.filter(contact=contact, kind="pause").order_by("-seq")
    return pauses.values_list("channel", flat=True).first() != "voicemail"


def _asked_lately(contact: Contact, kind: str, now: datetime) -> datetime | None:
    """When this person last made us answer so: two machines must not help each other for ever (row 7)."""
    return (
        ConsentEvent.objects.filter(
            contact=contact, kind=kind, occurred_at__gt=now - timedelta(hours=24)
        )
        .exclude(channel="voicemail")
        .order_by("-occurred_at")
        .values_list("occurred_at", flat=True)
        .first()
    )


def _answer(
    contact: Contact, message: Message, body: str, occasion: Occasion, business: Business
) -> None:
    """Confirm what the provider does not: one text, nothing but the confirmation (R-REV-5, R-CTIA-7)."""
    draft = Draft(
        f"{business.name}: {body.format(phone=national(message.our_number))}",
        "system",
        author_name="The system",
        category="C0",
        occasion=occasion,
        expires_at=message.created_at + CONFIRM_WITHIN,
    )
    with contextlib.suppress(ValueError):
        try:
            queue(contact, draft, sender_of(business, contact), message.created_at)
        except NotAllowed as refused:
            keep_refusal(contact, draft, refused, message.created_at)
