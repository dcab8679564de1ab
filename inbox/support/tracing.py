"""Everything known of one call, or of one text, brought together from both floors. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from calls.models import Call
from inbox.proof import proof_of
from inbox.support.chain import (
    Heard,
    Known,
    Link,
    Moment,
    Sent,
    gap,
    in_order,
    lines_of,
    links,
)
from inbox.support.masking import Veil
from messaging.models import Message, Refusal
from tenants.models import AgendaItem, Business, PhoneNumber, ProviderEvent
from tenants.scope import business_scope

_MOST_EVENTS, _MOST_TEXTS = 60, 20
_RECEIPT = "messaging.status"
# What they write within so long may be an answer.
_ANSWERS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trace:
    """A chain as its page shows it. title names no person; texts: (title, address) of its texts."""

    business: Business
    kind: str
    pk: str
    title: str
    who: str
    links: list[Link]
    moments: list[Moment]
    facts: tuple[tuple[str, str], ...] = ()
    texts: list[tuple[str, str]] = field(default_factory=list)
    other: tuple[str, str] | None = None
    host_path: str = ""

    @property
    def rows(self) -> list[tuple[Moment, str]]:
        """The moments, each with the span since the one before in words."""
        return [(moment, gap(moment.since_ms)) for moment in self.moments]


def trace_call(business: Business, call_id: int, *, full: bool, now: datetime) -> Trace | None:
    """Return a call's chain, None where the business has no such call. full: nothing is masked."""
    veil = _veil(business, full)
    with business_scope(business.schema_name):
        call = Call.objects.select_related("contact__conversation").filter(pk=call_id).first()
        if call is None:
            return None
        texts = list(Message.objects.filter(call=call.pk).order_by("created_at")[:_MOST_TEXTS])
        refusals = list(Refusal.objects.filter(call=call.pk).order_by("at")[:_MOST_TEXTS])
        thread = getattr(call.contact, "conversation", None)
        replies = _replies(thread.pk if thread else None, call.started_at)
        folded = call.same_as_id
    events = _events([call.provider_id], business)
    receipts = _events([t.provider_id for t in texts if t.provider_id], business)
    waiting = _waiting(business, [str(call.pk)], [str(t.pk) for t in texts], events)
    text = next((t for t in texts if t.author == Message.Author.RULE), None)
    known = Known(
        now=now,
        heard=[_heard(e) for e in (*events, *receipts)],
        facts=list(call.facts),
        outcome=call.outcome,
        outcome_words=_outcome(call),
        decision=call.decision,
        decision_words=str((call.receipt or {}).get("sentence", "")),
        decided_at=call.decided_at,
        sent=_sent(text),
        refused=refusals[0].clearance.get("sentence", "") if refusals and not text else "",
        replied_at=replies[0].created_at if replies else None,
        replies=len(replies),
        waiting=waiting,
    )
    moments = [
        *_webhooks(events, veil),
        *_of_call(call, veil),
        *(m for t in texts for m in _of_text(t, business, veil)),
        *_webhooks(receipts, veil),
        *(_refused(r) for r in refusals),
        *(_replied(r, business, veil) for r in replies),
    ]
    return Trace(
        business, "call", str(call.pk), f"Call {call.pk} to {call.our_number}",
        veil.number(call.caller), links(known), in_order(moments),
        facts=tuple((name, str(veil.value(value))) for name, value in sorted(call.facts.items())),
        texts=[(_text_title(t), _text_url(business, t)) for t in texts],
        other=("The same call by another way", reverse("support-trace-call", args=[business.pk, folded]))
        if folded else None,
        host_path=f"/c/{thread.pk}/" if thread else "/",
    )  # fmt: skip


def trace_text(business: Business, text_id: str, *, full: bool, now: datetime) -> Trace | None:
    """Return a text's chain, None where the business has no such text. full: nothing is masked."""
    veil = _veil(business, full)
    with business_scope(business.schema_name):
        text = Message.objects.filter(pk=text_id).first()
        if text is None:
            return None
        inbound = text.direction == Message.Direction.IN
        replies = [] if inbound else _replies(text.conversation_id, text.created_at)
    events = _events([text.provider_id] if text.provider_id else [], business)
    known = Known(
        now=now,
        is_call=False,
        inbound=inbound,
        heard=[_heard(e) for e in events],
        sent=None if inbound else _sent(text),
        replied_at=replies[0].created_at if replies else None,
        replies=len(replies),
        waiting=_waiting(business, [], [str(text.pk)], events),
    )
    moments = [
        *_webhooks(events, veil),
        *_of_text(text, business, veil),
        *(_replied(r, business, veil) for r in replies),
    ]
    behind = None
    if text.call:
        behind = (
            "The call behind it",
            reverse("support-trace-call", args=[business.pk, text.call]),
        )
    return Trace(
        business, "text", str(text.pk), f"{text.get_direction_display()} text, {text.our_number}",
        veil.number(text.their_number), links(known), in_order(moments), other=behind,
        host_path=f"/c/{text.conversation_id}/",
    )  # fmt: skip


def _veil(business: Business, full: bool) -> Veil:
    own = PhoneNumber.objects.filter(business=business).values_list("e164", flat=True)
    return Veil(full, frozenset(own))


def _replies(thread: int | None, since: datetime) -> list[Message]:
    if thread is None:
        return []
    came = Message.objects.filter(
        conversation=thread, direction="in", created_at__gt=since, created_at__lt=since + _ANSWERS
    )
    return list(came.order_by("created_at")[:_MOST_TEXTS])


def _events(subjects: Sequence[str], business: Business) -> list[ProviderEvent]:
    """The stored webhooks of these provider ids. One that nobody's number fitted is shown as well."""
    if not subjects:
        return []
    found = ProviderEvent.objects.filter(subject__in=subjects).order_by("received_at", "pk")
    return [e for e in found[:_MOST_EVENTS] if e.business_id in (None, business.pk)]


def _waiting(
    business: Business, calls: Sequence[str], texts: Sequence[str], events: Iterable[ProviderEvent]
) -> list[tuple[datetime, str, bool]]:
    keys = [f"calls.settle:{business.pk}:{pk}" for pk in calls]
    keys += [f"messaging.deliver:{business.pk}:{pk}" for pk in texts]
    keys += [f"event:{event.pk}" for event in events]
    rows = AgendaItem.objects.filter(unique_key__in=keys)
    return [(row.due_at, row.last_error, row.state == "dead") for row in rows]


def _heard(event: ProviderEvent) -> Heard:
    return Heard(event.received_at, event.kind, event.state, event.note, event.kind == _RECEIPT)


def _sent(text: Message | None) -> Sent | None:
    if text is None:
        return None
    return Sent(
        status=text.status,
        created_at=text.created_at,
        claimed_at=text.claimed_at,
        sent_at=text.sent_at,
        delivered_at=text.delivered_at,
        held_until=text.held_until,
        error=" ".join(filter(None, [text.error_code, text.error_sentence])),
        hold=text.hold_code,
        attempts=text.attempts,
        answers=len(text.clearances or []),
    )


def _outcome(call: Call) -> str:
    because = f": {call.get_missed_because_display().lower()}" if call.missed_because else ""
    rang = f", rang {call.ring_seconds} s" if call.ring_seconds is not None else ""
    return f"{call.get_outcome_display()}{because}{rang}"


def _webhooks(events: Iterable[ProviderEvent], veil: Veil) -> list[Moment]:
    made = []
    for event in events:
        link = "Receipt" if event.kind == _RECEIPT else "Webhook"
        row = reverse("admin:tenants_providerevent_change", args=[event.pk])
        shown = veil.value(event.params)
        told = tuple((str(name), str(value)) for name, value in sorted(shown.items()))
        note = f"{event.get_state_display()}{f': {veil.text(event.note)}' if event.note else ''}"
        bad = event.state in ("failed", "refused", "unroutable")
        made.append(Moment(event.received_at, link, f"{event.kind} stored", note, told, row, bad))
        if event.processed_at:
            made.append(Moment(event.processed_at, link, f"{event.kind} read", "", (), row))
    return made


def _of_call(call: Call, veil: Veil) -> list[Moment]:
    made = [Moment(call.started_at, "Facts", "The call began", f"to {call.our_number}")]
    for name, what in (
        ("first_ring_end_at", "The ringing ended"),
        ("call_ended_at", "The call ended, by the provider's clock"),
    ):
        at = parse_datetime(str(call.facts.get(name) or ""))
        if at is not None and at.tzinfo is not None:
            made.append(Moment(at, "Facts", what))
    if call.ended_at:
        made.append(Moment(call.ended_at, "Outcome", _outcome(call)))
    if call.decided_at:
        receipt: dict[str, Any] = call.receipt or {}
        words = f"{call.decision}: {call.decision_reason}"
        told = lines_of(receipt.get("questions", []))
        said = veil.text(str(receipt.get("sentence", "")))
        made.append(
            Moment(call.decided_at, "Decision", words, f"{said} Rules version {call.rules_version}.",
                   tuple((a, veil.text(b)) for a, b in told))
        )  # fmt: skip
    return made


def _of_text(text: Message, business: Business, veil: Veil) -> list[Moment]:
    url = _text_url(business, text)
    if text.direction == Message.Direction.IN:
        return [Moment(text.created_at, "Reply", "Text came in", veil.words(text.body), (), url)]
    author = text.get_author_display()
    made = [Moment(text.created_at, "Send", f"Queued by: {author}", veil.words(text.body), (), url)]
    for entry in text.clearances or []:
        proof = proof_of(entry, status=text.status)
        if proof is None or proof.decided_at is None:
            continue
        told = (
            ("Code", proof.code), ("Rules", ", ".join(proof.rules)), ("Consent", proof.consent),
            ("Where they may be", proof.places), ("Rulebook", proof.ruleset),
            ("Policy", proof.policy), *((zone, clock) for zone, clock in proof.clocks),
        )  # fmt: skip
        made.append(
            Moment(proof.decided_at, "Gate", f"{proof.result}: {proof.code}",
                   veil.text(proof.sentence), tuple((a, veil.text(b)) for a, b in told if b), url,
                   proof.result == "never")
        )  # fmt: skip
    if text.claimed_at:
        tried = f"attempt {text.attempts}" if text.attempts else ""
        made.append(Moment(text.claimed_at, "Send", "Handed to the provider", tried, (), url))
    if text.unknown_since:
        said = f"asked since; absent {text.absences} times" if text.absences else "asked since"
        made.append(
            Moment(text.unknown_since, "Send", "No answer of the provider", said, (), url, True)
        )
    if text.sent_at:
        made.append(
            Moment(text.sent_at, "Send", "Taken by the provider", text.provider_id or "", (), url)
        )
    if text.delivered_at:
        made.append(Moment(text.delivered_at, "Receipt", "Delivered", "", (), url))
    return made


def _refused(refusal: Refusal) -> Moment:
    return Moment(
        refusal.at, "Gate", f"never: {refusal.code}", str(refusal.clearance.get("sentence", "")),
        is_bad=True,
    )  # fmt: skip


def _replied(reply: Message, business: Business, veil: Veil) -> Moment:
    return Moment(
        reply.created_at, "Reply", "They wrote", veil.words(reply.body), (), _text_url(business, reply)
    )  # fmt: skip


def _text_url(business: Business, text: Message) -> str:
    return reverse("support-trace-text", args=[business.pk, text.pk])


def _text_title(text: Message) -> str:
    return f"{text.get_author_display()}, {text.get_status_display().lower()}, {text.created_at:%H:%M:%S}"
