"""Telnyx's Recordings API: asking it to delete its copy of a voicemail."""

from __future__ import annotations

import re
from collections.abc import Mapping

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.telnyx_api import Answer, ask

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def delete(base_url: str, account: Credentials, name: str) -> None:
    """Delete the recordings of the leg a sound is named after; none is no error. Raises ProviderFailed.

    name: the last part of a sound's address, which begins with the id of its leg.
    """
    leg = _UUID.match(name)
    if leg is None:
        return  # nothing of the provider's is called so
    listed = _asked(
        base_url, account, "GET", "/v2/recordings", {"filter[call_leg_id]": leg.group()}
    )
    found = listed.data.get("data")
    for recording in found if isinstance(found, list) else []:
        recording_id = str(recording.get("id", "")) if isinstance(recording, Mapping) else ""
        if _UUID.fullmatch(recording_id):
            _asked(base_url, account, "DELETE", f"/v2/recordings/{recording_id}", None)


def _asked(
    base_url: str, account: Credentials, method: str, path: str, query: Mapping[str, str] | None
) -> Answer:
    try:
        answer = ask(base_url, account, method, path, query=query)
    except Exception as error:  # the network, or an answer that is no JSON
        raise ProviderFailed(
            f"A recording could not be deleted ({type(error).__name__})."
        ) from error
    if answer.status >= 400 and answer.status != 404:
        raise ProviderFailed(
            f"The provider refused to delete a recording (error {answer.code or answer.status}).",
            code=answer.code,
            http_status=answer.status,
        )
    return answer
