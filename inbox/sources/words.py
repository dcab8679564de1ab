"""How each phone system is connected, step by step, in the words of its own settings. Pure.

What the systems call their pages
may change; docs/call-events.md names the sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from calls.intake.mappings import KEYED, MAPPINGS

_SESSIONS = "/restapi/v1.0/account/~/telephony/sessions"  # RingCentral's name of the event


@dataclass(frozen=True, slots=True)
class Guide:
    """What a person reads: `about` in the list of choices, `steps` once it is connected.

    secret: what our secret is called over there, '' where the system makes its own; theirs: what its
    own key is called; try_it: how to see that it works.
    """

    about: str
    steps: tuple[str, ...]
    secret: str = ""
    theirs: str = ""
    try_it: str = "Call your number from a mobile phone, let it ring out, and hang up. The call appears here within a minute."


GUIDES: dict[str, Guide] = {
    "generic": Guide(
        "A PBX, a CRM or a script of yours that can send a signed webhook.",
        (
            "Let it send a POST with JSON to this address when a call ends.",
            "Let it sign each request by Standard Webhooks with the signing secret; ready libraries exist for most languages.",
            "Send a test event with the button, then make a real call.",
        ),
        secret="Signing secret",
        try_it="Send a test event. It goes through the same door as a real one and never texts anybody.",
    ),
    "ringcentral": Guide(
        "Reports every call on your RingCentral account.",
        (
            "In the RingCentral developer console, open the app you use (or create a private one with the permission Call Control).",
            f"Create a webhook subscription to the event {_SESSIONS} with this address.",
            "Give the secret as its verificationToken. RingCentral asks the address once whether it is alive; that is answered by itself.",
            "Subscriptions end after a time: let your app renew it.",
        ),
        secret="verificationToken",
    ),
    "aircall": Guide(
        "Reports every call on your Aircall numbers.",
        (
            "In Aircall, open Integrations & API, then Webhooks, and add a webhook.",
            "Paste this address, and choose the events call.answered, call.hungup, call.ended and call.voicemail_left.",
            "Aircall shows a token for the new webhook. Copy it, paste it here under Aircall's token, and keep it.",
        ),
        theirs="Aircall's token",
    ),
    "quo": Guide(
        "Reports every call on your Quo (OpenPhone) numbers.",
        (
            "In Quo, open Settings, then Webhooks, and create a webhook for calls.",
            "Paste this address, and choose call.completed; call.missed too where it is offered.",
            "Open the webhook's details, choose Reveal signing secret, paste it here under Quo's signing secret, and keep it.",
        ),
        theirs="Quo's signing secret",
    ),
    "dialpad": Guide(
        "Reports every call of your Dialpad company or office.",
        (
            "With your Dialpad API key, create a webhook with this address as hook_url and the secret as secret.",
            "Create a call event subscription for that webhook with the states ringing, connected, hangup, missed and voicemail.",
        ),
        secret="secret",
    ),
    "3cx": Guide(
        "Reports calls of your own 3CX by a CRM template.",
        (
            "Download the template from this page.",
            "In 3CX, open Settings, then CRM, then Server side, add the template, and choose it.",
            "Paste the secret in the template's field, tick Report calls, and save.",
            "If several colleagues ring at once, forward unanswered calls to your line here instead: 3CX tells of an answer only when the call is over.",
        ),
        secret="Secret of the source",
    ),
    KEYED: Guide(
        "Programs that send events with an API key.",
        ("Send events to this address with your API key; nothing else is needed.",),
        try_it="Send the request below with type test: it is stored and never texts anybody.",
    ),
}
TITLES = {key: system.title for key, system in MAPPINGS.items()} | {KEYED: "API key"}
STATUS_WORDS = {
    "waiting": "Waiting",
    "done": "Taken",
    "ignored": "Left aside",
    "refused": "Refused",
    "failed": "Failed",
}
OUTCOME_WORDS = {
    "answered": "Answered",
    "no_answer": "Nobody answered",
    "busy": "Busy",
    "unreachable": "Unreachable",
    "declined": "Declined",
    "caller_hung_up": "The caller hung up",
    "voicemail": "Voicemail left",
}
TYPE_WORDS = {"ringing": "Ringing", "answered": "Answered", "ended": "Call ended", "test": "Test"}


def curl(address: str) -> str:
    """Return a request that reports a missed call with an API key."""
    return (
        f"curl {address} \\\n"
        "  -H 'Authorization: Bearer YOUR_API_KEY' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"event_id": "test-1", "type": "test"}\''
    )


def example() -> str:
    """Return the body of a missed call, as Zapier and Make are to send it."""
    return (
        "{\n"
        '  "event_id": "the call\'s id, and ended",\n'
        '  "call_id": "the call\'s id",\n'
        '  "type": "call.missed",\n'
        '  "from": "+13125550142",\n'
        '  "started_at": "2026-11-21T16:04:02Z"\n'
        "}"
    )
