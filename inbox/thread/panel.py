"""Who one writes with: the panel beside a thread, asked for when it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from calls.models import Call
from inbox import clock, said, staff, views
from inbox.models import CustomField, Promise, Team, Wait
from inbox.proof import LEVELS
from inbox.thread import context, reading
from messaging.models import Contact, Conversation, Message
from messaging.numbers import national
from messaging.people import threads_of

_MOST = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """How often they called, and how many texts went to and fro."""

    calls: int
    missed: int
    texts_in: int
    texts_out: int


@require_GET
@login_required
@never_cache
def panel(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The panel of a conversation's person."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    return render(request, "inbox/thread/_panel.html", about(conversation, zone))


def about(conversation: Conversation, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the panel shows: person, consent, who sees to it, waits and promises, own fields, figures."""
    contact = conversation.contact
    now = timezone.now()
    users = {conversation.assignee} - {None}
    names = staff.names_of({user for user in users if user is not None})
    team = Team.objects.filter(pk=conversation.team).first() if conversation.team else None
    theirs = reading.their_zone(contact)
    kinds: dict[str, str] = {
        Wait.Kind.REPLY: _("They wrote"),
        Wait.Kind.VOICEMAIL: _("They left a voicemail"),
        Wait.Kind.CALL: _("They called and got no text"),
    }
    return {
        "selected": conversation,
        "person": contact,
        "title": contact.name or national(contact.phone),
        "number": "" if contact.erased_at else contact.phone,
        "also": _others(contact),
        "standing": standing(contact),
        "their_time": clock.of_day(now.astimezone(theirs)) if theirs else "",
        "assignee": names.get(conversation.assignee or 0, ""),
        "team": team.name if team is not None else "",
        "waits": [
            (wait, kinds[wait.kind])
            for wait in Wait.objects.filter(conversation=conversation, ended_at=None).order_by(
                "began_at"
            )
        ],
        "promises": list(
            Promise.objects.filter(
                conversation__in=threads_of(conversation.pk), state="open"
            ).order_by("due_at")[:_MOST]
        ),
        "fields": own_fields(contact.fields),
        "figures": figures(conversation),
        "now": now,
    }


def _others(contact: Contact) -> list[str]:
    found = Contact.objects.filter(merged_into=contact, erased_at=None).order_by("pk")
    return [national(phone) for phone in found.values_list("phone", flat=True)[:_MOST]]


def standing(contact: Contact) -> dict[str, str]:
    """Return whether somebody can be texted and why, as one line: tone, icon and sentence."""
    if contact.erased_at is not None:
        return {"tone": "warn", "icon": "eraser", "sentence": _("Erased on request")}
    if contact.opted_out_at is not None:
        return {
            "tone": "bad", "icon": "ban",
            "sentence": _("Opted out on %(day)s: no texts until they text START. You can call.")
            % {"day": clock.day_and_month(timezone.localtime(contact.opted_out_at), timezone.localdate())},
        }  # fmt: skip
    if contact.paused_until is not None and contact.paused_until > timezone.now():
        return {
            "tone": "warn", "icon": "circle-pause",
            "sentence": _("Texts are paused: their last reply could mean stop"),
        }  # fmt: skip
    if contact.untextable_at is not None:
        return {"tone": "warn", "icon": "phone", "sentence": _("This number gets no texts: call")}
    level = LEVELS.get(contact.consent_level, LEVELS[0])
    if contact.consent_level:
        return {
            "tone": "good", "icon": "shield-check",
            "sentence": _("May be texted: %(why)s") % {"why": said.said(level)},
        }  # fmt: skip
    return {
        "tone": "plain", "icon": "shield",
        "sentence": _("No lasting consent: answers to their calls and texts only"),
    }  # fmt: skip


def own_fields(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the business's own fields that are filled for a person: label and value."""
    if not values:
        return []
    shown = []
    for field in CustomField.objects.filter(key__in=list(values), archived_at=None):
        value = values.get(field.key)
        if field.kind == CustomField.Kind.YES_NO:
            value = _("Yes") if value else _("No")
        if value not in (None, ""):
            shown.append((field.label, str(value)))
    return shown


def figures(conversation: Conversation) -> Figures:
    """Return how often people called and wrote."""
    calls = Call.objects.filter(contact=conversation.contact_id, same_as=None).exclude(
        outcome=Call.Outcome.IGNORED
    )
    called = calls.aggregate(
        all=Count("pk"), missed=Count("pk", filter=Q(outcome__in=["missed", "voicemail"]))
    )
    texts = Message.objects.filter(conversation=conversation).aggregate(
        received=Count("pk", filter=Q(direction="in")),
        sent=Count("pk", filter=Q(direction="out", sent_at__isnull=False)),
    )
    return Figures(called["all"], called["missed"], texts["received"], texts["sent"])
