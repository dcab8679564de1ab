"""What the inbox shows, read from the current business."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from phonenumbers import timezone as number_zones

from calls.models import Call
from inbox.timeline import STATUS_WORDS, Entry, call_headline, duration_words, woven
from messaging.models import ConsentEvent, Conversation, Message
from messaging.numbers import national
from messaging.status import explain

LIST_LENGTH = 100
TIMELINE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list."""

    id: int
    title: str
    last_line: str
    last_at: datetime
    unread: bool
    last_direction: str
    opted_out: bool
    url: str
    selected: bool


def rows(only_unread: bool, selected_id: int | None) -> list[Row]:
    """Return the newest conversations, those nobody has read first."""
    found = Conversation.objects.select_related("contact")
    if only_unread:
        found = found.filter(unread__gt=0)
    newest = list(found.order_by("-last_at", "-id")[:LIST_LENGTH])
    if not only_unread:
        # Unread ones are few and must not fall off the end of the list.
        unread = found.filter(unread__gt=0).order_by("-last_at", "-id")[:LIST_LENGTH]
        known = {conversation.pk for conversation in newest}
        newest += [conversation for conversation in unread if conversation.pk not in known]
    newest.sort(key=lambda c: (c.unread == 0, -c.last_at.timestamp(), -c.pk))
    return [_row(conversation, selected_id) for conversation in newest]


def _row(conversation: Conversation, selected_id: int | None) -> Row:
    contact = conversation.contact
    return Row(
        id=conversation.pk,
        title=contact.name or national(contact.phone),
        last_line=conversation.last_line,
        last_at=conversation.last_at,
        unread=conversation.unread > 0,
        last_direction=conversation.last_direction,
        opted_out=contact.opted_out_at is not None,
        url=reverse("inbox:conversation", args=[conversation.pk]),
        selected=conversation.pk == selected_id,
    )


def unread_total() -> int:
    """Return how many conversations somebody should look at."""
    return Conversation.objects.filter(unread__gt=0).count()


def thread(conversation: Conversation, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the head of a thread shows."""
    contact = conversation.contact
    theirs = _their_zone(contact.phone)
    totals = Message.objects.filter(conversation=conversation, direction="out").aggregate(
        segments=Sum("segments")
    )
    details = [
        {"label": "Number", "value": national(contact.phone)},
        {"label": "First contact", "value": f"{contact.created_at.astimezone(zone):%d %b %Y}"},
        {"label": "Calls", "value": Call.objects.filter(contact=contact).count()},
        {"label": "Segments sent", "value": totals["segments"] or 0},
    ]
    now = timezone.now()
    local = ""
    if (
        theirs is not None
        and now.astimezone(theirs).utcoffset() != now.astimezone(zone).utcoffset()
    ):
        local = now.astimezone(theirs).strftime("%I:%M %p").lstrip("0")
    sentence = "This person asked not to be texted. You can still call."
    return {
        "title": contact.name or national(contact.phone),
        "number": contact.phone,
        "local_time": local,
        "opted_out": contact.opted_out_at is not None,
        "opted_out_sentence": sentence if contact.opted_out_at else "",
        "details": details,
    }


def _their_zone(phone: str) -> ZoneInfo | None:
    """Return the zone of a number when there is only one it can be in, for showing, never for rules."""
    try:
        names = number_zones.time_zones_for_number(phonenumbers.parse(phone))
        return ZoneInfo(names[0]) if len(names) == 1 and names[0] != "Etc/Unknown" else None
    except (phonenumbers.NumberParseException, ValueError, OSError):
        return None


def timeline(conversation: Conversation, zone: ZoneInfo) -> list[Entry]:
    """Return everything that happened with a person, oldest first, as far back as one page goes."""
    messages = Message.objects.filter(conversation=conversation).order_by("-created_at")
    calls = Call.objects.filter(contact=conversation.contact_id).order_by("-started_at")
    events = (
        ConsentEvent.objects.filter(contact=conversation.contact_id)
        .select_related("detail")
        .order_by("-occurred_at")
    )
    entries: list[Entry] = [_text(message) for message in messages[:TIMELINE_LENGTH]]
    for call in calls[:TIMELINE_LENGTH]:
        entries.extend(_call(call))
    entries.extend(_consent(event) for event in events[:50])
    return woven(entries, zone)


def _text(message: Message) -> Entry:
    names = {"contact": message.author_name, "rule": "Rule", "api": "API", "system": "Ringback"}
    author = names.get(message.author) or message.author_name
    fix = explain(message.error_code).fix if message.error_code.isdigit() else ""
    pictures = (
        f"[{len(message.media)} picture{'s' if len(message.media) > 1 else ''}]"
        if message.media
        else ""
    )
    return Entry(
        kind="text",
        at=message.created_at,
        id=str(message.pk),
        direction=message.direction,
        body=" ".join(part for part in (message.body, pictures) if part),
        author=author or national(message.their_number),
        status=message.status,
        status_words=STATUS_WORDS.get(message.status, message.status),
        error_sentence=message.error_sentence,
        error_fix=fix,
        error_code=message.error_code,
        segments=message.segments,
    )


def _call(call: Call) -> list[Entry]:
    entries = [
        Entry(
            kind="call",
            at=call.started_at,
            id=str(call.pk),
            outcome=call.outcome,
            headline=call_headline(call.outcome, call.missed_because, call.ring_seconds),
            duration_words=duration_words(call.talk_seconds),
            voicemail_seconds=call.voicemail_seconds,
        )
    ]
    receipt = call.receipt or {}
    if receipt and call.decided_at and call.decision_reason != "ANSWERED":
        entries.append(
            Entry(
                kind="decision",
                at=call.decided_at,
                id=str(call.pk),
                action=call.decision,
                sentence=receipt.get("sentence", ""),
                code=call.decision_reason,
                questions=tuple(receipt.get("questions", ())),
            )
        )
    return entries


_CONSENT_WORDS = {"opt_out": "Opted out", "opt_in": "Opted in", "help": "Asked for help"}


def _consent(event: ConsentEvent) -> Entry:
    how = (
        f": replied “{event.raw_text[:40]}”"
        if event.raw_text
        else f": {event.matched}"
        if event.matched
        else ""
    )
    return Entry(
        kind="event",
        at=event.occurred_at,
        id=f"consent-{event.pk}",
        sentence=f"{_CONSENT_WORDS.get(event.kind, event.kind)}{how}",
    )


def composer(body: str = "", error: str = "", token: str = "") -> dict[str, str]:
    """Return what the reply box shows; each fresh box carries a token, so a double click is one text."""
    return {"body": body, "error": error, "client_token": token or uuid.uuid4().hex}
