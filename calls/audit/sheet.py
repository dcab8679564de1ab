"""A file seen as a sheet: what separates its cells, where its headings are, what its dates say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from calls.audit.columns import heading_row
from calls.audit.files import FileRefused
from calls.audit.moments import DateOrder
from calls.audit.rows import DELIMITERS, Lines, Row, delimiter_of, rows, tell_apart
from calls.audit.shapes import Problem

SAMPLE = 12
_HEAD = 64 * 1024  # characters that say what kind of sheet it is
_MOST_COLUMNS = 400


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the file is laid out. heading_line: 1 is the first line; headings are all different."""

    delimiter: str
    heading_line: int
    headings: list[str] = field(default_factory=list)

    @property
    def delimiter_words(self) -> str:
        """The delimiter as people call it."""
        return DELIMITERS.get(self.delimiter, self.delimiter)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON; Sheet(**...) reads it."""
        return asdict(self)


@dataclass(slots=True)
class Survey:
    """What the whole file says before it is read: rows, broken lines, and each column's dates."""

    rows: int = 0
    broken: int = 0
    orders: dict[int, DateOrder] = field(default_factory=dict)

    def order_of(self, columns: Iterable[int]) -> DateOrder:
        """Return what these columns together say about the order of dates."""
        found = [self.orders[column] for column in columns if column in self.orders]
        together = DateOrder()
        for order in found:
            together.month_first += order.month_first
            together.day_first += order.day_first
            together.either += order.either
            together.example = together.example or order.example
        return together

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "rows": self.rows,
            "broken": self.broken,
            "orders": {
                str(c): [o.month_first, o.day_first, o.either, o.example]
                for c, o in self.orders.items()
            },
        }

    @staticmethod
    def of(raw: dict[str, Any]) -> Survey:
        """Return what as_dict gave."""
        orders = {int(c): DateOrder(*values) for c, values in raw.get("orders", {}).items()}
        return Survey(raw.get("rows", 0), raw.get("broken", 0), orders)


def look(pieces: Iterable[str]) -> Sheet:
    """Return how a file is laid out. Raises FileRefused for a file that holds no rows."""
    head = ""
    for piece in pieces:
        head += piece
        if len(head) >= _HEAD:
            break
    if not head.strip():
        raise FileRefused("The file is empty. Export the call log again and bring in the new file.")
    delimiter = delimiter_of(head[:_HEAD])
    first = [row for row in islice(rows(Lines([head]), delimiter), 40) if isinstance(row, Row)]
    if not first:
        raise FileRefused("No rows were found. Is this the call log? Bring in a CSV file.")
    heading = first[heading_row([row.cells for row in first])]
    if len(heading.cells) < 2:
        raise FileRefused(
            "The file has one column only. A call log has at least a time and a number in every row."
        )
    if len(heading.cells) > _MOST_COLUMNS:
        raise FileRefused(f"The file has more than {_MOST_COLUMNS} columns. Is this the call log?")
    return Sheet(delimiter, heading.line, tell_apart(heading.cells))


def body(pieces: Iterable[str], sheet: Sheet, *, from_line: int = 0) -> tuple[Lines, Iterator[Row | Problem]]:  # fmt: skip
    """Return the file's lines and its rows below the headings, from `from_line` on."""
    lines = Lines(pieces)
    lines.skip(max(sheet.heading_line, from_line))
    found = rows(lines, sheet.delimiter)
    if from_line <= sheet.heading_line:
        next(found, None)  # the headings
    return lines, found


def survey(pieces: Iterable[str], sheet: Sheet) -> Survey:
    """Go through the whole file once and note what its dates say."""
    found = Survey()
    watched: list[tuple[int, DateOrder]] = []
    for row in body(pieces, sheet)[1]:
        if isinstance(row, Problem):
            found.broken += 1
            continue
        found.rows += 1
        if found.rows <= 50:
            watched = _watched(row.cells, found.orders)
        for column, order in watched:
            if column < len(row.cells):
                order.see(row.cells[column])
    return found


def _watched(cells: list[str], orders: dict[int, DateOrder]) -> list[tuple[int, DateOrder]]:
    for column, cell in enumerate(cells[:_MOST_COLUMNS]):
        if column not in orders and cell.count("/") + cell.count(".") + cell.count("-") >= 2:
            orders[column] = DateOrder()
    return list(orders.items())
