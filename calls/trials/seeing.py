"""The steps a test call was seen to take, read from the rows every call leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calls.models import Call, TestCall
from messaging.models import Message
from messaging.status import explain
from tenants.models import ProviderEvent

# What a step is called, in the order in which they come.
STEPS = {
    "placed": "Call placed",
    "webhook": "The provider tells us",
    "recorded": "Call written down",
    "ended": "The ringing ended",
    "decided": "Decided",
    "queued": "Text written",
    "accepted": "The provider takes it",
    "delivered": "Delivered",
    "replied": "The caller replies",
    "routed": "Reply in the conversation",
}
_NEVER = ("failed", "undelivered", "cancelled")


@dataclass(slots=True)
class Seen:
    """What is known of a test call by now.

    steps: [{"step", "title", "ms" since it was placed, "took" since what caused it, "detail"}];
    never: why the text did not arrive, '' while it still may.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    call: Call | None = None
    text: Message | None = None
    never: str = ""

    def has(self, step: str) -> bool:
        """Whether a step was seen."""
        return any(each["step"] == step for each in self.steps)


def see(test: TestCall, placed_at: datetime, replied_at: datetime | None) -> Seen:
    """Read everything there is about a test call; aware times, the database's clock throughout."""
    seen = Seen()

    def add(step: str, at: datetime | None, since: datetime | None, detail: str = "") -> None:
        if at is None:
            return
        took = max(0, round((at - since).total_seconds() * 1000)) if since else None
        ms = max(0, round((at - placed_at).total_seconds() * 1000))
        seen.steps.append(
            {"step": step, "title": STEPS[step], "ms": ms, "took": took, "detail": detail[:300]}
        )

    add("placed", placed_at, None)
    events = list(
        ProviderEvent.objects.filter(
            provider=test.provider, subject=test.provider_id, kind__startswith="voice"
        ).order_by("received_at")
    )
    call = Call.objects.filter(provider=test.provider, provider_id=test.provider_id).first()
    seen.call = call
    if events:
        add("webhook", events[0].received_at, placed_at)
        add("recorded", events[0].processed_at, events[0].received_at)
    if call is None or not call.decision or call.decided_at is None:
        return seen
    before = [event.received_at for event in events if event.received_at <= call.decided_at]
    ended_at = max(before, default=None)
    because = f": {call.get_missed_because_display()}" if call.missed_because else ""
    add("ended", ended_at, placed_at, f"{call.get_outcome_display()}{because}")
    sentence = (call.receipt or {}).get("sentence", "")
    add("decided", call.decided_at, ended_at, sentence)
    text = Message.objects.filter(call=call.pk, author="rule").first()
    seen.text = text
    if text is None:
        return seen
    add("queued", text.created_at, call.decided_at, text.body)
    add("accepted", text.sent_at, text.created_at)
    add("delivered", text.delivered_at, text.sent_at)
    if text.status in _NEVER:
        seen.never = text.error_sentence or explain(text.error_code, None).sentence
    if replied_at is not None:
        add("replied", replied_at, text.delivered_at)
        reply = (
            Message.objects.filter(
                conversation=text.conversation_id, direction="in", created_at__gte=replied_at
            )
            .order_by("created_at")
            .first()
        )
        add("routed", reply.created_at if reply else None, replied_at)
    return seen
