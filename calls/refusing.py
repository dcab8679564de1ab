"""What a voicemail says of texts: whoever plainly asks for none gets none, and a doubt waits for a person.

compliance.md R-REV-1, R-TCPA-10. The reader was made for texts, which are about texts. A voicemail is
about anything ("remove me from the list for tomorrow", "unsubscribe from your maintenance plan"), and
a machine wrote it down: only words that name our texts opt somebody out.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from calls.models import Call
from messaging import alerts, consent, optout
from messaging.inbound import PAUSED_FOR
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Conversation
from messaging.outbox import cancel_waiting
from messaging.standing import PAUSED
from tenants.scope import current_business

ALERT = "VOICEMAIL_SAYS_STOP"
_QUOTED = 160  # letters of a voicemail in an alert

_TEXTS = r"(?:texts?|texting|texted|txts?|sms|messages|messaging)"
_NAMED = re.compile(rf"\b{_TEXTS}\b", re.IGNORECASE)
# A list or a subscription of texts, named some words later.
_FROM_TEXTS = re.compile(
    rf"\b(?:unsubscribe|opt(?:ing)? (?:me )?out|take|remove|get)\b[^.!?]{{0,40}}\b{_TEXTS}\b",
    re.IGNORECASE,
)
# Of somebody else's phone ("don't text my wife"): whose texts are meant, a person decides.
_ANOTHER_S = re.compile(
    rf"\b{_TEXTS}(?: messages)?(?: to)? (?:my|his|her|him|their|them|our)\b", re.IGNORECASE
)
# How people close a voicemail.
_CLOSING = re.compile(
    r"\b(?:end|close) of (?:the |this |my )?(?:message|voicemail|recording)\b", re.IGNORECASE
)


def read(words: str) -> optout.Reading:
    """Return what a voicemail means for texts.

    opt_out: it names texts and wants none; ambiguous: it may mean that; not_opt_out: it does not.
    """
    words = _CLOSING.sub(" ", words)
    reading = optout.read(words)
    if reading.label == "opt_out":
        named = _NAMED.search(reading.matched) or _FROM_TEXTS.search(words)
        if named and not _ANOTHER_S.search(words):
            return reading
        return optout.Reading("ambiguous", reading.matched, reading.by)
    # Bare words ("no thanks") answer a question: a voicemail was asked none.
    if reading.label == "ambiguous" and reading.by != "bare":
        return reading
    return optout.Reading("not_opt_out", "", "")


def obey(contact: Contact, call: Call, words: str, now: datetime) -> None:
    """Opt somebody out whose voicemail plainly says so; pause and tell the staff where it may.

    Must run in a transaction that holds the contact's lock. The staff is told to listen either way: a
    machine wrote the words. While texts are paused nothing leaves but what a member lets go.
    """
    reading = read(words)
    if reading.label == "not_opt_out" or contact.opted_out_at is not None:
        return
    business = current_business()
    said: dict[str, Any] = {
        "at": now, "channel": "voicemail", "raw_text": words, "matched": reading.matched,
        "matched_by": reading.by, "classifier": optout.VERSION, "provider": call.provider,
        "provider_id": call.provider_id, "our_number": call.our_number,
        "legal_entity": business.name, "ruleset_version": current_rules().version,
    }  # fmt: skip
    if reading.label == "ambiguous":
        consent.record(contact, "pause", **said)
        contact.paused_until = now + PAUSED_FOR
        contact.save(update_fields=["paused_until"])
        alerts.raise_alert(
            PAUSED,
            f"{contact} said in a voicemail what could mean “no more texts”: “{_quote(words)}”",
            fix="Listen to it and decide: resume texts, or opt them out.",
            subject=str(contact.pk), contact=contact, at=now,
        )  # fmt: skip
        return
    consent.record(contact, "opt_out", **said)
    for conversation in Conversation.objects.filter(contact=contact.pk):
        cancel_waiting(conversation.pk, business.pk, "The person said in a voicemail: no texts.")
    alerts.raise_alert(
        ALERT,
        f"{contact} said in a voicemail that they want no texts. They were opted out.",
        fix="Listen to it. If a machine misheard, ask them by phone to text START.",
        subject=str(contact.pk), contact=contact, at=now,
    )  # fmt: skip


def _quote(words: str) -> str:
    """Return the words, or their end: what somebody wants is mostly said last."""
    return words if len(words) <= _QUOTED else f"…{words[-_QUOTED:].lstrip()}"
