"""What was said, and the templates it was said with."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messaging.models.people import Conversation
from tenants.models import new_id


class Message(models.Model):
    """One text, in or out. A rule, a person and an API client all queue the same row."""

    class Direction(models.TextChoices):
        IN = "in", "Received"
        OUT = "out", "Sent"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        HELD = "held", "Held"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        UNDELIVERED = "undelivered", "Undelivered"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        RECEIVED = "received", "Received"

    class Author(models.TextChoices):
        CONTACT = "contact", "The contact"
        RULE = "rule", "Text-back rule"
        PERSON = "person", "A member"
        API = "api", "API"
        ASSISTANT = "assistant", "Assistant"
        SYSTEM = "system", "The system"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found through message_thread, which begins with it; likewise the contact below.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    status = models.CharField(max_length=12, choices=Status.choices)
    author = models.CharField(max_length=12, choices=Author.choices)
    author_name = models.CharField(max_length=120, blank=True)
    author_user = models.BigIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    media = models.JSONField(default=list, blank=True)
    segments = models.PositiveSmallIntegerField(default=1)
    encoding = models.CharField(max_length=5, default="GSM-7")
    our_number = models.CharField(max_length=16)
    their_number = models.CharField(max_length=16)
    # What it is for (messaging.compliance.PURPOSES).
    purpose = models.CharField(max_length=16, default="manual")
    # C0 compliance, C1 answer to their call or text, C2 asked for, C3 marketing (compliance.md 8).
    category = models.CharField(max_length=2, default="C1")
    call = models.BigIntegerField(null=True, blank=True)  # the call a text-back answers
    client_token = models.CharField(max_length=80, null=True, blank=True)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=64, null=True, blank=True)
    error_code = models.CharField(max_length=32, blank=True)
    error_sentence = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    send_after = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # Since when we do not know whether the provider took it, and how often it said it had not.
    unknown_since = models.DateTimeField(null=True, blank=True)
    absences = models.PositiveSmallIntegerField(default=0)
    # Every answer of the gate about this text, oldest first (messaging.clearances).
    clearances = models.JSONField(default=list, blank=True)
    # Held: until when, and the reason's code.
    held_until = models.DateTimeField(null=True, blank=True)
    hold_code = models.CharField(max_length=32, blank=True)
    # The template it was made from, as key@version; '' when written by hand.
    template = models.CharField(max_length=60, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    # SHA-256 of a body that retention blanked: whoever shows the words can still prove them. ''
    # while the body is there, and for a person who was erased.
    body_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="message_provider_id", fields=["provider", "provider_id"]),
            # A form sent twice, or an API call repeated with its token, is one message.
            models.UniqueConstraint(name="message_client_token", fields=["client_token"]),
            # Two deciders of one call can never queue two text-backs.
            models.UniqueConstraint(
                name="message_one_text_back_per_call",
                fields=["call"],
                condition=Q(author="rule"),
            ),
            models.CheckConstraint(
                name="message_direction_fits_status",
                condition=Q(direction="in", status="received")
                | (Q(direction="out") & ~Q(status="received")),
            ),
        ]
        indexes = [
            # used by: the thread, and "when did we last text this person"
            models.Index(name="message_thread", fields=["conversation", "created_at"]),
            # used by: purging what waits when somebody opts out
            models.Index(
                name="message_waiting",
                fields=["conversation"],
                condition=Q(status__in=["queued", "held"]),
            ),
            # used by: the page of held texts, and asking them again when rules change
            models.Index(name="message_held", fields=["held_until"], condition=Q(status="held")),
            # used by: texts that wait for the hour somebody chose
            models.Index(
                name="message_scheduled",
                fields=["send_after"],
                condition=Q(status="queued", send_after__isnull=False),
            ),
            # used by: the API's list of texts, newest first, and those that did not simply arrive
            models.Index(name="message_newest", fields=["-created_at", "-id"]),
            models.Index(
                name="message_unusual",
                fields=["status", "-created_at", "-id"],
                condition=~Q(status__in=["sent", "delivered", "received"]),
            ),
            # used by: retention, oldest first
            models.Index(name="message_kept", fields=["created_at"], condition=Q(erased_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.status} {self.id}"


class MessageTemplate(models.Model):
    """A text with merge fields, named by what it is for. A trigger keeps every version it ever had."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    body = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """A template as it once was. Written by trigger, append-only; `version` counts from 1 per key."""

    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    body = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="template_version_once", fields=["key", "version"])
        ]

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"
