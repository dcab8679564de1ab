"""The door for reports: whose it is, whether it is proven, what it says; stored, then acknowledged."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from calls.intake import facts, pace, sources, store
from calls.intake.events import BadReport, CallReport, Skipped, dump, masked, storable
from calls.intake.handling import ignored_because
from calls.intake.mappings import CALL_SETTLES, KEYED, System, handshake, system_of
from calls.intake.signing import Incoming, NotProven, sign
from messaging.numbers import normalise
from tenants.fields import Undecryptable
from tenants.models import Business, CallSource, PhoneNumber

log = structlog.get_logger(__name__)
PAUSED = "This phone system is paused: the event is kept and not acted upon."


class NoSuchSource(Exception):
    """Nothing at this address, or not on this host."""


class TooFast(Exception):
    """More than a source may send; `seconds` until it may again."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too fast")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: the stored event, or the token of a handshake."""

    stored: store.Stored | None = None
    handshake: str = ""


def by_signature(token: str, incoming: Incoming, host_business_id: int | None) -> Answer:
    """Take an event at a source's own address.

    host_business_id: whose host was asked, None on the public one. Raises NoSuchSource, NotProven,
    TooFast, BadReport, Unreadable.
    """
    found = CallSource.objects.defer("secret", "previous_secret").filter(token=token).first()
    if found is None or found.mapping == KEYED:
        raise NoSuchSource
    if host_business_id not in (None, found.business_id):
        raise NoSuchSource
    if wanted := handshake(found.mapping, incoming):
        return Answer(handshake=wanted)
    system = system_of(found.mapping)
    try:
        body, message_id = system.open(incoming, _secrets(found))
    except NotProven as unproven:
        log.warning("call_event_unproven", source=found.pk, system=system.key)
        pace.note_unproven(found.pk, unproven.sentence)
        raise
    pace.forget_unproven(found.pk)
    return Answer(_take(found, system, body, message_id, incoming))


def try_out(source: CallSource, at: datetime) -> Answer:
    """Send a test event through the source's own door, signed as its system would. It texts nobody.

    Only for our own shape: no other system has an event that says it is a test.
    """
    message_id = f"test_{secrets.token_hex(8)}"
    raw = json.dumps({"event_id": message_id, "type": "test"}).encode()
    stamp = str(int(at.timestamp()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(source.secret, message_id, stamp, raw),
    }
    return by_signature(source.token, Incoming(headers, raw, at), source.business_id)


def by_key(business: Business, body: dict[str, Any], incoming: Incoming) -> Answer:
    """Take an event that was sent with an API key of a business. Raises TooFast, BadReport."""
    lines = _lines(business.pk)
    named = body.get("line")
    chosen = lines[0] if lines else None
    if not lines:
        raise BadReport("line", "Your business has no active line that texts could leave from.")
    known = CallSource.objects.filter(business=business, mapping=KEYED).first()
    if known is None and len(lines) > 1 and not named:
        listed = ", ".join(line.e164 for line in lines[:5])
        raise BadReport("line", f"Say which line texts leave from: {listed}.", "required")
    if known is None and isinstance(named, str):
        chosen = next((line for line in lines if line.e164 == normalise(named)), chosen)
    assert chosen is not None
    source = known or sources.for_keys(business, chosen)
    message_id = incoming.headers.get("idempotency-key", "")[:200]
    return Answer(_take(source, system_of("generic"), body, message_id, incoming, lines))


def _take(
    source: CallSource, system: System, body: dict[str, Any], message_id: str, incoming: Incoming,
    lines: list[PhoneNumber] | None = None,
) -> store.Stored:  # fmt: skip
    seconds = pace.wait_for(source.pk)
    if seconds:
        raise TooFast(seconds)
    kept = {name: value for name, value in body.items() if name not in system.hides}
    params: dict[str, Any] = {"source": source.pk, "system": system.key, "body": storable(kept)}
    try:
        read = system.read(body, incoming.at, message_id)
        line = _line_for(source, read, lines)
    except BadReport as bad:
        _refuse(source, params, bad, incoming)
        raise
    event_id = read.event_id or hashlib.sha256(incoming.raw).hexdigest()[:40]
    params["event"] = event_id
    subject, state, note, wait = "", "processed", "", 0
    if isinstance(read, Skipped):
        note = read.why
    else:
        subject = facts.call_key(source.pk, read.call_id)
        params |= {"report": dump(read), "line": line, "call": subject}
        note = ignored_because(read) or ("" if source.is_active else PAUSED)
        state = "processed" if note else "stored"
        params["report"] = dump(masked(read)) if note else params["report"]
        if read.is_missed:
            wait = system.settles if read.leg else min(system.settles, CALL_SETTLES)
    if state != "stored":
        params["body"] = {"fields": _names(body)}
    stored = store.store(
        business_id=source.business_id,
        key=facts.event_key(source.pk, event_id),
        subject=subject,
        params=params,
        state=state,
        note=note,
        received_at=incoming.at,
        wait_seconds=wait,
    )
    store.seen(source.pk, incoming.at)
    return stored


def _refuse(source: CallSource, params: dict[str, Any], bad: BadReport, incoming: Incoming) -> None:
    """Keep what was proven and cannot be used: whoever sets the source up sees what is wrong with it."""
    digest = hashlib.sha256(incoming.raw).hexdigest()[:40]
    params["body"] = {"fields": _names(params["body"])}
    store.store(
        business_id=source.business_id,
        key=f"reported:{source.pk}:refused:{digest}",
        subject="",
        params=params,
        state="refused",
        note=f"{bad.field or 'The event'}: {bad.sentence}",
        received_at=incoming.at,
    )
    store.seen(source.pk, incoming.at)


def _names(body: dict[str, Any]) -> list[str]:
    """Return the names of a body's fields, all that is kept of an event nothing is done with.

    No call leads from it to a person, so erasing the person could not find it.
    """
    return sorted(str(storable(name))[:40] for name in body)[:40]


def _line_for(
    source: CallSource, read: CallReport | Skipped, lines: list[PhoneNumber] | None
) -> str:
    """Return the line texts about a call leave from: named, called, forwarded to, else the source's.

    Raises BadReport for a named line that is not the business's.
    """
    if isinstance(read, Skipped):
        return ""
    known = lines if lines is not None else _lines(source.business_id)
    if read.line:
        if read.line not in {line.e164 for line in known}:
            raise BadReport("line", "This is not an active line of your business.", "unknown")
        return read.line
    called = normalise(read.called)
    for line in known:
        if called and called in (line.e164, line.forwards_from):
            return line.e164
    return source.line.e164


def _lines(business_id: int) -> list[PhoneNumber]:
    found = PhoneNumber.objects.filter(business=business_id, is_active=True).order_by("pk")
    return list(found.only("e164", "forwards_from"))


def _secrets(source: CallSource) -> list[str]:
    try:
        return [source.secret, source.previous_secret]
    except Undecryptable:
        # Nothing verifies then, like any signature that does not fit.
        log.error("source_undecryptable", source=source.pk)
        return []
