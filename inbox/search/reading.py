"""What is found: people by parts of their names and numbers, and what was said by its words.

Each statement is made to cost the same whatever was asked: every word is looked for among the newest
entries, one that is rare there by the index of words too, and never more than so many of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from inbox.search.asking import Asked, like
from inbox.search.excerpts import digits_marked, excerpt, marked, part_marked
from messaging.numbers import national

PEOPLE, SAID = 8, 20
_CANDIDATES = 400
NEWEST = 3_000  # entries looked through for a word that is everywhere
COMMON = 40  # so many hits among them and it is
_RARE = 2_000  # older entries looked at for any other


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody whose name, firm, address or number fits."""

    title: str
    title_html: SafeString
    sub_html: SafeString
    url: str
    opens: bool  # whether it is a conversation's address
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A text, a note or a voicemail with the words."""

    kind: str
    title: str
    at: datetime
    html: SafeString
    url: str
    opted_out: bool = False


_PEOPLE_SQL = """
    WITH fits AS MATERIALIZED ({candidates})
    SELECT c.id, c.name, c.company, c.email, c.phone, v.id, c.opted_out_at IS NOT NULL
    -- Whoever fits by a number that is shown with somebody else is that somebody.
    FROM (SELECT DISTINCT coalesce(m.merged_into_id, m.id) AS id
          FROM fits JOIN messaging_contact m ON m.id = fits.id) who
    JOIN messaging_contact c ON c.id = who.id
    LEFT JOIN messaging_conversation v ON v.contact_id = c.id
    WHERE c.erased_at IS NULL AND c.merged_into_id IS NULL
      AND (v.id IS NULL OR v.hidden = '')
    ORDER BY {best}, v.last_at DESC NULLS LAST, c.id LIMIT %(people)s
"""
_BY_NUMBER = """
    (SELECT id FROM messaging_contact WHERE phone LIKE %(ends)s LIMIT %(most)s)
    UNION (SELECT id FROM messaging_contact WHERE phone LIKE %(has)s LIMIT %(most)s)
"""
_BY_NAME = """
    SELECT id FROM messaging_contact
    WHERE ({name}) OR ({company}) OR email ILIKE %(has)s LIMIT %(most)s
"""
# Newer counts for more: what was said a month ago half as much as the same today.
_SAID_SQL = """
    WITH newest AS MATERIALIZED (
        SELECT kind, ref, conversation, at, words FROM
            (SELECT * FROM inbox_searchentry ORDER BY at DESC LIMIT %(newest)s) latest
        WHERE words @@ to_tsquery('public.ringback', %(query)s)
    ),
    hits AS (
        SELECT * FROM newest
        UNION ALL
        SELECT * FROM (
            SELECT kind, ref, conversation, at, words FROM inbox_searchentry
            WHERE words @@ to_tsquery('public.ringback', %(query)s)
              AND (SELECT count(*) FROM newest) < %(common)s  -- asked once, before anything is read
            LIMIT %(rare)s
        ) older WHERE (kind, ref) NOT IN (SELECT kind, ref FROM newest)
    ),
    -- Whose they are is asked of the best alone: of thousands it would be half the table.
    nearest AS MATERIALIZED (
        SELECT kind, ref, conversation, at,
               ts_rank(words, to_tsquery('public.ringback', %(query)s))
               / (1 + greatest(0, extract(epoch FROM now() - at)) / 2592000) AS weight
        FROM hits ORDER BY weight DESC, at DESC LIMIT %(looked_at)s
    ),
    best AS (
        SELECT h.*, c.name, c.phone, c.opted_out_at IS NOT NULL AS opted_out
        FROM nearest h
        JOIN messaging_conversation v ON v.id = h.conversation AND v.hidden IN ('', 'merged')
        JOIN messaging_contact c ON c.id = v.contact_id AND c.erased_at IS NULL
        ORDER BY h.weight DESC, h.at DESC LIMIT %(said)s
    )
    SELECT b.kind, b.ref, b.conversation, b.at, b.name, b.phone,
        CASE b.kind
            WHEN 'text' THEN (SELECT m.body FROM messaging_message m WHERE m.id = b.ref::uuid)
            WHEN 'note' THEN (SELECT n.body FROM inbox_note n WHERE n.id = b.ref::bigint)
            ELSE (SELECT l.transcript FROM calls_call l WHERE l.id = b.ref::bigint)
        END, b.opted_out
    FROM best b ORDER BY b.weight DESC, b.at DESC
"""


def find(asked: Asked) -> tuple[list[FoundPerson], list[Hit]]:
    """Return whom and what a search finds, the closest first."""
    if asked.is_empty:
        return [], []
    with transaction.atomic(), connection.cursor() as cursor:
        # Whatever the statistics say just now: no table is read from end to end.
        cursor.execute("SET LOCAL enable_seqscan = off")
        return _people(asked, cursor), _said(asked, cursor)


def _people(asked: Asked, cursor: Any) -> list[FoundPerson]:
    if asked.digits:
        # A national number's first zero is not part of the international one.
        digits = asked.digits.lstrip("0") or asked.digits
        values = {"ends": f"%{digits}", "has": f"%{digits}%"}
        best, candidates = "c.phone NOT LIKE %(ends)s", _BY_NUMBER
    elif asked.part:
        values, candidates = _name_statement(asked)
        best = "NOT (c.name ILIKE %(begins)s)"
    else:
        return []
    statement = _PEOPLE_SQL.format(candidates=candidates, best=best)
    cursor.execute(statement, {**values, "most": _CANDIDATES, "people": PEOPLE})
    return [_person(row, asked) for row in cursor.fetchall()]


def contacts(asked: Asked, most: int) -> list[tuple[str, str, bool]]:
    """Return number, name and whether he opted out of whoever fits by name, firm or number, the nearest first.

    Found by the same indexes as a search finds people.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        if asked.digits:
            digits = asked.digits.lstrip("0") or asked.digits
            values, candidates = {"ends": f"%{digits}", "has": f"%{digits}%"}, _BY_NUMBER
        elif asked.part:
            values, candidates = _name_statement(asked)
        else:
            return []
        cursor.execute(
            f"WITH fits AS MATERIALIZED ({candidates}) "
            "SELECT c.phone, c.name, c.opted_out_at IS NOT NULL FROM fits "
            "JOIN messaging_contact c ON c.id = fits.id "
            "WHERE c.erased_at IS NULL AND c.merged_into_id IS NULL "
            "ORDER BY c.name, c.id LIMIT %(people)s",
            {**values, "most": _CANDIDATES, "people": most},
        )
        return list(cursor.fetchall())


def _name_statement(asked: Asked) -> tuple[dict[str, Any], str]:
    """Return values and candidates of a search by name: every word, in any order."""
    has = like(asked.part)
    values: dict[str, Any] = {"has": has, "begins": has[1:]}
    fits: dict[str, list[str]] = {"name": [], "company": []}
    for position, word in enumerate(asked.words):
        key = f"w{position}"
        values[key] = like(word)
        for column, conditions in fits.items():
            if len(word) > 2:
                conditions.append(f"{column} ILIKE %({key})s")
            else:
                # Two letters have no three to be found by, but a word's beginning has.
                values[f"{key}b"], values[f"{key}i"] = like(word)[1:], "% " + like(word)[1:]
                conditions.append(f"({column} ILIKE %({key}b)s OR {column} ILIKE %({key}i)s)")
    if len(asked.part) < 3:
        values["has"] = has[1:]
    return values, _BY_NAME.format(
        name=" AND ".join(fits["name"]), company=" AND ".join(fits["company"])
    )


def _person(row: tuple[Any, ...], asked: Asked) -> FoundPerson:
    contact_id, name, company, email, phone, conversation, opted_out = row
    number = national(phone)
    title = name or number
    if asked.digits:
        title_html = digits_marked(title, asked.digits) if not name else marked(title, ())
        parts = [digits_marked(number, asked.digits.lstrip("0"))] if name else []
        parts += [part_marked(each, "") for each in (company, email) if each]
    else:
        title_html = marked(title, asked.words)
        parts = [part_marked(number, "")] if name else []
        parts += [part_marked(each, asked.part) for each in (company, email) if each]
    url = (
        reverse("inbox:conversation", args=[conversation])
        if conversation
        else reverse("inbox:contact", args=[contact_id])
    )
    return FoundPerson(
        title,
        mark_safe(title_html),
        mark_safe(" · ".join(parts)),
        url,
        conversation is not None,
        opted_out,
    )


def _said(asked: Asked, cursor: Any) -> list[Hit]:
    if not asked.tsquery:
        return []
    values = {
        "query": asked.tsquery, "newest": NEWEST, "common": COMMON, "rare": _RARE,
        "looked_at": _CANDIDATES, "said": SAID,
    }  # fmt: skip
    cursor.execute(_SAID_SQL, values)
    found = cursor.fetchall()
    return [_hit(row, asked) for row in found]


def _hit(row: tuple[Any, ...], asked: Asked) -> Hit:
    kind, ref, conversation, at, name, phone, body, opted_out = row
    url = reverse("inbox:conversation", args=[conversation]) + f"?at={kind}-{ref}"
    html = mark_safe(excerpt(body or "", asked.words))
    return Hit(kind, name or national(phone), at, html, url, opted_out)
