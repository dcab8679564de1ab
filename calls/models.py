"""Calls as facts, the rule that decides about them, and when the business is open."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messaging.models import Contact, MessageTemplate


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
    # The receipt: what was decided, why, and every question asked on the way.
    decision = models.CharField(max_length=4, blank=True)  # send, hold, skip
    decision_reason = models.CharField(max_length=40, blank=True)
    receipt = models.JSONField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.provider_id}"


class TextBackRule(models.Model):
    """Which missed calls get a text, when, and which text. The lowest position that is on decides."""

    class Hours(models.TextChoices):
        ALWAYS = "always", "Always"
        OPEN = "open", "Only while open"
        CLOSED = "closed", "Only while closed"

    class Callers(models.TextChoices):
        ALL = "all", "Everybody"
        NEW = "new", "Only people who never called or wrote before"
        KNOWN = "known", "Only people we know"

    name = models.CharField(max_length=80, default="Text back missed calls")
    is_on = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=1)
    # Which `missed_because` values get a text.
    outcomes = models.JSONField(default=list)
    hours = models.CharField(max_length=8, choices=Hours.choices, default=Hours.ALWAYS)
    callers = models.CharField(max_length=8, choices=Callers.choices, default=Callers.ALL)
    # A caller who hangs up sooner has probably misdialled.
    minimum_ring = models.DurationField()
    # An answered call at most this long may still get a text; zero means never.
    maximum_answered = models.DurationField()
    delay = models.DurationField()
    cool_down = models.DurationField()
    # A text-back later than this after the call is worse than none.
    expires_after = models.DurationField()
    template_open = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="+")
    template_closed = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """One span of one weekday (Monday is 0), in the business's own time zone."""

    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name_plural = "opening hours"
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(name="opening_hours_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="opening_hours_in_order", condition=Q(opens__lt=models.F("closes"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


class Holiday(models.Model):
    """A day on which the business is closed whatever the weekday says."""

    date = models.DateField(unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
