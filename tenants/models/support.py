"""What support does: its record, its visits to businesses, and the platform's brake set by hand."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tenants.models.businesses import Business
from tenants.models.people import User


class SupportEntry(models.Model):
    """What somebody of support looked for, saw in full or did. Append-only by trigger.

    No number, address or word of a person stands here in clear: marks and ids do.
    """

    at = models.DateTimeField()
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=120)
    # Such as search, trace.full, visit.begin, visit.end, repair.apply, replay, agenda.drop, brake.set.
    action = models.CharField(max_length=40)
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    # An id of ours or of a provider's, or a number's mark.
    subject = models.CharField(max_length=140, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "support entries"
        ordering = ["-at", "-id"]
        indexes = [
            # used by: the record, newest first
            models.Index(name="support_entry_newest", fields=["-at", "-id"])
        ]
        permissions = [
            ("enter_business", "May look into a business as its members see it"),
            ("see_numbers", "May see callers' numbers and words in full"),
            ("repair_provider", "May change settings at a provider"),
            ("replay_webhooks", "May process stored webhooks again"),
            ("settle_agenda", "May ask dead work again or drop it"),
            ("move_brakes", "May move the platform's brake"),
            ("give_access", "May make members, accounts, passwords and keys of others"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class SupportVisit(models.Model):
    """Somebody of support looks into a business: read-only, with a reason, for half an hour at most."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="support_visit_says_why", condition=~Q(reason=""),
            ),
            models.CheckConstraint(
                name="support_visit_ends", condition=Q(ends_at__gt=models.F("begun_at"))
            ),
        ]  # fmt: skip
        indexes = [
            # used by: the list of visits, newest first
            models.Index(name="support_visit_newest", fields=["-begun_at"])
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.business}"

    @property
    def seconds_left(self) -> int:
        """How long it still lasts: a page that stays open is asked for again then."""
        return max(1, int((self.ends_at - timezone.now()).total_seconds()) + 1)


class PlatformBrake(models.Model):
    """The platform's hourly limits as somebody of support set them, until a time.

    The newest that was not lifted counts; without one the limits are reckoned
    (tenants/velocity_scripts.py).
    """

    texts_an_hour = models.PositiveIntegerField()
    cents_an_hour = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    set_by = models.CharField(max_length=120)
    set_at = models.DateTimeField()
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["-set_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="platform_brake_ends", condition=Q(until__gt=models.F("set_at"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.texts_an_hour} texts an hour until {self.until:%Y-%m-%d %H:%M}"
