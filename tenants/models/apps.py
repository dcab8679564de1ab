"""Apps of others (OAuth 2), and what people of a business let them do.

The library's own tables know a person and an app. For which business a code or a token is stands
here: its key is an `ApiKey` like any other, so that limits, scopes, the request log and revoking
are those of keys.
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from oauth2_provider.models import Application

from tenants.models.businesses import Business
from tenants.models.keys import ApiKey
from tenants.models.people import User

LOCAL = frozenset({"localhost", "127.0.0.1"})
_LONGEST_NAME = 80  # a key's
_LONGEST_URI = 500
# What may stand in an address; the policy of the page that leads there is made of it.
_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&()*+=%"
)


class MarketplaceApp(Application):
    """An app as support registers it: the code grant with PKCE, and nothing else that the library knows."""

    name: str  # the library says no types

    class Meta:
        proxy = True
        verbose_name = "app"

    def get_allowed_schemes(self) -> list[str]:
        """Return the schemes its addresses may have; `clean` keeps http to one's own machine."""
        return ["https", "http"]

    def clean(self) -> None:
        """Refuse what could not be used safely. Raises ValidationError naming the field."""
        self.authorization_grant_type = Application.GRANT_AUTHORIZATION_CODE
        self.skip_authorization, self.hash_client_secret = False, True
        self.name = " ".join(self.name.split())
        if not self.name or len(self.name) > _LONGEST_NAME or not self.name.isprintable():
            raise ValidationError(
                {"name": f"Give it a name of at most {_LONGEST_NAME} letters that can be shown."}
            )
        for uri in self.redirect_uris.split():
            if problem := _wrong_with(uri):
                raise ValidationError({"redirect_uris": f"{uri[:200]}: {problem}"})
        super().clean()


def _wrong_with(uri: str) -> str:
    """Return why codes may not be sent to an address; '' where they may."""
    if len(uri) > _LONGEST_URI or not set(uri) <= _PLAIN:
        return "Expected an address in plain letters."
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Expected an address."
    if not host or "@" in parts.netloc or "*" in parts.netloc:
        return "Expected an address with a host, and nothing else before its path."
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL):
        return "Expected https; http is for localhost alone."
    return ""


class AppConsent(models.Model):
    """One yes of one person to one app, for one business: first a code, then a family of tokens.

    Codes and tokens are known by their SHA-256 alone.
    """

    app = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    code_hash = models.CharField(max_length=64, unique=True)
    # Set when the code was redeemed; every token that follows from it bears the same.
    token_family = models.UUIDField(null=True, unique=True)
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.CASCADE, related_name="consents")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="app_consent_family_has_key",
                condition=models.Q(token_family__isnull=True, key__isnull=True)
                | models.Q(token_family__isnull=False, key__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.app_id} · {self.business_id}"
