"""REST: notes in threads, which the person never sees. A program changes its own alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_docs import reading_documented
from config.api_operations import asked, operation
from config.api_views import IdField, Reading
from inbox import staff
from inbox.api.people import ActorMixin
from inbox.models import Note
from inbox.staff import Colleague
from inbox.thread import notes
from inbox.thread.notes import NoteError
from inbox.thread.notes_pages import words_of
from messaging.models import Conversation
from tenants.scope import current_business

# What a note of a program has as its author; its name says which program.
NOBODY = 0
_NOTE = {
    "id": 11, "conversation": 7, "author": None, "author_name": "API key CRM",
    "body": "Estimate 4711 was accepted. @Pat Moss please book.", "mentions": [12],
    "created_at": "2026-11-21T16:20:00.000000Z", "edited_at": None,
}  # fmt: skip


class NoteSerializer(serializers.ModelSerializer[Note]):
    """What one tells the others."""

    author = serializers.SerializerMethodField(
        help_text="The member who wrote it, by `user` of `/api/v1/members/`; null for a program."
    )
    mentions = serializers.ListField(
        child=serializers.IntegerField(), read_only=True, help_text="The members it names."
    )

    class Meta:
        model = Note
        fields = [
            "id", "conversation", "author", "author_name", "body", "mentions", "created_at",
            "edited_at",
        ]  # fmt: skip

    def get_author(self, note: Note) -> int | None:
        """Return the member."""
        return note.author or None


class NoteWordsSerializer(serializers.Serializer[Any]):
    """The words of a note."""

    body = serializers.CharField(
        max_length=notes.LONGEST,
        help_text="Members who stand in it as @Name are told.",
    )  # fmt: skip


class NoteWrittenSerializer(NoteWordsSerializer):
    """A note to write."""

    conversation = IdField(help_text="Where it stands.")
    client_token = serializers.CharField(
        required=False, max_length=60,
        help_text="Your own id for it: the same token again writes nothing twice.",
    )  # fmt: skip


class NoteFilters(serializers.Serializer[Any]):
    """What the list of notes can be narrowed to."""

    conversation = IdField(required=False, help_text="Of this conversation.")


@reading_documented(
    "Notes",
    NoteFilters,
    _NOTE,
    listed="What members and programs wrote for each other, newest first.",
    one="One note.",
)
class Notes(ActorMixin, ListModelMixin, RetrieveModelMixin, Reading):
    """Notes."""

    area = "conversations"
    queryset = Note.objects.filter(removed_at=None)
    serializer_class = NoteSerializer
    filters = NoteFilters

    @operation(
        "Notes", "notes_create", "Write a note",
        "Stands in the thread for everybody who works here; the person never sees it.",
        asks=NoteWrittenSerializer, gives=NoteSerializer, status=201, told=_NOTE,
        sent={"conversation": 7, "body": _NOTE["body"]},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Write one. Raises ValidationError naming fields."""
        wanted = asked(NoteWrittenSerializer, request)
        thread = Conversation.objects.filter(pk=wanted["conversation"], hidden="").first()
        if thread is None:
            raise serializers.ValidationError({"conversation": "There is no such conversation."})
        token = wanted.get("client_token")
        with _refusing():
            note = notes.write(
                thread, Colleague(NOBODY, self.actor.name, ""), wanted["body"], [],
                staff.colleagues(current_business()),
                token=f"api:{request.auth.pk}:{token}" if token else None,
            )  # fmt: skip
        return Response(NoteSerializer(note).data, status=201)

    @operation(
        "Notes", "notes_change", "Change a note of your own",
        "Only the key that wrote a note changes it; another's is a 404.",
        asks=NoteWordsSerializer, gives=NoteSerializer, sent={"body": _NOTE["body"]},
        told=_NOTE | {"edited_at": "2026-11-21T16:25:00.000000Z"}, errors=(404,),
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError."""
        note, wanted = self.get_object(), asked(NoteWordsSerializer, request)
        with _refusing():
            kept = notes.edit(
                note, NOBODY, wanted["body"], [], staff.colleagues(current_business())
            )
        return Response(NoteSerializer(kept).data)

    @operation(
        "Notes", "notes_remove", "Take a note of your own away",
        "Only the key that wrote a note removes it; another's is a 404.", status=204, errors=(404,),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove one."""
        notes.remove(self.get_object(), NOBODY)
        return Response(status=204)

    def get_queryset(self) -> QuerySet[Note]:
        """Return notes; what changes one finds those of this key alone."""
        rows: QuerySet[Note] = super().get_queryset()
        if self.action in ("partial_update", "destroy"):
            return rows.filter(author=NOBODY, author_name=self.actor.name[:120])
        return rows


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what is wrong with a note into a 422 naming its words."""
    try:
        yield
    except NoteError as wrong:
        raise serializers.ValidationError({"body": words_of(wrong)}) from None
