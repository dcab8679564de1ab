"""Bytes from a resolver are believed only where they answer our question, whole."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenants import dns_texts

ASKED = dns_texts.question(7, "_verify.app.example.com")


def answer(*texts: bytes, number: int = 7, flags: int = 0x8180) -> bytes:
    body = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(text)) + text for text in texts
    )
    return struct.pack("!6H", number, flags, 1, len(texts), 0, 0) + ASKED[12:] + body


def test_long_texts_come_in_parts():
    assert dns_texts.texts(answer(b"\x03abc\x02de", b"\x01x"), ASKED) == ["abcde", "x"]
    assert dns_texts.texts(answer(flags=0x8183), ASKED) == []


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        answer(b"\x01x", number=8),
        answer(b"\x01x", flags=0x0180),
        answer(flags=0x8182),
        answer(b"\x01x", flags=0x8380),
        answer(b"\x01x")[:-1],
        answer(b"\x01x").replace(b"example", b"exbmple"),
    ],
)
def test_what_is_no_answer_to_it_is_refused(bad):
    with pytest.raises(dns_texts.BadAnswer):
        dns_texts.texts(bad, ASKED)


@given(some.binary(max_size=200), some.integers(0, 120))
def test_no_bytes_break_it(junk, kept):
    try:
        found = dns_texts.texts(answer(b"\x01x")[:kept] + junk, ASKED)
    except dns_texts.BadAnswer:
        return
    assert all(isinstance(text, str) for text in found)


@pytest.mark.parametrize("name", ["", "a..b", "a" * 64 + ".com", ".".join(["a" * 60] * 5)])
def test_a_name_that_cannot_be_asked_for_is_an_error(name):
    with pytest.raises(ValueError, match="name"):
        dns_texts.question(1, name)
