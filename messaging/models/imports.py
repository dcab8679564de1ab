"""Lists of people that were brought in: looked at first, then taken over, and taken back if need be."""

from __future__ import annotations

from typing import Any

from django.db import models


class ContactImport(models.Model):
    """One list. Numbers stand in `entries` only until it is taken over or forgotten, a day at most."""

    class State(models.TextChoices):
        PREVIEW = "preview", "Looked at"
        DONE = "done", "Taken over"
        UNDONE = "undone", "Taken back"

    file_name = models.CharField(max_length=120)
    marks: models.JSONField[Any, Any] = models.JSONField(
        default=dict
    )  # what its people become: ignored, vip, tags
    # [[line, name, E.164]] of the readable ones; [[line, why]] of the others.
    entries: models.JSONField[Any, Any] = models.JSONField(default=list)
    unreadable: models.JSONField[Any, Any] = models.JSONField(default=list)
    # For taking it back: {"id", "made", "name", "ignored_at", "vip_at", "tags"} of each contact before.
    before: models.JSONField[Any, Any] = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"
