"""What the inbox shows, read from the current business."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from phonenumbers import timezone as number_zones

from calls import voicemails
from calls.consented import attestation
from calls.guards import VOUCHED
from calls.models import Call
from inbox.proof import Proof, moment, proof_of, waits
from inbox.timeline import STATUS_WORDS, Entry, call_headline, duration_words, woven
from inbox.wording import consent_line
from messaging.models import Alert, ConsentEvent, Conversation, Message, Refusal
from messaging.numbers import national
from messaging.status import explain

MOST_COUNTED = 1000  # shown as 999+
TIMELINE_LENGTH = 200
# Below this step a call allowed one answer and nothing lasting: its text's proof tells it.
_LASTING = 3


def unread_total() -> int:
    """Return how many conversations somebody should look at."""
    return Conversation.objects.filter(unread__gt=0, hidden="")[:MOST_COUNTED].count()


def open_alerts() -> int:
    """Return how many alerts wait for a person."""
    return Alert.objects.filter(resolved_at=None).count()


def thread(conversation: Conversation, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the head of a thread shows."""
    contact = conversation.contact
    erased = contact.erased_at is not None
    number = "" if erased else contact.phone  # what stands there after an erasure is no number
    theirs = _their_zone(number)
    totals = Message.objects.filter(conversation=conversation, direction="out").aggregate(
        segments=Sum("segments")
    )
    details = [
        {"label": "Number", "value": national(number) if number else "Erased"},
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
        "number": number,
        "local_time": local,
        "contact_id": contact.pk,
        "opted_out": contact.opted_out_at is not None,
        "opted_out_sentence": sentence if contact.opted_out_at else "",
        "paused": contact.paused_until is not None and contact.paused_until > now,
        "erased": erased,
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
    contact_id = conversation.contact_id
    messages = list(
        Message.objects.filter(conversation=conversation).order_by("-created_at")[:TIMELINE_LENGTH]
    )
    calls = Call.objects.filter(contact=contact_id).order_by("-started_at")
    events = list(
        ConsentEvent.objects.filter(contact=contact_id)
        .select_related("detail")
        .order_by("-occurred_at")[:TIMELINE_LENGTH]
    )
    refusals = list(Refusal.objects.filter(contact=contact_id).order_by("-at")[:TIMELINE_LENGTH])
    seqs = {event.pk: event.seq for event in events}
    by_call = {refusal.call: refusal for refusal in refusals if refusal.call}
    now = timezone.now()
    entries: list[Entry] = [_text(message, seqs, zone, now) for message in messages]
    shown: set[int] = set()
    for call in _each_once(list(calls[:TIMELINE_LENGTH])):
        refusal = by_call.get(call.pk)
        proof = proof_of(refusal.clearance, seqs) if refusal else None
        for entry in _call(call, proof, now):
            entries.append(entry)
            if entry.kind == "decision" and refusal is not None:
                shown.add(refusal.pk)  # the call's receipt says it
    entries.extend(_refused(each, seqs) for each in refusals if each.pk not in shown)
    entries.extend(_consent(event) for event in events if _is_told(event))
    return woven(entries, zone)


def _text(message: Message, seqs: dict[int, int], zone: ZoneInfo, now: datetime) -> Entry:
    names = {"contact": message.author_name, "rule": "Rule", "api": "API", "system": "Ringback"}
    author = names.get(message.author) or message.author_name
    fix = explain(message.error_code).fix if message.error_code.isdigit() else ""
    pictures = (
        f"[{len(message.media)} picture{'s' if len(message.media) > 1 else ''}]"
        if message.media
        else ""
    )
    last = message.clearances[-1] if message.clearances else None
    body = message.body
    if message.erased_at and not body:
        body = "This text is kept no longer." if message.body_hash else "This text was erased."
    return Entry(
        kind="text",
        at=message.created_at,
        id=str(message.pk),
        direction=message.direction,
        body=" ".join(part for part in (body, pictures) if part),
        author=author or national(message.their_number),
        status=message.status,
        status_words=STATUS_WORDS.get(message.status, message.status),
        error_sentence=message.error_sentence,
        error_fix=fix,
        error_code=message.error_code,
        segments=message.segments,
        waits=waits(message.hold_code, message.held_until, last or {}, zone, now)
        if message.status == "held"
        else "",
        proof=proof_of(last, seqs, message.status) if message.direction == "out" else None,
    )


def _refused(refusal: Refusal, seqs: dict[int, int]) -> Entry:
    """A text that was wanted and kept back before it was queued."""
    proof = proof_of(refusal.clearance, seqs)
    why = (proof.sentence if proof else "").removeprefix("No text: ")
    return Entry(
        kind="event",
        at=refusal.at,
        id=f"refusal-{refusal.pk}",
        sentence=f"Text not sent: {why or 'the gate kept it back.'}",
        code=refusal.code,
        body=refusal.body,
        proof=proof,
    )


def _why_silent(call: Call, now: datetime) -> str:
    """Return why a voicemail that was left cannot be heard here; '' where it can, or never could."""
    if call.recording or not call.voicemail_url or not call.voicemail_seconds:
        return ""
    if now < call.started_at + voicemails.GIVE_UP:
        return "Its sound is on the way."
    return "Its sound could not be fetched."


def _call(call: Call, proof: Proof | None, now: datetime) -> list[Entry]:
    vouched = attestation(call.facts)
    entries = [
        Entry(
            kind="call",
            at=call.started_at,
            id=str(call.pk),
            outcome=call.outcome,
            headline=call_headline(call.outcome, call.missed_because, call.ring_seconds),
            duration_words=duration_words(call.talk_seconds),
            voicemail_seconds=call.voicemail_seconds,
            voicemail_url=reverse("inbox:voicemail", args=[call.pk]) if call.recording else "",
            transcript=call.transcript,
            unheard=bool(call.recording) and call.heard_at is None,
            voicemail_note=_why_silent(call, now),
            attestation=vouched,
            vouched=VOUCHED[vouched] if vouched else "",
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
                proof=proof,
            )
        )
    follow_up = receipt.get("follow_up") or {}
    if at := moment(follow_up.get("at")):
        sentence = follow_up.get("sentence", "")
        entries.append(Entry(kind="event", at=at, id=f"follow-up-{call.pk}", sentence=sentence))
    return entries


def _each_once(calls: list[Call]) -> list[Call]:
    """Return calls without those that are another by a second way; a voicemail left there is kept."""
    folded = {call.same_as_id: call for call in calls if call.same_as_id is not None}
    shown = []
    for call in calls:
        other = folded.get(call.pk)
        if call.same_as_id is not None:
            continue
        if other is not None and other.voicemail_seconds and not call.voicemail_seconds:
            # Its recording is found by its own id: it stands in, for showing, never saved.
            for name in (
                "started_at",
                "ring_seconds",
                "decision",
                "decision_reason",
                "receipt",
                "decided_at",
            ):
                setattr(other, name, getattr(call, name))
            call = other
        shown.append(call)
    return shown


def _is_told(event: ConsentEvent) -> bool:
    """Whether a ledger row has a line of its own: not what a single call allowed."""
    return event.kind != "consent" or (event.level or 0) >= _LASTING


def _consent(event: ConsentEvent) -> Entry:
    return Entry(
        kind="event",
        at=event.occurred_at,
        id=f"consent-{event.pk}",
        sentence=consent_line(
            event.kind,
            level=event.level,
            channel=event.channel,
            matched_by=event.matched_by,
            matched=event.matched,
            raw_text=event.raw_text,
            actor=event.actor,
        ),
    )


def composer(body: str = "", error: str = "", token: str = "") -> dict[str, str]:
    """Return what the reply box shows; each fresh box carries a token, so a double click is one text."""
    return {"body": body, "error": error, "client_token": token or uuid.uuid4().hex}
