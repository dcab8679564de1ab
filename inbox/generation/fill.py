"""Writes a generated business into the current schema: one COPY a table, indexes and search made afterwards.

All of it is one transaction: whatever ends it leaves nothing behind. While it runs nobody else works
in that business.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from inbox.generation import plan as planning
from inbox.generation.plan import Plan
from inbox.generation.words import Phrases

Told = Callable[[str, int, int], None]  # what, how many by now, of how many
_EVERY = 5_000
_TABLES = (
    "messaging_contact", "messaging_conversation", "messaging_message", "calls_call", "inbox_note",
    "inbox_activity", "inbox_wait", "inbox_promise", "inbox_searchentry",
)  # fmt: skip
_CONTACT = "id, phone, name, opted_out_at, consent_level, last_inbound_at, state, zone, place_source, tags, email, company, created_at"
_CONVERSATION = (
    "id, contact_id, state, hidden, unread, last_at, last_line, last_direction, created_at, assignee, team, "
    "snoozed_until, closed_at, waiting_since, failed_at, voicemail_at, escalated_at, promise_at"
)
_MESSAGE = (
    "id, conversation_id, direction, status, author, author_name, author_user, body, media, segments, "
    "encoding, our_number, their_number, purpose, category, provider, provider_id, error_code, "
    "error_sentence, attempts, created_at, absences, clearances, hold_code, template, sent_at, delivered_at"
)
_CALL = (
    "provider, provider_id, contact_id, our_number, caller, facts, outcome, missed_because, started_at, "
    "ended_at, ring_seconds, talk_seconds, voicemail_url, voicemail_seconds, transcript, decision, "
    "decision_reason, receipt, decided_at"
)
_NOTE = "conversation_id, author, author_name, body, mentions, created_at"
_ACTIVITY = "conversation_id, kind, actor, actor_name, detail, at"
_WAIT = (
    "conversation_id, kind, began_at, target_seconds, due_at, step, ended_at, ended_how, "
    "acknowledged_by_name, answered_by, answered_by_name, waited_seconds"
)
_PROMISE = "conversation_id, message, words, what, due_at, warn_at, state, ended_at, ended_by_name, created_at"
_SEARCHED = """
    INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
    SELECT 'text', id::text, conversation_id, created_at, to_tsvector('public.ringback', body)
    FROM messaging_message WHERE conversation_id >= %(first)s AND body <> ''
    UNION ALL
    SELECT 'note', id::text, conversation_id, created_at, to_tsvector('public.ringback', body)
    FROM inbox_note WHERE conversation_id >= %(first)s AND body <> '' AND removed_at IS NULL
    UNION ALL
    SELECT 'voicemail', l.id::text, c.id, l.started_at, to_tsvector('public.ringback', l.transcript)
    FROM calls_call l JOIN messaging_conversation c ON c.contact_id = l.contact_id
    WHERE c.id >= %(first)s AND l.transcript <> ''
"""
_NULL = "\\N"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much, from which seed; who works there (ids and names), its teams, its number and name."""

    conversations: int
    messages: int
    seed: int
    members: dict[int, str]
    teams: tuple[int, ...]
    number: str
    brand: str
    now: datetime


def fill(wanted: Wanted, told: Told) -> None:
    """Write it all. Raises ValueError for fewer messages than conversations."""
    with transaction.atomic():
        first, first_contact = _next("messaging_conversation"), _next("messaging_contact")
        with connection.cursor() as cursor:
            cursor.execute("SELECT phone FROM messaging_contact")
            taken = {row[0] for row in cursor.fetchall()}
        made = list(
            planning.plans(
                wanted.conversations, wanted.messages, first_id=first,
                first_contact=first_contact, seed=wanted.seed, now=wanted.now,
                members=list(wanted.members), teams=wanted.teams, taken=taken,
            )
        )  # fmt: skip
        with _unguarded(told):
            _write(made, wanted, told)
            told("words to search", 0, 1)
            with connection.cursor() as cursor:
                cursor.execute(_SEARCHED, {"first": first})
            told("words to search", 1, 1)
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _write(made: list[Plan], wanted: Wanted, told: Told) -> None:
    dice, phrases = random.Random(f"ringback rows {wanted.seed}"), Phrases(wanted.seed + 1)
    rows = _Rows(wanted, dice, phrases)
    count = len(made)
    _copy("messaging_contact", _CONTACT, (rows.contact(p) for p in made), count, told)
    _copy(
        "messaging_conversation", _CONVERSATION, (rows.conversation(p) for p in made), count, told
    )
    texts = (row for p in made for row in rows.texts(p))
    _copy("messaging_message", _MESSAGE, texts, wanted.messages, told)
    for table, columns, each in (
        ("calls_call", _CALL, rows.calls),
        ("inbox_note", _NOTE, rows.notes),
        ("inbox_activity", _ACTIVITY, rows.activities),
        ("inbox_wait", _WAIT, rows.waits),
        ("inbox_promise", _PROMISE, rows.promises),
    ):
        _copy(table, columns, (row for p in made for row in each(p)), 0, told)
    with connection.cursor() as cursor:
        for table in ("messaging_contact", "messaging_conversation"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {table}))",
                [table],
            )


class _Rows:
    """The rows of each table for a conversation, in the order of its columns above."""

    def __init__(self, wanted: Wanted, dice: random.Random, phrases: Phrases) -> None:
        self.wanted, self.dice, self.phrases = wanted, dice, phrases
        self.members = list(wanted.members.items())
        self.back = phrases.text_back(wanted.brand)
        self.receipt = _receipt()
        self.clearance = json.dumps(
            [{"code": "OK", "at": wanted.now.isoformat(), "action": "allow"}]
        )

    def contact(self, p: Plan) -> list[Any]:
        out = p.last_at if p.opted_out else None
        return [
            p.contact, p.phone, p.name, out, 1, p.last_at, "", "", "", p.tags, p.email, p.company,
            p.last_at - timedelta(days=1),
        ]  # fmt: skip

    def conversation(self, p: Plan) -> list[Any]:
        since = p.reasons.get
        return [
            p.id, p.contact, p.state, p.hidden, p.unread, p.last_at, p.last_line[:200],
            p.last_direction, p.last_at - timedelta(days=1), p.assignee, p.team, p.snoozed_until,
            p.last_at if p.state == "closed" else None, since("reply"), since("failed"),
            since("voicemail"), since("alert"), since("promise"),
        ]  # fmt: skip

    def texts(self, p: Plan) -> Iterator[list[Any]]:
        times = planning.moments(p, self.dice)
        last = len(times) - 1
        for place, at in enumerate(times):
            is_back = place == 0 and last > 0
            received = self.dice.random() < 0.5
            body = self.phrases.received() if received else self.phrases.sent()
            if place == last:
                received, body = p.last_direction == "in", p.last_line
            if is_back:
                received, body = False, self.back
            yield self._text(
                p, at, body, received, is_back, place == last and "failed" in p.reasons
            )

    def _text(
        self, p: Plan, at: datetime, body: str, received: bool, is_back: bool, failed: bool
    ) -> list[Any]:
        number = self.dice.getrandbits(74)
        member, name = self.dice.choice(self.members) if self.members else (None, "Staff")
        status = "received" if received else "undelivered" if failed else "delivered"
        author = "contact" if received else "rule" if is_back else "person"
        error = ("30003", "Their phone was off or out of reach.") if failed else ("", "")
        sent = None if received else at + timedelta(seconds=1)
        return [
            _uuid(at, number), p.id, "in" if received else "out", status, author,
            p.name if received else "" if is_back else name,
            member if author == "person" else None, body, "[]", 1 + (len(body) > 160), "GSM-7",
            self.wanted.number, p.phone, "text_back" if is_back else "manual", "C1", "simulator",
            f"GEN{number:019x}", *error, 0 if received else 1, at, 0,
            "[]" if received else self.clearance, "", "missed_call@1" if is_back else "", sent,
            None if received or failed else at + timedelta(seconds=3),
        ]  # fmt: skip

    def calls(self, p: Plan) -> Iterator[list[Any]]:
        for _ in range(self.dice.choice((0, 0, 1, 1, 2))):
            at = p.last_at - timedelta(seconds=self.dice.randint(60, 4_000_000))
            yield self._call(p, at, self.dice.choice(("answered", "missed", "missed")))
        if "voicemail" in p.reasons:
            yield self._call(p, p.last_at, "voicemail")

    def _call(self, p: Plan, at: datetime, outcome: str) -> list[Any]:
        ring, spoken = self.dice.randint(4, 25), self.dice.randint(30, 400)
        answered, voicemail = outcome == "answered", outcome == "voicemail"
        decided = at + timedelta(seconds=ring + 1)
        return [
            "simulator", f"GEN{self.dice.getrandbits(96):024x}", p.contact, self.wanted.number, p.phone,
            '{"direction": "inbound"}', outcome, "" if answered else "no_answer", at,
            decided + timedelta(seconds=spoken if answered else 0), ring,
            spoken if answered else None, "", 20 if voicemail else None,
            self.phrases.voicemail() if voicemail else "",
            "" if answered else "send", "" if answered else "MISSED", None if answered else self.receipt,
            None if answered else decided,
        ]  # fmt: skip

    def notes(self, p: Plan) -> Iterator[list[Any]]:
        if self.members and self.dice.random() < 0.06:
            member, name = self.dice.choice(self.members)
            yield [p.id, member, name, self.phrases.note(), "[]", p.last_at - timedelta(minutes=3)]

    def activities(self, p: Plan) -> Iterator[list[Any]]:
        member, name = self.dice.choice(self.members) if self.members else (None, "Staff")
        if p.assignee is not None:
            who = self.wanted.members.get(p.assignee, name)
            detail = json.dumps({"user": p.assignee, "who": who})
            yield [p.id, "assigned", member, name, detail, p.last_at - timedelta(minutes=5)]
        if p.state == "closed":
            yield [p.id, "closed", member, name, "{}", p.last_at]
        elif p.snoozed_until is not None:
            detail = json.dumps({"until": p.snoozed_until.isoformat()})
            yield [p.id, "snoozed", member, name, detail, p.last_at]

    def waits(self, p: Plan) -> Iterator[list[Any]]:
        target = timedelta(minutes=15)
        began = p.reasons.get("reply") or p.reasons.get("voicemail")
        if began is not None:
            kind = "reply" if "reply" in p.reasons else "voicemail"
            yield [p.id, kind, began, 900, began + target, 3, None, "", "", None, "", None]
        elif self.members and self.dice.random() < 0.4:
            member, name = self.dice.choice(self.members)
            waited = int(self.dice.expovariate(1 / 900)) + 20
            began = p.last_at - timedelta(seconds=waited)
            yield [
                p.id, "reply", began, 900, began + target, min(3, waited // 450), p.last_at, "answered",
                "", member, name, waited,
            ]  # fmt: skip

    def promises(self, p: Plan) -> Iterator[list[Any]]:
        due = p.reasons.get("promise")
        if due is None:
            return
        before = due - timedelta(minutes=30)
        made = _uuid(before, self.dice.getrandbits(74))
        yield [p.id, made, "within 30 minutes", "contact", due, before, "open", None, "", before]


def _receipt() -> str:
    asked = ("Is it our number?", "Was it missed?", "Is the caller textable?", "Did they opt out?",
             "Did we text them lately?", "Is a rule for it?")  # fmt: skip
    questions = [{"question": each, "input": "", "answer": "yes", "passed": True} for each in asked]
    return json.dumps(
        {"action": "send", "sentence": "Text back: nobody answered.", "questions": questions}
    )


def _uuid(at: datetime, number: int) -> uuid.UUID:
    """Return a time-ordered id (version 7) of a moment and 74 random bits."""
    value = int(at.timestamp() * 1000) << 80 | 0x7 << 76
    value |= (number >> 62 & 0xFFF) << 64 | 0x2 << 62 | number & ((1 << 62) - 1)
    return uuid.UUID(int=value)


def _copy(table: str, columns: str, rows: Iterable[list[Any]], total: int, told: Told) -> None:
    done, lines = 0, []
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            lines.append("\t".join(map(_plain, row)))
            done += 1
            if done % _EVERY == 0:
                copy.write("\n".join(lines) + "\n")
                lines.clear()
                if done != total:
                    told(table, done, total)
        if lines:
            copy.write("\n".join(lines) + "\n")
    told(table, done, done)


def _plain(value: Any) -> str:
    """Return a value as COPY reads it."""
    if value is None:
        return _NULL
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", " ").replace("\n", "\\n")
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _next(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
        return int(cursor.fetchone()[0])


@contextmanager
def _unguarded(told: Told) -> Iterator[None]:
    """Set triggers and plain indexes aside, and put them back as they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) FROM pg_index x "
            "WHERE x.indrelid = ANY(%s::regclass[]) AND NOT x.indisunique AND NOT EXISTS "
            "(SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)",
            [list(_TABLES)],
        )
        indexes = cursor.fetchall()
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        # A deferred check still to come would be a change the table may not have while it is altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for place, (_name, definition) in enumerate(indexes):
            told("indexes", place, len(indexes))
            cursor.execute(definition)
        told("indexes", len(indexes), len(indexes))
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
