"""Texts as evidence: what left, what was kept back and what came in, out of the business's rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from messaging.evidence.decisions import Reader
from messaging.evidence.entries import (
    KEPT_BACK,
    OURS,
    THEIRS,
    About,
    Entry,
    Record,
    exactly,
    stamp,
)
from messaging.evidence.glossary import CATEGORIES
from messaging.models import Attachment, Message, Refusal

_BATCH = 500
_TITLES = {
    "queued": "Text waiting to be sent",
    "held": "Text held back for now",
    "sending": "Text handed over, not yet answered for",
    "sent": "Text sent",
    "delivered": "Text sent and delivered",
    "undelivered": "Text sent, not delivered",
    "failed": "Text not sent: it failed",
    "cancelled": "Text not sent: called off",
}
_LEFT = frozenset({"sending", "sent", "delivered", "undelivered"})


def sent_of(about: About, reader: Reader) -> Iterator[Record]:
    """Yield every text of ours in the period, also those that never left, by the time it was written."""
    for message in _messages(about, "out"):
        answers = [each for each in message.clearances if isinstance(each, dict)]
        if message.template:
            reader.seen.templates.add(message.template)
        line = {
            "kind": "text",
            **_common(message),
            "purpose": message.purpose,
            "category": message.category,
            "category_means": CATEGORIES.get(message.category, ""),
            "author": message.author,
            "author_name": message.author_name,
            "template": message.template,
            "answers_call": message.call,
            "client_token": message.client_token,
            "segments": message.segments,
            "encoding": message.encoding,
            "decisions": [reader.expand(each) for each in answers],
            "attempts": message.attempts,
            "held_until": stamp(message.held_until),
            "hold_code": message.hold_code,
            "error_code": message.error_code,
            "error_sentence": message.error_sentence,
            "times": {
                name: stamp(getattr(message, name))
                for name in (
                    "created_at", "send_after", "expires_at", "claimed_at", "sent_at",
                    "delivered_at",
                )
            },
        }  # fmt: skip
        yield Record(line, _sent_entry(message, answers, reader), _subject(message))


def counted(line: dict[str, Any]) -> str:
    """Return what a line of these counts as, '' for a line of another room."""
    kind, status = line.get("kind"), line.get("status")
    if kind == "text":
        waits = status in ("queued", "held")
        return "texts sent" if status in _LEFT else "texts waiting" if waits else "texts not sent"
    return {"refusal": "texts refused", "received": "texts received"}.get(str(kind), "")


def kept_back_of(about: About, reader: Reader) -> Iterator[Record]:
    """Yield every text that was wanted in the period and refused before it was queued."""
    refusals = Refusal.objects.filter(contact__in=about.contacts, at__lt=about.period.end)
    if about.period.start:
        refusals = refusals.filter(at__gte=about.period.start)
    for refusal in refusals.order_by("at", "pk").iterator(chunk_size=_BATCH):
        answer = refusal.clearance
        category = str(answer.get("category", ""))
        line = {
            "kind": "refusal",
            "id": refusal.pk,
            "at": stamp(refusal.at),
            "purpose": refusal.purpose,
            "category": category,
            "category_means": CATEGORIES.get(category, ""),
            "author": refusal.author,
            "author_name": refusal.author_name,
            "answers_call": refusal.call,
            "body": refusal.body,
            "code": refusal.code,
            "decisions": [reader.expand(answer)],
        }
        entry = Entry(
            refusal.at,
            KEPT_BACK,
            "Text kept back: it was never sent",
            _writer(refusal.author, refusal.author_name),
            refusal.body,
            (*reader.lines(answer), *([] if refusal.body else [("Words", "none were written")])),
            _zones(answer),
        )
        yield Record(line, entry)


def received_of(about: About) -> Iterator[Record]:
    """Yield every text of theirs in the period."""
    for message in _messages(about, "in"):
        lines = _ids(message)
        lines += _file_lines(message)
        words, note = _words(message)
        entry = Entry(
            message.created_at, THEIRS, "Text received", "The person", words, (*note, *lines)
        )
        line = {"kind": "received", **_common(message)}
        yield Record(line, entry, _subject(message))


def _messages(about: About, direction: str) -> Iterator[Message]:
    found = Message.objects.filter(
        conversation__contact__in=about.contacts,
        direction=direction,
        created_at__lt=about.period.end,
    )
    if about.period.start:
        found = found.filter(created_at__gte=about.period.start)
    # Where a provider keeps a file is a secret, and perhaps unreadable: it is not even read.
    files = Attachment.objects.defer("provider_url").order_by("position")
    found = found.prefetch_related(Prefetch("attachments", files))
    return found.order_by("created_at", "pk").iterator(chunk_size=_BATCH)


def _file_lines(message: Message) -> list[tuple[str, str]]:
    """Return what is told of a text's files: the hash proves which file it was."""
    return [
        (
            "File",
            f"{file.content_type or file.declared_type}, "
            + (f"{file.size} bytes, SHA-256 {file.sha256}" if file.sha256 else file.state),
        )
        for file in message.attachments.all()
    ]


def _common(message: Message) -> dict[str, Any]:
    digest = hashlib.sha256(message.body.encode()).hexdigest() if message.body else ""
    return {
        "id": str(message.pk),
        "at": stamp(message.created_at),
        "status": message.status,
        "from": message.our_number if message.direction == "out" else message.their_number,
        "to": message.their_number if message.direction == "out" else message.our_number,
        "body": message.body,
        "body_sha256": digest or message.body_hash,
        "blanked_at": stamp(message.erased_at),
        "files": [
            {
                "id": str(file.pk),
                "state": file.state,
                "type": file.content_type or file.declared_type,
                "bytes": file.size,
                "sha256": file.sha256,
            }
            for file in message.attachments.all()
        ],
        "provider": message.provider,
        "provider_id": message.provider_id,
    }


def _sent_entry(message: Message, answers: list[dict[str, Any]], reader: Reader) -> Entry:
    words, lines = _words(message)
    last = answers[-1] if answers else {}
    for number, answer in enumerate(answers, start=1):
        (label, text), *others = reader.lines(answer)
        if len(answers) > 1:
            label, text = f"{label} {number} of {len(answers)}", f"{_when(answer)}: {text}"
        lines += [(label, text), *others]
    if not answers:
        lines.append(("Decision", "none on record"))
    if message.template:
        lines.append(("Template", message.template))
    lines += [*_file_lines(message), ("Delivery", _delivery(message)), *_ids(message)]
    title = _TITLES.get(message.status, f"Text {message.status}")
    who = _writer(message.author, message.author_name)
    look = OURS if message.status in _LEFT else KEPT_BACK
    return Entry(message.created_at, look, title, who, words, tuple(lines), _zones(last))


def _delivery(message: Message) -> str:
    told = [f"written {exactly(message.created_at)}"]
    if message.held_until and message.status == "held":
        told.append(f"held until {exactly(message.held_until)}")
    if message.sent_at:
        told.append(f"taken by {message.provider} {exactly(message.sent_at)}")
    elif message.claimed_at:
        told.append(f"handed to {message.provider} {exactly(message.claimed_at)}")
    if message.delivered_at:
        told.append(f"delivered {exactly(message.delivered_at)}")
    if message.error_sentence:
        code = f" [{message.error_code}]" if message.error_code else ""
        told.append(f"{message.error_sentence}{code}")
    return "; ".join(told)


def _words(message: Message) -> tuple[str, list[tuple[str, str]]]:
    """Return what was said, and where it was blanked, that and how it can still be proved."""
    if message.body or message.erased_at is None:
        return message.body, []
    proof = f"; SHA-256 of the words: {message.body_hash}" if message.body_hash else ""
    return "", [("Words", f"blanked {exactly(message.erased_at)}{proof}")]


def _ids(message: Message) -> list[tuple[str, str]]:
    known = f"{message.provider} {message.provider_id}" if message.provider_id else "none"
    return [("Provider's id", known)]


def _subject(message: Message) -> tuple[tuple[str, str], ...]:
    return ((message.provider, message.provider_id),) if message.provider_id else ()


def _writer(author: str, name: str) -> str:
    """Return who wrote a text, for people."""
    kinds = {
        "rule": "Text-back rule",
        "person": "A member of the business",
        "api": "The business's own system",
        "system": "The system, by itself",
        "assistant": "Automated assistant",
    }
    return f"{kinds.get(author, author)}{f' ({name})' if name else ''}"


def _zones(answer: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in answer.get("zones") or ())


def _when(answer: dict[str, Any]) -> str:
    try:
        return exactly(datetime.fromisoformat(str(answer["at"])))
    except (KeyError, ValueError):
        return "at an unknown time"
