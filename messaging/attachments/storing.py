"""Where the files of texts lie in the file storage, and how they leave it.

A name follows from the attachment and nobody can guess it: a worker that dies between two steps
leaves nothing behind that an erasure would not find.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.crypto import salted_hmac

from tenants import agenda

FORGET = "messaging.forget_attachment"


def path_of(schema: str, attachment_id: UUID | str, *, small: bool = False) -> str:
    """Return where an attachment's file lies, or its small picture."""
    salt = f"{schema}:{attachment_id}"
    name = salted_hmac("ringback.attachment", salt, algorithm="sha256").hexdigest()
    return f"attachments/{schema}/{name[:48]}{'-small' if small else ''}"


def save(path: str, content: bytes) -> str:
    """Store a file under its path, in place of what a try before left there."""
    default_storage.delete(path)
    return str(default_storage.save(path, ContentFile(content)))


def to_forget(attachment_id: UUID | str, business_id: int, now: datetime) -> None:
    """Put the removal of an attachment's files on the agenda, in the transaction that forgets them."""
    agenda.put(FORGET, str(attachment_id), lane="housekeeping", business_id=business_id, due_at=now)


def remove(schema: str, attachment_id: str) -> None:
    """Remove an attachment's files; what is not there is no error."""
    for small in (False, True):
        default_storage.delete(path_of(schema, attachment_id, small=small))
