"""Pictures and files that come with a text, in and out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messaging.models.people import Conversation
from messaging.models.texts import Message
from tenants.fields import EncryptedTextField
from tenants.models import new_id


class Attachment(models.Model):
    """One file of a text. An outgoing one is uploaded before its text is written (`message` NULL)."""

    class State(models.TextChoices):
        WAITING = "waiting", "On its way to us"
        STORED = "stored", "Here"
        REFUSED = "refused", "Refused"  # too large, or not what it says it is
        LOST = "lost", "Could not be fetched"
        GONE = "gone", "Kept no longer"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    direction = models.CharField(max_length=3, choices=Message.Direction.choices)
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices)
    # Where the provider keeps it: whoever knows the address may open it, so it is a secret.
    provider_url = EncryptedTextField(blank=True)
    declared_type = models.CharField(max_length=100, blank=True)
    # What it was found to be, whatever it was said to be.
    content_type = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField(default=0)  # bytes
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Where the file and its small picture lie in the file storage, '' until they are there.
    file = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    uploaded_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="attachment_place", fields=["message", "position"],
                condition=Q(message__isnull=False),
            ),
            models.CheckConstraint(
                name="attachment_stored_has_file", condition=~Q(state="stored") | ~Q(file="")
            ),
        ]  # fmt: skip
        indexes = [
            # used by: a conversation's pictures, and a person's erasure
            models.Index(name="attachment_conversation", fields=["conversation", "-created_at"]),
            # used by: clearing away what was uploaded and never sent
            models.Index(
                name="attachment_unsent", fields=["created_at"], condition=Q(message=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.state} {self.id}"
