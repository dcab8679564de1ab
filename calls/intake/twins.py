"""One call that reaches us twice: forwarded to a line of ours, and reported by the phone system.

Both are calls of one person, and whoever handles either holds that person's lock: of two at once one
comes second and sees the first. The one that decides is shown; the other is folded under it.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from calls.decision import Decision
from calls.intake.events import CallReport
from calls.intake.facts import PROVIDER, RANG_AT_MOST, Span, answered_by_us, is_same, window
from calls.matching import Question
from calls.models import Call
from calls.outcome import Outcome, merge
from calls.setup import Setup
from calls.words import ago
from messaging.models import Contact, Message
from messaging.outbox import cancel_waiting

# Looked through at most: somebody who redials like mad still has one call at a moment.
_LOOK_AT = 10


def of_report(report: CallReport, key: str, contact: Contact) -> Call | None:
    """Return the call already known to us that a settled report is about, by another way than its own.

    key: the provider id of the reported call. Must run in a transaction that holds the contact.
    """
    mine = Call.objects.filter(provider=PROVIDER, provider_id=key, same_as__isnull=False)
    if (other := mine.values_list("same_as", flat=True).first()) is not None:
        return Call.objects.filter(pk=other).first()
    source = f"{key.partition(':')[0]}:"
    of_source = Call.objects.filter(
        contact=contact.pk, provider=PROVIDER, provider_id__startswith=source
    )
    found = (
        Call.objects.filter(contact=contact.pk, started_at__range=window(report), same_as=None)
        .exclude(outcome=Call.Outcome.IGNORED)
        .exclude(pk__in=of_source.values("pk"))
        # One that another report of this source is folded under is that one's.
        .exclude(pk__in=of_source.filter(same_as__isnull=False).values("same_as"))
    )
    calls = list(found.order_by("-started_at")[:_LOOK_AT])
    ended = report.ended_at or report.answered_at or report.started_at
    assert ended is not None
    return min(calls, key=lambda call: abs(call.started_at - ended), default=None)


def fold_under(call_id: int, other_id: int) -> None:
    """Fold one call under another: it has no entry, no decision and no figure of its own."""
    Call.objects.filter(pk=call_id).update(same_as=other_id)


def call_off(twin: Call, setup: Setup) -> None:
    """The phone system says somebody took the call after all: a text that has not left does not go."""
    text = Message.objects.filter(call=twin.pk, author="rule").first()
    if text is not None:
        sentence = "Your phone system says the call was answered."
        cancel_waiting(text.conversation_id, setup.business_id, sentence, call=twin.pk)


def settled_already(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> Decision | None:
    """Return what is decided of a call before any rule is asked, None for nearly every call.

    It is the same call as one that has its answer; or its report came too late to text anybody.
    """
    if call.facts.get("same_call"):
        return _same(setup, "the call is known by another way")
    if outcome.is_missed and call.facts.get("came_too_late"):
        return _too_late(call, setup, now)
    if not setup.hears_reports or contact is None or call.provider == PROVIDER:
        return None
    for other in _reports_of(call, contact):
        if other.outcome == Call.Outcome.ANSWERED:
            report = _report_of(other)
            if answered_by_us(report, Span(call.started_at, call.ended_at)):
                fold_under(other.pk, call.pk)
                return None
            return _defer(call, other, setup, "your phone system says it was answered")
        text = Message.objects.filter(call=other.pk, author="rule")
        if text.exclude(status__in=["cancelled", "failed"]).exists():
            return _defer(call, other, setup, "your phone system's report was answered by a text")
        # The report led to no text; what was said on this call may allow one.
        fold_under(other.pk, call.pk)
        return None
    return None


def _reports_of(call: Call, contact: Contact) -> list[Call]:
    """Return the reported calls that a call on our line can be, nearest first."""
    taken = Call.objects.filter(contact=contact.pk, same_as__isnull=False).exclude(pk=call.pk)
    near = Call.objects.filter(
        contact=contact.pk, provider=PROVIDER, same_as=None,
        started_at__lte=call.started_at + RANG_AT_MOST,
    ).filter(Q(ended_at=None) | Q(ended_at__gte=call.started_at - RANG_AT_MOST))  # fmt: skip
    near = near.exclude(pk__in=taken.exclude(provider=PROVIDER).values("same_as"))
    found = list(near.order_by("-started_at")[:_LOOK_AT])
    fitting = [other for other in found if is_same(_report_of(other), call.started_at)]
    return sorted(fitting, key=lambda c: abs((c.ended_at or c.started_at) - call.started_at))[:1]


def _report_of(call: Call) -> CallReport:
    """Return a reported call as far as being the same call asks."""
    is_answered = call.outcome == Call.Outcome.ANSWERED
    # The moment of the answer is known while they talk, and afterwards if it was told how long.
    told = call.ended_at is None or call.talk_seconds is not None
    until = call.facts.get("first_ring_end_at") if told else None
    return CallReport(
        event_id="",
        call_id=call.provider_id,
        type="ended" if call.ended_at else "answered",
        outcome="answered" if is_answered else "no_answer",
        started_at=call.started_at,
        answered_at=datetime.fromisoformat(until) if is_answered and until else None,
        ended_at=call.ended_at,
        started_known=not call.facts.get("start_unknown"),
    )


def _defer(call: Call, other: Call, setup: Setup, why: str) -> Decision:
    call.facts = merge(call.facts, {"same_call": other.pk})
    fold_under(call.pk, other.pk)
    return _same(setup, why)


def _same(setup: Setup, why: str) -> Decision:
    asked = Question("Do we know this call already?", why, "yes", False)
    sentence = "No text here: it is one call that reached us twice, and it has its answer."
    return Decision("skip", "SAME_CALL", sentence, questions=(asked,), version=setup.rules.version)


def _too_late(call: Call, setup: Setup, now: datetime) -> Decision:
    late = ago(now - (call.ended_at or call.started_at))
    asked = Question("Is it still timely?", f"reported {late} after the call", "no", False)
    sentence = f"No text: the call was {late} ago, too late to help."
    return Decision("skip", "EXPIRED", sentence, questions=(asked,), version=setup.rules.version)
