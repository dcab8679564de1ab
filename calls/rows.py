"""A call's row: locked or made in one statement, saved in one."""

from __future__ import annotations

import json

from django.db import connection

from calls.models import Call
from messaging.providers.base import VoiceEvent

_COLUMNS = (
    "id", "our_number", "caller", "facts", "outcome", "missed_because", "started_at", "ended_at",
    "contact_id", "decision", "decision_reason", "receipt", "decided_at", "ring_seconds",
    "talk_seconds", "voicemail_url", "voicemail_seconds",
)  # fmt: skip
_LOCK = f"""
    INSERT INTO calls_call
        (provider, provider_id, our_number, caller, facts, outcome, missed_because, started_at,
         voicemail_url, decision, decision_reason)
    VALUES (%s, %s, %s, %s, '{{}}', 'in_progress', '', %s, '', '', '')
    ON CONFLICT (provider, provider_id) DO UPDATE SET provider_id = EXCLUDED.provider_id
    RETURNING {", ".join(_COLUMNS)}
"""
_SAVED = tuple(name for name in _COLUMNS if name != "id")
_SAVE = f"UPDATE calls_call SET {', '.join(f'{name} = %s' for name in _SAVED)} WHERE id = %s"


def lock_call(voice: VoiceEvent, provider_name: str) -> Call:
    """Return the call an event is about, made if new, its row locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            [provider_name, voice.call_id, voice.our_number, voice.caller, voice.at],
        )
        values = dict(zip(_COLUMNS, cursor.fetchone(), strict=True))
    for name in ("facts", "receipt"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name])
    call = Call(provider=provider_name, provider_id=voice.call_id, **values)
    call._state.adding = False
    call._state.db = connection.alias
    return call


def save_call(call: Call) -> None:
    """Write every column of a locked call back."""
    values = {name: getattr(call, name) for name in _SAVED}
    values["facts"] = json.dumps(call.facts)
    values["receipt"] = json.dumps(call.receipt) if call.receipt else None
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [*values.values(), call.pk])
