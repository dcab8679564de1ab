"""What a CRM's timeline says of an event. Pure."""

from __future__ import annotations

from typing import Any

LONGEST = 2_000


def note_of(name: str, data: dict[str, Any]) -> str:
    """Return the note of an event of the catalogue, '' for one that a timeline need not have."""
    call, text = data.get("call") or {}, data.get("text") or {}
    words = {
        "call.missed": f"Missed call to {call.get('our_number', '')}. {call.get('sentence', '')}",
        "voicemail.left": f"Left a voicemail at {call.get('our_number', '')}.",
        "text.sent": f"Text from {text.get('author_name') or 'us'}: {text.get('body', '')}",
        "reply.received": f"Texted: {text.get('body', '') or '(a picture)'}",
        "contact.opted_out": "Wants no more texts (opted out).",
        "contact.opted_in": "May be texted again (opted in).",
    }.get(name, "")
    return words.strip()[:LONGEST]
