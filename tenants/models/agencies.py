"""What an agency does with its businesses: facts, steps of going live, hand-offs, health, audit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.fields import EncryptedTextField
from tenants.models.businesses import Agency, Business
from tenants.models.people import User
from tenants.models.values import new_id


class BusinessFacts(models.Model):
    """Who a business is, as registrations and its public pages say it. Everything may still be ''."""

    business = models.OneToOneField(
        Business, primary_key=True, on_delete=models.PROTECT, related_name="facts"
    )
    legal_name = models.CharField(max_length=160, blank=True, default="")
    # The employer identification number, digits alone.
    ein = EncryptedTextField(blank=True, default="")
    # A key of tenants.registration_facts.KINDS: llc, corporation, sole_proprietor, non_profit, …
    legal_kind = models.CharField(max_length=20, blank=True, default="")
    street = models.CharField(max_length=160, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=3, blank=True, default="")
    postcode = models.CharField(max_length=12, blank=True, default="")
    country = models.CharField(max_length=2, default="US")
    website = models.CharField(max_length=200, blank=True, default="")
    vertical = models.CharField(max_length=30, blank=True, default="")
    contact_name = models.CharField(max_length=120, blank=True, default="")
    contact_title = models.CharField(max_length=80, blank=True, default="")
    contact_email = models.EmailField(blank=True, default="")
    contact_phone = models.CharField(max_length=16, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Facts of {self.business}"


class StepState(models.TextChoices):
    """Where one step at the provider stands."""

    WANTED = "wanted", "Asked for"
    TRYING = "trying", "On its way"
    WAITING = "waiting", "Waiting for the carrier"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused: needs a change"
    CANCELLED = "cancelled", "Called off"


class ProviderStep(models.Model):
    """One thing that a business needs from a provider, once: a number, a brand, a campaign, a release.

    Written as TRYING before the provider is asked. Whoever finds it so asks the provider first
    whether it exists already: nothing is bought twice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="steps")
    # Such as "number.buy:+13125550142", "trusthub.profile", "a2p.brand", "number.release:+1…".
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.WANTED)
    # What was asked for, and what the provider calls it.
    wanted = models.JSONField(default=dict)
    external_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    # In words for the agency: what is wrong and what to change.
    problem = models.TextField(blank=True, default="", db_default="")
    problem_field = models.CharField(max_length=40, blank=True, default="", db_default="")
    asked_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    changed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="provider_step_once",
                fields=["business", "key"],
                condition=~Q(state__in=("cancelled", "refused")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.key}"


class Handoff(models.Model):
    """A way from the public host into a business: once, for a minute, for one member."""

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    # Where to, on the business's host.
    path = models.CharField(max_length=200, default="/")
    # Support looking on says why; members need no reason.
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.user} to {self.business}"


class AgencyEntry(models.Model):
    """What was done at an agency or by it to its businesses. Append-only by trigger."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="entries")
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    # page, api, command, admin or agenda
    door = models.CharField(max_length=10)
    # Such as business.create, business.enter, business.suspend, member.invite, playbook.push.
    action = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "agency entries"
        ordering = ["-at", "-id"]
        indexes = [
            # used by: the agency's audit page, newest first
            models.Index(name="agency_entry_newest", fields=["agency", "-at"])
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class BusinessHealth(models.Model):
    """How a business does, reckoned every few minutes: a list of a thousand reads rows, not schemas.

    Counts are of the last seven days to `computed_at`; money in cents of the month so far.
    """

    business = models.OneToOneField(
        Business, primary_key=True, on_delete=models.PROTECT, related_name="health"
    )
    computed_at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    # Texts back to missed calls, and how many of them were written back to.
    texts = models.PositiveIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)
    # All texts that left, and those of them that did not arrive.
    sent = models.PositiveIntegerField(default=0, db_default=0)
    undelivered = models.PositiveIntegerField(default=0)
    # From the end of the call to the provider's acceptance; None without a text.
    text_p50_ms = models.PositiveIntegerField(null=True)
    text_p95_ms = models.PositiveIntegerField(null=True)
    waiting = models.PositiveIntegerField(default=0)
    oldest_waiting_at = models.DateTimeField(null=True)
    open_alerts = models.PositiveIntegerField(default=0)
    # The worst registration and forwarding among its lines.
    registration = models.CharField(max_length=12, blank=True, default="")
    forwarding = models.CharField(max_length=8, blank=True, default="")
    # What it costs its agency, and what is left to the agency of what its client pays (billing/margin.py).
    spend_cents = models.PositiveIntegerField(default=0)
    margin_cents = models.PositiveIntegerField(default=0, db_default=0)
    last_call_at = models.DateTimeField(null=True)
    # What of it wants somebody, worst first, and how bad the worst is: 0 is well
    # (inbox/agency/businesses/health.py).
    problems = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    trouble = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "business health"

    def __str__(self) -> str:
        return f"Health of {self.business}"


class AgencyPlaybook(models.Model):
    """An agency's own set-up, saved from a business and applied to others, in versions."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="playbooks")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True, default="")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agency_playbook_once", fields=["agency", "name"])
        ]

    def __str__(self) -> str:
        return self.name


class AgencyPlaybookVersion(models.Model):
    """One version of a playbook: whole, and never changed (trigger)."""

    playbook = models.ForeignKey(AgencyPlaybook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # Sections by key (hours, rules, texts, replies, tags, targets, lines…): inbox.agency.playbooks.
    content = models.JSONField()
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="playbook_version_once", fields=["playbook", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.playbook} {self.number}"


class PlaybookUse(models.Model):
    """A version applied to a business: what stood there before is kept, so that it can be taken back."""

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="playbook_uses")
    version = models.ForeignKey(
        AgencyPlaybookVersion, on_delete=models.PROTECT, related_name="uses"
    )
    # One wave of a staged push has one name.
    push = models.UUIDField(null=True, blank=True, db_index=True)
    before = models.JSONField(default=dict)
    # The same pieces as they were put, and those that were since looked at and left as they are.
    after = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    accepted = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    # What the look before it found, in words: changes, what stays, problems.
    plan = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    wave = models.PositiveSmallIntegerField(default=1, db_default=1)
    # checking, ready, unfit, waiting, applied, failed, stopped, taking, taken_back, kept
    state = models.CharField(max_length=10, default="checking", db_default="checking")
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    asked_by = models.CharField(max_length=120)
    applied_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # used by: what a business runs now
            models.Index(name="playbook_use_newest", fields=["business", "-id"])
        ]
        constraints = [
            models.UniqueConstraint(name="playbook_use_once_a_push", fields=["push", "business"])
        ]

    def __str__(self) -> str:
        return f"{self.version} at {self.business}"


class BusinessImport(models.Model):
    """A file of businesses that an agency brings, row by row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=120)
    made_by = models.CharField(max_length=120)
    # The file's own columns, which of them is which field, and what holds for every row.
    header = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    mapping = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    settled = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    # preview, running, cancelled, done
    state = models.CharField(max_length=10, default="preview", db_default="preview")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.file_name


class BusinessImportRow(models.Model):
    """One business of such a file and what became of it; made at most once."""

    of = models.ForeignKey(BusinessImport, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    cells = models.JSONField()
    # {"field": "sentence"}; empty when it can be made.
    problems = models.JSONField(default=dict)
    # waiting, made, failed, cancelled
    state = models.CharField(max_length=10, default="waiting", db_default="waiting")
    # How often the provider was asked for its number without an answer.
    unanswered = models.PositiveSmallIntegerField(default=0, db_default=0)
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(name="import_row_once", fields=["of", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}"
