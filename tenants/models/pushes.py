"""A version of a playbook on its way to many businesses: first a few, then the rest."""

from __future__ import annotations

from django.db import models

from tenants.models.agencies import AgencyPlaybookVersion
from tenants.models.businesses import Agency
from tenants.models.values import new_id


class PlaybookPush(models.Model):
    """One push, with every business it goes to as a PlaybookUse of the same `push`.

    Its state is kept by inbox.agency.playbooks.pushing; each business's own by its use.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Looking at each business"
        READY = "ready", "Ready to begin"
        RUNNING = "running", "Under way"
        WAITING = "waiting", "The first are done; the rest waits"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Done"
        TAKING_BACK = "taking_back", "Being taken back"
        TAKEN_BACK = "taken_back", "Taken back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="pushes")
    version = models.ForeignKey(
        AgencyPlaybookVersion, on_delete=models.PROTECT, related_name="pushes"
    )
    # Which sections of the playbook go out.
    sections = models.JSONField(default=list)
    # Texts that a business changed by itself are replaced as well.
    replaces_own = models.BooleanField(default=False)
    # How many go first; after them a click is waited for, or this many hours.
    first = models.PositiveIntegerField(default=0)
    wait_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    # 1: the first ones; 2: the rest.
    wave = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.CHECKING)
    go_on_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "playbook pushes"
        indexes = [
            # used by: the pushes of an agency, newest first
            models.Index(name="playbook_push_newest", fields=["agency", "-created_at"])
        ]

    def __str__(self) -> str:
        return f"{self.version} to many"
