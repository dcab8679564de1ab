"""The library's rules, with ours: exact addresses, S256 alone, codes kept by their hash, each for one business.

The library keeps a code in clear; it is given the hash instead, and every look-up goes by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.models import Grant, RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2 import WebApplicationServer
from oauthlib.oauth2.rfc6749 import errors

from integrations.oauth import connections
from integrations.oauth.connections import NotGood
from tenants import app_tokens
from tenants.models import AppConsent

_GRANTS = ("authorization_code", "refresh_token")


class Server(WebApplicationServer):
    """The library's ends, with ours: who asks is proven before what he asks is looked at."""

    def validate_revocation_request(self, request: Any) -> None:
        """Refuse a bad revocation: first whoever proves to be no app (RFC 7009, 2.1), then one without a token."""
        self._raise_on_bad_method(request)
        self._raise_on_bad_post_request(request)
        self._raise_on_invalid_client(request)
        self._raise_on_missing_token(request)
        self._raise_on_unsupported_token(request)


class Validator(OAuth2Validator):
    """What oauthlib asks of us. `request` is oauthlib's."""

    def _load_application(self, client_id: str, request: Any) -> Any:
        """Return the app by its name; none has the character NUL, which the database refuses."""
        if "\x00" in (client_id or ""):
            return None
        return super()._load_application(client_id, request)

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether it is one of the app's, letter by letter (the library lets loopback ports differ)."""
        return redirect_uri in request.client.redirect_uris.split()

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """Codes alone."""
        return response_type == "code"

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """A code, and what follows from it."""
        return grant_type in _GRANTS

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """Whether at least one scope is named, and all of them are for apps: a key without may do everything."""
        return bool(scopes) and set(scopes) <= set(app_tokens.scopes_of_apps())

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Keep a code for the business that was chosen (integrations/oauth/server.py)."""
        now, plain = timezone.now(), code["code"]
        with transaction.atomic():
            connections.allow(
                request.client, request.business, request.user, list(request.scopes), plain, now
            )
            super().save_authorization_code(client_id, {"code": app_tokens.digest(plain)}, request)

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether a code is good. One that was used before ends what came of it (RFC 6749, 4.1.2)."""
        if super().validate_code(client_id, app_tokens.digest(code), client, request):
            return True
        used = AppConsent.objects.filter(
            code_hash=app_tokens.digest(code), app=client, token_family__isnull=False
        ).first()
        if used is not None:
            connections.end_family(used.token_family, timezone.now(), "code_used_twice")
        return False

    def get_code_challenge(self, code: str, request: Any) -> Any:
        """Return what its verifier must fit."""
        with _still_there(request):
            return super().get_code_challenge(app_tokens.digest(code), request)

    def get_code_challenge_method(self, code: str, request: Any) -> Any:
        """Return how it is compared."""
        with _still_there(request):
            return super().get_code_challenge_method(app_tokens.digest(code), request)

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the code was sent to this very address."""
        with _still_there(args[0]):
            return bool(
                super().confirm_redirect_uri(
                    client_id, app_tokens.digest(code), redirect_uri, client
                )
            )

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Forget a code that was redeemed."""
        super().invalidate_authorization_code(client_id, app_tokens.digest(code), request)

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether it may be used; one that was used before ends the connection, as somebody stole it."""
        now, same = timezone.now(), {"token_checksum": app_tokens.digest(refresh_token)}
        known = RefreshToken.objects.filter(application=client, **same)
        family = known.values_list("token_family", flat=True).first()
        if family is None:
            return False
        if not super().validate_refresh_token(refresh_token, client, request):
            if known.filter(revoked__isnull=False).exists():
                connections.end_family(family, now, "refresh_token_used_twice")
            return False
        return app_tokens.key_of(family, now) is not None

    def revoke_token(
        self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """End the connection whose token it is: an app that gives its token back wants no more."""
        checksum = app_tokens.digest(token)
        found = RefreshToken.objects.filter(
            Q(token_checksum=checksum) | Q(access_token__token_checksum=checksum),
            application=request.client,
            revoked=None,
        ).first()
        super().revoke_token(token, token_type_hint, request)
        if found is not None:
            connections.end_family(found.token_family, timezone.now(), "given_back")

    def _save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a pair of tokens, in the library's transaction: of two at once with the same paper one gets them."""
        if request.grant_type == "authorization_code":
            try:
                consent = connections.claimed(request.code)
                super()._save_bearer_token(token, request)
                kept = RefreshToken.objects.get(
                    token_checksum=app_tokens.digest(token["refresh_token"]), revoked=None
                )
                connections.redeem(consent, kept.token_family)
            except NotGood:
                raise errors.InvalidGrantError(request=request) from None
            return
        former = RefreshToken.objects.select_for_update().get(pk=request.refresh_token_instance.pk)
        if former.revoked is not None:
            raise errors.InvalidGrantError(request=request)
        super()._save_bearer_token(token, request)


@contextmanager
def _still_there(request: Any) -> Iterator[None]:
    """Answer invalid_grant where somebody else redeemed the code between two looks at it."""
    try:
        yield
    except Grant.DoesNotExist:
        raise errors.InvalidGrantError(request=request) from None
