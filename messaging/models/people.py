"""The people a business talks to, and its one thread with each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models import E164


class PlaceSource(models.TextChoices):
    """How we know where a person is (compliance.md R-TZ-2)."""

    STATED = "stated", "Said so"
    VERIFIED = "verified", "Verified address"


class Contact(models.Model):
    """A person behind a number. Its row is the lock that orders everything sent to that person."""

    phone = models.CharField(max_length=16, validators=[E164])
    name = models.CharField(max_length=120, blank=True)
    # When a rule, and when a member or API client, last texted this person: what a decision asks.
    last_text_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_person_text_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Derived from the ledger in the same transaction; the ledger is the proof.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # Until when nothing but a clarification goes out: a reply could be read as an opt-out.
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    # The best lasting step of the consent ladder (compliance.md 1.2) and the ledger row that gave
    # it. What a single call allows is the call's, not the person's.
    consent_level = models.PositiveSmallIntegerField(default=0, editable=False)
    consent_event = models.BigIntegerField(null=True, blank=True, editable=False)
    consent_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When this person last texted us, and was last told by us who we are and how to stop.
    last_inbound_at = models.DateTimeField(null=True, blank=True, editable=False)
    introduced_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where this person says, or we have verified, that he is; '' when only the area code is known.
    state = models.CharField(max_length=2, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    place_source = models.CharField(max_length=8, blank=True, choices=PlaceSource.choices)
    place_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Never texted by a rule: family, suppliers, staff.
    ignored_at = models.DateTimeField(null=True, blank=True)
    # Somebody a person should call back at once, whatever the rules say of others.
    vip_at = models.DateTimeField(null=True, blank=True)
    tags = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    # What kind of line it is, by a lookup (telephony.md 2.8); '' until asked.
    line_type = models.CharField(max_length=20, blank=True, default="", db_default="")
    line_type_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set when a provider said that this number cannot get texts (landline, unknown handset).
    untextable_at = models.DateTimeField(null=True, blank=True)
    # Erased: profile and texts are gone, `phone` is no number any more (messaging/erasure.py).
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
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
