"""Numbers as providers write them: normalised, or refused with the reason."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.numbers import WITHHELD, national, normalise, textable

WORDS = [
    "",
    " ",
    "anonymous",
    "Anonymous",
    "ANONYMOUS",
    "unknown",
    "restricted",
    "unavailable",
    "private",
    "blocked",
    *WITHHELD,
]
NO_NUMBERS = [
    "sip:user@example.com",
    "client:ann",
    "sim:DE123",
    "53079",
    "384387",
    "+1773abc5555",
    "+0123456789",
    "+1" * 20,
    "٠١٢٣٤٥٦٧٨٩",
    "tel:+17735561234",
    "+",
]


@pytest.mark.parametrize("raw", WORDS)
def test_a_withheld_number_is_no_number(raw):
    assert normalise(raw) == "" and textable(raw).problem == "withheld"


@pytest.mark.parametrize("raw", NO_NUMBERS)
def test_what_is_no_number(raw):
    assert normalise(raw) == "" and textable(raw).problem == "not_a_number"


@pytest.mark.parametrize(
    "raw",
    [
        "+17735561234",
        "7735561234",
        "17735561234",
        "(773) 556-1234",
        "+1 773.556.1234",
        " +17735561234 ",
    ],
)
def test_one_number_however_it_is_written(raw):
    assert normalise(raw) == "+17735561234"
    assert textable(raw) == textable("+17735561234") and textable(raw).problem == ""


@pytest.mark.parametrize(
    ("raw", "region", "problem"),
    [
        ("+17735561234", "US", ""),
        ("+14165551234", "CA", ""),
        ("+447400123456", "GB", ""),
        ("+18005551212", "", "toll_free"),
        ("+18885550108", "", "toll_free"),
        ("+19005551234", "", "premium"),
        ("+13129765555", "US", "premium"),
        ("+999999999999999", "", "invalid"),
        ("123456789012345", "", "invalid"),
        ("+11111111111", "", "invalid"),
        ("+17295551234", "US", ""),
    ],
)
def test_which_numbers_may_be_texted_at_all(raw, region, problem):
    number = textable(raw)
    assert number.problem == problem
    if not problem:
        assert number.region == region


def test_how_people_read_a_number():
    assert national("+17735561234") == "(773) 556-1234"
    assert national("+447400123456") == "+44 7400 123456"
    assert national("anonymous") == "anonymous"


@given(st.text(max_size=40))
def test_anything_is_read_without_an_error(raw):
    e164 = normalise(raw)
    assert e164 == "" or (
        e164.startswith("+") and e164[1:].isascii() and e164[1:].isdigit() and len(e164) <= 16
    )
    assert textable(raw).e164 in ("", e164)


@given(
    st.sampled_from(["US", "CA", "GB", "DE", "MX"]).map(
        lambda region: phonenumbers.example_number_for_type(
            region, phonenumbers.PhoneNumberType.MOBILE
        )
    )
)
def test_normalising_twice_changes_nothing(number):
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert normalise(e164) == e164 and textable(e164).problem == ""
