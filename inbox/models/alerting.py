"""Nothing unanswered: who waits since when, what was promised, and who was told by which way."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from messaging.models import Conversation
from tenants.fields import EncryptedTextField
from tenants.models import E164


def default_ladder() -> list[dict[str, Any]]:
    """Return who is told of somebody who waits, and after how much of the target (inbox/ladder.py)."""
    return [
        {"at_percent": 0, "channels": ["live", "push"], "whom": "owner_or_all"},
        {"at_percent": 50, "channels": ["push", "email"], "whom": "owner_or_all"},
        {"at_percent": 100, "channels": ["push", "email", "sms", "hook"], "whom": "all"},
    ]


class InboxPolicy(models.Model):
    """The business's one row of what an answer means here."""

    one = models.BooleanField(primary_key=True, default=True, editable=False)
    # How soon somebody is answered, in minutes; counted in opening hours alone if so set.
    target_minutes = models.PositiveSmallIntegerField(default=15)
    in_open_hours = models.BooleanField(default=True)
    ladder = models.JSONField(default=default_ladder)
    digest_on = models.BooleanField(default=True)
    digest_at = models.TimeField(default="08:00")  # local to the business
    changed_by = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "inbox policies"
        constraints = [
            models.CheckConstraint(name="inbox_policy_is_one", condition=Q(one=True)),
            models.CheckConstraint(
                name="inbox_policy_target",
                condition=Q(target_minutes__gte=1, target_minutes__lte=10080),
            ),
        ]

    def __str__(self) -> str:
        return f"Answer within {self.target_minutes} minutes"


class Wait(models.Model):
    """Somebody waits for an answer: from the first unanswered sign of theirs until it is over."""

    class Kind(models.TextChoices):
        REPLY = "reply", "They wrote"
        VOICEMAIL = "voicemail", "They left a voicemail"
        CALL = "call", "They called and got no text"

    class Ended(models.TextChoices):
        ANSWERED = "answered", "Answered"
        CALLED = "called", "Called back"
        CLOSED = "closed", "Closed without an answer"
        OPTED_OUT = "opted_out", "They opted out"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="waits", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind.choices)
    began_at = models.DateTimeField()
    # The target as it was set then, in seconds, and when it ends by the opening hours.
    target_seconds = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    # How far the ladder has climbed; somebody who said he sees to it stops it.
    step = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.BigIntegerField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=9, choices=Ended.choices, blank=True)
    answered_by = models.BigIntegerField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    # How long they waited, counted as the target is.
    waited_seconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="wait_one_open", fields=["conversation"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="wait_ended_says_how", condition=Q(ended_at=None) ^ ~Q(ended_how="")
            ),
        ]
        indexes = [
            # used by: the page of who waits, longest first
            models.Index(name="wait_open", fields=["due_at"], condition=Q(ended_at=None)),
            # used by: the figures
            models.Index(name="wait_began", fields=["-began_at"]),
            models.Index(name="wait_conversation", fields=["conversation", "-began_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.began_at:%Y-%m-%d %H:%M}"


class Promise(models.Model):
    """Something an outgoing text promised for a time ("within 30 minutes", "Tuesday 9 to 11")."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        KEPT = "kept", "Kept"
        BROKEN = "broken", "Broken"
        CALLED_OFF = "called_off", "Called off"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="promises", db_index=False
    )
    message = models.UUIDField()
    words = models.CharField(max_length=160)
    # What is promised: an answer or a call (something of ours ends it), or a visit (a member does).
    what = models.CharField(max_length=10, default="contact")
    from_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="promise_once", fields=["message", "words"]),
            models.CheckConstraint(
                name="promise_ended_has_time", condition=Q(state="open") ^ Q(ended_at__isnull=False)
            ),
        ]
        indexes = [
            # used by: what is promised just now, in a thread and on the page of promises
            models.Index(name="promise_open", fields=["due_at"], condition=Q(state="open")),
            # used by: what was broken lately, and how many were kept
            models.Index(name="promise_due", fields=["state", "due_at"]),
            models.Index(name="promise_conversation", fields=["conversation", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.words} ({self.state})"


class Notice(models.Model):
    """One member (or one channel of a firm's chat) told of one thing by one way."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Not sent"

    # One thing told once to one place: "wait:7:2:push:31".
    key = models.CharField(max_length=120, unique=True)
    # waiting, alert, mention, assigned, promise, answer, digest, test (inbox/notices/rules.py).
    kind = models.CharField(max_length=12)
    channel = models.CharField(max_length=8)  # live, push, email, sms, hook
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.PROTECT, related_name="notices",
        db_index=False,
    )  # fmt: skip
    wait = models.ForeignKey(
        Wait, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    user = models.BigIntegerField(null=True, blank=True)
    # The subscription, phone or webhook it goes to.
    target = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=160, blank=True)
    body = models.CharField(max_length=400, blank=True)
    url = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Nobody is here, and somebody must be told: hours and absence do not count.
    must_reach = models.BooleanField(default=False, db_default=False)
    # The number an alert text carries, by which an answer from the handset chooses its caller.
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # used by: a member's bell, newest first
            models.Index(name="notice_user", fields=["user", "-created_at"]),
            # used by: what he has not seen: the count, and a conversation he looks at
            models.Index(
                name="notice_unseen", fields=["user", "conversation"], condition=Q(seen_at=None)
            ),
            # used by: whom a reply by handset is for; forgetting old ones
            models.Index(name="notice_target", fields=["channel", "target", "-created_at"]),
            models.Index(name="notice_created", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return self.key


class PushSubscription(models.Model):
    """A browser that wants to be told (RFC 8030); whoever knows its address may write to it."""

    user = models.BigIntegerField()
    endpoint = EncryptedTextField()
    endpoint_hash = models.CharField(max_length=64, unique=True)
    keys = EncryptedTextField()  # {"p256dh": ..., "auth": ...}
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="push_user", fields=["user"])]  # used by: telling a member

    def __str__(self) -> str:
        return f"{self.device or 'Browser'} of {self.user}"


class StaffPhone(models.Model):
    """A member's own phone: told by text once he has said yes from it, and answered through."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for the word JOIN"
        ON = "on", "On"
        OFF = "off", "Off"

    user = models.BigIntegerField(unique=True)
    phone = models.CharField(max_length=16, validators=[E164], unique=True)
    state = models.CharField(max_length=5, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()  # when the question leaves: in the morning where it is night
    joined_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Phone of {self.user}"


class AlertHook(models.Model):
    """A channel of the firm's chat: Slack, Teams or Google Chat, by its incoming webhook."""

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        GOOGLE_CHAT = "gchat", "Google Chat"

    kind = models.CharField(max_length=6, choices=Kind.choices)
    name = models.CharField(max_length=60)
    url = EncryptedTextField()
    is_active = models.BooleanField(default=True)
    created_by_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
