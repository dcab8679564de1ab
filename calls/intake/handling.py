"""A stored report becomes facts of a call, decided like any other (calls/services.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from calls.intake import facts, legs, twins
from calls.intake.events import CallReport, load
from calls.intake.facts import PROVIDER, Span
from calls.intake.legs import Told
from calls.models import Call
from calls.services import record_call
from calls.setup import Setup, current_setup
from messaging.models import Contact
from messaging.numbers import normalise
from messaging.people import lock_contact
from messaging.providers.base import VoiceEvent
from tenants import agenda
from tenants.agenda import Later, Next
from tenants.events import annotate, take_event
from tenants.models import ProviderEvent

# Events of one call: a group rings some phones, each a few times.
_LOOK_AT = 60


def handle_report(item: agenda.Item) -> agenda.Answer:
    """Agenda: merge one stored report into its call and decide it if it is over. Idempotent."""
    with transaction.atomic():
        mine, others = _told(int(item.subject))
        overtaken = mine is not None and legs.is_overtaken(mine, others)
        if mine is not None and not overtaken:
            until = legs.rings_on_until(mine, others, timezone.now())
            if until is not None:
                return Later(until)
        event = take_event(int(item.subject))
        if event is None:
            return None
        if overtaken:
            annotate(event.id, legs.OVERTAKEN)
            return None
        if "report" not in event.params or "fields" in event.params["body"]:
            # Processed again by support: nothing of the call was kept.
            annotate(event.id, "It was left aside when it came, and nothing of the call was kept.")
            return None
        setup = current_setup(item.schema, event.setup_version)
        report = facts.settled(load(event.params["report"]), event.received_at)
        key, line = event.params["call"], event.params["line"]
        why, text = _act(report, key, line, event.received_at, item.schema, setup)
        if why:
            annotate(event.id, why)
        return text


def _told(event_id: int) -> tuple[Told | None, list[Told]]:
    """Return an event of one phone among several, and what else was told of its call."""
    found = ProviderEvent.objects.filter(pk=event_id, params__report__leg__gt="")
    event = found.only("params", "received_at").first()
    if event is None:
        return None, []
    same = ProviderEvent.objects.filter(
        provider=PROVIDER, subject=event.params["call"], business=event.business_id
    ).exclude(pk=event_id)
    newest = same.order_by("-received_at").only("params", "received_at")[:_LOOK_AT]
    others = [
        Told(each.pk, load(each.params["report"]), each.received_at)
        for each in newest
        if "report" in each.params
    ]
    return Told(event.pk, load(event.params["report"]), event.received_at), others


def ignored_because(report: CallReport, own: frozenset[str] = frozenset()) -> str:
    """Return why a report is kept and nothing else is done, '' for one that is acted upon.

    own: the business's own numbers, in E.164.
    """
    if report.type == "test":
        return "A test: it arrived and was understood. Tests never text anybody."
    if report.direction != "inbound":
        return "A call your business made: nobody was missed."
    if report.type == "ringing":
        return "It still rings: we act when the call ends."
    caller = normalise(report.caller)
    if caller and caller in own | {normalise(report.called)}:
        return "Your own number called itself."
    return ""


def _act(
    report: CallReport, key: str, line: str, received_at: datetime, schema: str, setup: Setup
) -> tuple[str, Next | None]:
    """Record a settled report; return why it was left aside ('' when it was not), and a text to hand over."""
    why = ignored_because(report, setup.own_numbers)
    if why:
        return why, None
    phone = normalise(report.caller)
    # Contact first, always; and whoever holds it sees the call that came by another way, or is seen.
    contact = lock_contact(phone, received_at) if phone else None
    twin = twins.of_report(report, key, contact) if contact is not None else None
    if twin is not None and report.outcome == "answered" and _was_us(report, twin):
        if report.type == "answered":
            return "Your phone system forwarded the call, and our line picked up.", None
        report = replace(report, outcome="no_answer", answered_at=None, talk_seconds=None)
    text = _record(report, key, line, received_at, schema, setup, contact, twin)
    return "", text


def _was_us(report: CallReport, twin: Call) -> bool:
    return twin.provider != PROVIDER and facts.answered_by_us(
        report, Span(twin.started_at, twin.ended_at)
    )


def _record(
    report: CallReport, key: str, line: str, received_at: datetime, schema: str, setup: Setup,
    contact: Contact | None, twin: Call | None,
) -> Next | None:  # fmt: skip
    defers = twin is not None and report.outcome != "answered"
    first = facts.arrival(report)
    if twin is not None and defers:
        first["same_call"] = twin.pk
    assert report.started_at is not None
    begins = VoiceEvent(key, line, report.caller, report.started_at, first, starts=True)
    record_call(begins, PROVIDER, received_at, schema, setup)
    at = report.ended_at or report.answered_at or report.started_at
    # How our line answers says nothing of a call that it did not take: both events say so.
    last = VoiceEvent(key, line, report.caller, at, {**first, **facts.outcome(report, received_at)})
    if twin is not None and not defers:
        twins.call_off(twin, setup)
    text = record_call(last, PROVIDER, received_at, schema, setup)
    if twin is not None and contact is not None:
        mine = Call.objects.filter(provider=PROVIDER, provider_id=key).values_list("pk", flat=True)[
            0
        ]
        if defers:
            twins.fold_under(mine, twin.pk)
        else:
            twins.fold_under(twin.pk, mine)
    return text
