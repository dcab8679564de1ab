"""What was reported lately and what became of it, for the API and the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from calls.intake.facts import PROVIDER
from calls.models import Call
from tenants.models import CallSource, EventState, ProviderEvent

STATUSES = ("waiting", "done", "ignored", "refused", "failed")


def events_of(business_id: int, source_id: int | None = None) -> QuerySet[ProviderEvent]:
    """Return a business's reported events, newest first."""
    found = ProviderEvent.objects.filter(provider=PROVIDER, business=business_id)
    if source_id is not None:
        found = found.filter(params__source=source_id)
    return found.order_by("-received_at", "-id")


def told(events: Sequence[ProviderEvent]) -> list[dict[str, Any]]:
    """Return events as they are shown, each with its call's decision; in the business's schema."""
    subjects = {event.subject for event in events if event.subject}
    calls = {
        call.provider_id: call
        for call in Call.objects.filter(provider=PROVIDER, provider_id__in=subjects)
    }
    names = dict(
        CallSource.objects.filter(
            pk__in={event.params.get("source") for event in events}
        ).values_list("pk", "name")
    )
    return [_row(event, calls.get(event.subject), names) for event in events]


def _row(event: ProviderEvent, call: Call | None, names: dict[int, str]) -> dict[str, Any]:
    params, report = event.params, event.params.get("report") or {}
    status = _status(event)
    decided = call if status == "done" and call is not None and call.decision else None
    sentence = event.note
    if decided is not None:
        sentence = (decided.receipt or {}).get("sentence", "")
    elif status == "done" and call is not None and not sentence:
        sentence = "The call is answered." if call.outcome == "answered" else "Noted."
    return {
        "id": event.pk,
        "source": params.get("source"),
        "source_name": names.get(params.get("source", 0), ""),
        "event_id": params.get("event", ""),
        "call_id": report.get("call_id", ""),
        "type": report.get("type", ""),
        "outcome": report.get("outcome", ""),
        "caller": report.get("caller", ""),
        "received_at": event.received_at,
        "repeats": params.get("repeats", 0),
        "status": status,
        "sentence": sentence,
        "call": call.pk if call is not None and status == "done" else None,
        "decision": decided.decision if decided is not None else "",
        "code": decided.decision_reason if decided is not None else "",
    }


def _status(event: ProviderEvent) -> str:
    if event.state == EventState.STORED:
        return "waiting"
    if event.state == EventState.REFUSED:
        return "refused"
    if event.state == EventState.PROCESSED:
        return "ignored" if event.note else "done"
    return "failed"
