"""Twilio's Recordings and Media: asking it to delete its copy of a voicemail, or of a text's picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.twilio_client import client

_ID = re.compile(r"RE[0-9A-Za-z-]{1,60}")
_MEDIA = re.compile(r"/Messages/([SM]M[0-9A-Za-z]{1,60})/Media/(ME[0-9A-Za-z]{1,60})$")


def delete(base_url: str, account: Credentials, recording_id: str) -> None:
    """Delete a recording; one that is gone already is no error. Raises ProviderFailed."""
    name = recording_id.partition(".")[0]
    if _ID.fullmatch(name):  # else nothing of the provider's is called so
        _gone("recording", lambda: _api(base_url, account).recordings(name).delete())


def delete_media(base_url: str, account: Credentials, url: str) -> None:
    """Delete a text's file by its address; one that is gone already is no error. Raises ProviderFailed."""
    named = _MEDIA.search(url.partition("?")[0])
    if named:
        of, name = named.groups()
        _gone("picture", lambda: _api(base_url, account).messages(of).media(name).delete())


def _api(base_url: str, account: Credentials) -> Any:
    return client(base_url, account.account_sid, account.token)


def _gone(what: str, delete: Callable[[], Any]) -> None:
    from twilio.base.exceptions import TwilioRestException

    try:
        delete()
    except TwilioRestException as error:
        if error.status == 404:
            return
        raise ProviderFailed(
            f"The provider refused to delete a {what} (error {error.code or error.status}).",
            code=str(error.code or ""),
            http_status=int(error.status or 0),
        ) from None
    except Exception as error:  # the network
        raise ProviderFailed(f"A {what} could not be deleted ({type(error).__name__}).") from error
