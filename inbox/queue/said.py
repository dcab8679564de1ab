"""Which conversations of a list somebody said words in: by the index of words, or along the list.

Words that are everywhere stand in more entries than can be read, but few conversations need looking
at until a page is full; of rare words it is the other way round. Which of the two they are, the newest
entries say, as in a search (inbox/search/reading.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from inbox.search.asking import as_tsquery
from inbox.search.reading import COMMON, NEWEST
from messaging.models import Conversation

RARE = 2_000  # entries with rare words that are taken, the newest
AT_ONCE = 2_000  # conversations that are looked through for one page

_HAS = "words @@ to_tsquery('public.ringback', %(query)s)"
_STATEMENT = f"""
    WITH newest AS MATERIALIZED (
        SELECT count(*) >= {COMMON} AS common FROM
            (SELECT words FROM inbox_searchentry ORDER BY at DESC LIMIT {NEWEST}) latest WHERE {_HAS}
    )
    (SELECT true, l.id, l.at FROM (SELECT id, {{at}} AS at FROM ({{folder}}) f {{order}} LIMIT %(at_once)s) l
     WHERE (SELECT common FROM newest)
       AND (SELECT true FROM inbox_searchentry e WHERE e.conversation = l.id AND {_HAS} LIMIT 1)
     ORDER BY l.at {{way}}, l.id {{way}} LIMIT %(most)s)
    UNION ALL
    (SELECT false, l.id, l.at FROM (SELECT id, {{at}} AS at FROM ({{folder}}) f {{order}} LIMIT %(at_once)s) l
     WHERE (SELECT common FROM newest) OFFSET %(at_once)s - 1)
    UNION ALL
    (SELECT true, l.id, l.at FROM (
         SELECT DISTINCT conversation FROM (
             SELECT conversation FROM inbox_searchentry
             WHERE {_HAS} AND NOT (SELECT common FROM newest) ORDER BY at DESC LIMIT {RARE}
         ) x) r
     -- One by one, by their ids: together they would be asked for as half of the table.
     CROSS JOIN LATERAL (SELECT id, {{at}} AS at FROM ({{folder}}) f WHERE id = r.conversation OFFSET 0) l
     ORDER BY l.at {{way}}, l.id {{way}} LIMIT %(most)s)
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Conversations with the words; end: where the looking stopped before the list did, if it did."""

    ids: list[int]
    end: tuple[datetime, int] | None = None


def find(folder: QuerySet[Conversation], at: str, *, falls: bool, words: str, most: int) -> Found:
    """Return the first conversations of a folder in which the words were said.

    at: the column it is ordered by; falls: the latest first; most: so many at most.
    """
    query = as_tsquery(words)
    if not query:
        return Found([])
    way = "DESC" if falls else "ASC"
    plain, params = folder.order_by().values("id", at).query.sql_with_params()
    # The folder's own parameters by name, for it stands there three times.
    names = [f"p{position}" for position in range(len(params))]
    statement = _STATEMENT.format(
        at=at, way=way, order=f"ORDER BY {at} {way}, id {way}",
        folder=plain % tuple(f"%({name})s" for name in names),
    )  # fmt: skip
    values: dict[str, Any] = dict(zip(names, params, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "query": query, "most": most, "at_once": AT_ONCE})
        rows = cursor.fetchall()
    ends = [(moment, pk) for has, pk, moment in rows if not has]
    return Found([pk for has, pk, _ in rows if has], ends[0] if ends else None)
