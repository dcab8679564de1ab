"""The rules in their versions, drafts of them, and calls pinned with the decision they must get."""

from __future__ import annotations

from django.db import models

from messaging.models import MessageTemplate


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
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at"]

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
