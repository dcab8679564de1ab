"""What the business set, what the gate kept back, who looked at evidence, and what waits for a person."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from messaging.models.people import Contact
from tenants.postures import CHOICES, IMPLIED


def default_countries() -> list[str]:
    """Return the countries a business texts unless it says otherwise."""
    return ["US", "CA"]


class Policy(models.Model):
    """The business's choices where the rules leave one. Every save is a new row; the last one rules.

    Append-only by trigger: a decision names the version it was made under. The posture stands on
    the business's public row as well, where the voice plan reads it.
    """

    posture = models.CharField(max_length=10, choices=CHOICES, default=IMPLIED)
    washington_needs_notice = models.BooleanField(default=True)
    strict_quiet_hours = models.BooleanField(default=False)
    first_text_links = models.BooleanField(default=False)
    marketing = models.BooleanField(default=False)
    nudges = models.BooleanField(default=False)
    # Guards: whether new callers are looked up, and whether the carrier must vouch for them.
    look_up_callers = models.BooleanField(default=False, db_default=False)
    only_vouched = models.BooleanField(default=False, db_default=False)
    countries = models.JSONField(default=default_countries)
    # Retention, in months and days (compliance.md 7).
    message_months = models.PositiveSmallIntegerField(default=60)
    recording_days = models.PositiveSmallIntegerField(default=90)
    changed_by = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "policy versions"
        constraints = [
            models.CheckConstraint(
                name="policy_keeps_messages_long_enough", condition=Q(message_months__gte=24)
            ),
            models.CheckConstraint(
                name="policy_recording_days", condition=Q(recording_days__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"Policy {self.pk}"


class Refusal(models.Model):
    """A text that was wanted and kept back before it was queued: who wanted it, and why not."""

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="refusals", db_index=False
    )
    author = models.CharField(max_length=12)
    author_name = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=16)
    call = models.BigIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    code = models.CharField(max_length=32)
    clearance = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by: the page of blocked texts and its counts, newest first
            models.Index(name="refusal_at", fields=["-at"]),
            # used by: a person's history
            models.Index(name="refusal_contact", fields=["contact", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """Something a person of the business should know and do. Open ones are one per code and subject."""

    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)  # a number, a contact's id, a version
    sentence = models.TextField()
    fix = models.TextField(blank=True)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    raised_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once", fields=["code", "subject"], condition=Q(resolved_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"


class LegalHold(models.Model):
    """While one is open for a number, or for all ('' as phone_mark), nothing of it is purged or erased."""

    phone_mark = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=300)
    placed_by = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=120, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="legal_hold_open_once", fields=["phone_mark"], condition=Q(lifted_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"Hold on {self.phone or 'everything'}"


class AuditEntry(models.Model):
    """Who looked at, exported, changed or erased what. Append-only by trigger."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    door = models.CharField(max_length=10)  # page, api, command, admin, agenda
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)  # a contact's id, never a number in clear
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # used by: the audit log, newest first
            models.Index(name="audit_at", fields=["-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"
