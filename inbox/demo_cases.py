"""What stands on the demo's compliance pages at the start: a doubtful reply, texts that wait, texts kept back.

Nothing is made up here: each goes through the door it would take live, and the gate decides.
"""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta

from calls.setup import Setup
from inbox.demo_scripts import MEMBERS
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact
from messaging.places import of_number
from messaging.providers.base import TextEvent
from messaging.services import NotAllowed, receive_text, send_as
from messaging.windows import blocked

DOUBTFUL = "Why do you keep texting me?"
# Somewhere it is night now, nearly always: east, west, and beyond the date line.
_FAR = ("+12125551432", "+18085551433", "+16715551434", "+17095551431")
_REMINDERS = {
    "plumbing": "a reminder that we come by tomorrow at 9. Reply here if that does not suit you.",
    "dental": "a reminder of your visit tomorrow at 9. Reply here if that does not suit you.",
    "legal": "a reminder of our call tomorrow at 9. Reply here if that does not suit you.",
}
_BLOCKED = "Here is what we talked about: bit.ly/3xYzAb1"


def add(setup: Setup, playbook: str, number: str, now: datetime) -> None:
    """Add the examples to the current business, whose history is there. `now` is aware."""
    member = MEMBERS[playbook]
    known = list(
        Contact.objects.filter(opted_out_at=None, last_inbound_at__isnull=False)
        .exclude(name="")
        .order_by("-last_inbound_at")[:2]
    )
    for contact in known[:1]:
        text = TextEvent(f"SM{secrets.token_hex(16)}", number, contact.phone, DOUBTFUL)
        receive_text(text, "simulator", now - timedelta(seconds=20))
        _send(contact.phone, "No hurry. Shall we call you next week?", member)
    for contact in known[1:]:
        _send(contact.phone, _BLOCKED, member)
    for contact in Contact.objects.exclude(opted_out_at=None).order_by("pk")[:1]:
        _send(contact.phone, "We have a slot on Friday, does that help?", member)
    asleep = [
        phone
        for phone in _FAR
        if blocked(of_number(phone), "informational", now, current_rules()) is not None
    ]
    for phone in asleep[:1]:
        with contextlib.suppress(NotAllowed):
            send_as(
                phone, f"{setup.name}: {_REMINDERS[playbook]} Reply STOP to opt out.", author="api",
                purpose="reminder",
            )  # fmt: skip


def _send(phone: str, body: str, member: str) -> None:
    with contextlib.suppress(NotAllowed):  # it is kept, with its reason
        send_as(phone, body, author="person", author_name=member)
