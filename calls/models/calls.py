"""Calls as facts that only ever grow."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messaging.models import Contact


class Call(models.Model):
    """One call to a number of ours. `facts` only ever grows; the outcome is folded from it.

    Events arrive in any order and any number of times (telephony.md 1.6), so nothing here is
    a transition.
    """

    class Outcome(models.TextChoices):
        IN_PROGRESS = "in_progress", "In progress"
        ANSWERED = "answered", "Answered"
        MISSED = "missed", "Missed"
        VOICEMAIL = "voicemail", "Missed, voicemail left"
        IGNORED = "ignored", "Not a call to us"

    class Because(models.TextChoices):
        NO_ANSWER = "no_answer", "Nobody answered"
        BUSY = "busy", "The line was busy"
        UNREACHABLE = "unreachable", "The phone could not be reached"
        DECLINED = "declined", "The call was declined"
        CALLER_HUNG_UP = "caller_hung_up", "The caller hung up"
        FORWARDED = "forwarded", "Forwarded to us unanswered"
        NOT_ACCEPTED = "not_accepted", "Nobody pressed 1 (a voicemail picked up)"

    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=64)
    # Found through call_contact, which begins with it.
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="calls",
        db_index=False,
    )
    our_number = models.CharField(max_length=16)
    caller = models.CharField(max_length=80)  # as the provider gave it: may be 'anonymous'
    facts = models.JSONField(default=dict)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.IN_PROGRESS)
    missed_because = models.CharField(max_length=16, choices=Because.choices, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ring_seconds = models.PositiveIntegerField(null=True, blank=True)
    talk_seconds = models.PositiveIntegerField(null=True, blank=True)
    voicemail_url = models.TextField(blank=True)
    voicemail_seconds = models.PositiveIntegerField(null=True, blank=True)
    # Where the fetched recording lies in the file storage, '' until it was fetched; its words.
    recording = models.CharField(max_length=200, blank=True, default="", db_default="")
    transcript = models.TextField(blank=True, default="", db_default="")
    heard_at = models.DateTimeField(null=True, blank=True)
    # The receipt: what was decided, why, and every question asked on the way.
    decision = models.CharField(max_length=4, blank=True)  # send, hold, skip
    decision_reason = models.CharField(max_length=40, blank=True)
    receipt = models.JSONField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # The version of the rules it was decided by (RuleSet.version); 0 before there were versions.
    rules_version = models.PositiveIntegerField(default=0, db_default=0)
    # A call placed to try the line: it counts in no figure.
    is_test = models.BooleanField(default=False, db_default=False)
    # The same call by another way (a phone system's report of what was also forwarded to us).
    same_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reports",
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="call_provider_id", fields=["provider", "provider_id"]),
            models.CheckConstraint(
                name="call_missed_says_why",
                condition=Q(outcome__in=["missed", "voicemail"]) ^ Q(missed_because=""),
            ),
        ]
        indexes = [
            # used by: the thread's timeline and "how often did this person call"
            models.Index(name="call_contact", fields=["contact", "-started_at"]),
            # used by: the list of calls, newest first
            models.Index(name="call_started", fields=["-started_at", "-id"]),
            # used by: the same narrowed to an outcome or a decision, and to calls back
            models.Index(name="call_outcome", fields=["outcome", "-started_at", "-id"]),
            models.Index(name="call_decision", fields=["decision", "-started_at", "-id"]),
            models.Index(
                name="call_placed",
                fields=["-started_at", "-id"],
                condition=Q(decision_reason="CALL_BY_US"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.provider_id}"
