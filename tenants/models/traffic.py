"""What arrived, and what waits."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models.businesses import Business
from tenants.models.numbers import ProviderAccount

# What a row of the agenda is about, at most.
SUBJECT_LENGTH = 80


class EventState(models.TextChoices):
    """What became of a stored webhook."""

    STORED = "stored", "Waiting to be processed"
    PROCESSED = "processed", "Processed"
    UNROUTABLE = "unroutable", "No business has this number"
    REFUSED = "refused", "Signed correctly, but not usable"
    FAILED = "failed", "Processing failed"


class ProviderEvent(models.Model):
    """A webhook as it arrived, stored before it is acted upon. Unique per provider event."""

    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    # No constraint and no index in the database for these two: accounts and businesses are never
    # deleted, and their rows would be locked by every webhook that refers to them (docs/bench.md).
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    dedupe_key = models.CharField(max_length=200)
    subject = models.CharField(max_length=80, blank=True)  # the call's or message's provider id
    params = models.JSONField()
    state = models.CharField(max_length=12, choices=EventState.choices, default=EventState.STORED)
    note = models.TextField(blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="provider_event_once", fields=["dedupe_key"]),
        ]
        indexes = [
            # used by: support's trace of one call or message
            models.Index(name="provider_event_subject", fields=["subject"]),
            # used by: the admin's list, newest first
            models.Index(name="provider_event_received", fields=["-received_at"]),
            # used by: what a business's own phone system reported lately; costs no webhook anything
            models.Index(
                name="provider_event_reported",
                fields=["business", "-received_at", "-id"],
                condition=Q(provider="reported"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class AgendaState(models.TextChoices):
    """A waiting row is asked again when due; a dead one waits for a person."""

    WAITING = "waiting", "Waiting"
    DEAD = "dead", "Dead: gave up, needs a person"


class AgendaItem(models.Model):
    """One thing that waits or happens outside the transaction that wanted it.

    Claiming a row moves `due_at` forward by the lease, so a row whose worker died is simply
    due again; a finished row is deleted. See tenants/agenda.py.
    """

    lane = models.CharField(max_length=16)
    kind = models.CharField(max_length=40)
    # No constraint in the database: see ProviderEvent.business.
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    unique_key = models.CharField(max_length=140)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=AgendaState.choices, default=AgendaState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agenda_one_wish", fields=["unique_key"]),
        ]
        indexes = [
            # used by: the drain's claim, oldest first
            models.Index(
                name="agenda_due", fields=["lane", "due_at"], condition=Q(state="waiting")
            ),
            # used by: the drain's fair claim across businesses
            models.Index(
                name="agenda_fair",
                fields=["lane", "business", "due_at"],
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
