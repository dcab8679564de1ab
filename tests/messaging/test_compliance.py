"""The gate: every reason for and against, and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.compliance import Outgoing, Standing, clear

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
TEXT = Outgoing(
    "+17735561234", frozenset({"+13125550100"}), "C1", "rule", NOW + timedelta(minutes=30)
)
FINE = Standing()


def test_an_ordinary_text_may_leave():
    assert clear(TEXT, FINE, NOW).may_send and clear(TEXT, FINE, NOW).code == "ALLOW"
    assert clear(replace(TEXT, to="+14165551234"), FINE, NOW).may_send
    assert clear(replace(TEXT, expires_at=None), FINE, NOW).may_send


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [
        ("anonymous", "NOT_TEXTABLE", "withheld"),
        ("+266696687", "NOT_TEXTABLE", "withheld"),
        ("sip:a@b.example", "NOT_TEXTABLE", "no phone number"),
        ("+18005551212", "NOT_TEXTABLE", "toll-free"),
        ("+19005551234", "NOT_TEXTABLE", "premium"),
        ("+999999999999999", "NOT_TEXTABLE", "not a valid"),
        ("+13125550100", "NOT_TEXTABLE", "our own"),
        ("+447400123456", "COUNTRY_NOT_ENABLED", "country"),
    ],
)
def test_numbers_that_are_never_texted(to, code, words):
    clearance = clear(replace(TEXT, to=to), FINE, NOW)
    assert (clearance.result, clearance.code) == ("never", code) and words in clearance.sentence


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing(opted_out=True), "SUPPRESSED_OPTOUT"),
        (Standing(untextable=True), "NUMBER_INVALID"),
        (Standing(business_suspended=True), "TENANT_BLOCKED"),
        (Standing(opted_out=True, business_suspended=True), "TENANT_BLOCKED"),
        (Standing(opted_out=True, untextable=True), "SUPPRESSED_OPTOUT"),
    ],
)
def test_people_and_businesses_that_get_or_send_none(standing, code):
    assert clear(TEXT, standing, NOW).code == code


def test_only_the_confirmation_reaches_somebody_who_opted_out():
    assert clear(replace(TEXT, category="C0"), Standing(opted_out=True), NOW).may_send
    for category in ("C1", "C2", "C3"):
        assert not clear(replace(TEXT, category=category), Standing(opted_out=True), NOW).may_send


def test_a_text_too_late_does_not_leave():
    assert clear(replace(TEXT, expires_at=NOW + timedelta(microseconds=1)), FINE, NOW).may_send
    assert clear(replace(TEXT, expires_at=NOW), FINE, NOW).code == "STALE_INQUIRY"


@given(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["+17735561234", "+13125550100", "+18005551212", "+447400123456"]),
    ),
    st.sampled_from(["C0", "C1", "C2", "C3"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(-100, 100),
)
def test_whatever_stands_against_a_text_keeps_it(
    to, category, opted_out, untextable, suspended, seconds
):
    message = replace(TEXT, to=to, category=category, expires_at=NOW + timedelta(seconds=seconds))
    clearance = clear(message, Standing(opted_out, untextable, suspended), NOW)
    against = untextable or seconds <= 0 or ((opted_out or suspended) and category != "C0")
    assert not (clearance.may_send and against)
    assert clearance.sentence and clearance.rule and clearance.code
