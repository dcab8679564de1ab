"""API keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import models

from tenants.models.businesses import Business


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
