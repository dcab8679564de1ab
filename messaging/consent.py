"""The consent ledger's one way in. What it says of now is kept on the contact, in the same transaction.

Appends of one business are in one line: whoever appends holds the ledger's head until his
transaction ends, so the sequence has no gap and no fork, and a rolled-back append leaves nothing.
One statement takes the head, reads the clock, chains and writes the row: nobody waits for a round
trip of somebody else's.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Required, TypedDict, Unpack, cast

from django.db import connection

from messaging.clearance import EXPRESS_CALL, EXPRESS_TEXT
from messaging.ledger import FIELDS, TIME_SQL, around, as_json, detail_hash, moment
from messaging.marks import mark_here
from messaging.models import Contact, ErasedPerson
from messaging.optout_words import HELPERS, PER_SE, STARTERS, STOPPERS
from messaging.upward import consent_changed
from tenants import agenda
from tenants.scope import current_schema

_COLUMNS = {
    "contact_id": "bigint", "level": "smallint", "evidence": "jsonb", "occurred_at": "timestamptz",
}  # fmt: skip
_COLUMNS |= {
    name: "text" for name in FIELDS if name not in {*_COLUMNS, "contact", "seq", "recorded_at"}
}
_VALUES = ", ".join(f"v[{place}]::{kind}" for place, kind in enumerate(_COLUMNS.values(), 1))
# The parts of a statement that appends one event; whatever follows may use `event` and `link`.
# The clock is read behind the lock (a query FOR UPDATE is never folded into another one), so that
# rows are in the order of their times. The hash is that of messaging/evidence/verify_ledger.py. The
# columns come as one array: the driver reads a statement with many values anew every time. A row that
# was written before is not written again, and then moves nothing.
APPEND = f"""
    head AS (
        SELECT seq + 1 AS seq, row_hash AS prev_hash, day FROM messaging_ledgerhead WHERE id = 1
        FOR UPDATE
    ),
    moment AS MATERIALIZED (SELECT head.*, clock_timestamp() AS at FROM head),
    link AS MATERIALIZED (
        SELECT seq, prev_hash, day, at, %(e_row)s::text[] AS v,
               %(e_text)s || {TIME_SQL.format("at")} || %(e_rest)s || seq || '}}' AS doc FROM moment
    ),
    event AS (
        INSERT INTO messaging_consentevent
            (seq, recorded_at, prev_hash, row_hash, {", ".join(_COLUMNS)})
        SELECT seq, at, prev_hash, encode(sha256(convert_to(prev_hash || doc, 'UTF8')), 'hex'),
               {_VALUES}
        FROM link
        ON CONFLICT (provider, provider_id, kind) WHERE NOT (provider_id = '') DO NOTHING
        RETURNING id
    ),
    detail AS (
        INSERT INTO messaging_consentdetail (event_id, salt, phone, raw_text, ip, user_agent)
        SELECT id, %(e_salt)s, %(e_phone)s, %(e_raw_text)s, %(e_ip)s, %(e_user_agent)s FROM event
    )
"""
# What `appended` wants to know.
APPENDED = "(SELECT id FROM event), (SELECT at FROM link), (SELECT day FROM link)"
_ANCHOR_AFTER_MIDNIGHT = timedelta(minutes=5)
# Words of the instructions themselves: they say nothing of who wrote them.
_KEYWORDS = STOPPERS | STARTERS | HELPERS | {word for said in PER_SE for word in said.split()}
# So read, the whole reply was an instruction with courtesies.
_BY_KEYWORD = frozenset({"per_se", "typo"})
# So read, the words are ours: an error's code, or that it was told by phone.
_OUR_OWN_WORDS = frozenset({"provider", "human"})
_LETTERS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
_LONGEST_KEYWORDS = 30


class Said(TypedDict, total=False):
    """What `record` is told of an event, beside its person and its kind.

    `at` is aware; `level` is the step of the ladder the event gives; `evidence` is kept as text,
    value by value; `raw_text`, the exact text received, is kept where it can be erased. Of
    `matched` the row itself keeps keywords alone, and '' for any other words: it outlives the
    person's erasure (R-PRIV-1), and the text has them too.
    """

    at: Required[datetime]
    channel: Required[str]
    raw_text: str
    matched: str
    matched_by: str
    provider: str
    provider_id: str
    actor: str
    level: int | None
    scope: str
    our_number: str
    evidence: dict[str, Any] | None
    classifier: str
    ip: str
    user_agent: str
    legal_entity: str
    brand_id: str
    campaign_id: str
    ruleset_version: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event ready to be appended: the values of APPEND, and what follows for the contact's row."""

    contact: Contact
    kind: str
    at: datetime
    values: dict[str, Any]
    standing: dict[str, Any]
    channel: str = ""


def record(contact: Contact, kind: str, **said: Unpack[Said]) -> int | None:
    """Append one event, bring the contact's standing in line, return its id; None if it was recorded before.

    Must run in a transaction that holds the contact's lock.
    """
    return append(prepare(contact, kind, **said))


def prepare(contact: Contact, kind: str, **said: Unpack[Said]) -> Prepared:
    """Return an event as `append` takes it, for whoever appends it within a statement of his own."""
    # Text alone comes back from the database to the letter: a number might be written otherwise.
    proof = {str(name): str(value) for name, value in (said.get("evidence") or {}).items()}
    detail = {
        "ip": said.get("ip", "")[:45], "phone": contact.phone, "raw_text": said.get("raw_text", ""),
        "salt": secrets.token_hex(16), "user_agent": said.get("user_agent", "")[:300],
    }  # fmt: skip
    at, level, matched_by = said["at"], said.get("level"), said.get("matched_by", "")
    row: dict[str, Any] = {
        "contact": contact.pk, "phone_mark": mark_here(contact.phone), "kind": kind, "level": level,
        "scope": said.get("scope", "all"), "channel": said["channel"],
        "matched_by": matched_by[:10], "matched": _lasting(said.get("matched", ""), matched_by),
        "classifier": said.get("classifier", "")[:20], "provider": said.get("provider", ""),
        "provider_id": said.get("provider_id", "")[:64], "our_number": said.get("our_number", ""),
        "evidence": proof, "actor": said.get("actor", "")[:120],
        "legal_entity": said.get("legal_entity", "")[:120], "brand_id": said.get("brand_id", ""),
        "campaign_id": said.get("campaign_id", ""),
        "ruleset_version": said.get("ruleset_version", ""), "detail_hash": detail_hash(detail),
        "occurred_at": at,
    }  # fmt: skip
    text, rest = around(row)
    values: dict[str, Any] = {f"e_{name}": value for name, value in detail.items()}
    kept = row | {
        "contact_id": row["contact"],
        "evidence": as_json(proof),
        "occurred_at": moment(at),
    }
    columns = [None if kept[name] is None else str(kept[name]) for name in _COLUMNS]
    values |= {"e_text": text, "e_rest": rest, "e_row": columns}
    return Prepared(contact, kind, at, values, _standing(contact, kind, level, at), said["channel"])


def append(event: Prepared) -> int | None:
    """Append a prepared event in a statement of its own; see `record`."""
    columns = ", ".join(f"{name} = %(s_{name})s" for name in event.standing)
    # What a contact's row says of now names the row of the ledger that says it.
    columns = columns.replace("%(s_consent_event)s", "event.id")
    follows = (
        f", standing AS (UPDATE messaging_contact c SET {columns} FROM event "
        "WHERE c.id = %(s_contact)s)"
        if columns
        else ""
    )
    standing = {f"s_{name}": value for name, value in event.standing.items()}
    standing["s_contact"] = event.contact.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {APPEND}{follows} SELECT {APPENDED}", cast(Any, event.values | standing)
        )
        return appended(event, *cursor.fetchone())


def appended(
    event: Prepared, event_id: int | None, at: datetime | None, last_day: date | None
) -> int | None:
    """Draw what follows from an append once it is written; returns its id, None if it was there before.

    The arguments are APPENDED: the row's id and time, and the day of the row before it. For a
    caller's own statement `event.standing` must be empty. Raises LookupError where a business has
    no ledger.
    """
    if at is None:
        raise LookupError(f"the ledger of {current_schema()} has no head")
    if event_id is None:
        return None
    if last_day != at.astimezone(UTC).date():
        _anchor_later(at)
    was_out = event.contact.opted_out_at is not None
    for name, value in event.standing.items():
        setattr(event.contact, name, event_id if name == "consent_event" else value)
    _tell_the_erased(event)
    if (event.contact.opted_out_at is not None) != was_out:
        consent_changed(event.contact, event.kind, event.channel, event.at)
    return event_id


def _lasting(matched: str, matched_by: str) -> str:
    """Return the matched words if they may stay for ever, '' where a name or a number may be among them."""
    if matched_by in _OUR_OWN_WORDS:
        return matched[:60]
    if len(matched) > _LONGEST_KEYWORDS or not _LETTERS.fullmatch(matched):
        return ""
    is_keyword = matched_by in _BY_KEYWORD or _KEYWORDS.issuperset(matched.casefold().split())
    return matched if is_keyword else ""


def _anchor_later(now: datetime) -> None:
    """On a day's first append, wish for its root to be kept outside the schema once the day is over."""
    day = now.astimezone(UTC).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM public.tenants_business WHERE schema_name = %s", [current_schema()]
        )
        (business_id,) = cursor.fetchone()
    agenda.put(
        "messaging.anchor",
        day.isoformat(),
        lane="housekeeping",
        business_id=business_id,
        due_at=midnight + _ANCHOR_AFTER_MIDNIGHT,
    )


def _standing(contact: Contact, kind: str, level: int | None, at: datetime) -> dict[str, Any]:
    """Return what the contact's row says of now once this is recorded; consent_event: the row itself."""
    if kind == "opt_out":
        # Whatever was allowed before is taken back.
        since = contact.opted_out_at or at
        return {
            "consent_level": 0, "consent_event": None, "consent_at": at, "paused_until": None,
            "opted_out_at": since,
        }  # fmt: skip
    if kind == "opt_in":
        if _came_before_the_stop(contact, at):
            return {}
        return {
            "opted_out_at": None, "paused_until": None, "consent_level": EXPRESS_TEXT,
            "consent_event": None, "consent_at": at,
        }  # fmt: skip
    if kind == "consent" and (level or 0) >= max(EXPRESS_CALL, contact.consent_level):
        return {"consent_level": level, "consent_event": None, "consent_at": at}
    return {"paused_until": None} if kind == "resume" else {}


def _came_before_the_stop(contact: Contact, at: datetime) -> bool:
    """Whether he said START before he said STOP; it only came later."""
    return contact.opted_out_at is not None and at < contact.opted_out_at


def _tell_the_erased(event: Prepared) -> None:
    """Bring what is kept of people who were erased in line with a STOP or a START (R-PRIV-1)."""
    phone = event.contact.phone
    if event.kind == "opt_out" and not phone.startswith("+"):
        # Erased meanwhile: what is kept of him must know it too.
        ErasedPerson.objects.filter(phone_mark__contains=phone[1:], opted_out_at=None).update(
            opted_out_at=event.at
        )
    elif event.kind == "opt_in" and event.standing:
        # Who had been erased, came again and takes it back: the next erasure finds him opted in.
        ErasedPerson.objects.filter(phone_mark=mark_here(phone), opted_out_at__isnull=False).update(
            opted_out_at=None
        )
