"""Lists of people as other programs write them: CSV of any kind, vCard 2.1, 3.0 and 4.0. Pure.

Everything in such a file is hostile: cells may be formulas, endless, of other scripts, or no text
at all. What cannot be read is named with its line; nothing is guessed at.
"""

from __future__ import annotations

import csv
import io
import quopri
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import phonenumbers

from messaging.numbers import textable
from tenants.cells import harmless

MAX_BYTES = 10_000_000
MAX_PEOPLE = 20_000
_NAME_LENGTH = 120
_QUOTED = 40
_LONGEST_CELL = 2_000
_LINES_OF_A_CELL = 20  # a quote that is never closed swallows the rest of the file
_UNREADABLE_KEPT = 500

_NUMBERS = re.compile(r"phone|mobile|cell|\btel\b|telephone|handy|^numbers?$|^msisdn$", re.I)
_NO_NUMBERS = re.compile(r"fax|pager|type|label|kind|\bext\b|extension|carrier|e-?mail", re.I)
_FULL_NAMES = ("name", "full name", "display name", "contact", "contact name", "customer",
               "customer name", "caller", "caller name")  # fmt: skip
_GIVEN = ("first name", "given name", "firstname", "first")
_FAMILY = ("last name", "family name", "surname", "lastname", "last")
_COMPANIES = (
    "company",
    "company name",
    "organization",
    "organization name",
    "organisation",
    "business",
)
_EXCEL_FLOAT = re.compile(r"[0-9]{7,15}\.0+")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,2}", re.I)
_SEVERAL = re.compile(r":::|[;|/\n]|,| or ", re.I)
_EXTENSION = re.compile(r"(?:\s*(?:ext\.?|x|#|;ext=)\s*[0-9]{1,6})\s*$", re.I)
# Withheld on a list as on a call, and what nobody could be called by.
_NOBODY = frozenset({"withheld", "not_a_number", "invalid"})


class BadFile(ValueError):
    """A file that cannot be read at all; the text says why, fit for a person."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of one person. line: of the file, from 1; number: E.164."""

    line: int
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A line, or a number in it, that cannot be read, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class List:
    """What a file says. repeated: numbers that stood in it before."""

    entries: tuple[Entry, ...] = ()
    unread: tuple[Unread, ...] = field(default=())
    repeated: int = 0


def read(content: bytes, country: str) -> List:
    """Return the people of a CSV or vCard file; `country` ("US") reads numbers without their country.

    Raises BadFile: too large, empty, no text, no column of numbers, too many people.
    """
    if len(content) > MAX_BYTES:
        raise BadFile(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    text = _decoded(content)
    if not text.strip():
        raise BadFile("The file is empty.")
    is_card = text.lstrip().casefold().startswith("begin:vcard")
    rows = _cards(text) if is_card else _table(text, country)
    return _gathered(rows, country)


def number_of(written: str, country: str) -> str:
    """Return the E.164 number of one as people write it, '' when it is none that could be called."""
    raw = unicodedata.normalize("NFKC", written.strip()[: 2 * _QUOTED]).strip()
    raw = raw.removeprefix("tel:").removeprefix("TEL:")
    # What spreadsheets make of numbers: ="+1312…", '+1312…, 13125550142.0
    if raw.startswith('="') and raw.endswith('"'):
        raw = raw[2:-1]
    raw = raw.lstrip("'’").strip()
    if _EXCEL_FLOAT.fullmatch(raw):
        raw = raw.partition(".")[0]
    raw = _EXTENSION.sub("", raw)
    if not raw or len(raw) > _QUOTED or re.search(r"[^\d+().\-–\s/ ]", raw):
        return ""
    if not raw.isascii():
        raw = raw.replace("–", "-")
    try:
        parsed = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        return ""
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    found = textable(e164)
    return "" if found.problem in _NOBODY else found.e164


def clean_name(written: str) -> str:
    """Return a name in one line, without anything that hides or turns letters, at most 120 long."""
    seen = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in unicodedata.normalize("NFC", written)
        if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join(seen.split())[:_NAME_LENGTH].strip()


def written(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as CSV (UTF-8 with a mark, CRLF) in which no cell is a formula to a spreadsheet.

    `read` understands them as they were.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return "\ufeff" + out.getvalue()


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise BadFile("The file is no text. Save it as CSV or vCard.") from None
    if b"\x00" in content:
        raise BadFile("The file is no text. Save it as CSV (not as a workbook) or vCard.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# --- what both kinds become: (line, name, numbers as written) --------------------------------------

_Row = tuple[int, str, list[str]]


def _gathered(rows: Iterable[_Row], country: str) -> List:
    entries: dict[str, Entry] = {}
    unread: list[Unread] = []
    repeated = 0
    for line, name, numbers in rows:
        name = clean_name(name)
        if not numbers:
            unread.append(Unread(line, f"no phone number{f' for {name}' if name else ''}"))
        for raw in numbers:
            number = number_of(raw, country)
            if not number:
                unread.append(Unread(line, _why(raw)))
            elif number in entries:
                repeated += 1
                if name and not entries[number].name:
                    entries[number] = Entry(entries[number].line, name, number)
            else:
                entries[number] = Entry(line, name, number)
        if len(entries) > MAX_PEOPLE:
            raise BadFile(f"The file has more than {MAX_PEOPLE:,} numbers. Split it.")
        if len(unread) > MAX_PEOPLE:
            raise BadFile(f"More than {MAX_PEOPLE:,} lines cannot be read. Is it a list of people?")
    return List(tuple(entries.values()), tuple(unread[:_UNREADABLE_KEPT]), repeated)


def _why(raw: str) -> str:
    shown = clean_name(raw)
    if _SHORTENED.fullmatch(shown):
        return (
            f"“{shown}” was shortened by a spreadsheet; format the column as text and save it again"
        )
    cut = shown if len(shown) <= _QUOTED else f"{shown[: _QUOTED - 1]}…"
    return f"“{cut}” is no phone number" if cut else "no phone number"


# --- CSV -------------------------------------------------------------------------------------------


def _table(text: str, country: str) -> Iterator[_Row]:
    # One delimiter a file: the one that its first line with any has most of.
    first = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(",;\t|", key=unquoted.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in reader:
            if any(cell.count("\n") > _LINES_OF_A_CELL for cell in row):
                raise csv.Error
            rows.append((before + 1, [cell[:_LONGEST_CELL] for cell in row]))
            before = reader.line_num
            if len(rows) > 5 * MAX_PEOPLE:
                raise BadFile(f"The file has more than {5 * MAX_PEOPLE:,} lines. Split it.")
    except csv.Error:
        raise BadFile(f"From line {before + 1} on a quote is never closed.") from None
    rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise BadFile("The file has no people in it.")
    columns, names, has_head = _columns(rows, country)
    for line, row in rows[1:] if has_head else rows:
        cells = [row[place] for place in columns if place < len(row) and row[place].strip()]
        numbers = [part for cell in cells for part in _parts(cell)]
        yield line, _name(row, names), numbers


def _columns(
    rows: list[tuple[int, list[str]]], country: str
) -> tuple[list[int], list[list[int]], bool]:
    """Return the columns of numbers, those of names in the order they are tried, and whether there is a head."""
    head = [clean_name(cell).casefold() for cell in rows[0][1]]
    numbers = [
        n for n, cell in enumerate(head) if _NUMBERS.search(cell) and not _NO_NUMBERS.search(cell)
    ]
    if numbers and not any(number_of(cell, country) for cell in rows[0][1]):
        full = [[n] for n, cell in enumerate(head) if cell in _FULL_NAMES]
        parts = [n for names in (_GIVEN, _FAMILY) for n, cell in enumerate(head) if cell in names]
        companies = [[n] for n, cell in enumerate(head) if cell in _COMPANIES]
        return numbers, [*full, parts, *companies], True
    width = max(len(row) for _, row in rows)
    sample = [row for _, row in rows[:50]]
    hits = {
        n: sum(bool(number_of(row[n], country)) for row in sample if n < len(row))
        for n in range(min(width, 200))
    }
    best = max(hits, key=lambda n: hits[n])
    if not hits[best]:
        raise BadFile("No column of phone numbers was found. Name it “Phone” in the first line.")
    named = [n for n in hits if n != best and not hits[n]]
    has_head = not number_of(rows[0][1][best] if best < len(rows[0][1]) else "", country)
    # Only a head that says nothing of numbers is one; a first line that cannot be read is told of.
    is_word = has_head and best < len(rows[0][1]) and rows[0][1][best].strip().isalpha()
    return [best], [named[:1]], is_word


def _parts(cell: str) -> list[str]:
    parts = [part for part in _SEVERAL.split(cell) if part.strip()]
    # "312/555-0142" is one number: only parts that could each be one are several.
    if len(parts) > 1 and all(sum(letter.isdigit() for letter in part) >= 7 for part in parts):
        return parts
    return [cell]


def _name(row: list[str], tries: list[list[int]]) -> str:
    for places in tries:
        name = " ".join(row[n].strip() for n in places if n < len(row) and row[n].strip())
        if name:
            return name.removeprefix("'")
    return ""


# --- vCard -----------------------------------------------------------------------------------------


def _cards(text: str) -> Iterator[_Row]:
    begun = 0
    names: dict[str, str] = {}
    numbers: list[str] = []
    for line, name, params, value in _properties(text):
        if name == "BEGIN" and value.strip().casefold() == "vcard":
            if begun:
                yield begun, _card_name(names), numbers
            begun, names, numbers = line, {}, []
        elif name == "END" and begun:
            yield begun, _card_name(names), numbers
            begun = 0
        elif name in ("FN", "N", "ORG") and begun:
            names.setdefault(name, value)
        elif name == "TEL" and begun and not params & {"FAX", "PAGER", "MODEM", "BBS"}:
            numbers.append(_plain(value).partition(";")[0])
    if begun:
        yield begun, _card_name(names), numbers


def _properties(text: str) -> Iterator[tuple[int, str, set[str], str]]:
    """Yield (line, name, types in capitals, value) of each property; lines that are none are left out."""
    for line, written_as in _unfolded(text):
        left, colon, value = _split_head(written_as)
        if not colon:
            continue
        name, *params = left.split(";")
        name = name.rpartition(".")[2].strip().upper()  # item1.TEL
        words = {
            word.strip().strip('"').upper()
            for param in params
            for word in param.partition("=")[2 if "=" in param else 0].replace('"', "").split(",")
        }
        if "QUOTED-PRINTABLE" in words:
            charset = next(
                (p.partition("=")[2] for p in params if p.strip().upper().startswith("CHARSET=")),
                "utf-8",
            )
            value = _unquoted(value, charset)
        yield line, name, words, value


def _split_head(line: str) -> tuple[str, str, str]:
    """Part a line at the first colon that is not in quotes."""
    quoted = False
    for place, letter in enumerate(line[:_LONGEST_CELL]):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return line[:place], ":", line[place + 1 : place + 1 + _LONGEST_CELL]
    return line[:_LONGEST_CELL], "", ""


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield logical lines with the number of their first: folded ones, and soft breaks of 2.1."""
    begun = 0
    parts: list[str] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        soft = bool(parts) and parts[-1].endswith("=") and _is_quoted(parts[0])
        if soft:
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif line[:1] in (" ", "\t") and parts:
            # A photograph has thousands of lines; nothing read here is longer than a few.
            if len(parts) < _LONGEST_CELL:
                parts.append(line[1:])
        else:
            if parts:
                yield begun, "".join(parts)
            begun, parts = number, [line]
    if parts:
        yield begun, "".join(parts)


def _is_quoted(line: str) -> bool:
    return "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _unquoted(value: str, charset: str) -> str:
    raw = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return raw.decode(charset.strip().strip('"') or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _card_name(names: dict[str, str]) -> str:
    if names.get("FN", "").strip():
        return _plain(names["FN"])
    family, given, *_ = [*re.split(r"(?<!\\);", names.get("N", "")), "", ""]
    person = f"{_plain(given)} {_plain(family)}".strip()
    return person or _plain(names.get("ORG", "")).replace(";", " ")


def _plain(value: str) -> str:
    """Undo the escapes of a value."""
    return re.sub(r"\\([nN,;:\\])", lambda m: " " if m[1] in "nN" else m[1], value)
