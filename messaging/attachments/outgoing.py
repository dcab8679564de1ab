"""Files that go with a text: uploaded by a member, made small enough for phones, taken by one text.

Limits are those of US carriers, not of the provider: pictures are made anew as JPEG (the provider
fits JPEG, PNG and GIF to each phone), anything else passes unchanged and must be small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from messaging.attachments import pictures, sniffing, storing
from messaging.models import Attachment, Contact, Conversation, Message
from messaging.text import clean
from tenants import agenda
from tenants.agenda import Outside
from tenants.models import new_id
from tenants.scope import current_schema

CLEAR = "messaging.clear_upload"
MOST = 5
# As chosen, before pictures are made smaller.
MAX_UPLOAD = 5 * 1024 * 1024
# Five pictures make the megabyte that a long code's carriers pass; another file has what toll-free
# numbers pass.
MAX_PICTURE, MAX_FILE, MAX_TEXT = 200_000, 600_000, 1_000_000
KEPT_UNSENT = timedelta(days=1)
FILES = (sniffing.PDF, sniffing.VCARD, sniffing.MP4, sniffing.THREE_GP)


class CannotSend(ValueError):
    """A file no text can carry; `code` is one of messaging/attachments/reasons.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def upload(
    conversation: Conversation, content: bytes, name: str, *, member_id: int, business_id: int,
    now: datetime,
) -> Attachment:  # fmt: skip
    """Check, shrink and store a file for a text to come. Raises CannotSend.

    The name is shown to members and never believed. What is not sent within a day is cleared away.
    """
    if not content:
        raise CannotSend("empty")
    if len(content) > MAX_UPLOAD:
        raise CannotSend("too_large")
    kind, content, preview, size = _fit(content)
    schema, file_id = current_schema(), new_id()
    file = Attachment(
        id=file_id, conversation=conversation, direction="out", state="stored",
        content_type=kind.content_type, name=clean(name)[-120:], size=len(content),
        width=size[0], height=size[1], sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=member_id, created_at=now,
    )  # fmt: skip
    # Before its files are there: whatever happens next, they are cleared away.
    agenda.put(
        CLEAR, str(file_id), lane="housekeeping", business_id=business_id, due_at=now + KEPT_UNSENT
    )
    file.file = storing.save(storing.path_of(schema, file_id), content)
    if preview:
        file.preview = storing.save(storing.path_of(schema, file_id, small=True), preview)
    file.save(force_insert=True)
    return file


def _fit(
    content: bytes,
) -> tuple[sniffing.Kind, bytes, bytes, tuple[int, int] | tuple[None, None]]:
    kind = sniffing.kind_of(content)
    if kind in sniffing.PICTURES:
        assert kind is not None
        try:
            made = pictures.made_to_send(content, kind, MAX_PICTURE)
        except pictures.NoPicture as problem:
            raise CannotSend(problem.code) from None
        return made.kind, made.content, made.preview, (made.width, made.height)
    if kind is sniffing.HEIC:
        raise CannotSend("heic")
    if kind is None or kind not in FILES:
        raise CannotSend("unknown_kind")
    if len(content) > MAX_FILE:
        raise CannotSend("too_large_file")
    return kind, content, b"", (None, None)


def unsent(conversation_id: int, ids: Sequence[str], *, also_of: str = "") -> list[Attachment]:
    """Return those of these uploads that wait in this conversation for their text, in this order.

    also_of: the id of a text that is being written anew, whose files may go with it again.
    """
    if not ids:
        return []
    free = Q(message=None) | Q(message=also_of) if also_of else Q(message=None)
    found = Attachment.objects.defer("provider_url").filter(
        free, _shown_in(conversation_id), pk__in=_uuids(ids), direction="out", state="stored"
    )
    by_id = {str(file.pk): file for file in found}
    return [by_id[str(each)] for each in _uuids(ids) if str(each) in by_id]


def take(contact: Contact, ids: Sequence[str]) -> list[Attachment]:
    """Return uploads, locked, for a text that is about to be written. Raises ValueError naming `attachments`.

    Must run in the transaction that holds the contact's lock.
    """
    wanted = list(dict.fromkeys(_uuids(ids)))
    if len(wanted) > MOST:
        raise ValueError(f"attachments: a text carries at most {MOST} files")
    found = Attachment.objects.select_for_update(of=("self",)).defer("provider_url")
    # Uploaded where the person is shown, whichever of his numbers the text goes to.
    theirs = Q(conversation__contact__in={contact.pk, contact.merged_into_id or contact.pk})
    rows = found.filter(
        theirs | Q(conversation__contact__merged_into=contact),
        pk__in=wanted, message=None, direction="out", state="stored",
    ).in_bulk()  # fmt: skip
    if len(rows) != len(set(map(str, ids))):
        raise ValueError("attachments: a file is here no longer; remove it and attach it again")
    if sum(row.size for row in rows.values()) > MAX_TEXT:
        raise ValueError("attachments: together the files are larger than 1 MB; remove one")
    return [rows[each] for each in wanted]


def link(message: Message, rows: Sequence[Attachment]) -> None:
    """Make these files a text's own, in their order, in the transaction that wrote it."""
    for position, row in enumerate(rows):
        # With its text it is that number's own, whose erasure takes it away.
        Attachment.objects.filter(pk=row.pk).update(
            message=message, position=position, conversation=message.conversation_id
        )
    message.media = [{"id": str(row.pk), "type": row.content_type} for row in rows]
    Message.objects.filter(pk=message.pk).update(media=message.media)


def release(message_id: UUID | str, business_id: int, now: datetime) -> list[str]:
    """Give the files of a text that was called off back to its writer; returns their ids.

    In the transaction that called it off. Whatever is not attached again is cleared away in a day.
    """
    files = Attachment.objects.filter(message=UUID(str(message_id)), direction="out").order_by(
        "position"
    )
    ids = [str(pk) for pk in files.values_list("pk", flat=True)]
    if ids:
        files.update(message=None, position=0)
        Message.objects.filter(pk=message_id).update(media=[])
        for each in ids:
            agenda.put(
                CLEAR, each, lane="housekeeping", business_id=business_id, due_at=now + KEPT_UNSENT
            )
    return ids


def remove(conversation_id: int, attachment_id: UUID, business_id: int, now: datetime) -> bool:
    """Take an upload back before it is sent; returns whether there was one."""
    with transaction.atomic():
        gone, _ = Attachment.objects.filter(
            _shown_in(conversation_id), pk=attachment_id, message=None, direction="out"
        ).delete()
        if gone:
            storing.to_forget(attachment_id, business_id, now)
    return bool(gone)


def clear(item: agenda.Item) -> agenda.Answer:
    """Agenda: clear an upload away that no text took. Idempotent."""
    with transaction.atomic():
        if Attachment.objects.filter(pk=item.subject, message__isnull=False).exists():
            return None
        Attachment.objects.filter(pk=item.subject, message=None).delete()
    return Outside(partial(storing.remove, item.schema, item.subject), lambda _: None)


def _shown_in(conversation_id: int) -> Q:
    """Files of a conversation, and of those that are shown in it since they were merged."""
    return Q(conversation=conversation_id) | Q(
        conversation__contact__merged_into__conversation=conversation_id
    )


def _uuids(ids: Sequence[str]) -> list[UUID]:
    """Return what is an id among these; anything else was never one of ours."""
    found = []
    for each in ids:
        try:
            found.append(UUID(str(each)))
        except ValueError:
            continue
    return found
