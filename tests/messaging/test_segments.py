"""How many segments a text takes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.segments import GSM_BASIC, GSM_EXTENSION, Size, measure


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", Size("GSM-7", 0, 1, 160)),
        ("a" * 160, Size("GSM-7", 160, 1, 0)),
        ("a" * 161, Size("GSM-7", 161, 2, 145)),
        ("a" * 306, Size("GSM-7", 306, 2, 0)),
        ("a" * 307, Size("GSM-7", 307, 3, 152)),
        ("€" * 80, Size("GSM-7", 160, 1, 0)),
        ("€" * 81, Size("GSM-7", 162, 2, 143)),
        ("ж" * 70, Size("UCS-2", 70, 1, 0)),
        ("ж" * 71, Size("UCS-2", 71, 2, 63)),
        ("ж" * 134, Size("UCS-2", 134, 2, 0)),
        ("ж" * 135, Size("UCS-2", 135, 3, 66)),
        ("🚿" * 35, Size("UCS-2", 70, 1, 0)),
        ("🚿" * 36, Size("UCS-2", 72, 2, 61)),
        ("I’m on my way", Size("UCS-2", 13, 1, 57)),
        ("Olé, ñandú? ¡Sí!".replace("ú", "ü").replace("í", "ì"), Size("GSM-7", 16, 1, 144)),
    ],
    ids=range(15),
)
def test_sizes(text, size):
    assert measure(text) == size


def test_a_pair_is_never_split_between_segments():
    # The 153rd septet would be the escape of a euro sign: it moves to the next segment whole.
    text = "a" * 152 + "€" + "a" * 10
    assert measure(text) == Size("GSM-7", 164, 2, 141)
    assert measure("a" * 152 + "€" + "a" * 151) == Size("GSM-7", 305, 2, 0)
    assert measure("a" * 152 + "€" + "a" * 152).segments == 3
    # Likewise a surrogate pair at the 67th unit.
    assert measure("ж" * 66 + "🚿" + "ж" * 65).segments == 2
    assert measure("ж" * 66 + "🚿" + "ж" * 66).segments == 3


def test_the_basic_set_is_the_standard_one():
    assert len(GSM_BASIC) == 127 and len(GSM_EXTENSION) == 10
    assert not GSM_BASIC & GSM_EXTENSION
    assert not {"`", "’", "“", "–", "ç", "\t", "ú", "í"} & (GSM_BASIC | GSM_EXTENSION)


@given(st.text(max_size=700))
def test_segments_hold_what_they_say(text):
    size = measure(text)
    single, joined = (160, 153) if size.encoding == "GSM-7" else (70, 67)
    capacity = single if size.segments == 1 else joined
    assert 0 <= size.remaining < capacity or (size.remaining == capacity and not text)
    assert size.segments >= math.ceil(size.units / capacity) and (size.segments > 1) is (
        size.units > single
    )
    if size.encoding == "UCS-2":
        assert size.units == len(text.encode("utf-16-be", "surrogatepass")) // 2
    assert measure(text + "a").segments >= size.segments
