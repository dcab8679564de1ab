"""People a business talks to, what was said, and the proof of what they allowed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models import E164, new_id


class Contact(models.Model):
    """A person behind a number. Its row is the lock that orders everything sent to that person."""

    phone = models.CharField(max_length=16, validators=[E164])
    name = models.CharField(max_length=120, blank=True)
    # When a rule, and when a member or API client, last texted this person: what a decision asks.
    last_text_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_person_text_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Derived from the ledger in the same transaction; the ledger is the proof.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # Never texted by a rule: family, suppliers, staff.
    ignored_at = models.DateTimeField(null=True, blank=True)
    # Set when a provider said that this number cannot get texts (landline, unknown handset).
    untextable_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="contact_phone", fields=["phone"])]

    def __str__(self) -> str:
        return self.name or self.phone


class Conversation(models.Model):
    """The one thread with a contact, with what a list of threads needs to show."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SNOOZED = "snoozed", "Snoozed"
        CLOSED = "closed", "Closed"

    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="conversation")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    unread = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    last_line = models.CharField(max_length=200, blank=True)
    last_direction = models.CharField(max_length=4, default="call")  # in, out, call, miss
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by: the inbox list, unread first, then newest
            models.Index(name="conversation_list", fields=["-last_at", "-id"]),
            models.Index(
                name="conversation_unread", fields=["-last_at"], condition=Q(unread__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation with {self.contact}"


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
        SYSTEM = "system", "Ringback"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found through message_thread, which begins with it; likewise the contact below.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    status = models.CharField(max_length=12, choices=Status.choices)
    author = models.CharField(max_length=8, choices=Author.choices)
    author_name = models.CharField(max_length=120, blank=True)
    author_user = models.BigIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    media = models.JSONField(default=list, blank=True)
    segments = models.PositiveSmallIntegerField(default=1)
    encoding = models.CharField(max_length=5, default="GSM-7")
    our_number = models.CharField(max_length=16)
    their_number = models.CharField(max_length=16)
    # C0 compliance, C1 answer to their call or text, C2 asked for, C3 marketing (compliance.md 8).
    category = models.CharField(max_length=2, default="C1")
    call = models.BigIntegerField(null=True, blank=True)  # the call a text-back answers
    client_token = models.CharField(max_length=80, null=True, blank=True)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=64, null=True, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    error_sentence = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    send_after = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # Since when we do not know whether the provider took it, and how often it said it had not.
    unknown_since = models.DateTimeField(null=True, blank=True)
    absences = models.PositiveSmallIntegerField(default=0)
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
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.status} {self.id}"


class ConsentEvent(models.Model):
    """The ledger of what a person allowed or refused. Append-only in the database itself.

    UPDATE, DELETE and TRUNCATE are refused by trigger (migration 0002), whoever asks.
    """

    class Kind(models.TextChoices):
        OPT_OUT = "opt_out", "Opted out"
        OPT_IN = "opt_in", "Opted in"
        HELP = "help", "Asked for help"

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="consent_events", db_index=False
    )
    phone = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    channel = models.CharField(max_length=10)  # sms, provider, staff
    raw_text = models.TextField(blank=True)
    matched = models.CharField(max_length=60, blank=True)
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=120, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="consent_event_once_per_message",
                fields=["provider", "provider_id", "kind"],
                condition=~Q(provider_id=""),
            )
        ]
        indexes = [
            # used by: the consent history of a contact
            models.Index(name="consent_event_contact", fields=["contact", "occurred_at"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.phone}"


class MessageTemplate(models.Model):
    """A text with merge fields, named by what it is for."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    body = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
