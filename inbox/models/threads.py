"""What members add to a conversation and to a person, and the words all of it is found by."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from messaging.models import Contact, Conversation


class Note(models.Model):
    """What one member tells the others; the caller never sees it."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    author = models.BigIntegerField()
    author_name = models.CharField(max_length=120)
    body = models.TextField()
    # Ids of the users it names; what the body says of them is text like any other.
    mentions = models.JSONField(default=list)
    client_token = models.CharField(max_length=80, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # used by: the thread
            models.Index(name="note_thread", fields=["conversation", "-created_at"]),
            # used by: the API's list of notes, newest first
            models.Index(
                name="note_newest", fields=["-created_at", "-id"], condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class Mention(models.Model):
    """A member who was named in a note, until he has seen it."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="named")
    user = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="mention_once", fields=["note", "user"])]
        indexes = [
            # used by: my unseen mentions
            models.Index(name="mention_unseen", fields=["user"], condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.note_id}"


class Activity(models.Model):
    """What members did with a conversation (assigned, snoozed, closed, merged), for its timeline.

    kind: inbox/activity.py; detail: what its sentence needs (names, times as ISO texts).
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="activities", db_index=False
    )
    kind = models.CharField(max_length=20)
    actor = models.BigIntegerField(null=True, blank=True)  # NULL: Ringback itself
    actor_name = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "activities"
        indexes = [
            # used by: the thread
            models.Index(name="activity_thread", fields=["conversation", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Merge(models.Model):
    """Two contacts that are one person: nothing moves, so it can be undone for ever."""

    kept = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="merges_kept")
    folded = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="merges_folded")
    # What the kept contact got from the folded one (name, e-mail, tags), to be taken back.
    gained = models.JSONField(default=dict)
    by = models.BigIntegerField()
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="merge_once", fields=["folded"], condition=Q(undone_at=None)
            ),
            models.CheckConstraint(name="merge_of_two", condition=~Q(kept=models.F("folded"))),
        ]

    def __str__(self) -> str:
        return f"{self.folded_id} into {self.kept_id}"


class Tag(models.Model):
    """A tag people may be given; contacts carry its name (Contact.tags)."""

    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=10, default="grey")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name")]

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A field of the business's own; contacts carry its value under `key` (Contact.fields)."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        CHOICE = "choice", "One of a list"
        YES_NO = "yes_no", "Yes or no"

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    options = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class SearchEntry(models.Model):
    """The words of one text, note or voicemail. Written by triggers alone (inbox migration 0002)."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NOTE = "note", "Note"
        VOICEMAIL = "voicemail", "Voicemail"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    ref = models.CharField(max_length=40)  # the id of the text, the note or the call
    # No foreign key: written beside each text, it must lock nothing.
    conversation = models.BigIntegerField()
    at = models.DateTimeField()
    words = SearchVectorField()

    class Meta:
        verbose_name_plural = "search entries"
        constraints = [models.UniqueConstraint(name="search_entry_once", fields=["kind", "ref"])]
        indexes = [
            # used by: finding rare words, and the newest with a common one
            GinIndex(name="search_entry_words", fields=["words"]),
            models.Index(name="search_entry_newest", fields=["-at"]),
            # used by: a list narrowed by words that are everywhere, conversation by conversation
            models.Index(name="search_entry_conversation", fields=["conversation"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"
