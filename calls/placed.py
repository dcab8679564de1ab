"""What became of a call a member placed: told by the provider, kept as facts of the call.

Two webhooks say it, in any order and any number of times: how the ringing of the person ended, and
how the member's own leg did. Only a talk ends what waits: a placed call alone reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from calls.models import Call
from calls.outcome import SHORT_TALK_SECONDS, merge
from messaging.models import Contact
from messaging.numbers import normalise
from messaging.providers import provider
from tenants import agenda, live
from tenants.events import Event, take_event
from tenants.scope import current_business

CALL_BACK = "calls.call_back"
PATH = "placed"  # below the provider's voice webhook
KNOWN = frozenset({"dial_status", "dial_bridged", "dial_seconds", "call_status", "call_seconds"})


def query(call_id: int) -> str:
    """Return the query by which a webhook names the call: a provider may give it no id at first."""
    return f"?call={call_id}"


def spoke(facts: Mapping[str, Any]) -> bool:
    """Whether the person who was called picked up and they talked (telephony.md 1.4).

    Whoever reaches a voicemail hangs up within seconds: that is no talk.
    """
    bridged = str(facts.get("dial_bridged", "")).lower()
    talked = int(facts.get("dial_seconds") or 0) >= SHORT_TALK_SECONDS
    ended_so = facts.get("dial_status") in ("completed", "answered")
    return talked and (bridged == "true" or (not bridged and ended_so))


def rang(facts: Mapping[str, Any]) -> bool:
    """Whether the person's phone was rung at all, whoever picked up: they were called."""
    return facts.get("dial_status") in ("completed", "answered", "no-answer", "busy")


def handle_placed_event(item: agenda.Item) -> None:
    """Agenda: merge one webhook about a placed call into its facts. Idempotent."""
    with transaction.atomic():
        event = take_event(int(item.subject))
        if event is None:
            return
        call = _call_of(event)
        if call is None:
            return
        kind = "voice.dial" if event.params.get("DialCallStatus") else "voice.status"
        said = provider(event.provider).voice_event(kind, event.params, event.received_at)
        take_in(call, said.facts, said.at)


def take_in(call: Call, said: Mapping[str, Any], at: datetime) -> None:
    """Merge what a provider says of a placed call, locked with its contact, whoever asked for it.

    said: facts of calls.outcome, of which those of KNOWN count; at: when it happened (aware).
    """
    before, rung_before = spoke(call.facts), rang(call.facts)
    known = {name: value for name, value in said.items() if name in KNOWN}
    call.facts = merge(call.facts, known)
    if known:
        call.ended_at = max(at, call.ended_at or at)
    if spoke(call.facts):
        call.talk_seconds = int(call.facts["dial_seconds"])
    call.save(update_fields=["facts", "ended_at", "talk_seconds"])
    if call.facts.get("call_status"):
        # Its end is known: nobody need ask for it (calls/placing_settled.py).
        agenda.drop(CALL_BACK, str(call.pk), current_business().pk)
    if rang(call.facts) and not rung_before and call.contact_id is not None:
        _tell(settings.CALL_RANG_HANDLERS, call.contact_id)
    if spoke(call.facts) and not before and call.contact_id is not None:
        _tell(settings.CALLED_BACK_HANDLERS, call.contact_id)
    show(call)


def locked(call_id: int) -> Call | None:
    """Lock and return a placed call, its contact first, always; None where there is none."""
    contact = Contact.objects.filter(calls=call_id).values_list("pk", flat=True).first()
    if contact is not None:
        Contact.objects.select_for_update().get(pk=contact)
    call = Call.objects.select_for_update().filter(pk=call_id).first()
    return call if call is not None and (call.facts or {}).get("placed_phone") else None


def _call_of(event: Event) -> Call | None:
    """Lock and return the call a webhook is about; None where its numbers are another call's.

    The address names it, which not every provider signs; the numbers stand in what is signed.
    """
    named = str(event.params.get("call", ""))
    if not (named.isascii() and named.isdigit() and len(named) < 19):
        return None
    call = locked(int(named))
    if call is None or call.provider != event.provider:
        return None
    numbers = [normalise(str(event.params.get(name, ""))) for name in ("From", "To")]
    return call if numbers == [call.our_number, call.facts["placed_phone"]] else None


def _tell(paths: Sequence[str], contact_id: int) -> None:
    """Tell the rooms above that a person's phone rang, or that he was spoken with."""
    for path in paths:
        import_string(path)(contact_id, timezone.now())


def show(call: Call) -> None:
    """Let the thread of a call be drawn again."""
    threads = Contact.objects.filter(calls=call.pk).values_list("conversation", flat=True)
    for conversation in threads:
        if conversation is not None:
            live.changed(conversation)
