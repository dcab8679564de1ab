"""A call's row: locked or made in one statement, its caller's with it; saved in one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from calls.models import Call
from messaging.models import Contact
from messaging.people import CONTACT_COLUMNS, LOCK_SQL, contact_from, lock_values
from messaging.providers.base import VoiceEvent

_COLUMNS = (
    "id", "our_number", "caller", "facts", "outcome", "missed_because", "started_at", "ended_at",
    "contact_id", "decision", "decision_reason", "receipt", "decided_at", "ring_seconds",
    "talk_seconds", "voicemail_url", "voicemail_seconds", "rules_version",
)  # fmt: skip
_LOCK = f"""
    INSERT INTO calls_call
        (provider, provider_id, our_number, caller, facts, outcome, missed_because, started_at,
         voicemail_url, decision, decision_reason, contact_id)
    SELECT %(provider)s, %(call_id)s, %(our_number)s, %(caller)s, '{{{{}}}}', 'in_progress', '', %(at)s,
           '', '', '', {{}}
    ON CONFLICT (provider, provider_id) DO UPDATE SET provider_id = EXCLUDED.provider_id
    RETURNING {", ".join(_COLUMNS)}
"""
# Contact first, always, then call: the second takes its row from the first. What is returned is
# each row as it is now, whatever was committed while the statement waited for a lock.
_LOCK_BOTH = f"""
    WITH person AS ({LOCK_SQL}), call AS ({_LOCK.format("id FROM person")})
    SELECT person.*, call.* FROM person, call
"""
_LOCK = _LOCK.format("NULL WHERE true")
_SAVED = tuple(name for name in _COLUMNS if name != "id")
_SAVE = f"UPDATE calls_call SET {', '.join(f'{name} = %s' for name in _SAVED)} WHERE id = %s"


def lock_call(voice: VoiceEvent, provider_name: str) -> Call:
    """Return the call an event is about, made if new, its row locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, _values(voice, provider_name))
        return _call_from(cursor.fetchone(), voice, provider_name)


def lock_both(
    phone: str, received_at: datetime, voice: VoiceEvent, provider_name: str
) -> tuple[Contact, Call]:
    """Return the contact of an E.164 number and the call an event is about, as messaging.people.lock_contact
    and `lock_call` do one after the other, in one statement.
    """
    with connection.cursor() as cursor:
        values = lock_values(phone, received_at) | _values(voice, provider_name)
        cursor.execute(_LOCK_BOTH, values)
        row = cursor.fetchone()
    person = contact_from(row[: len(CONTACT_COLUMNS)])
    return person, _call_from(row[len(CONTACT_COLUMNS) :], voice, provider_name)


def _values(voice: VoiceEvent, provider_name: str) -> dict[str, Any]:
    return {
        "provider": provider_name, "call_id": voice.call_id, "our_number": voice.our_number,
        "caller": voice.caller, "at": voice.at,
    }  # fmt: skip


def _call_from(row: Sequence[object], voice: VoiceEvent, provider_name: str) -> Call:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
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
