"""Text becomes rows of cells, each with its line; what is broken costs one line, never the file. Pure.

A quote that is opened and never closed would swallow everything behind it, and a file without line
ends would be one line: both are cut short and reported.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calls.audit.shapes import Problem

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
LONGEST_LINE = 64 * 1024  # characters
_QUOTED_LINES = 50  # a quoted cell with more line ends than this is an unclosed quote
_LOOK_AT = 30  # lines that say which delimiter it is


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on (1 is the file's first), and its cells."""

    line: int
    cells: list[str]


class Lines:
    """Lines of a text that comes in pieces; counts lines and characters, and can take lines back."""

    def __init__(self, pieces: Iterable[str], *, line: int = 1) -> None:
        self._pieces = iter(pieces)
        self._ready: deque[str] = deque()
        self._rest, self._ended = "", False
        self.line = line  # of the next line
        self.characters = 0  # given out so far
        self.taken: list[str] = []  # since the row began
        self.quota = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.quota and len(self.taken) > _QUOTED_LINES:
            raise _Unclosed
        if not self._ready:
            self._fill()
        if not self._ready:
            raise StopIteration
        line = self._ready.popleft()
        self.line += 1
        self.characters += len(line)
        self.taken.append(line)
        return line

    def back(self, lines: list[str]) -> None:
        """Take lines back, to be given out again."""
        self._ready.extendleft(reversed(lines))
        self.line -= len(lines)
        self.characters -= sum(map(len, lines))

    def skip(self, until: int) -> None:
        """Go on with line `until`: what stands before it was read earlier."""
        while self.line < until and next(self, None) is not None:
            self.taken.clear()

    @property
    def is_empty(self) -> bool:
        """Whether no line is left."""
        if not self._ready:
            self._fill()
        return not self._ready

    def _fill(self) -> None:
        while not self._ready and not self._ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
                if self._rest:
                    self._ready.append(self._rest)
                self._rest = ""
                return
            text = self._rest + piece
            # A trailing CR may be half of a line end; a line without an end may go on.
            held = "\r" if text.endswith("\r") else ""
            found = (text[:-1] if held else text).replace("\r\n", "\n").replace("\r", "\n")
            head, end, tail = found.rpartition("\n")
            if end:
                self._ready.extend(f"{line}\n" for line in head.split("\n"))
            self._rest = tail + held
            if len(self._rest) > LONGEST_LINE:
                self._ready.append(f"{self._rest[:LONGEST_LINE]}\n")
                self._skip_line()

    def _skip_line(self) -> None:
        """Drop the rest of a line that is too long to be kept."""
        self._rest = ""
        for piece in self._pieces:
            found = piece.replace("\r", "\n")
            _, end, tail = found.partition("\n")
            if end:
                self._rest = tail
                # What was left may hold whole lines: go through it as through any piece.
                pieces = self._pieces
                self._pieces = iter(_chain(tail, pieces))
                self._rest = ""
                return
        self._ended = True


def _chain(first: str, others: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from others


class _Unclosed(Exception):
    """A quoted cell goes on for too many lines."""


def rows(lines: Lines, delimiter: str) -> Iterator[Row | Problem]:
    """Yield every row that is not blank, and a Problem for every line that is no row."""
    csv.field_size_limit(LONGEST_LINE + 1)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        began, lines.taken, lines.quota = lines.line, [], True
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Unclosed, csv.Error):
            yield _again(lines, began)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        if len(lines.taken) > 1 and lines.is_empty and _is_open(lines.taken):
            yield _again(lines, began)
            reader = csv.reader(lines, delimiter=delimiter)
        elif any(cell and not cell.isspace() for cell in cells):
            if len(lines.taken[0]) > LONGEST_LINE:
                yield Problem(
                    began, "long_line", "The line is too long to be a call.", lines.taken[0][:500]
                )
            else:
                yield Row(began, cells)


def _again(lines: Lines, began: int) -> Problem:
    """Give back all but the first line of a row that cannot be read; say what is wrong with it."""
    taken, lines.quota = lines.taken, False
    lines.back(taken[1:])
    words = "A quote is opened in this line and never closed."
    return Problem(began, "quote", words, taken[0].rstrip("\n")[:500] if taken else "")


def _is_open(taken: list[str]) -> bool:
    return sum(line.count('"') for line in taken) % 2 == 1


def delimiter_of(text: str) -> str:
    """Return what separates the cells: the delimiter that splits most lines into equally many."""
    first = text.partition("\n")[0]
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    lines = [line for line in text.splitlines()[:_LOOK_AT] if line.strip()]
    # A file cut at the end of what we look at would have a shorter last line.
    lines = lines[:-1] if len(lines) > 2 else lines

    def worth(delimiter: str) -> tuple[int, int]:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) if common > 1 else 0, common)

    try:
        best = max(DELIMITERS, key=worth)
    except csv.Error:
        return ","
    return best if worth(best)[0] else ","


def tell_apart(headings: list[str]) -> list[str]:
    """Return headings with none twice and none empty: "Date", "Date (2)", "Column 5"."""
    seen: dict[str, int] = {}
    named = []
    for number, heading in enumerate(headings, start=1):
        name = " ".join(heading.split())[:80] or f"Column {number}"
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return named
