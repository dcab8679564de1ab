"""What the platform made of a call or a text: read from the business's schema, told to the page.

The simulator never asks the platform to hurry: it listens to the same live notices as an open
inbox does, and looks every half second besides.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from redis import RedisError
from redis import asyncio as aioredis

from calls.models import Call
from calls.simulator.dialect import Place
from calls.simulator.network import Network
from messaging.models import Message
from messaging.status import explain
from tenants.live import stream_key
from tenants.scope import business_scope

_LOOK_EVERY = 0.5
_SETTLED = ("delivered", "undelivered", "failed", "cancelled")
Findings = list[tuple[str, dict[str, Any]]]


def _released(look: Callable[..., Findings], schema: str, sid: str) -> Findings:
    """Run a look in the business's schema on this thread and give its connection back."""
    try:
        with business_scope(schema):
            return look(sid)
    finally:
        connection.close()


def look_at_call(sid: str) -> Findings:
    """Return what is known of a call now, as (kind, data) pairs with `at` in Unix seconds."""
    call = Call.objects.filter(provider="simulator", provider_id=sid).first()
    if call is None:
        return []
    found: Findings = []
    if call.outcome != "in_progress":
        because = call.get_missed_because_display() if call.missed_because else ""
        found.append(
            (
                "outcome",
                {
                    "outcome": call.outcome,
                    "title": call.get_outcome_display(),
                    "detail": because,
                    "at": call.decided_at.timestamp() if call.decided_at else time.time(),
                },
            )
        )
    if call.receipt and call.decided_at:
        found.append(("decision", {"receipt": call.receipt, "at": call.decided_at.timestamp()}))
    if not call.decision:
        return found  # a text queued between these two reads belongs to the next look
    text = Message.objects.filter(call=call.pk, author="rule").first()
    if text is not None:
        found += _steps(text)
    return found


def look_at_text(sid: str) -> Findings:
    """Return what became of a text the caller wrote, and of what was answered by itself."""
    text = (
        Message.objects.filter(provider="simulator", provider_id=sid)
        .select_related("conversation__contact")
        .first()
    )
    if text is None:
        return []
    contact = text.conversation.contact
    found: Findings = [
        ("received", {"title": "In the business's inbox", "at": text.created_at.timestamp()})
    ]
    for event in contact.consent_events.filter(provider="simulator", provider_id=sid):
        found.append(
            (
                "consent",
                {
                    "title": {
                        "opt_out": "Opted out, in the ledger for good: no more texts to this number",
                        "opt_in": "Opted in again, in the ledger",
                        "help": "Asked for help, in the ledger",
                    }.get(event.kind, event.kind),
                    "at": event.recorded_at.timestamp(),
                },
            )
        )
    return found


def _steps(text: Message) -> Findings:
    found: Findings = [
        (
            "queued",
            {
                "title": "Text queued, in the same transaction as the decision",
                "at": text.created_at.timestamp(),
                "body": text.body,
                "segments": text.segments,
            },
        )
    ]
    if text.claimed_at:
        found.append(
            (
                "gate",
                {
                    "title": "The gate, asked again at the last moment: it may leave",
                    "passed": True,
                    "at": text.claimed_at.timestamp(),
                },
            )
        )
    elif text.status == "cancelled":
        found.append(
            (
                "gate",
                {
                    "title": text.error_sentence or "Not sent.",
                    "passed": False,
                    "code": text.error_code,
                    "at": time.time(),
                },
            )
        )
    if text.status in ("failed", "undelivered"):
        sentence = text.error_sentence or explain(text.error_code, None).sentence
        found.append(("failed", {"title": sentence, "code": text.error_code, "at": time.time()}))
    return found


async def follow(
    network: Network,
    redis: aioredis.Redis,
    place: Place,
    caller: str,
    sid: str,
    look: Callable[[str], Findings],
    is_over: Callable[[set[str]], bool],
    *,
    at_most: float = 30,
) -> None:
    """Tell the page each new finding once, until `is_over` says so of the kinds told, or `at_most` seconds."""
    told: dict[str, Any] = {}
    until = time.monotonic() + at_most
    stream, after = stream_key(place.schema), await _newest(redis, stream_key(place.schema))
    while time.monotonic() < until:
        found: Findings = []
        with contextlib.suppress(DatabaseError, InterfaceError):  # a restart: look again
            found = await asyncio.to_thread(_released, look, place.schema, sid)
        for kind, data in found:
            # `at` may be the moment of looking, and a decision may be revised: compare what is said.
            said = {key: value for key, value in data.items() if key != "at"}
            if told.get(kind) != said:
                told[kind] = said
                key: dict[str, Any] = {"call": sid} if look is look_at_call else {"text": sid}
                await network.tell(caller, kind, business=place.number, **key, **data)
        if is_over(set(told)):
            return
        try:
            heard: Any = await redis.xread({stream: after}, block=int(_LOOK_EVERY * 1000))
            after = heard[0][1][-1][0] if heard else after
        except RedisError:  # no notices without Redis: only the look
            await asyncio.sleep(_LOOK_EVERY)


async def _newest(redis: aioredis.Redis, stream: str) -> Any:
    """Return the id after which a stream is new to us."""
    with contextlib.suppress(RedisError):
        rows: Any = await redis.xrevrange(stream, count=1)
        return rows[0][0] if rows else "0-0"
    return "$"
