"""What Stripe told us and what we told Stripe."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models import Business


class StripeEvent(models.Model):
    """A webhook of Stripe's, verified and stored before it is acted upon; once by its id.

    Only what names the object is kept: the object itself is fetched again when it is applied
    (telephony.md 5.5), so order and repeats do not matter.
    """

    event_id = models.CharField(max_length=80, unique=True)
    # The connected account it concerns; "" is the platform's.
    account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    type = models.CharField(max_length=80)
    object_type = models.CharField(max_length=40, blank=True, default="", db_default="")
    object_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    created_at = models.DateTimeField()  # Stripe's
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            # used by: support's list, newest first
            models.Index(name="stripe_event_received", fields=["-received_at"])
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class MeterReport(models.Model):
    """Use that is told to Stripe in one meter event; the identifier makes a repeat harmless.

    `quantity` is the sum of the records that point here: a record is reported once.
    """

    # No constraint in the database: see tenants.models.ProviderEvent.business.
    business = models.ForeignKey(
        Business, on_delete=models.DO_NOTHING, db_constraint=False, related_name="meter_reports"
    )
    kind = models.CharField(max_length=30)
    identifier = models.CharField(max_length=100, unique=True)
    quantity = models.PositiveIntegerField()
    # The moment Stripe counts it at: within 35 days back and 5 minutes ahead (telephony.md 5.4).
    counted_at = models.DateTimeField()
    account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    customer_id = models.CharField(max_length=64)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Since when it is for support to settle: Stripe refused it, or may have it (billing/refused.py).
    refused_at = models.DateTimeField(null=True, blank=True)
    # Since when Stripe is asked under this identifier, where support chose that anew; else `created_at`.
    asked_since = models.DateTimeField(null=True, blank=True)
    # Set where Stripe's summary of its day agreed; a difference raises an alert for support.
    reconciled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # used by: what was not yet taken by Stripe
            models.Index(name="meter_unsent", fields=["id"], condition=Q(sent_at=None)),
            # used by: comparing a day with Stripe's summary
            models.Index(name="meter_of_customer", fields=["customer_id", "kind", "counted_at"]),
        ]

    def __str__(self) -> str:
        return self.identifier


class Concern(models.Model):
    """What about money somebody of support should look at: open once for each thing."""

    # "meter_difference", "meter_refused", "key_refused", "two_subscriptions", "unknown_plan", "dispute"…
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=120)
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    sentence = models.CharField(max_length=300)
    raised_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="concern_open_once", fields=["kind", "subject"], condition=Q(resolved_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
