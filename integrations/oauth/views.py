"""Where apps ask: tokens for codes, the end of tokens, and where all of this stands (RFC 8414). Thin."""

from __future__ import annotations

from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from oauth2_provider.views import RevokeTokenView, TokenView

from tenants import app_tokens

_ACTION = "oauth_token"
# From one place; a secret costs some hashing to compare.
_RATES = {_ACTION: "300/m/ip"}
AUTHORIZE, TOKEN, REVOKE = "/oauth/authorize/", "/oauth/token/", "/oauth/revoke/"


class _Limited:
    """Refuses whoever asks too often, in OAuth's own words."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Pass the request on."""
        limit = {"app": "allauth.account", "action": _ACTION, "config": _RATES}
        if not ratelimit.consume(request, **limit):
            told = {"error": "slow_down", "error_description": "Too many requests. Wait a minute."}
            return JsonResponse(told, status=429, headers={"Retry-After": "60"})
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        if answer.content:  # the library forgets it where a token was refused late
            answer.headers["Content-Type"] = "application/json"
        if answer.status_code == 401:  # in the scheme apps prove themselves by (RFC 6749, 5.2)
            answer.headers["WWW-Authenticate"] = 'Basic realm="oauth"'
        return answer


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class Token(_Limited, TokenView):
    """POST: tokens for a code or a refresh token."""


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class Revoke(_Limited, RevokeTokenView):
    """POST: the end of a token, and of the connection it belongs to."""


@require_GET
def metadata(request: HttpRequest) -> JsonResponse:
    """Say where apps ask for what."""
    base = settings.PUBLIC_BASE_URL
    return JsonResponse(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}{AUTHORIZE}",
            "token_endpoint": f"{base}{TOKEN}",
            "revocation_endpoint": f"{base}{REVOKE}",
            "scopes_supported": list(app_tokens.scopes_of_apps()),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic", "client_secret_post", "none",
            ],
            "revocation_endpoint_auth_methods_supported": [
                "client_secret_basic", "client_secret_post", "none",
            ],
            "authorization_response_iss_parameter_supported": True,
            "service_documentation": f"{base}/api/docs/",
        }
    )  # fmt: skip
