"""One question put to many businesses' schemas: by index, in few statements, within a bound of time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tenants.models import Business, Stage

# So many schemas in one statement: planning one costs about as much as asking it.
_AT_ONCE = 40
BUDGET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: (business id, columns…) each; how many businesses were asked of how many.

    go_on: below which id the search goes on, where not every business was asked; else 0.
    """

    rows: tuple[tuple[Any, ...], ...]
    asked: int
    of: int
    go_on: int = 0

    @property
    def stopped(self) -> str:
        """A sentence where not every business was asked, else ''."""
        if self.asked == self.of:
            return ""
        return (
            f"Stopped after {self.asked:,} of {self.of:,} businesses. "
            "Go on with the others, or choose an agency or a business to look there first."
        )


def ask(
    select: str,
    values: Sequence[Any],
    *,
    first: Sequence[int] = (),
    only: Sequence[int] | None = None,
    budget: float = BUDGET_SECONDS,
    below: int = 0,
) -> Looked:
    """Put a SELECT to every business's schema, those of `first` first, until the time is up.

    select: with {schema} where the schema stands, one index look-up; values: of its placeholders;
    only: ids of businesses, None for all; budget: seconds; below: goes on where a search stopped
    (Looked.go_on), and some are asked each time, so that it ends. On the public floor.
    """
    known = Business.objects.exclude(stage=Stage.GONE)
    at_least = len(first)
    if below:
        known, first, at_least = known.filter(pk__lt=below), (), 1
    if only is not None:
        known = known.filter(pk__in=only)
    pairs: list[tuple[int, str]] = list(known.order_by("-pk").values_list("pk", "schema_name"))
    rank = {pk: at for at, pk in enumerate(first)}
    pairs.sort(key=lambda pair: rank.get(pair[0], len(rank)))
    ends, rows, asked, go_on = time.monotonic() + budget, [], 0, 0
    # What is hinted at is asked whatever the time.
    for start in range(0, len(pairs), _AT_ONCE):
        if start >= at_least and time.monotonic() >= ends:
            go_on = next(pk for pk, _ in pairs[start:] if pk not in rank) + 1
            break
        part = pairs[start : start + _AT_ONCE]
        rows += _one(select, values, part)
        asked += len(part)
    return Looked(tuple(rows), asked, len(pairs), go_on)


def _one(select: str, values: Sequence[Any], part: list[tuple[int, str]]) -> list[tuple[Any, ...]]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        # A schema may go while we ask: those that stand are asked.
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [[s for _, s in part]]
        )
        standing = {name for (name,) in cursor.fetchall()}
        pieces = [
            f"SELECT {pk}, found.* FROM ({select.format(schema=quote(schema))}) AS found"
            for pk, schema in part
            if schema in standing
        ]
        if not pieces:
            return []
        cursor.execute(" UNION ALL ".join(pieces), [*values] * len(pieces))
        return list(cursor.fetchall())
