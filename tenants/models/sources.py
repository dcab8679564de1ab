"""Phone systems and CRMs that report calls to us, and what is known of numbers."""

from __future__ import annotations

from django.db import models

from tenants.fields import EncryptedTextField
from tenants.models.businesses import Business
from tenants.models.numbers import PhoneNumber


class CallSource(models.Model):
    """A phone system, CRM or automation that reports a business's calls by webhook.

    Its secret signs by Standard Webhooks (telephony.md 6.3); the previous one verifies too, so that
    a rotation loses nothing. The token stands in its address and names the source, not more.
    """

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="call_sources")
    name = models.CharField(max_length=80)
    mapping = models.CharField(max_length=20, default="generic")  # calls.intake.MAPPINGS
    token = models.CharField(max_length=40, unique=True)
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True, default="")
    # Texts about its calls leave from this line.
    line = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="call_sources")
    is_active = models.BooleanField(default=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class NumberFact(models.Model):
    """What a paid lookup said of a number, kept so that it is asked once (telephony.md 2.8).

    digest: keyed hash of the E.164 number; the number itself is not stored here.
    """

    digest = models.CharField(max_length=64, unique=True)
    line_type = models.CharField(
        max_length=20
    )  # as the provider names it, "unknown" after a failure
    carrier = models.CharField(max_length=120, blank=True)
    looked_up_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.line_type
