"""What a business used. Plans and Stripe read these rows; nothing here decides a send."""

from __future__ import annotations

from django.db import models

from tenants.models import Business


class UsageRecord(models.Model):
    """One unit of use, written in the transaction that caused it, exactly once per `key`."""

    # No constraint in the database: see tenants.models.ProviderEvent.business.
    business = models.ForeignKey(
        Business,
        on_delete=models.DO_NOTHING,
        related_name="usage",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    # The report to Stripe it is part of; none while it is not reported, or where billing is off.
    # No constraint in the database: this table is written for every text.
    report = models.ForeignKey(
        "billing.MeterReport",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="records",
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="usage_once", fields=["key"])]
        indexes = [
            # used by: use of one business in a period, and what of it is not reported yet
            models.Index(name="usage_period", fields=["business", "occurred_at"]),
            # used by: the records of a report
            models.Index(
                name="usage_of_report", fields=["report"], condition=models.Q(report__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} × {self.quantity}"
