"""Call logs that were brought in: of a business, or of one that an agency would like to win."""

from __future__ import annotations

from django.db import models

from tenants.models.businesses import Agency, Business


class CallLog(models.Model):
    """One imported log and what came of it. Without a business it is a prospect's."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        IMPORTING = "importing", "Importing"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="call_logs")
    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="call_logs"
    )
    name = models.CharField(max_length=120)  # the business or prospect, as the report names it
    timezone = models.CharField(max_length=64)
    hours = models.JSONField(default=list, blank=True)  # [[weekday, "09:00", "17:00"]], local
    source = models.CharField(max_length=12)  # csv, twilio, telnyx
    file = models.CharField(max_length=200, blank=True)  # in the file storage
    file_name = models.CharField(max_length=120, blank=True)  # as it was called
    mapping = models.JSONField(default=dict, blank=True)
    assumptions = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    done = models.FloatField(default=0.0)  # 0 to 1, of the file
    bad_file = models.CharField(max_length=200, blank=True)  # malformed rows, in the file storage
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)
    # Other people's numbers are not kept for ever: deleted with its calls.
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class LoggedCall(models.Model):
    """One call of a log, in our words."""

    log = models.ForeignKey(CallLog, on_delete=models.CASCADE, related_name="calls", db_index=False)
    row = models.PositiveIntegerField()  # line of the file, the heading is 1
    started_at = models.DateTimeField()
    caller = models.CharField(max_length=16, blank=True)  # E.164, '' when withheld
    line = models.CharField(max_length=16, blank=True)
    outcome = models.CharField(max_length=12)  # answered, missed, voicemail
    because = models.CharField(max_length=16, blank=True)  # as calls.models.Call.Because
    ring_seconds = models.PositiveIntegerField(null=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    # Outbound calls are kept for "how long until somebody called back".
    is_inbound = models.BooleanField(default=True)

    class Meta:
        indexes = [
            # used by: reading a log in order
            models.Index(name="logged_call_order", fields=["log", "started_at"]),
            # used by: erasing a person
            models.Index(name="logged_call_caller", fields=["caller"]),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.started_at}"
