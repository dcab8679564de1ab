"""Rows of a person's history as entries of his timeline, in the active language. Reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls import placed, placing, placing_settled, voicemails
from calls.consented import attestation
from calls.guards import VOUCHED
from calls.models import Call
from inbox import activity, said
from inbox.models import Activity
from inbox.proof import moment, proof_of, waits
from inbox.thread.cursors import micros
from inbox.timeline import STATUS_WORDS, Entry, call_headline, duration_words
from inbox.waits import promising
from inbox.wording import consent_line
from messaging.models import ConsentEvent, Conversation, Message, Refusal
from messaging.numbers import national
from messaging.scheduled import is_chosen
from messaging.status import explain

_ACTIVITY_ICONS = {
    "assigned": "user-round-check", "team": "users", "unassigned": "user-round-x",
    "closed": "check-check", "reopened": "rotate-ccw", "snoozed": "moon", "woken": "bell",
    "merged": "merge", "unmerged": "split", "tagged": "tag", "untagged": "tag",
    "called": "phone-outgoing", "booked": "calendar-plus", "booking_moved": "calendar-clock",
    "booking_cancelled": "calendar-x",
}  # fmt: skip
_PROMISES = {
    "open": "hourglass", "kept": "circle-check", "broken": "triangle-alert", "called_off": "ban",
}  # fmt: skip


# So long both phones ring at most, with what carriers take for it.
_RINGS_FOR = placing_settled.RINGS_FOR
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class About:
    """What entries need beside their own row.

    seqs: ledger rows' numbers by id; numbers: of merged contacts, by contact and by conversation,
    as people write them ('' for the one that is kept); refused: a call's kept-back text by call.
    """

    zone: ZoneInfo
    now: datetime
    seqs: Mapping[int, int] = field(default_factory=dict)
    of_contact: Mapping[int, str] = field(default_factory=dict)
    of_conversation: Mapping[int, str] = field(default_factory=dict)
    refused: Mapping[int, Refusal] = field(default_factory=dict)
    pictures: Mapping[str, Any] = field(default_factory=dict)


def text(message: Message, about: About) -> Entry:
    """A text, in or out, with who wrote it and how far it got."""
    fix = explain(message.error_code).fix if message.error_code.isdigit() else ""
    last = message.clearances[-1] if message.clearances else None
    after = message.send_after
    is_own = message.author == "person" and not is_chosen(message.created_at, after)
    is_sending = is_own and message.status == "queued" and after is not None and after > about.now
    return Entry(
        kind="text",
        at=message.created_at,
        id=str(message.pk),
        place=str(micros(message.created_at)),
        number=about.of_conversation.get(message.conversation_id, ""),
        direction=message.direction,
        body=_body(message, about.pictures),
        files=tuple(about.pictures.get(str(message.pk), ())),
        author=_author(message),
        author_kind=message.author,
        author_user=message.author_user,
        status=message.status,
        status_words=_("Sending…")
        if is_sending
        else STATUS_WORDS.get(message.status, message.status),
        error_sentence=message.error_sentence,
        error_fix=fix,
        error_code=message.error_code,
        segments=message.segments,
        waits=waits(message.hold_code, message.held_until, last or {}, about.zone, about.now)
        if message.status == "held"
        else "",
        undoable=is_sending or (is_own and message.status == "held"),
        undo_until=after if is_sending else None,
        proof=proof_of(last, about.seqs, message.status) if message.direction == "out" else None,
    )


def _body(message: Message, pictures: Mapping[str, Any]) -> str:
    body = message.body
    if message.erased_at and not body:
        kept = bool(message.body_hash)
        body = _("This text is kept no longer.") if kept else _("This text was erased.")
    if not message.media or str(message.pk) in pictures:
        return body
    count = len(message.media)
    said = ngettext("[%(count)s picture]", "[%(count)s pictures]", count) % {"count": count}
    return " ".join(part for part in (body, said) if part)


def _author(message: Message) -> str:
    names = {
        "rule": _("Rule"),
        "api": _("API"),
        "system": _("The system"),
        "assistant": _("Assistant"),
    }
    name = names.get(message.author) or message.author_name
    if message.author == "api" and message.author_name:
        name = _("API (%(name)s)") % {"name": message.author_name}
    return name or (national(message.their_number) if message.direction == "in" else _("A member"))


def refusal(stored: Mapping[str, Any], about: About) -> Entry:
    """A text that was wanted and kept back before it was queued."""
    proof = proof_of(stored["clearance"], about.seqs)
    why = (proof.sentence if proof else "").removeprefix("No text: ")
    return Entry(
        kind="event",
        at=_at(stored["at"]),
        id=f"refusal-{stored['id']}",
        number=about.of_contact.get(stored["contact_id"], ""),
        icon="message-square-off",
        sentence=_("Text not sent: %(why)s")
        % {"why": said.said(why) or _("the gate kept it back.")},
        refused=True,
        code=stored["code"],
        body=stored["body"],
        proof=proof,
    )


def call(row: Call, twin: Call | None, about: About) -> list[Entry]:
    """A call with its decision and what a rule did later.

    twin: the same call by a second way; a voicemail left there alone is told here.
    """
    heard = row
    if twin is not None and twin.voicemail_seconds and not row.voicemail_seconds:
        heard = twin  # its recording is found by its own id
    by_us = row.outcome == Call.Outcome.IGNORED and (row.facts or {}).get("placed_by")
    vouched = attestation(row.facts)
    known = about.of_contact.get(row.contact_id or 0, "")
    headline = call_headline(heard.outcome, heard.missed_because, row.ring_seconds)
    if by_us:
        headline = _("%(name)s called") % {"name": row.facts["placed_by"]}
    entries = [
        Entry(
            kind="call",
            at=row.started_at,
            id=str(heard.pk),
            number=known,
            outcome="placed" if by_us else heard.outcome,
            headline=headline,
            note=_placed_words(row, about.now) if by_us else "",
            again_url=_again(row, about.now) if by_us else "",
            duration_words=duration_words(heard.talk_seconds),
            voicemail_seconds=heard.voicemail_seconds,
            voicemail_url=reverse("inbox:voicemail", args=[heard.pk]) if heard.recording else "",
            transcript=heard.transcript,
            unheard=bool(heard.recording) and heard.heard_at is None,
            voicemail_note=_why_silent(heard, about.now),
            attestation=vouched,
            vouched=VOUCHED[vouched] if vouched else "",
        )
    ]
    receipt = row.receipt or {}
    if receipt and row.decided_at and row.decision_reason != "ANSWERED":
        kept_back = about.refused.get(row.pk)
        entries.append(
            Entry(
                kind="decision",
                at=row.decided_at,
                id=str(heard.pk),
                action=row.decision,
                sentence=receipt.get("sentence", ""),
                code=row.decision_reason,
                questions=tuple(receipt.get("questions", ())),
                proof=proof_of(kept_back.clearance, about.seqs) if kept_back else None,
            )
        )
    follow_up = receipt.get("follow_up") or {}
    if at := moment(follow_up.get("at")):
        sentence = follow_up.get("sentence", "")
        entries.append(Entry(kind="event", at=at, id=f"follow-up-{row.pk}", sentence=sentence))
    return entries


def _was_not_placed(row: Call, now: datetime) -> bool:
    """Whether a call that a member wanted came to nothing: refused, or taken by no worker in time."""
    state = (row.facts or {}).get("placed_state")
    not_taken = state == "wanted" and now > row.started_at + placing.USEFUL
    return state == placing.FAILED or not_taken


def _again(row: Call, now: datetime) -> str:
    """Return where a member tries a call again that was not placed, or of which nobody knows; else ''."""
    given_up = (row.facts or {}).get("placed_given_up")
    if not (_was_not_placed(row, now) or given_up) or now > row.started_at + _A_DAY:
        return ""
    thread = Conversation.objects.filter(contact=row.contact_id).values_list("pk", flat=True)
    return "".join(reverse("inbox:call-back", args=[pk]) for pk in thread[:1])


def _placed_words(row: Call, now: datetime) -> str:
    """Return what became of a call that a member placed, in a few words."""
    facts = row.facts or {}
    state = facts.get("placed_state")
    if _was_not_placed(row, now):
        return _("It could not be placed")
    if facts.get("placed_given_up"):
        return _("Nobody knows whether it rang: the phone company gave no answer")
    if state == placing.UNKNOWN:
        return _("It may ring: the phone company is being asked")
    if placed.spoke(facts):
        return ""  # how long they talked says it
    if facts.get("dial_status") or facts.get("call_status") == "completed":
        return _("No answer")
    if facts.get("call_status"):
        return _("The member’s phone was not picked up")
    return _("Ringing…") if now < row.started_at + _RINGS_FOR else _("No word of it yet")


def _why_silent(row: Call, now: datetime) -> str:
    """Return why a voicemail that was left cannot be heard here; '' where it can, or never could."""
    if row.recording or not row.voicemail_url or not row.voicemail_seconds:
        return ""
    if now < row.started_at + voicemails.GIVE_UP:
        return _("Its sound is on the way.")
    return _("Its sound could not be fetched.")


def consent(event: ConsentEvent, about: About) -> Entry:
    """A row of the ledger that has a line of its own."""
    return Entry(
        kind="event",
        at=event.occurred_at,
        id=f"consent-{event.pk}",
        number=about.of_contact.get(event.contact_id, ""),
        icon="shield-check",
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


def note(stored: Mapping[str, Any], about: About) -> Entry:
    """What one member told the others; the caller never sees it."""
    return Entry(
        kind="note",
        at=_at(stored["created_at"]),
        id=str(stored["id"]),
        author=stored["author_name"],
        author_kind="person",
        author_user=stored["author"],
        body=stored["body"],
        note=_("edited") if stored["edited_at"] else "",
    )


def done(stored: Mapping[str, Any], about: About) -> Entry:
    """What members did with the conversation."""
    row = Activity(**{**stored, "at": _at(stored["at"])})
    return Entry(
        kind="activity",
        at=row.at,
        id=f"activity-{row.pk}",
        number=about.of_conversation.get(row.conversation_id, ""),
        icon=_ACTIVITY_ICONS.get(row.kind, "pencil"),
        sentence=activity.sentence(row, about.zone),
    )


def promise(stored: Mapping[str, Any], about: About) -> Entry:
    """What a text of ours promised, and what became of it."""
    due = activity.moment_in_words(_at(stored["due_at"]), about.zone)
    words = {
        "open": _("Promised “%(words)s”: due %(due)s"),
        "kept": _("Promised “%(words)s”: kept"),
        "broken": _("Promised “%(words)s”: not kept by %(due)s"),
        "called_off": _("Promised “%(words)s”: called off"),
    }.get(stored["state"], _("Promised “%(words)s”: due %(due)s"))
    return Entry(
        kind="activity",
        at=_at(stored["created_at"]),
        id=f"promise-{stored['id']}",
        action=stored["state"],
        icon=_PROMISES.get(stored["state"], "hourglass"),
        sentence=words % {"words": promising.shown(stored["words"]), "due": due},
    )


def _at(stored: str) -> datetime:
    """Return a moment as the database writes it in JSON."""
    found = parse_datetime(stored)
    assert found is not None
    return found
