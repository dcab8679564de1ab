"""Calls and texts of one business as a list of what was found shows them: no number, no words."""

from __future__ import annotations

from collections.abc import Collection

from calls.models import Call
from messaging.models import Message
from tenants.scope import business_scope

# (call or text, id, title, detail)
Thing = tuple[str, object, str, str]
_EACH = 8


def of_contacts(schema: str, contacts: Collection[int]) -> list[Thing]:
    """Return the newest calls of these people, and the newest texts that belong to no call."""
    with business_scope(schema):
        calls = Call.objects.filter(contact__in=contacts).order_by("-started_at")[:_EACH]
        texts = Message.objects.filter(conversation__contact__in=contacts, call=None)
        return [_call(call) for call in calls] + [
            _text(text) for text in texts.order_by("-created_at")[:_EACH]
        ]


def calls_in(schema: str, ids: Collection[int]) -> list[Thing]:
    """Return these calls of a business."""
    with business_scope(schema):
        return [_call(call) for call in Call.objects.filter(pk__in=ids)]


def texts_in(schema: str, ids: Collection[str]) -> list[Thing]:
    """Return these texts of a business."""
    with business_scope(schema):
        return [_text(text) for text in Message.objects.filter(pk__in=ids)]


def _call(call: Call) -> Thing:
    decided = f", {call.decision_reason or call.decision}" if call.decision else ", not decided"
    title = f"{call.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return "call", call.pk, title, f"{call.get_outcome_display()}{decided} · call {call.pk}"


def _text(text: Message) -> Thing:
    problem = f", {text.error_code or text.hold_code}" if text.error_code or text.hold_code else ""
    title = f"{text.created_at:%Y-%m-%d %H:%M:%S} UTC"
    detail = f"{text.get_direction_display()}, {text.get_status_display()}{problem}"
    return "text", text.pk, title, f"{detail} · {text.get_author_display()}"
