"""Members as they work here: teams, their own settings, quick replies, saved views.

Users live on the public floor: a user is named by his id, never by a foreign key.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Team(models.Model):
    """Several members who see to conversations together."""

    name = models.CharField(max_length=60, unique=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A user's place in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="team_member_once", fields=["team", "user"])]
        indexes = [models.Index(name="team_member_user", fields=["user"])]  # used by: my teams

    def __str__(self) -> str:
        return f"{self.user} in {self.team_id}"


class MemberSettings(models.Model):
    """How one member works in this business; who has no row has every default.

    notices: {"push": {"on": true, "from": "08:00", "to": "18:00", "days": [0..6]}, "email": ...,
    "sms": ..., "digest": true}; hours are local to the member's zone (inbox/notices_rules.py).
    """

    user = models.BigIntegerField(unique=True)
    notices = models.JSONField(default=dict)
    # Which kinds he wants: mine, team, unassigned, mentions.
    wants = models.JSONField(default=list)
    signature = models.CharField(max_length=160, blank=True)
    # Seconds in which a text can be taken back; 0 sends at once.
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    away_until = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "member settings"
        constraints = [
            models.CheckConstraint(name="member_settings_undo", condition=Q(undo_seconds__lte=30))
        ]

    def __str__(self) -> str:
        return f"Settings of {self.user}"


class QuickReply(models.Model):
    """A text that is said often, with merge fields; `owner` NULL belongs to everybody."""

    shortcut = models.SlugField(max_length=30)
    title = models.CharField(max_length=80)
    body = models.TextField()
    language = models.CharField(max_length=5, default="en")
    owner = models.BigIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "quick replies"
        constraints = [
            models.UniqueConstraint(
                name="quick_reply_shortcut", fields=["shortcut", "language", "owner"],
                nulls_distinct=False,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class SavedView(models.Model):
    """A selection of conversations under a name; `owner` NULL is everybody's.

    filters: as inbox/folders.py reads them (folder, tags, assignee, team, unread, words, sort).
    """

    name = models.CharField(max_length=60)
    owner = models.BigIntegerField(null=True, blank=True)
    filters = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="saved_view_name", fields=["owner", "name"], nulls_distinct=False
            )
        ]
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
