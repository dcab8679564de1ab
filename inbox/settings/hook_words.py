"""What the pages of integrations say: when each event is told, and how an endpoint or a delivery does."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Delivery, Endpoint

WHEN = {
    "call.missed": gettext_lazy("A call was missed"),
    "call.answered": gettext_lazy("A call was answered and is over"),
    "voicemail.left": gettext_lazy("A caller left a voicemail"),
    "text.queued": gettext_lazy("A text was queued or is held"),
    "text.sent": gettext_lazy("The provider took a text"),
    "text.delivered": gettext_lazy("A text reached the phone"),
    "text.failed": gettext_lazy("A text will not arrive"),
    "text.cancelled": gettext_lazy("A text was called off before it left"),
    "reply.received": gettext_lazy("Somebody texted you"),
    "contact.created": gettext_lazy("Somebody is new"),
    "contact.opted_out": gettext_lazy("Somebody may no longer be texted"),
    "contact.opted_in": gettext_lazy("Somebody may be texted again"),
    "conversation.escalated": gettext_lazy("Somebody of you has to see to a person"),
    "conversation.assigned": gettext_lazy("A conversation was given to somebody"),
    "conversation.closed": gettext_lazy("A conversation was closed"),
    "conversation.reopened": gettext_lazy("A conversation was opened again"),
    "promise.broken": gettext_lazy("A promise of a text was not kept in time"),
}


def state_of(endpoint: Endpoint) -> tuple[str, str]:
    """Return how an endpoint does: the colour of its badge, and words."""
    if not endpoint.is_active:
        return "bad" if endpoint.disabled_why in ("gone", "failing") else "", _("Switched off")
    if endpoint.failing_since is not None:
        return "warn", _("Failing")
    if endpoint.last_success_at is None:
        return "", _("Nothing sent yet")
    return "good", _("Working")


def why_off(why: str) -> str:
    """Return why an endpoint was switched off, '' where its owners did it."""
    if why == "gone":
        return _("The address answered that it wants no more events (410).")
    if why == "failing":
        return _("For five days nothing reached the address. Mend it, then switch it on again.")
    return ""


def state_of_delivery(delivery: Delivery) -> tuple[str, str]:
    """Return what became of a delivery: the colour of its badge, and words."""
    if delivery.state == "delivered":
        return "good", _("Delivered")
    if delivery.state == "waiting":
        return ("warn", _("Tried again")) if delivery.attempts else ("", _("Waiting"))
    return "bad", _("Given up") if delivery.state == "gave_up" else _("Not sent")
