"""A file of businesses as rows of cells: any delimiter, UTF-8 or Windows, bounded in every way. Pure."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

MAX_BYTES = 4_000_000
MAX_ROWS = 5_000
MAX_COLUMNS = 100
_LONGEST_CELL = 2_000
_LINES_OF_A_CELL = 20  # a quote that is never closed swallows the rest of the file
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


class BadFile(ValueError):
    """A file that cannot be read at all; the text says why, fit for a person."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """header: the first line; rows: (line of the file, from 1; cells)."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes) -> Sheet:
    """Return the rows of a CSV file. Raises BadFile: too large, no text, no rows, too many."""
    if len(content) > MAX_BYTES:
        raise BadFile(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    text = _decoded(content)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadFile("The file is empty.")
    unquoted = re.sub(r'"[^"]*"', "", lines[0])
    delimiter = max(",;\t|", key=unquoted.count)
    found: list[tuple[int, list[str]]] = []
    before = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.count("\n") > _LINES_OF_A_CELL for cell in row):
                raise csv.Error
            if any(cell.strip() for cell in row):
                cells = [_clean(cell) for cell in row[:MAX_COLUMNS]]
                found.append((before + 1, cells))
            before = reader.line_num
            if len(found) > MAX_ROWS + 1:
                raise BadFile(f"The file has more than {MAX_ROWS:,} businesses. Split it.")
    except csv.Error:
        raise BadFile(f"From line {before + 1} on a quote is never closed.") from None
    if len(found) < 2:
        raise BadFile(
            "The file needs a line with the names of its columns, and a line for each business."
        )
    return Sheet(found[0][1], found[1:])


def _clean(cell: str) -> str:
    return " ".join(_CONTROL.sub(" ", cell[:_LONGEST_CELL]).split())


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise BadFile("The file is no text. Save it as CSV.") from None
    if b"\x00" in content or content.startswith(b"PK\x03\x04"):
        raise BadFile("The file is no text. Save it as CSV, not as a workbook.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
