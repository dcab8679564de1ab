"""What a voicemail says of texts: whoever asks for none gets none (compliance.md R-REV-1, R-TCPA-10)."""

from __future__ import annotations

from datetime import datetime

from calls.models import Call
from messaging import alerts, consent, optout
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Conversation
from messaging.outbox import cancel_waiting
from tenants.scope import current_business

ALERT = "VOICEMAIL_SAYS_STOP"


def obey(contact: Contact, call: Call, words: str, now: datetime) -> bool:
    """Opt somebody out whose voicemail says so; returns whether it did.

    Must run in a transaction that holds the contact's lock. A machine wrote the words, so the staff
    is told to listen: a text too few can be made good, one too many cannot.
    """
    reading = optout.read(words)
    if reading.label != "opt_out" or contact.opted_out_at is not None:
        return False
    business = current_business()
    is_new = consent.record(
        contact, "opt_out", at=now, channel="voicemail", raw_text=words, matched=reading.matched,
        matched_by=reading.by, classifier=optout.VERSION, provider=call.provider,
        provider_id=call.provider_id, our_number=call.our_number, legal_entity=business.name,
        ruleset_version=current_rules().version,
    )  # fmt: skip
    for conversation in Conversation.objects.filter(contact=contact.pk):
        cancel_waiting(conversation.pk, business.pk, "The person said in a voicemail: no texts.")
    alerts.raise_alert(
        ALERT,
        f"{contact} said in a voicemail that they want no texts. They were opted out.",
        fix="Listen to it. If a machine misheard, ask them by phone to text START.",
        subject=str(contact.pk), contact=contact, at=now,
    )  # fmt: skip
    return is_new is not None
