"""Notes: what members tell each other in a thread. The caller never sees one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from inbox.models import Mention, Note
from inbox.notices.services import mentioned
from inbox.staff import Colleague
from messaging.models import Conversation
from tenants import live

LONGEST = 5000
MOST_MENTIONS = 20


class NoteError(ValueError):
    """A note that cannot be kept: `code` is empty, long, or not_yours."""

    def __init__(self, code: str) -> None:
        super().__init__(f"body: {code}")
        self.code = code


def write(
    conversation: Conversation, author: Colleague, body: str, named: Iterable[int],
    colleagues: Sequence[Colleague], *, token: str | None = None,
) -> Note:  # fmt: skip
    """Keep a note and tell whom it names. A repeated token returns the first note. Raises NoteError.

    named: users' ids as the page sent them; only members whose name stands in the words count.
    """
    words = _checked(body)
    try:
        with transaction.atomic():
            note = Note.objects.create(
                conversation=conversation, author=author.id, author_name=author.name[:120],
                body=words, mentions=_named(words, named, colleagues, author.id),
                client_token=token, created_at=timezone.now(),
            )  # fmt: skip
            _mention(note, note.mentions)
            live.changed(conversation.pk)
    except IntegrityError:
        earlier = Note.objects.filter(client_token=token).first() if token else None
        if earlier is None:
            raise
        return earlier
    return note


def edit(
    note: Note, author: int, body: str, named: Iterable[int], colleagues: Sequence[Colleague]
) -> Note:
    """Change one's own note; whom it names anew is told. Raises NoteError."""
    words = _checked(body)
    with transaction.atomic():
        kept = _own(note.pk, author)
        before = set(kept.mentions)
        kept.body = words
        kept.mentions = _named(words, named, colleagues, author)
        kept.edited_at = timezone.now()
        kept.save(update_fields=["body", "mentions", "edited_at"])
        Mention.objects.filter(note=kept).exclude(user__in=kept.mentions).delete()
        _mention(kept, [user for user in kept.mentions if user not in before])
        live.changed(kept.conversation_id)
    return kept


def remove(note: Note, author: int) -> None:
    """Take one's own note out of the thread. Raises NoteError."""
    with transaction.atomic():
        kept = _own(note.pk, author)
        kept.removed_at = timezone.now()
        kept.save(update_fields=["removed_at"])
        Mention.objects.filter(note=kept).delete()
        live.changed(kept.conversation_id)


def _own(note_id: int, author: int) -> Note:
    kept = Note.objects.select_for_update().filter(pk=note_id, removed_at=None).first()
    if kept is None or kept.author != author:
        raise NoteError("not_yours")
    return kept


def _checked(body: str) -> str:
    words = body.strip()
    if not words:
        raise NoteError("empty")
    if len(words) > LONGEST:
        raise NoteError("long")
    return words


def _named(
    words: str, named: Iterable[int], colleagues: Sequence[Colleague], author: int
) -> list[int]:
    """Return the members a note names: chosen from the list, or written out after an @."""
    chosen = set(named)
    found = [
        person.id
        for person in colleagues
        if person.id != author
        and re.search(rf"@{re.escape(person.name)}(?!\w)", words, re.IGNORECASE)
    ]
    # Of two with one name the one that was chosen is meant.
    names = {person.id: person.name.casefold() for person in colleagues}
    doubled = {
        user for user in found
        if user not in chosen and any(names[user] == names[other] for other in chosen & set(found))
    }  # fmt: skip
    return [user for user in found if user not in doubled][:MOST_MENTIONS]


def _mention(note: Note, users: Sequence[int]) -> None:
    if not users:
        return
    Mention.objects.bulk_create(
        [Mention(note=note, user=user) for user in users], ignore_conflicts=True
    )
    mentioned(note)
