"""REST framework's view of our API keys: a bearer key names one business."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_tenants.utils import schema_context
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants import scope
from tenants.models import ApiKey


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer rb_…`. On a business's own host, only that business's keys fit."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return (None, key) and enter the business's schema. Raises AuthenticationFailed (401)."""
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        with schema_context("public"):
            key = ApiKey.find(presented.strip(), timezone.now())
        host_business = getattr(request._request, "business", None)
        if key is None or (host_business is not None and host_business.pk != key.business_id):
            raise AuthenticationFailed("This API key is not valid here.")
        # HostMiddleware puts the connection back when the request is over.
        scope.enter(key.business)
        request._request.business = key.business  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """Make the answer to a missing key 401, not 403."""
        return "Bearer"


class HasBusinessKey(BasePermission):
    """Allows whoever presented a live key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request carries a key."""
        return isinstance(request.auth, ApiKey)


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes the key."""

    target_class = "tenants.api_keys.BearerKey"
    name = "businessKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rb_<prefix>_<secret>"}
