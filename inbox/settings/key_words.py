"""What the page of API keys says of scopes and of keys, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.models import ApiKey

SCOPES = {
    "calls:read": gettext_lazy("Read calls and why each was texted or not"),
    "calls:write": gettext_lazy("Report calls of other phone systems and call people back"),
    "contacts:read": gettext_lazy("Read people, their numbers and fields"),
    "contacts:write": gettext_lazy("Add and change people"),
    "conversations:read": gettext_lazy("Read conversations and notes"),
    "conversations:write": gettext_lazy(
        "Assign, snooze, close and tag conversations, and write notes"
    ),
    "messages:read": gettext_lazy("Read texts"),
    "messages:send": gettext_lazy("Send texts"),
    "templates:read": gettext_lazy("Read ready texts"),
    "templates:write": gettext_lazy("Change ready texts"),
    "rules:read": gettext_lazy("Read, check and try rules"),
    "rules:write": gettext_lazy("Publish rules"),
    "hours:read": gettext_lazy("Read opening hours"),
    "hours:write": gettext_lazy("Change opening hours"),
    "settings:read": gettext_lazy(
        "Read what may be texted, limits and how soon people are answered"
    ),
    "settings:write": gettext_lazy(
        "Change what may be texted and how soon people are answered, and lower limits"
    ),
    "consent:read": gettext_lazy("Read the consent ledger and ask whether a number may be texted"),
    "consent:write": gettext_lazy("Record consent and opt-outs"),
    "exports:read": gettext_lazy("Export evidence and data"),
    "members:read": gettext_lazy("Read members"),
    "members:write": gettext_lazy("Invite, change and remove members"),
    "numbers:read": gettext_lazy("Read numbers and their registration"),
    "numbers:write": gettext_lazy("Buy, change and release numbers"),
    "usage:read": gettext_lazy("Read use and costs"),
    "webhooks:read": gettext_lazy("Read webhook endpoints, deliveries and events"),
    "webhooks:write": gettext_lazy("Add, change and remove webhook endpoints"),
    "keys:read": gettext_lazy("Read API keys and the request log"),
    "keys:write": gettext_lazy("Make, replace and revoke API keys"),
}


def state_of(key: ApiKey, now: datetime) -> tuple[str, str]:
    """Return how a key stands at `now` (aware): the colour of its badge, and words."""
    if key.revoked_at is not None:
        return "", _("Revoked")
    if not key.is_live(now):
        return "", _("Over")
    if key.replaced_by_id is not None:
        return "warn", _("Being replaced")
    return ("good", _("Working")) if key.last_used_at else ("", _("Never used"))
