"""Twilio's Recordings API: asking it to delete its copy of a voicemail."""

from __future__ import annotations

import re

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.twilio_client import client

_ID = re.compile(r"RE[0-9A-Za-z-]{1,60}")


def delete(base_url: str, account: Credentials, recording_id: str) -> None:
    """Delete a recording; one that is gone already is no error. Raises ProviderFailed."""
    from twilio.base.exceptions import TwilioRestException

    name = recording_id.partition(".")[0]
    if not _ID.fullmatch(name):
        return  # nothing of the provider's is called so
    try:
        client(base_url, account.account_sid, account.token).recordings(name).delete()
    except TwilioRestException as error:
        if error.status == 404:
            return
        raise ProviderFailed(
            f"The provider refused to delete a recording (error {error.code or error.status}).",
            code=str(error.code or ""),
            http_status=int(error.status or 0),
        ) from None
    except Exception as error:  # the network
        raise ProviderFailed(
            f"A recording could not be deleted ({type(error).__name__})."
        ) from error
