"""Which statements a page asks, and whether any of them reads a big table from end to end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# What grows with a business's past; what is set up by hand stays small.
BIG = frozenset(
    {
        "messaging_contact", "messaging_conversation", "messaging_message", "messaging_consentevent",
        "messaging_consentdetail", "messaging_refusal", "messaging_attachment", "calls_call",
        "inbox_note", "inbox_activity", "inbox_wait", "inbox_promise", "inbox_searchentry",
        "inbox_notice",
    }
)  # fmt: skip
_READS = re.compile(r"\s*\(?\s*(SELECT|WITH|UPDATE|DELETE|INSERT)\b", re.I)
_WHOLE = re.compile(r"Seq Scan on (?:\w+\.)?(\w+)")
_SWITCH = re.compile(r"\s*(SET|RESET|SHOW)\b(?! LOCAL)", re.I)


@dataclass(slots=True)
class Asked:
    """What was asked: the statements (the schema's switches left out), and those that read a big table whole."""

    statements: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)


def _grown(big: frozenset[str]) -> set[str]:
    """Return those of the tables that hold enough here for reading them whole to be a fault."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND reltuples > 1000",
            [sorted(big)],
        )
        return {row[0] for row in cursor.fetchall()}


@contextmanager
def watched(big: frozenset[str] = BIG, *, explain: bool = True) -> Iterator[Asked]:
    """Note every statement of this thread's connection, each explained just before it is asked, as it is asked."""
    from django.db import connection

    asked, within, grown = Asked(), False, _grown(big)

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal within
        if within:
            return execute(sql, params, many, context)
        if not _SWITCH.match(sql):
            asked.statements.append(sql)
        if explain and not many and _READS.match(sql):
            within = True
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
                    lines = [row[0] for row in cursor.fetchall()]
            finally:
                within = False
            for table in {found for line in lines for found in _WHOLE.findall(line)} & grown:
                asked.whole.append(f"{table}: {' '.join(sql.split())[:300]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked
