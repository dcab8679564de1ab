"""REST framework's view of our API keys: whose request it is, for which business, and whether it may.

One authentication for both kinds of keys. A key of a business opens that business. A key of an
agency does what concerns the agency itself; for what concerns one business it names it by the header
`For-Business`. On a business's own host only its keys and those of its agency fit.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import set_urlconf
from django.utils import timezone
from django_tenants.utils import schema_context
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.api import Unusable
from tenants import api_scopes, app_tokens, scope
from tenants.models import Agency, ApiKey, Business, Stage

HEADER = "For-Business"
_UNREAD = object()


class ScopeMissing(exceptions.PermissionDenied):
    """403: the key is good, but not for this."""

    def __init__(self, name: str) -> None:
        super().__init__(f"This key does not have the scope {name}.", "scope_missing")


class OtherKeyNeeded(exceptions.PermissionDenied):
    """403: the operation is not one for this kind of key, or not at this host."""


def presented(request: HttpRequest) -> ApiKey | None:
    """Return the living key a request carries, looked up once; None where it has none that fits this host."""
    known: Any = getattr(request, "api_key", _UNREAD)
    if known is _UNREAD:
        known = _find(request)
        request.api_key = known  # type: ignore[attr-defined]
    return known


def _find(request: HttpRequest) -> ApiKey | None:
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    word, now = word.strip(), timezone.now()
    with schema_context("public"):
        is_apps = word.startswith(app_tokens.ACCESS)
        key = app_tokens.find(word, now) if is_apps else ApiKey.find(word, now)
    host: Business | None = getattr(request, "business", None)
    if key is None or host is None:
        return key
    fits = host.pk == key.business_id or host.agency_id == key.agency_id
    return key if fits else None


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer rb_…`; puts the request into the schema of the business it is for."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return (None, key). Raises AuthenticationFailed (401), Unusable (422), OtherKeyNeeded (403)."""
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        if scheme.lower() != "bearer":
            return None
        plain: HttpRequest = request._request
        key = presented(plain)
        if key is None:
            raise exceptions.AuthenticationFailed("This API key is not valid here.")
        view = (request.parser_context or {}).get("view")
        business = _meant(plain, key, getattr(view, "level", api_scopes.BUSINESS))
        if business is not None:
            # HostMiddleware puts the connection back when the request is over.
            scope.enter(business)
            # What a verb tells of leads to the business's pages, whichever host the API is asked at.
            set_urlconf(settings.ROOT_URLCONF)
        plain.business = business  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """Make the answer to a missing key 401, not 403."""
        return "Bearer"


def _meant(request: HttpRequest, key: ApiKey, level: str) -> Business | None:
    """Return the business an operation of this level is for, None for the agency's own."""
    host: Business | None = getattr(request, "business", None)
    if level == api_scopes.AGENCY:
        if key.agency_id is None:
            raise OtherKeyNeeded("This needs a key of an agency.", "agency_key_needed")
        if host is not None:
            raise OtherKeyNeeded(
                "Ask this at the platform's own address, not at a business's.", "public_host_needed"
            )
        return None
    named = request.headers.get(HEADER)
    if key.business is not None:
        if named is not None and not _is_called(key.business, named):
            raise Unusable(HEADER, "This key is another business's.", "business_not_found")
        return key.business
    if named is None and host is None and level == api_scopes.EITHER:
        return None
    if named is None and host is None:
        raise Unusable(
            HEADER, "Name the business: its id or your external_id for it.", "business_needed"
        )
    found = host if named is None else named_by(key, named)
    if host is not None and (found is None or found.pk != host.pk):
        raise Unusable(HEADER, "This is another business's address.", "business_not_found")
    return found


def named_by(key: ApiKey, word: str) -> Business:
    """Return the business of the key's agency with this id or external_id. Raises Unusable."""
    missing = Unusable(HEADER, "Your agency has no business by this name.", "business_not_found")
    kind, colon, rest = word.strip().partition(":")
    wanted = Q()
    if colon and kind in ("id", "external_id"):
        word = rest
    else:
        word, kind = word.strip(), ""
    if not word or len(word) > 80 or not word.isprintable():
        raise missing
    if kind != "id":
        wanted |= Q(external_id=word)
    if kind != "external_id" and word.isascii() and word.isdigit() and len(word) <= 18:
        wanted |= Q(pk=int(word))
    if not wanted:
        raise missing
    with schema_context("public"):
        theirs = Business.objects.filter(wanted, agency=key.agency_id).exclude(stage=Stage.GONE)
        found = list(theirs.select_related("agency")[:2])
    if len(found) > 1:
        raise Unusable(
            HEADER,
            "Two businesses are called so: write id:… or external_id:….",
            "business_ambiguous",
        )
    if not found:
        raise missing
    return found[0]


def _is_called(business: Business, word: str) -> bool:
    names = {str(business.pk), f"id:{business.pk}"}
    if business.external_id:
        names |= {business.external_id, f"external_id:{business.external_id}"}
    return word.strip() in names


def key_of(request: Request) -> ApiKey:
    """Return the key a request was let in by."""
    assert isinstance(request.auth, ApiKey)  # the permission asked
    return request.auth


def business_of(request: Request) -> Business:
    """Return the business a request was let in for."""
    business = request._request.business  # type: ignore[attr-defined]
    assert isinstance(business, Business)  # the permission asked
    return business


def agency_of(request: Request) -> Agency:
    """Return the agency whose key a request carries; for operations of the level AGENCY."""
    agency = key_of(request).agency
    assert agency is not None  # the authentication asked
    return agency


def actor_of(request: Request) -> str:
    """Return who acts, as records name it."""
    key = key_of(request)
    return f"API key {key.name} ({key.prefix})"


class HasScope(BasePermission):
    """Lets in whoever presented a living key that has the scope which the operation needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request carries a key. Raises ScopeMissing, naming what it lacks."""
        if not isinstance(request.auth, ApiKey):
            return False
        wanted = api_scopes.needed(view, getattr(view, "action", None), str(request.method))
        # A method that a view does not have is answered 405, to whoever has a key.
        has_it = getattr(view, str(request.method).lower(), None) is not None
        if has_it and not api_scopes.allows(request.auth.scopes, wanted):
            raise ScopeMissing(wanted or "(none is declared)")
        return True


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes the key."""

    target_class = "tenants.api_keys.BearerKey"
    name = ["apiKey", "oauth2"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return the OpenAPI security schemes: a key, or a token of an app that a business let in."""
        base = settings.PUBLIC_BASE_URL
        key = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "rb_<prefix>_<secret>",
            "description": "A key of a business, or of an agency; an agency's key names the business "
            f"by the header `{HEADER}` where an operation is about one.",
        }
        app = {
            "type": "oauth2",
            "description": "For apps of others: a token of an hour for one business, by the code grant "
            "with PKCE (S256). Support registers apps.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{base}/oauth/authorize/",
                    "tokenUrl": f"{base}/oauth/token/",
                    "refreshUrl": f"{base}/oauth/token/",
                    "scopes": app_tokens.scopes_of_apps(),
                }
            },
        }
        return [key, app]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return what lets in: a key, or an app's token where apps may have the scope."""
        view, action = auto_schema.view, getattr(auto_schema.view, "action", None)
        scope = api_scopes.needed(view, action, auto_schema.method)
        level = getattr(view, "level", api_scopes.BUSINESS)
        ways: list[dict[str, list[str]]] = [{"apiKey": []}]
        if level != api_scopes.AGENCY and scope and scope not in api_scopes.NOT_FOR_APPS:
            ways.append({"oauth2": [] if scope == api_scopes.ANY else [scope]})
        return ways
