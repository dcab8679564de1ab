"""Lists of people of every kind, and every hostile thing one finds in them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import people_files
from messaging.people_files import BadFile, Entry, clean_name, number_of, read, written

MARIA, JOE = "+13125550142", "+17735550111"


def entries(text: str | bytes, country: str = "US") -> list[tuple[str, str]]:
    content = text.encode() if isinstance(text, str) else text
    return [(entry.name, entry.number) for entry in read(content, country).entries]


def whys(text: str) -> list[tuple[int, str]]:
    return [(unread.line, unread.why) for unread in read(text.encode(), "US").unread]


@pytest.mark.parametrize(
    "text",
    [
        "Name,Phone\nMaria Lopez,(312) 555-0142\n",
        "Name;Phone\r\nMaria Lopez;312.555.0142\r\n",
        "name\tmobile\nMaria Lopez\t312 555 0142\n",
        "First Name,Last Name,Mobile Phone\nMaria,Lopez,13125550142\n",
        "Given Name,Family Name,Phone 1 - Label,Phone 1 - Value\nMaria,Lopez,Mobile,+1 312-555-0142\n",
        "Company,Business Phone,Business Fax\nMaria Lopez,312-555-0142,312-555-0199\n",
        '"Customer Name","Cell"\n"Maria Lopez","+1 (312) 555-0142 x12"\n',
        "Maria Lopez,3125550142\n",
        "3125550142,Maria Lopez\n",
        "\n\nName,Phone\n\nMaria Lopez,3125550142\n\n",
        "Name,Phone\nMaria Lopez,13125550142.0\n",
        'Name,Phone\nMaria Lopez,"=""+13125550142"""\n',
        "Name,Phone\nMaria Lopez,'+13125550142\n",
        "Name,Phone\nMaria Lopez,tel:+1-312-555-0142\n",
        'Name,Phone\n"Maria\nLopez",3125550142\n',
        "Name,Phone\n\u202eMaria\u202c Lopez\x07,\u200b3125550142\n".replace("\u200b", " "),
    ],
)
def test_a_table_of_any_shape_is_read(text):
    assert entries(text) == [("Maria Lopez", MARIA)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_in_any_encoding_is_read(encoding):
    assert entries("Name,Phone\nJosé Muñoz,3125550142\n".encode(encoding)) == [
        ("José Muñoz", MARIA)
    ]


@pytest.mark.parametrize(
    "card",
    [
        "BEGIN:VCARD\nVERSION:2.1\nN:Lopez;Maria\nTEL;CELL;VOICE:3125550142\nEND:VCARD\n",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Maria Lopez\r\nN:X;Y;;;\r\nTEL;TYPE=CELL:(312) 555-0142\r\nEND:VCARD",
        'BEGIN:VCARD\nVERSION:4.0\nFN:Maria Lopez\nTEL;VALUE=uri;TYPE="voice,home":tel:+1-312-555-0142;ext=5\nEND:VCARD',
        "begin:vcard\nversion:3.0\nfn:Maria\n  Lopez\nitem1.TEL;type=pref:+13125550142\nitem1.X-ABLabel:_$!<Main>!$_\nend:vcard",
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4C=6F=\npez;Maria\nTEL:3125550142\nEND:VCARD",
        "BEGIN:VCARD\nORG:Maria\\, Lopez\nTEL:3125550142\n".replace("\\,", ""),
        "BEGIN:VCARD\nFN:Maria Lopez\nTEL;TYPE=FAX:3125550199\nTEL:3125550142\nPHOTO;ENCODING=b:"
        + "\n ".join(["QUJD" * 18] * 500)
        + "\nEND:VCARD",
    ],
)
def test_a_card_of_any_version_is_read(card):
    assert entries(card) == [("Maria Lopez", MARIA)]


def test_several_numbers_are_several_entries_and_a_repeated_one_is_one():
    found = read(
        b"Name,Home Phone,Mobile\nMaria,312-555-0142,773-555-0111 ::: 312 555 0143\nM,3125550142,\n",
        "US",
    )
    assert [entry.number for entry in found.entries] == [MARIA, JOE, "+13125550143"]
    assert found.repeated == 1 and found.unread == ()
    cards = "BEGIN:VCARD\nFN:M\nTEL:3125550142\nTEL:7735550111\nTEL:3125550142\nEND:VCARD\n" * 2
    found = read(cards.encode(), "US")
    assert [entry.number for entry in found.entries] == [MARIA, JOE] and found.repeated == 4


def test_numbers_are_read_as_the_business_s_country_writes_them():
    assert entries("Name,Phone\nA,020 7946 0018\nB,+13125550142\n", "GB") == [
        ("A", "+442079460018"), ("B", MARIA),
    ]  # fmt: skip


def test_what_cannot_be_read_is_named_with_its_line():
    assert whys(
        "Name,Phone\nMaria,3125550142\nJoe,\nAnn,call me\nBob,1.31256E+10\n"
        "Eve,\"=HYPERLINK(\"\"http://x\"\")\"\nDan,anonymous\nZed,123\n"
    ) == [
        (3, "no phone number for Joe"),
        (4, "“call me” is no phone number"),
        (5, "“1.31256E+10” was shortened by a spreadsheet; format the column as text and save it again"),
        (6, "“=HYPERLINK(\"http://x\")” is no phone number"),
        (7, "“anonymous” is no phone number"),
        (8, "“123” is no phone number"),
    ]  # fmt: skip
    ((line, why),) = whys(
        "BEGIN:VCARD\nFN:Maria\nEND:VCARD\nBEGIN:VCARD\nTEL:3125550142\nEND:VCARD"
    )
    assert (line, why) == (1, "no phone number for Maria")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"PK\x03\x04\x00\x00workbook", "no text"),
        (b"\xff\xfe\x00", "no text"),
        (b"Name,Colour\nMaria,blue\n", "No column"),
        (b"x" * 10_000_001, "larger than 10 MB"),
        (
            ("Phone\n" + "\n".join(f"312{n:07d}" for n in range(2_000_000, 2_020_002))).encode(),
            "20,000",
        ),
        (b"Phone\n" + b"no\n" * 20_002, "cannot be read"),
        (b"Phone\n" + b"\n,\n" * 60_000, "lines"),
        (b'Name,Phone\n"' + b"a" * 200_000, "line 2 on a quote"),
        (b'Name,Phone\nJoe,3125550142\n"Maria,' + b"3125550142\n" * 40, "line 3 on a quote"),
    ],
)
def test_a_file_that_is_no_list_says_why(content, words):
    with pytest.raises(BadFile, match=words):
        read(content, "US")


def test_names_are_one_line_without_tricks():
    assert clean_name("  Maria\r\n\tLopez\x00 \u202e\u2066x ") == "Maria Lopez x"
    assert len(clean_name("é" * 500)) == 120
    assert clean_name("\u200b\u200d") == ""


def test_what_is_written_is_no_formula_and_is_read_again():
    rows = [
        ["Phone", "Name"],
        [MARIA, "=cmd|' /C calc'!A0"],
        [JOE, "@SUM(1)"],
        [MARIA, "-2"],
        ["", " \t=1"],
    ]
    text = written(rows)
    assert text.startswith("\ufeff") and "\r\n" in text
    cells = [cell for row in csv.reader(io.StringIO(text[1:])) for cell in row]
    begin = ("=", "+", "-", "@", "\t", "\r")
    assert {cell for cell in cells if cell.lstrip(" ").startswith(begin)} == {MARIA, JOE}
    assert [(entry.number) for entry in read(text.encode(), "US").entries] == [MARIA, JOE]


@given(st.binary(max_size=400))
def test_anything_at_all_is_a_list_or_a_bad_file(content):
    try:
        found = read(content, "US")
    except BadFile as said:
        assert str(said)
        return
    for entry in found.entries:
        assert entry.number.startswith("+") and entry.number[1:].isascii() and entry.line >= 1
        assert entry.name == clean_name(entry.name)


@given(st.text(alphabet="\"'\\,;:\t\n\r =+@TELFNBEGINVCARD;1235550142()-", max_size=200))
def test_near_cards_and_near_tables_too(text):
    for head in ("", "BEGIN:VCARD\n", "Name,Phone\n"):
        try:
            found = read((head + text).encode(), "US")
        except BadFile:
            continue
        assert len({entry.number for entry in found.entries}) == len(found.entries)


@given(st.text(max_size=60))
def test_a_number_is_read_or_is_none(text):
    number = number_of(text, "US")
    assert number == "" or (number[0] == "+" and number[1:].isdecimal() and number.isascii())


def test_an_entry_says_where_it_stood():
    found = read(b"\n\nName,Phone\n\nMaria,3125550142\n", "US")
    assert found.entries == (Entry(5, "Maria", MARIA),)
    assert people_files.MAX_BYTES == 10_000_000
