"""The rules in their versions, drafts of them, and calls pinned with the decision they must get."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class RuleSet(models.Model):
    """The rules of a business as of one version; the highest is in force. Append-only by trigger.

    rules: a list in the shape of calls.rules.dump. Restoring an old version writes a new one.
    """

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField(default=list)
    author = models.CharField(max_length=120)
    author_user = models.BigIntegerField(null=True, blank=True)
    origin = models.CharField(max_length=12)  # page, api, audit, playbook, admin, restored
    note = models.CharField(max_length=200, blank=True)
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"version {self.version}"


class RuleDraft(models.Model):
    """Rules somebody works on, or that an audit suggests; in force only once they are published."""

    name = models.CharField(max_length=80)
    rules = models.JSONField(default=list)
    based_on = models.PositiveIntegerField(default=0)  # the version it was begun from
    source = models.CharField(max_length=12, default="page")  # page, audit
    note = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=120)
    author_user = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            # What a member works on at his page is one draft, in however many windows.
            models.UniqueConstraint(
                name="ruledraft_one_of_a_member",
                fields=["author_user"],
                condition=Q(source="page"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class PinnedCall(models.Model):
    """A call with the decision it must get: asked again on every save of the rules."""

    name = models.CharField(max_length=120, unique=True)
    # calls.facts.dump of the facts, and what must come out: action, code and the rule's id.
    facts = models.JSONField()
    asked_at = models.DateTimeField()
    action = models.CharField(max_length=4)
    code = models.CharField(max_length=40)
    rule = models.CharField(max_length=40, blank=True)
    author = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
