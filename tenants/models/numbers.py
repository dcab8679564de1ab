"""Provider accounts, the numbers under them, and whether carriers accept their texts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.fields import EncryptedTextField
from tenants.models.businesses import Agency, Business
from tenants.models.values import E164


class ProviderAccount(models.Model):
    """An account at a telephony provider; its token opens the API and mostly signs the webhooks.

    Both the current and the previous token verify, so that a rotation loses no webhook
    (telephony.md 2.9).
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="provider_accounts")
    provider = models.CharField(max_length=20)
    account_sid = models.CharField(max_length=64)
    auth_token = EncryptedTextField()
    previous_auth_token = EncryptedTextField(blank=True, default="")
    # Where the provider signs with a key of its own (Telnyx): its public half, base64; else ''.
    public_key = models.CharField(max_length=120, blank=True, default="", db_default="")
    # The voice application calls are placed by, where the provider wants one; else ''.
    application_id = models.CharField(max_length=64, blank=True, default="", db_default="")
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
    BY_HOURS = "by_hours", "Ring the staff while open, else straight to the greeting"


class RingOrder(models.TextChoices):
    """How several staff phones ring."""

    AT_ONCE = "at_once", "All at once"
    IN_ORDER = "in_order", "One after the other"


class Forwarding(models.TextChoices):
    """Whether calls to the business's own number reach this line."""

    UNKNOWN = "unknown", "Never tried"
    REACHED = "reached", "Calls reach us"
    LOST = "lost", "Calls do not reach us"


class Registration(models.TextChoices):
    """Whether carriers accept texts from a number (compliance.md 3.3)."""

    DECLARED = "declared", "Registered, as the agency says"
    APPROVED = "approved", "Registered and confirmed"
    PENDING = "pending", "Registration pending"
    UNREGISTERED = "unregistered", "Not registered"
    REJECTED = "rejected", "Registration rejected"
    SUSPENDED = "suspended", "Registration suspended"


# From these a text may leave (compliance.md 8, rows 15 and 16).
MAY_SEND = frozenset({Registration.DECLARED, Registration.APPROVED})


class SenderKind(models.TextChoices):
    """Which registration a number needs."""

    LOCAL = "local", "10DLC brand and campaign"
    TOLL_FREE = "toll_free", "Toll-free verification"


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
    ring_order = models.CharField(
        max_length=8, choices=RingOrder.choices, default=RingOrder.AT_ONCE, db_default="at_once"
    )
    # Spoken, with the merge fields of calls.flow; or played, from this path of the file storage.
    greeting = models.TextField(blank=True)
    greeting_recording = models.CharField(max_length=200, blank=True, default="", db_default="")
    voicemail = models.BooleanField(default=True)
    # What the business calls the line ("Main", "Emergency"); '' shows the number alone.
    label = models.CharField(max_length=40, blank=True, default="", db_default="")
    # Stricter than the business's posture or '': the strictest holds (tenants.postures).
    posture = models.CharField(max_length=10, blank=True, default="", db_default="")
    # Press-one consent: the key, and the business's own words of the offer ('' for ours).
    consent_digit = models.CharField(max_length=1, default="1", db_default="1")
    consent_prompt = models.TextField(blank=True, default="", db_default="")
    # Whoever presses this key in an emergency is connected to the one on call; '' offers none.
    emergency_digit = models.CharField(max_length=1, blank=True, default="", db_default="")
    emergency_number = models.CharField(max_length=16, blank=True, default="", db_default="")
    # The business's public number whose unanswered calls are forwarded here, and by which carrier.
    forwards_from = models.CharField(max_length=16, blank=True, default="", db_default="")
    forwarding_carrier = models.CharField(max_length=40, blank=True, default="", db_default="")
    forwarding = models.CharField(
        max_length=8, choices=Forwarding.choices, default=Forwarding.UNKNOWN, db_default="unknown"
    )
    forwarding_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    forwarding_watched = models.BooleanField(default=False, db_default=False)
    # Changed only by tenants/registration.py, which keeps the history.
    sender_kind = models.CharField(
        max_length=10, choices=SenderKind.choices, default=SenderKind.LOCAL
    )
    registration = models.CharField(
        max_length=12, choices=Registration.choices, default=Registration.DECLARED
    )
    registration_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The campaign's declared use: CUSTOMER_CARE, LOW_VOLUME, MIXED, MARKETING; '' when not known.
    use_case = models.CharField(max_length=20, blank=True)
    brand_id = models.CharField(max_length=40, blank=True)
    campaign_id = models.CharField(max_length=40, blank=True)
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


class RegistrationChange(models.Model):
    """What became of a number's registration, when and why. Append-only by trigger."""

    number = models.ForeignKey(
        PhoneNumber, on_delete=models.PROTECT, related_name="registration_changes"
    )
    before = models.CharField(max_length=12, choices=Registration.choices)
    after = models.CharField(max_length=12, choices=Registration.choices)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.number}: {self.before} to {self.after}"
