"""What an app asks of a person, and the addresses it is answered at. The library reads and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.models import Application
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.oauth2.rfc6749 import errors

from tenants import api_scopes
from tenants.models import Business

# SHA-256 in base64url without padding (RFC 7636, 4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_STATE = 2000


class Refused(Exception):
    """What an app asked cannot be had; `back` is where its person is sent to tell it so, '' for nowhere.

    Nowhere, because an address that is not the app's own could be anybody's.
    """

    def __init__(self, why: str, back: str = "") -> None:
        super().__init__(why)
        self.why, self.back = why, back


@dataclass(frozen=True, slots=True)
class Asked:
    """An app that asks a person: for which scopes (in the list's order), and where it waits for the answer."""

    app: Application
    scopes: tuple[str, ...]
    credentials: dict[str, Any]

    @property
    def back_to(self) -> str:
        """The address its answer goes to: one of the app's own."""
        return str(self.credentials["redirect_uri"])

    @property
    def origin(self) -> str:
        """Scheme and host of that address, as a policy names them."""
        parts = urlsplit(self.back_to)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The host of that address, as people read it."""
        return urlsplit(self.back_to).netloc


def read(request: HttpRequest) -> Asked:
    """Return what an app asks for by an address. Raises Refused."""
    if any(len(values) > 1 for _name, values in request.GET.lists()):
        raise Refused("invalid_request")  # RFC 6749, 3.1: two readers could read two things
    try:
        scopes, credentials = get_oauthlib_core().validate_authorization_request(request)
        credentials.pop("request", None)
        method, challenge = (
            str(credentials.get(f"code_challenge{more}") or "") for more in ("_method", "")
        )
        if method != "S256" or not _CHALLENGE.fullmatch(challenge):
            raise _error(
                errors.InvalidRequestError,
                "Send a code_challenge with code_challenge_method=S256.",
                credentials,
            )
        if request.GET.get("response_mode", "query") != "query":
            raise _error(
                errors.InvalidRequestError, "Answers stand in the query alone.", credentials
            )
        if len(str(credentials.get("state") or "")) > _LONGEST_STATE:
            raise _error(errors.InvalidRequestError, "This state is too long.", {
                **credentials, "state": None,
            })  # fmt: skip
    except OAuthToolkitError as error:
        raise _refused(error) from None
    except ValueError:  # an address that is no address
        raise Refused("invalid_request") from None
    app = Application.objects.get(client_id=credentials["client_id"])
    wanted = tuple(name for name in api_scopes.SCOPES if name in scopes)
    return Asked(app, wanted, credentials)


def allow(request: HttpRequest, asked: Asked, business: Business) -> str:
    """Keep a code for a business and return where its person is sent with it. Raises Refused.

    Whether he may say so is asked before (tenants.permissions.may_govern), and again when it is redeemed.
    """
    with transaction.atomic():
        return _answer(request, asked, business, allow=True)


def deny(request: HttpRequest, asked: Asked) -> str:
    """Return where a person is sent who said no."""
    try:
        return _answer(request, asked, None, allow=False)
    except Refused as refused:
        return refused.back


def _answer(request: HttpRequest, asked: Asked, business: Business | None, *, allow: bool) -> str:
    credentials = {**asked.credentials, "business": business}
    try:
        uri, _, _, _ = get_oauthlib_core().create_authorization_response(
            request, list(asked.scopes), credentials, allow
        )
    except OAuthToolkitError as error:
        raise _refused(error) from None
    return str(uri)


def _error(kind: Any, words: str, credentials: dict[str, Any]) -> OAuthToolkitError:
    told = kind(description=words, state=credentials.get("state"))
    told.redirect_uri = credentials["redirect_uri"]
    return OAuthToolkitError(error=told, redirect_uri=credentials["redirect_uri"])


def _refused(error: OAuthToolkitError) -> Refused:
    told = error.oauthlib_error
    if isinstance(error, FatalClientError) or not told.redirect_uri:
        return Refused(str(told.error))
    # Whose answer it is stands in every answer (RFC 9207).
    said = f"{told.urlencoded}&{urlencode({'iss': settings.PUBLIC_BASE_URL})}"
    joint = "&" if "?" in told.redirect_uri else "?"
    return Refused(str(told.error), f"{told.redirect_uri}{joint}{said}")
