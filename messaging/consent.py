"""The consent ledger's one way in. What it says of now is kept on the contact, in the same transaction.

Appends of one business are in one line: whoever appends holds the ledger's head until his
transaction ends, so the sequence has no gap and no fork, and a rolled-back append leaves nothing.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from messaging.clearance import EXPRESS_CALL, EXPRESS_TEXT
from messaging.ledger import as_row, detail_hash, row_hash
from messaging.marks import mark_here
from messaging.models import Contact, ErasedPerson
from messaging.optout_words import HELPERS, PER_SE, STARTERS, STOPPERS
from tenants import agenda
from tenants.scope import current_schema

_HEAD = "SELECT seq, row_hash, day FROM messaging_ledgerhead WHERE id = 1 FOR UPDATE"
# A row that was written before is not written again, and then moves nothing.
_APPEND = """
    WITH event AS (
        INSERT INTO messaging_consentevent
            (seq, contact_id, phone_mark, kind, level, scope, channel, matched_by, matched,
             classifier, provider, provider_id, our_number, evidence, actor, legal_entity,
             brand_id, campaign_id, ruleset_version, detail_hash, occurred_at, recorded_at,
             prev_hash, row_hash)
        VALUES (%(seq)s, %(contact)s, %(phone_mark)s, %(kind)s, %(level)s, %(scope)s, %(channel)s,
                %(matched_by)s, %(matched)s, %(classifier)s, %(provider)s, %(provider_id)s,
                %(our_number)s, %(evidence)s, %(actor)s, %(legal_entity)s, %(brand_id)s,
                %(campaign_id)s, %(ruleset_version)s, %(detail_hash)s, %(occurred_at)s,
                %(recorded_at)s, %(prev_hash)s, %(row_hash)s)
        ON CONFLICT (provider, provider_id, kind) WHERE NOT (provider_id = '') DO NOTHING
        RETURNING id
    )
    INSERT INTO messaging_consentdetail (event_id, salt, phone, raw_text, ip, user_agent)
    SELECT id, %(salt)s, %(phone)s, %(raw_text)s, %(ip)s, %(user_agent)s FROM event
    RETURNING event_id
"""
_ANCHOR_AFTER_MIDNIGHT = timedelta(minutes=5)
# Words of the instructions themselves: they say nothing of who wrote them.
_KEYWORDS = STOPPERS | STARTERS | HELPERS | {word for said in PER_SE for word in said.split()}
# So read, the whole reply was an instruction with courtesies.
_BY_KEYWORD = frozenset({"per_se", "typo"})
# So read, the words are ours: an error's code, or that it was told by phone.
_OUR_OWN_WORDS = frozenset({"provider", "human"})
_LETTERS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
_LONGEST_KEYWORDS = 30


def record(
    contact: Contact,
    kind: str,
    *,
    at: datetime,
    channel: str,
    raw_text: str = "",
    matched: str = "",
    matched_by: str = "",
    provider: str = "",
    provider_id: str = "",
    actor: str = "",
    level: int | None = None,
    scope: str = "all",
    our_number: str = "",
    evidence: dict[str, Any] | None = None,
    classifier: str = "",
    ip: str = "",
    user_agent: str = "",
    legal_entity: str = "",
    brand_id: str = "",
    campaign_id: str = "",
    ruleset_version: str = "",
) -> int | None:
    """Append one event, bring the contact's standing in line, return its id; None if it was recorded before.

    Must run in a transaction that holds the contact's lock. `at` is aware; `level` is the step of
    the ladder the event gives; `evidence` is kept as text, value by value; the exact text received
    is kept, where it can be erased. Of `matched` the row itself keeps keywords alone, and '' for
    any other words: it outlives the person's erasure (R-PRIV-1), and the text has them too.
    """
    # Text alone comes back from the database to the letter: a number might be written otherwise.
    proof = {str(name): str(value) for name, value in (evidence or {}).items()}
    detail = {
        "ip": ip[:45], "phone": contact.phone, "raw_text": raw_text, "salt": secrets.token_hex(16),
        "user_agent": user_agent[:300],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        seq, before, last_day = cursor.fetchone()
        now = timezone.now()  # behind the lock, so that rows are in the order of their times
        values: dict[str, Any] = {
            "seq": seq + 1, "contact": contact.pk, "phone_mark": mark_here(contact.phone),
            "kind": kind, "level": level, "scope": scope, "channel": channel,
            "matched_by": matched_by[:10], "matched": _lasting(matched, matched_by),
            "classifier": classifier[:20],
            "provider": provider, "provider_id": provider_id[:64], "our_number": our_number,
            "evidence": proof, "actor": actor[:120], "legal_entity": legal_entity[:120],
            "brand_id": brand_id, "campaign_id": campaign_id, "ruleset_version": ruleset_version,
            "detail_hash": detail_hash(detail), "occurred_at": at, "recorded_at": now,
        }  # fmt: skip
        values["row_hash"] = row_hash(before, as_row(values))
        cursor.execute(
            _APPEND,
            cast(Any, values | detail | {"prev_hash": before, "evidence": Jsonb(proof)}),
        )
        appended = cursor.fetchone()
    if appended is None:
        return None
    event_id = int(appended[0])
    if last_day != now.astimezone(UTC).date():
        _anchor_later(now)
    _follow(contact, kind, level, event_id, at)
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


def _follow(contact: Contact, kind: str, level: int | None, event_id: int, at: datetime) -> None:
    """Keep on the contact what the ledger says of now."""
    changed: dict[str, Any] = {}
    if kind == "opt_out":
        # Whatever was allowed before is taken back.
        changed = {"consent_level": 0, "consent_event": event_id, "consent_at": at}
        changed["paused_until"] = None
        if contact.opted_out_at is None:
            changed["opted_out_at"] = at
        if not contact.phone.startswith("+"):
            # Erased meanwhile: what is kept of him must know it too (R-PRIV-1).
            ErasedPerson.objects.filter(
                phone_mark__contains=contact.phone[1:], opted_out_at=None
            ).update(opted_out_at=at)
    elif kind == "opt_in" and contact.opted_out_at is not None and at < contact.opted_out_at:
        pass  # he said START before he said STOP; it only came later
    elif kind == "opt_in":
        changed = {"opted_out_at": None, "paused_until": None}
        changed |= {"consent_level": EXPRESS_TEXT, "consent_event": event_id, "consent_at": at}
        # Who had been erased, came again and takes it back: the next erasure finds him opted in.
        ErasedPerson.objects.filter(
            phone_mark=mark_here(contact.phone), opted_out_at__isnull=False
        ).update(opted_out_at=None)
    elif (
        kind == "consent" and (level or 0) >= EXPRESS_CALL and (level or 0) >= contact.consent_level
    ):
        changed = {"consent_level": level, "consent_event": event_id, "consent_at": at}
    elif kind == "resume":
        changed = {"paused_until": None}
    if changed:
        for name, value in changed.items():
            setattr(contact, name, value)
        columns = ", ".join(f"{name} = %s" for name in changed)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE messaging_contact SET {columns} WHERE id = %s",
                [*changed.values(), contact.pk],
            )
