"""The public floor: who is who, which number is whose, what arrived, and what waits."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import connection, models, transaction
from django.db.models import Q
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.utils import get_tenant_base_schema, schema_exists

from tenants.clone import clone
from tenants.fields import EncryptedTextField

E164 = RegexValidator(r"^\+[1-9][0-9]{6,14}\Z", "Expected a number like +13125550142 (E.164).")


class Agency(models.Model):  # type: ignore[django-manager-missing]
    """Who brings businesses to us and may enter all of them."""

    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class Business(TenantMixin):
    """One client business: the tenant. Everything it owns lives in its own schema."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="businesses")
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64)
    playbook = models.CharField(max_length=40, default="general")
    # Counts changes of anything a decision reads (numbers, rules, hours, templates); kept by
    # triggers in every schema, so that a worker may keep a set-up for as long as it is current.
    setup_version = models.BigIntegerField(default=0, editable=False)
    # Suspended: calls and texts still come in, nothing goes out.
    suspended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name

    def create_schema(
        self, check_if_exists: bool = False, sync_schema: bool = True, verbosity: int = 1
    ) -> bool:
        """Clone the template schema (hundredths of a second instead of seconds of migrations).

        Returns True when the schema was made, False when it stood already. Falls back to
        migrations while there is no template yet (that is how the template itself is made).
        """
        template = get_tenant_base_schema()
        if self.schema_name == template or not schema_exists(template):
            return super().create_schema(check_if_exists, sync_schema, verbosity)
        if check_if_exists and schema_exists(self.schema_name):
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            clone(cursor, template, self.schema_name)
        return True


class Domain(DomainMixin):
    """A host name under which a business is reached."""


class UserManager(BaseUserManager["User"]):
    """Users are found by their e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a user. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("email: an address is needed")
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a member of our own support with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by address, ignoring case. Raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What he may enter is said by his memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("platform support", default=False)
    timezone = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    """What a member may do; the first two belong to an agency, the rest to a business."""

    AGENCY_OWNER = "agency_owner", "Agency owner"
    AGENCY_MEMBER = "agency_member", "Agency member"
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    AGENT = "agent", "Agent"


AGENCY_ROLES = (Role.AGENCY_OWNER, Role.AGENCY_MEMBER)


class Membership(models.Model):
    """A user's place in an agency (and so in all its businesses) or in one business."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_place_fits_role",
                condition=Q(agency__isnull=False, business__isnull=True, role__in=AGENCY_ROLES)
                | (Q(agency__isnull=True, business__isnull=False) & ~Q(role__in=AGENCY_ROLES)),
            ),
            models.UniqueConstraint(
                name="membership_once_per_place",
                fields=["user", "agency", "business"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.agency or self.business}"


class ProviderAccount(models.Model):
    """An account at a telephony provider; its token signs that provider's webhooks.

    Both the current and the previous token verify, so that a rotation loses no webhook
    (telephony.md 2.9).
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="provider_accounts")
    provider = models.CharField(max_length=20)
    account_sid = models.CharField(max_length=64)
    auth_token = EncryptedTextField()
    previous_auth_token = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="provider_account_once", fields=["provider", "account_sid"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.account_sid}"


class Answering(models.TextChoices):
    """What a line does with a call."""

    STAFF_FIRST = "staff_first", "Ring the staff, then the greeting"
    GREETING = "greeting", "Straight to the greeting (unanswered calls are forwarded to us)"


class PhoneNumber(models.Model):
    """A number of a business, and how a call to it is answered.

    It lives on the public floor because whose call it is must be known before anything else.
    """

    e164 = models.CharField(max_length=16, unique=True, validators=[E164])
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="numbers")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="numbers")
    is_active = models.BooleanField(default=True)
    answering = models.CharField(
        max_length=20, choices=Answering.choices, default=Answering.GREETING
    )
    staff_numbers = models.JSONField(default=list, blank=True)
    ring_seconds = models.PositiveSmallIntegerField(default=20)
    # Without it a staff member's own voicemail counts as an answer (telephony.md 1.4).
    press_one = models.BooleanField(default=True)
    greeting = models.TextField(blank=True)
    voicemail = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="phone_number_ring_seconds",
                condition=Q(ring_seconds__gte=5, ring_seconds__lte=60),
            )
        ]

    def __str__(self) -> str:
        return self.e164


class EventState(models.TextChoices):
    """What became of a stored webhook."""

    STORED = "stored", "Waiting to be processed"
    PROCESSED = "processed", "Processed"
    UNROUTABLE = "unroutable", "No business has this number"
    REFUSED = "refused", "Signed correctly, but not usable"
    FAILED = "failed", "Processing failed"


class ProviderEvent(models.Model):
    """A webhook as it arrived, stored before it is acted upon. Unique per provider event."""

    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    # No constraint and no index in the database for these two: accounts and businesses are never
    # deleted, and their rows would be locked by every webhook that refers to them (docs/bench.md).
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    dedupe_key = models.CharField(max_length=200)
    subject = models.CharField(max_length=80, blank=True)  # the call's or message's provider id
    params = models.JSONField()
    state = models.CharField(max_length=12, choices=EventState.choices, default=EventState.STORED)
    note = models.TextField(blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="provider_event_once", fields=["dedupe_key"]),
        ]
        indexes = [
            # used by: support's trace of one call or message
            models.Index(name="provider_event_subject", fields=["subject"]),
            # used by: the admin's list, newest first
            models.Index(name="provider_event_received", fields=["-received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class AgendaState(models.TextChoices):
    """A waiting row is asked again when due; a dead one waits for a person."""

    WAITING = "waiting", "Waiting"
    DEAD = "dead", "Dead: gave up, needs a person"


class AgendaItem(models.Model):
    """One thing that waits or happens outside the transaction that wanted it.

    Claiming a row moves `due_at` forward by the lease, so a row whose worker died is simply
    due again; a finished row is deleted. See tenants/agenda.py.
    """

    lane = models.CharField(max_length=16)
    kind = models.CharField(max_length=40)
    # No constraint in the database: see ProviderEvent.business.
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    subject = models.CharField(max_length=80)
    unique_key = models.CharField(max_length=140)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=AgendaState.choices, default=AgendaState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agenda_one_wish", fields=["unique_key"]),
        ]
        indexes = [
            # used by: the drain's claim, oldest first
            models.Index(
                name="agenda_due", fields=["lane", "due_at"], condition=Q(state="waiting")
            ),
            # used by: the drain's fair claim across businesses
            models.Index(
                name="agenda_fair",
                fields=["lane", "business", "due_at"],
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class ApiKey(models.Model):
    """A bearer key that names one business. Only its SHA-256 is kept.

    On the public floor, because the key says whose request it is.
    """

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, business: Business, name: str) -> tuple[ApiKey, str]:
        """Create a key and return it with its plain text, which is shown once and never stored."""
        prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
        key = cls.objects.create(
            business=business, name=name, prefix=prefix, key_hash=cls.digest(secret)
        )
        return key, f"rb_{prefix}_{secret}"

    @staticmethod
    def digest(secret: str) -> str:
        """Return the hex SHA-256 of a secret of 256 random bits (no salt needed at that entropy)."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def find(cls, presented: str, now: datetime) -> ApiKey | None:
        """Return the live key for a presented `rb_<prefix>_<secret>`, or None.

        `now` (aware) is written as last use at most once a minute.
        """
        scheme, _, rest = presented.partition("_")
        prefix, _, secret = rest.partition("_")
        if scheme != "rb" or not prefix.isascii() or "\x00" in presented:
            return None
        key = cls.objects.select_related("business").filter(prefix=prefix).first()
        if key is None or key.revoked_at is not None:
            return None
        if not hmac.compare_digest(key.key_hash, cls.digest(secret)):
            return None
        if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
            cls.objects.filter(pk=key.pk).update(last_used_at=now)
        return key


def new_id() -> uuid.UUID:
    """Return a time-ordered UUID (version 7, RFC 9562), so that new rows sit together in the index."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(secrets.token_bytes(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
