"""API keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from tenants.models.businesses import Agency, Business, Stage


class ApiKey(models.Model):
    """A bearer key of one business or of one agency. Only its SHA-256 is kept.

    On the public floor, because the key says whose request it is.
    """

    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="api_keys"
    )
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="api_keys"
    )
    # What it may (tenants.api_scopes): empty is everything, which keys of old are.
    scopes = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    # Requests a minute; None takes the platform's.
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # The key that takes its place: until `expires_at` both work.
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The app of somebody else that it stands for: then nobody knows its secret, and only tokens of the app's
    # (tenants.app_tokens) open with it.
    app = models.ForeignKey(
        "oauth2_provider.Application", null=True, blank=True, on_delete=models.PROTECT,
        related_name="api_keys",
    )  # fmt: skip
    made_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="api_key_has_one_owner",
                condition=Q(business__isnull=False, agency__isnull=True)
                | Q(business__isnull=True, agency__isnull=False),
            ),
            models.CheckConstraint(
                name="api_key_of_app_is_a_business_s",
                condition=Q(app__isnull=True) | Q(business__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_living_key_per_app_and_business",
                fields=["app", "business"],
                condition=Q(app__isnull=False, revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, owner: Business | Agency, name: str, **more: Any) -> tuple[ApiKey, str]:
        """Create a key of a business or an agency and return it with its plain text.

        The plain text is shown once and never stored. more: `scopes`, `expires_at`, `per_minute`, `made_by`.
        """
        prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
        whose = {"business": owner} if isinstance(owner, Business) else {"agency": owner}
        key = cls.objects.create(
            **whose, name=name, prefix=prefix, key_hash=cls.digest(secret), **more
        )
        return key, f"rb_{prefix}_{secret}"

    def is_live(self, now: datetime) -> bool:
        """Whether the key opens anything at `now` (aware)."""
        is_over = self.expires_at is not None and self.expires_at <= now
        is_gone = self.business is not None and self.business.stage == Stage.GONE
        return self.revoked_at is None and not is_over and not is_gone

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
        # A business is asked for its agency by much of what follows.
        found = cls.objects.select_related("business__agency", "agency")
        key = found.filter(prefix=prefix).first()
        if key is None or not key.is_live(now):
            return None
        if not hmac.compare_digest(key.key_hash, cls.digest(secret)):
            return None
        key.used(now)
        return key

    def used(self, now: datetime) -> None:
        """Write `now` (aware) as last use, at most once a minute."""
        if self.last_used_at is None or now - self.last_used_at > timedelta(minutes=1):
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)
