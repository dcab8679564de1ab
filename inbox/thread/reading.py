"""One person's timeline by pages, and what stands in its head. Reads; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.models import Call
from inbox import clock
from inbox.people.numbers import ids_of, numbers_of
from inbox.thread import drawing, entries, rows
from inbox.thread.cursors import Cursor, micros, named, read
from inbox.thread.rows import Person, Row, instance
from inbox.timeline import Entry, woven
from messaging import zones
from messaging.attachments.reading import of_messages
from messaging.models import ConsentEvent, Contact, Conversation, Message, Refusal
from messaging.numbers import national
from messaging.places import of_number
from messaging.scheduled import REPLACED, UNDONE, is_chosen

PAGE = 60
TAIL = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a timeline, oldest first; older and newer: where it goes on, '' at its ends."""

    entries: list[Entry]
    older: str = ""
    newer: str = ""
    found: str = ""  # the key of what was looked for
    seen: str = "0"  # the moment of the newest text, for the guard against answering twice


def page(
    conversation: Conversation, zone: ZoneInfo, *, before: str = "", after: str = "", at: str = "",
    length: int = PAGE, whose: Person | None = None,
) -> Page:  # fmt: skip
    """Return a piece of what happened with a person: the newest, or that beside a place.

    before, after: places as Page names them; at: what was found, "text-0197…". What names no place
    of this person gives the newest. whose: the person, where he is read already.
    """
    whose = whose or rows.person(conversation.contact_id)
    place = named(at)
    found = rows.find(whose, *place) if place else None
    older, newer = read(before), read(after)
    if found is not None:
        half = length // 2
        earlier = rows.newest(whose, half + 1, found.place)
        later = rows.after(whose, half + 1, found.place)
        chosen = [*reversed(earlier[:half]), found, *later[:half]]
        more = (len(earlier) > half, len(later) > half)
    elif newer is not None:
        later = rows.after(whose, length + 1, newer)
        chosen, more = later[:length], (False, len(later) > length)
    else:
        earlier = rows.newest(whose, length + 1, older)
        chosen, more = list(reversed(earlier[:length])), (len(earlier) > length, False)
    until = chosen[-1].place.at if chosen and (more[1] or older is not None) else None
    told = woven(_told(chosen, whose, zone), zone, until)
    texts = [row.place for row in chosen if row.place.kind == "t"]
    return Page(
        told,
        older=str(chosen[0].place) if chosen and more[0] else "",
        newer=str(chosen[-1].place) if chosen and more[1] else "",
        found=_key(found.place) if found else "",
        seen=str(micros(texts[-1].at)) if texts else "0",
    )


def _key(place: Cursor) -> str:
    return {"t": "text", "n": "note", "c": "call"}.get(place.kind, "") + f"-{place.id}"


def _told(chosen: Sequence[Row], whose: Person, zone: ZoneInfo) -> list[Entry]:
    """Return the entries of rows: every kind that is among them is read once."""
    told = [row.place.id for row in chosen if row.place.kind == "e"]
    texts = [instance(Message, stored) for stored in _of_kind(chosen, "t")]
    calls, twins, refused = _calls(_of_kind(chosen, "c"))
    events = _events(told, texts, refused, chosen)
    main = next(iter(whose.numbers), 0)
    numbers = {
        contact: national(phone) if contact != main else ""
        for contact, phone in whose.numbers.items()
    }
    about = entries.About(
        zone=zone,
        now=timezone.now(),
        seqs={event.pk: event.seq for event in events},
        of_contact=numbers,
        of_conversation={
            conversation: numbers[contact] for conversation, contact in whose.of.items()
        },
        refused=refused,
        # Asked only where a text says that it has some.
        pictures=of_messages(message.pk for message in texts if message.media),
    )
    wanted = {int(id) for id in told}
    found = [entries.text(message, about) for message in texts]
    for call in calls:
        found += entries.call(call, twins.get(call.pk), about)
    found += [entries.consent(event, about) for event in events if event.pk in wanted]
    make = {
        "n": entries.note, "r": entries.refusal, "a": entries.done, "p": entries.promise,
    }  # fmt: skip
    found += [
        make[row.place.kind](row.stored, about)
        for row in chosen
        if row.stored is not None and row.place.kind in make
    ]
    return [entry for entry in found if entry.kind != "activity" or entry.sentence]


def _of_kind(chosen: Sequence[Row], kind: str) -> list[dict[str, Any]]:
    return [row.stored for row in chosen if row.place.kind == kind and row.stored is not None]


def _calls(
    stored: Sequence[dict[str, Any]],
) -> tuple[list[Call], dict[int, Call], dict[int, Refusal]]:
    """Return calls, and by their ids the same calls by another way, and the texts kept back after them."""
    calls = [instance(Call, each["call"]) for each in stored]
    twins = {
        call.pk: instance(Call, each["twin"])
        for call, each in zip(calls, stored, strict=True)
        if each["twin"]
    }
    refused = {
        call.pk: instance(Refusal, each["refused"])
        for call, each in zip(calls, stored, strict=True)
        if each["refused"]
    }
    return calls, twins, refused


def _events(
    ids: list[str],
    texts: list[Message],
    refused: dict[int, Refusal],
    chosen: Sequence[Row],
) -> list[ConsentEvent]:
    """Return the ledger rows that are told, and those that texts relied on."""
    kept = [message.clearances[-1] for message in texts if message.clearances]
    kept += [refusal.clearance for refusal in refused.values()]
    kept += [row.stored["clearance"] for row in chosen if row.place.kind == "r" and row.stored]
    relied_on = {entry.get("consent_event") for entry in kept} - {None}
    wanted = {int(id) for id in ids} | relied_on
    if not wanted:
        return []
    return list(ConsentEvent.objects.filter(pk__in=wanted).select_related("detail"))


def newest_seen(conversation: Conversation) -> str:
    """Return the moment of the newest text a thread shows, as the reply box carries it; "0" for none."""
    found = (
        Message.objects.filter(conversation__contact__in=ids_of(conversation.contact))
        .exclude(status="cancelled", error_code__in=(UNDONE, REPLACED))
        .order_by("-created_at")
        .values_list("created_at", "status", "send_after")
    )
    for created_at, status, send_after in found[:60]:
        if status not in ("queued", "held") or not is_chosen(created_at, send_after):
            return str(micros(created_at))
    return "0"


# --- the head ------------------------------------------------------------------------------------


def head(conversation: Conversation, zone: ZoneInfo, whose: Person | None = None) -> dict[str, Any]:
    """Return what the head of a thread shows of the person; whose: the same, where he is read already."""
    contact = conversation.contact
    erased = contact.erased_at is not None
    # Nobody was merged into most: then there is nothing to ask for.
    reachable = [] if whose is not None and len(whose.numbers) == 1 else numbers_of(contact)
    closed = [each.number for each in reachable if each.opted_out]
    all_closed = len(closed) == len(reachable) if reachable else contact.opted_out_at is not None
    number = "" if erased else contact.phone  # what stands there after an erasure is no number
    now = timezone.now()
    return {
        "title": contact.name or national(contact.phone),
        "number": number,
        "local_time": their_time(contact, zone, now),
        "contact_id": contact.pk,
        "opted_out": all_closed,
        "opted_out_sentence": _("This person asked not to be texted. You can still call.")
        if all_closed
        else "",
        # Several where people were merged: each has its own consent.
        "numbers": reachable if len(reachable) > 1 else [],
        "closed_sentence": _("%(numbers)s opted out: no texts to that number.")
        % {"numbers": ", ".join(closed)}
        if closed and not all_closed
        else "",
        "paused": contact.paused_until is not None and contact.paused_until > now,
        "erased": erased,
    }


def their_time(contact: Contact, zone: ZoneInfo, now: datetime) -> str:
    """Return the clock where a person is, where that is known and another than the reader's.

    For showing, never for rules: there the gate asks every place he may be in.
    """
    theirs = their_zone(contact)
    if theirs is None or now.astimezone(theirs).utcoffset() == now.astimezone(zone).utcoffset():
        return ""
    return clock.of_day(now.astimezone(theirs))


def their_zone(contact: Contact) -> ZoneInfo | None:
    """Return the one zone a person can be in; None where there are several, or none is known."""
    if contact.zone in zones.names():
        return zones.zone(contact.zone)
    names = of_number(contact.phone).zones if contact.erased_at is None else ()
    return zones.zone(names[0]) if len(names) == 1 else None


# --- texts that wait for their hour ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A text that waits for the hour a member chose; answered_at: when they wrote after it was written."""

    id: str
    body: str
    author: str
    at: datetime
    waits: str
    answered_at: datetime | None


def scheduled(conversation: Conversation) -> list[Scheduled]:
    """Return the texts of a conversation that wait for their hour, the next one first."""
    found = Message.objects.filter(
        conversation__contact__in=ids_of(conversation.contact),
        status__in=["queued", "held"],
        author="person",
    ).order_by("send_after")
    last = conversation.contact.last_inbound_at
    now = timezone.now()
    return [
        Scheduled(
            str(message.pk),
            message.body,
            message.author_name,
            message.send_after,
            "",
            last if last is not None and last > message.created_at else None,
        )
        for message in found[:50]
        if message.send_after is not None
        and message.send_after > now
        and is_chosen(message.created_at, message.send_after)
    ]


# --- pieces for others -----------------------------------------------------------------------------


def tail_html(conversation_id: int, language: str, zone: str | ZoneInfo) -> str:
    """Return the newest entries of a conversation as its page shows them, for screens that are open.

    zone: an IANA name or the zone itself. '' for a conversation there is not, or that is hidden by
    now: an open screen of it asks anew. It holds nothing that is one member's alone: thread.js
    shows each what he may do.
    """
    conversation = Conversation.objects.select_related("contact").filter(pk=conversation_id).first()
    if conversation is None or conversation.hidden:
        return ""
    place = zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)
    with translation.override(language), timezone.override(place):
        told = page(conversation, place, length=TAIL).entries
        return drawing.entries_html(told, conversation.contact_id)
