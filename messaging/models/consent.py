"""The ledger of what people allowed and refused: append-only, hash-chained, in one sequence.

What must be erasable stands beside it: a ledger row holds only the hash of its detail.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messaging.models.people import Contact


class ConsentEvent(models.Model):
    """One row of the ledger (compliance.md 7). UPDATE, DELETE and TRUNCATE are refused by trigger.

    `row_hash` is the SHA-256 of `prev_hash` followed by the canonical JSON of the row
    (messaging/ledger.py); `seq` has no gaps. Only messaging/consent.py writes here.
    """

    class Kind(models.TextChoices):
        CONSENT = "consent", "Consented"
        OPT_OUT = "opt_out", "Opted out"
        OPT_IN = "opt_in", "Opted in"
        PAUSE = "pause", "Paused: could mean an opt-out"
        RESUME = "resume", "Resumed"
        INVALID = "invalid", "Number gets no texts"
        REFUSAL = "refusal", "Refused texts by voice"
        HELP = "help", "Asked for help"
        ERASURE = "erasure", "Erased on request"

    seq = models.BigIntegerField(unique=True)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="consent_events", db_index=False
    )
    # HMAC-SHA-256 of the number under the business's key: finds a person whose number was erased.
    phone_mark = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    level = models.PositiveSmallIntegerField(null=True, blank=True)  # the ladder's step it gave
    scope = models.CharField(max_length=20, default="all")  # which texts it is about
    channel = models.CharField(
        max_length=10
    )  # call, ivr, sms, web, email, voicemail, staff, provider
    matched_by = models.CharField(max_length=10, blank=True)  # per_se, rule, provider, human, call
    matched = models.CharField(max_length=60, blank=True)
    classifier = models.CharField(max_length=20, blank=True)
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)  # the text's or the call's id there
    our_number = models.CharField(max_length=16, blank=True)
    # Call times, dial status, attestation, prompt and its hash, digit, disclosure, source: text values.
    evidence = models.JSONField(default=dict, blank=True)
    actor = models.CharField(max_length=120, blank=True)
    legal_entity = models.CharField(max_length=120, blank=True)
    brand_id = models.CharField(max_length=40, blank=True)
    campaign_id = models.CharField(max_length=40, blank=True)
    ruleset_version = models.CharField(max_length=40, blank=True)
    detail_hash = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    prev_hash = models.CharField(max_length=64)
    row_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="consent_event_once_per_message",
                fields=["provider", "provider_id", "kind"],
                condition=~Q(provider_id=""),
            )
        ]
        indexes = [
            # used by: the consent history of a contact
            models.Index(name="consent_event_contact", fields=["contact", "occurred_at"]),
            # used by: the API's list of the ledger, newest first
            models.Index(name="consent_event_newest", fields=["-occurred_at", "-id"]),
            # used by: the ledger of a number, erased or not
            models.Index(name="consent_event_mark", fields=["phone_mark", "seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @property
    def phone(self) -> str:
        """The number in E.164, '' once it was erased."""
        return self.detail.phone if hasattr(self, "detail") else ""

    @property
    def raw_text(self) -> str:
        """The text exactly as it came, '' once it was erased."""
        return self.detail.raw_text if hasattr(self, "detail") else ""


class ConsentDetail(models.Model):
    """What a ledger row says about a person in clear. May be deleted; its hash in the ledger stays.

    `salt` keeps the hash from being guessed once this row is gone.
    """

    # No constraint in the database: no event is ever deleted.
    event = models.OneToOneField(
        ConsentEvent, primary_key=True, on_delete=models.DO_NOTHING, related_name="detail",
        db_constraint=False,
    )  # fmt: skip
    salt = models.CharField(max_length=32)
    phone = models.CharField(max_length=16)
    raw_text = models.TextField(blank=True)
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"Detail of {self.event_id}"


class LedgerHead(models.Model):
    """The ledger's last row; its one row is the lock that orders all appends."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    row_hash = models.CharField(max_length=64, default="0" * 64)
    day = models.DateField(null=True)  # in UTC, of the last row

    class Meta:
        constraints = [models.CheckConstraint(name="ledger_one_head", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"Head at {self.seq}"


class ErasedPerson(models.Model):
    """What is kept of somebody who was erased: the mark of the number, and that it must not be texted.

    compliance.md R-PRIV-1: deleting this row would expose the person to texts again.
    """

    phone_mark = models.CharField(max_length=64, primary_key=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Erased {self.erased_at:%Y-%m-%d}"
