"""Calls placed to try a line: saved scenarios, their runs, and checks of the forwarding."""

from __future__ import annotations

from django.db import models


class Scenario(models.Model):
    """A call to be tried again: how it is missed, when, and what must come of it."""

    name = models.CharField(max_length=120, unique=True)
    line = models.CharField(max_length=16)
    # What happens on the line (calls.trials.CONDITIONS), and the caller who is played.
    condition = models.CharField(max_length=24)
    caller = models.CharField(max_length=16, blank=True)
    expected = models.JSONField(default=dict, blank=True)
    after_rule_changes = models.BooleanField(default=True)
    author = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TestCall(models.Model):
    """One call that was placed to try a line, with every step it was seen to take."""

    __test__ = False

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"

    scenario = models.ForeignKey(
        Scenario, null=True, blank=True, on_delete=models.CASCADE, related_name="runs"
    )
    line = models.CharField(max_length=16)
    condition = models.CharField(max_length=24)
    caller = models.CharField(max_length=16)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    # [{"step": "webhook", "ms": 12, "detail": "..."}], in the order they were seen.
    steps = models.JSONField(default=list)
    sentence = models.TextField(blank=True)
    asked_by = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            # used by: the page of test calls, newest first, and whatever tries a line just now
            models.Index(name="test_call_started", fields=["-started_at"])
        ]

    def __str__(self) -> str:
        return f"{self.condition} {self.started_at}"


class ForwardingCheck(models.Model):
    """One look whether calls to the business's own number still reach us.

    kind: "self" (a person calls now), "watch" (we place the call), "again" (once more, after a
    watch call did not arrive).
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the call"
        REACHED = "reached", "The call reached us"
        LOST = "lost", "The call did not reach us"

    line = models.CharField(max_length=16)
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    caller = models.CharField(max_length=16, blank=True)  # who calls, where that is known
    seconds = models.FloatField(null=True, blank=True)  # until it reached us
    detail = models.TextField(blank=True)
    call = models.BigIntegerField(null=True, blank=True)
    asked_by = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            # used by: the page of a line, newest first
            models.Index(name="forwarding_check_line", fields=["line", "-started_at"])
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.state}"
