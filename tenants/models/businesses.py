"""Agencies, the businesses they bring, and the roots of their ledgers."""

from __future__ import annotations

from django.db import connection, models, transaction
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.utils import get_tenant_base_schema, schema_exists

from tenants import mark_keys, postures
from tenants.clone import clone
from tenants.fields import EncryptedTextField
from tenants.models.values import new_mark_key


class Agency(models.Model):  # type: ignore[django-manager-missing]
    """Who brings businesses to us and may enter all of them."""

    name = models.CharField(max_length=120, unique=True)
    legal_name = models.CharField(max_length=160, blank=True, default="", db_default="")
    website = models.CharField(max_length=200, blank=True, default="", db_default="")
    phone = models.CharField(max_length=16, blank=True, default="", db_default="")
    timezone = models.CharField(max_length=64, blank=True, default="", db_default="")
    # White label: what its clients see in place of ours ('' shows the agency's name, or nothing).
    brand_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    # A path of the file storage; a picture made by us from what was uploaded.
    logo = models.CharField(max_length=200, blank=True, default="", db_default="")
    # #rrggbb, checked for contrast against both schemes before it is kept.
    colour = models.CharField(max_length=7, blank=True, default="", db_default="")
    sender_email = models.EmailField(blank=True, default="", db_default="")
    support_email = models.EmailField(blank=True, default="", db_default="")
    # The mildest posture its businesses may choose (tenants/postures.py).
    posture_floor = models.CharField(
        max_length=10, choices=postures.CHOICES, default=postures.IMPLIED
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class AgencyDomain(models.Model):
    """A domain of an agency's own, below which its businesses have their hosts (app.agency.example)."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="domains")
    domain = models.CharField(max_length=200)
    # What the agency puts into a TXT record to show that the domain is its own.
    proof = models.CharField(max_length=64)
    verified_at = models.DateTimeField(null=True, blank=True)
    # Since when its record was not found any more; two weeks of that end its use.
    missing_since = models.DateTimeField(null=True, blank=True)
    is_primary = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agency_domain_once", fields=["agency", "domain"]),
            # Whoever only claims one keeps it from nobody: it is whose record shows it.
            models.UniqueConstraint(
                name="agency_domain_proven_once",
                fields=["domain"],
                condition=models.Q(verified_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class Stage(models.TextChoices):
    """Where a business stands with us. Outbound needs LIVE; inbound and STOP work in all but GONE."""

    DRAFT = "draft", "Being set up"
    LIVE = "live", "Live"
    LEAVING = "leaving", "Leaving: exported, deleted after its grace"
    GONE = "gone", "Deleted"


class Business(TenantMixin):
    """One client business: the tenant. Everything it owns lives in its own schema."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="businesses")
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64)
    playbook = models.CharField(max_length=40, default="general")
    # Known before the call is answered, so it stands on this floor; see `effective_posture`.
    posture = models.CharField(max_length=10, choices=postures.CHOICES, default=postures.IMPLIED)
    # The key of the marks that stand for numbers in the ledger (messaging/marks.py). A business's
    # own, so that no two ledgers can be joined by it; it outlives every rotation of other keys.
    mark_key = EncryptedTextField(default=new_mark_key, editable=False)
    # Counts changes of anything a decision reads (numbers, rules, hours, templates); kept by
    # triggers in every schema, so that a worker may keep a set-up for as long as it is current.
    setup_version = models.BigIntegerField(default=0, editable=False)
    # Breakers (messaging.breakers): rule texts a day, and cents a month; None takes the platform's.
    daily_text_limit = models.PositiveIntegerField(null=True, blank=True)
    monthly_cents_limit = models.PositiveIntegerField(null=True, blank=True)
    # Suspended: calls and texts still come in, nothing goes out.
    suspended_at = models.DateTimeField(null=True, blank=True)
    # Why: "support", "agency", "billing"; whoever suspended it resumes it. '' while it is not.
    suspended_by = models.CharField(max_length=10, blank=True, default="", db_default="")
    stage = models.CharField(
        max_length=8, choices=Stage.choices, default=Stage.LIVE, db_default="live"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    # Leaving: when its schema is deleted unless somebody changes his mind.
    delete_after = models.DateTimeField(null=True, blank=True)
    # The agency's own name for it (its CRM's id), unique within the agency; '' when it has none.
    external_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "businesses"
        constraints = [
            models.UniqueConstraint(
                name="business_external_id_once",
                fields=["agency", "external_id"],
                condition=~models.Q(external_id=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def texts_nobody(self) -> bool:
        """Whether nothing goes out for it: suspended, still being set up, or leaving."""
        return self.suspended_at is not None or self.stage != Stage.LIVE

    @property
    def effective_posture(self) -> str:
        """The business's posture or its agency's floor, whichever is stricter."""
        return postures.stricter(self.posture, self.agency.posture_floor)

    def create_schema(
        self, check_if_exists: bool = False, sync_schema: bool = True, verbosity: int = 1
    ) -> bool:
        """Clone the template schema (hundredths of a second instead of seconds of migrations).

        Returns True when the schema was made, False when it stood already. Falls back to
        migrations while there is no template yet (that is how the template itself is made).
        """
        mark_keys.forget(str(self.schema_name))
        template = get_tenant_base_schema()
        if self.schema_name == template or not schema_exists(template):
            return super().create_schema(check_if_exists, sync_schema, verbosity)
        if check_if_exists and schema_exists(self.schema_name):
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            clone(cursor, template, self.schema_name)
        return True


class CompiledHours(models.Model):
    """Opening hours and holidays as the voice plan reads them, which must not ask the schema.

    Kept by trigger from the business's own rows. spans: [[weekday, "09:00", "17:00"]], local;
    closed: ["2026-12-25"].
    """

    business = models.OneToOneField(
        Business, primary_key=True, on_delete=models.CASCADE, related_name="compiled_hours"
    )
    spans = models.JSONField(default=list)
    closed = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Hours of {self.business}"


class Domain(DomainMixin):
    """A host name under which a business is reached."""


class LedgerRoot(models.Model):
    """The state of a business's consent ledger at a day's end, kept outside its schema.

    Append-only by trigger. Whoever holds a root can show later that nothing before it was changed.
    """

    # No constraint in the database: see ProviderEvent.business.
    business = models.ForeignKey(Business, on_delete=models.DO_NOTHING, db_constraint=False)
    day = models.DateField()  # in UTC
    seq = models.BigIntegerField()  # the last row it covers
    row_hash = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="ledger_root_once_a_day", fields=["business", "day"])
        ]
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.business_id} {self.day} {self.seq}"


class RulesetSeen(models.Model):
    """A version of the rules this installation has decided by, and since when."""

    version = models.CharField(max_length=40, unique=True)
    first_at = models.DateTimeField()

    class Meta:
        verbose_name = "ruleset"
        ordering = ["-first_at"]

    def __str__(self) -> str:
        return self.version
