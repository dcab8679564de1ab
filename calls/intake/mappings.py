"""The phone systems we understand: how each proves itself and how its events are read. Pure.

A system is one module with `read` and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.intake import aircall, dialpad, generic, quo, ringcentral, signing, threecx
from calls.intake.events import BadReport, Read, parse
from calls.intake.signing import Incoming, NotProven

Open = Callable[[Incoming, Sequence[str]], tuple[dict[str, Any], str]]


@dataclass(frozen=True, slots=True)
class System:
    """A phone system.

    open: checks the proof and returns the body's object with the event id the proof names, '' when
    it names none (raises NotProven, BadReport, Unreadable); read: the object in our words;
    hides: fields of the body that are not kept, secrets and links to what was said; theirs: whether the system makes the
    secret, and the business pastes it here; settles: seconds the miss of one phone waits
    before it is acted upon, where a system tells of each and another may be answered
    (calls/intake/legs.py); the end of the whole call waits CALL_SETTLES.
    """

    key: str
    title: str
    open: Open
    read: Callable[[Mapping[str, Any], datetime, str], Read]
    hides: tuple[str, ...] = ()
    theirs: bool = False
    settles: int = 0


def _open_standard(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    message_id = signing.prove_standard(incoming, secrets)
    return parse(incoming.raw), message_id


def _open_quo(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    if "openphone-signature" in incoming.headers:
        signing.prove_openphone(incoming, secrets)
    else:
        signing.prove_standard(incoming, secrets)
    return parse(incoming.raw), ""


def _open_ringcentral(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    presented = incoming.headers.get("verification-token", "")
    if not presented:
        raise NotProven(401, "Subscribe with this source's secret as the verificationToken.")
    if not signing.any_equal(presented, secrets):
        raise NotProven(403, "The Verification-Token is not this source's secret.")
    return parse(incoming.raw), ""


def _open_aircall(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    body = parse(incoming.raw)
    token = body.get("token")
    if not isinstance(token, str) or not token:
        raise NotProven(401, "Aircall's token is missing in the body.")
    if not signing.any_equal(token, secrets):
        raise NotProven(
            403, "The token is not the one kept here: paste Aircall's token in this source."
        )
    return body, ""


def _open_dialpad(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    return signing.prove_jwt(incoming, secrets), ""


def _open_3cx(incoming: Incoming, secrets: Sequence[str]) -> tuple[dict[str, Any], str]:
    signing.prove_authorization(incoming, secrets)
    return parse(incoming.raw), ""


MAPPINGS: dict[str, System] = {
    system.key: system
    for system in (
        System(
            "generic",
            "Anything that can send a webhook",
            _open_standard,
            generic.read,
            hides=("recording_url",),
        ),
        System("ringcentral", "RingCentral", _open_ringcentral, ringcentral.read, settles=15),
        System("aircall", "Aircall", _open_aircall, aircall.read, hides=("token",), theirs=True),
        System("quo", "Quo (OpenPhone)", _open_quo, quo.read, theirs=True),
        System("dialpad", "Dialpad", _open_dialpad, dialpad.read, settles=15),
        # It never says that a phone rings: the next one has its time to be answered.
        System("3cx", "3CX", _open_3cx, threecx.read, settles=60),
    )
}
# An answer may come out of order, a moment after the end.
CALL_SETTLES = 5
# What programs send with an API key: our own shape, proven by the key.
KEYED = "api"


def system_of(mapping: str) -> System:
    """Return the system of a stored mapping; one that is no more is read as our own shape."""
    return MAPPINGS.get(mapping, MAPPINGS["generic"])


def handshake(mapping: str, incoming: Incoming) -> str:
    """Return the token RingCentral wants back when an address is subscribed; '' for any other request."""
    token = incoming.headers.get("validation-token", "")
    if mapping != "ringcentral" or not token:
        return ""
    if len(token) > 255 or not token.isascii() or not token.isprintable():
        raise BadReport("Validation-Token", "Expected at most 255 printable characters.")
    return token
