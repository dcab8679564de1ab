"""The gate in particular: where the product differs from the written table, and the finer points of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from messaging.clearance import PURPOSES, Clearance, Policy, fits
from messaging.compliance import unreachable
from messaging.jurisdictions import current
from messaging.places import Place
from tenants import postures
from tests.messaging.gate_facts import (
    AGREED,
    DAY,
    HOUR,
    MANUAL,
    MARKETING,
    MINUTE,
    NIGHT,
    NOON,
    NUDGE,
    OPEN_HANDED,
    REMINDER,
    REPLY,
    REVIEW,
    RULES,
    STRANGER,
    TEXT_BACK,
    ask,
)  # fmt: skip

WASHINGTON, UNKNOWN = "+12065561234", "+17295561234"
EMERGENCY = replace(RULES, emergency=frozenset({"US-IL"}))
M = {"person": AGREED, "policy": OPEN_HANDED}


def said(clearance: Clearance) -> tuple[str, str, str]:
    return clearance.row, clearance.code, clearance.result


# -- Where the product differs from the written table, on purpose.


def test_the_call_itself_is_enough_until_the_business_chooses_otherwise():
    """Row 24a has "implied" switched off; the product's default is on, a stricter posture one switch."""
    assert Policy().posture == postures.IMPLIED
    assert ask(TEXT_BACK).code == "ALLOW_RESPONSIVE_IMMEDIATE"
    levels = {
        posture: [ask(TEXT_BACK, posture=posture, level=level).may_send for level in range(4)]
        for posture in postures.POSTURES
    }
    assert levels == {
        postures.IMPLIED: [False, True, True, True],
        postures.NOTICE: [False, False, True, True],
        postures.PRESS_ONE: [False, False, False, True],
    }


def test_a_posture_nobody_knows_holds():
    clearance = ask(TEXT_BACK, posture="unheard-of", level=3)
    assert said(clearance) == ("49", "FAIL_CLOSED", "hold")


def test_a_suspended_business_sends_no_answers_either():
    """Row 2 would hold what is not marketing; a suspension may last, and nobody waits that long."""
    for message in (TEXT_BACK, MANUAL, REPLY, REMINDER):
        assert said(ask(message, suspended=True)) == ("2", "TENANT_BLOCKED", "never")


def test_washington_needs_the_notice_however_mild_the_posture():
    for level, allowed in ((1, False), (2, True), (3, True)):
        clearance = ask(TEXT_BACK, to=WASHINGTON, level=level)
        assert clearance.may_send is allowed
    refused = ask(TEXT_BACK, to=WASHINGTON)
    assert "Washington" in refused.sentence and "WA_CEMA" in refused.rules
    assert ask(TEXT_BACK, to=WASHINGTON, washington_needs_notice=False).may_send
    assert "pressed 1" in ask(TEXT_BACK, to=WASHINGTON, posture=postures.PRESS_ONE).sentence
    # Somebody who wrote to us first has agreed for good.
    assert ask(TEXT_BACK, to=WASHINGTON, consent_level=4).may_send


def test_where_somebody_says_he_lives_beats_his_area_code_for_washington():
    there = Place("US", "WA", "America/Los_Angeles")
    here = Place("US", "IL", "America/Chicago")
    assert ask(TEXT_BACK, stated=there).code == "CONSENT_LEVEL_TOO_LOW"
    assert ask(TEXT_BACK, verified=there, verified_at=DAY).code == "CONSENT_LEVEL_TOO_LOW"
    assert ask(TEXT_BACK, to=WASHINGTON, stated=here).may_send
    assert ask(TEXT_BACK, verified=there, verified_at=800 * DAY).may_send  # too old to count


def test_an_unknown_state_may_be_washington():
    """R-TZ-5: such a caller is not dropped, but must have heard the notice; then any hour is right."""
    assert ask(TEXT_BACK, to=UNKNOWN).code == "CONSENT_LEVEL_TOO_LOW"
    assert ask(TEXT_BACK, to=UNKNOWN, washington_needs_notice=False).may_send
    assert ask(TEXT_BACK, to=UNKNOWN, level=2, now=NIGHT).may_send
    assert ask(TEXT_BACK, to=UNKNOWN, level=2, promo="20% off").code == "WA_CEMA"
    somewhere = Place("US", "", "America/New_York")
    assert ask(TEXT_BACK, stated=somewhere).code == "CONSENT_LEVEL_TOO_LOW"


@pytest.mark.parametrize("code", ["787", "939", "340", "671", "670", "684"])
def test_the_territories_are_the_united_states(code):
    number = next(
        n for n in (f"+1{code}{e}1234" for e in (556, 633, 234, 777)) if ask(MANUAL, to=n).may_send
    )
    assert ask(TEXT_BACK, to=number, countries={"US"}).may_send
    assert ask(TEXT_BACK, to=number, countries={"CA"}).code == "COUNTRY_NOT_ENABLED"
    for elsewhere in ("+18762101234", "+12423591234", "+18092345678"):  # Caribbean countries
        assert ask(MANUAL, to=elsewhere).code == "COUNTRY_NOT_ENABLED"


def test_a_nudge_is_a_choice_of_the_business_and_then_marketing():
    assert ask(NUDGE, AGREED, OPEN_HANDED).code == "ALLOW_MARKETING"
    assert ask(NUDGE, STRANGER, OPEN_HANDED).code == "NO_PEWC"
    assert ask(NUDGE, AGREED, Policy(nudges=True)).code == "MARKETING_OFF"
    assert ask(REVIEW, AGREED, OPEN_HANDED).code == "ALLOW_MARKETING"


# -- Finer points of single rows.


def test_who_answered_or_pressed_one_may_have_a_second_text_in_a_day():
    lately = {"last_text_back_at": HOUR}
    assert ask(TEXT_BACK, **lately).code == "DUPLICATE_SUPPRESSED"
    assert ask(TEXT_BACK, **lately, last_inbound_at=MINUTE).may_send
    assert ask(TEXT_BACK, **lately, level=3).may_send
    assert ask(TEXT_BACK, last_text_back_at=24 * HOUR).may_send


def test_a_number_many_businesses_met_today():
    assert ask(TEXT_BACK, elsewhere=2).may_send
    for attestation, allowed in (("A", True), ("B", False), ("C", False), ("", False)):
        assert ask(TEXT_BACK, elsewhere=3, attestation=attestation).may_send is allowed


def test_a_call_too_short_to_be_meant():
    assert [ask(TEXT_BACK, gave_up_after=n).may_send for n in (0, 3, 4, None)] == [
        False, False, True, True,
    ]  # fmt: skip


def test_a_failed_attestation_is_about_answers_alone():
    assert ask(REMINDER, attestation="failed").may_send


def test_a_call_that_is_yet_to_come_proves_no_haste():
    assert ask(TEXT_BACK, now=NIGHT, asked_at=-MINUTE).code == "ALLOW_RESPONSIVE_IMMEDIATE"
    assert ask(TEXT_BACK, now=NIGHT, asked_at=-6 * MINUTE).code == "QUIET_HOURS"


def test_two_machines_and_a_person():
    assert ask(REPLY, exchanges_last_minute=4).may_send
    assert ask(MANUAL, exchanges_last_minute=9).may_send


def test_how_long_a_missing_registration_is_waited_for():
    for message, wait in ((TEXT_BACK, 15 * MINUTE), (REMINDER, DAY), (MARKETING, DAY)):
        usual = M if message is MARKETING else {}
        held = ask(message, **usual, may_send=False)
        since = NOON - timedelta(seconds=5)
        assert (held.result, held.until, held.expires) == ("hold", since + wait, since + wait)
        assert ask(message, **usual, may_send=False, created_at=wait).result == "never"


def test_an_offer_to_whoever_agreed_is_asked_about_as_marketing():
    offer = {**M, "promo": "20% off", "use_case": "MIXED", "now": NOON}
    for message in (TEXT_BACK, replace(MANUAL, author="api"), REMINDER):
        assert ask(message, **offer).code == "ALLOW_MARKETING"
        assert ask(message, **{**offer, "use_case": ""}).code == "CAMPAIGN_SCOPE"
        assert ask(message, **{**offer, "policy": Policy()}).code == "MARKETING_OFF"
        asleep = ask(message, **{**offer, "now": NIGHT})
        # A text-back that would have to wait for it is none any more.
        expected = "never" if message is TEXT_BACK else "hold"
        assert (asleep.code, asleep.result) == ("STATE_HOURS", expected)
    # What a person writes is his; a machine makes no offers in a conversation either (row 43).
    assert ask(MANUAL, promo="20% off").code == "ALLOW_MANUAL"
    spoken = {"promo": "20% off", "last_inbound_at": HOUR}
    assert ask(replace(REPLY, author="person"), **spoken).code == "ALLOW_CONVERSATION"
    assert ask(replace(REPLY, author="api"), **spoken).code == "PROMO_WITHOUT_PEWC"


def test_who_had_one_today_waits_for_day_and_hour_together():
    """At night with one text five hours ago: the morning would be too early."""
    held = ask(MARKETING, **M, now=NIGHT, last_marketing_at=5 * HOUR)
    assert held.code == "STATE_HOURS" and held.until == NIGHT + 19 * HOUR
    assert ask(MARKETING, **M, now=NIGHT, last_marketing_at=20 * HOUR).until < NIGHT + 11 * HOUR
    # A cap that frees at night waits for the morning.
    held = ask(MARKETING, **M, last_marketing_at=13 * HOUR)
    assert held.code == "FREQ_CAP"
    assert held.until == NOON + 21 * HOUR + 15 * MINUTE  # 9:15, as Illinois has it
    assert ask(MARKETING, **M, last_marketing_at=24 * HOUR).may_send


def test_the_platforms_cap_is_at_least_as_strict_as_any_state():
    assert min(row.cap for row in current().rows if row.cap is not None) >= 1


def test_an_emergency_is_about_marketing_there():
    assert ask(TEXT_BACK, rules=EMERGENCY).may_send
    assert ask(MARKETING, **M, rules=EMERGENCY, to="+13055561234").may_send
    assert ask(MARKETING, **M, rules=EMERGENCY, to=UNKNOWN).code == "STATE_EMERGENCY_BAN"


@pytest.mark.parametrize("result", ["hold", "never"])
def test_what_nobody_wants_any_more_is_not_held(result):
    """A hold never outlives what its author said, once that has passed."""
    spoilt = {"expires_at": timedelta(0) if result == "never" else -MINUTE}
    for held in ({"paused_until": -DAY}, {"may_send": False}, {"exchanges_last_minute": 9}):
        assert ask(REPLY, **spoilt, **held).result == result


def test_no_hold_is_longer_for_being_asked_again():
    for spoilt in (
        {"exchanges_last_minute": 9},
        {"may_send": False},
        {"author": "assistant", "lacks_disclosure": True},
        {"throttled_until": -MINUTE},
        {"category": "C9"},
    ):
        ends = {
            ask(REPLY, **spoilt, now=NOON + n * MINUTE, created_at=n * MINUTE).expires
            for n in range(10)
        }
        assert len(ends) == 1 and None not in ends, spoilt


def test_a_gate_that_never_recovers_gives_up():
    broken = replace(MANUAL, category="C9")
    held = ask(broken, created_at=11 * HOUR + 58 * MINUTE)
    assert (held.result, held.until) == ("hold", held.expires) == ("hold", NOON + 2 * MINUTE)
    assert said(ask(broken, created_at=12 * HOUR)) == ("49", "FAIL_CLOSED", "never")
    # What is wanted for longer is held for longer.
    assert ask(broken, created_at=12 * HOUR, expires_at=-DAY).result == "hold"


# -- What a text is for, and as what it may be asked about.


def test_no_text_leaves_in_a_milder_category_than_its_own():
    allowed = {
        (purpose, category)
        for purpose in PURPOSES
        for category in ("C0", "C1", "C2", "C3")
        if fits(purpose, category)
    }
    assert {(p, c) for p, c in allowed if PURPOSES[p] in ("C0", "C3") and PURPOSES[p] != c} == set()
    assert ("text_back", "C3") not in allowed and ("manual", "C3") in allowed
    assert all(c >= PURPOSES[p] for p, c in allowed)
    for purpose in [*PURPOSES, "chat"]:
        for category in ("C0", "C1", "C2", "C3", "", "C9"):
            for author in ("person", "api", "rule", "system"):
                message = replace(MARKETING, purpose=purpose, category=category, author=author)
                clearance = ask(
                    message, AGREED, OPEN_HANDED, last_inbound_at=HOUR, level=3, opted_out=False
                )
                if clearance.may_send:
                    assert fits(purpose, category), (purpose, category)
                elif not fits(purpose, category):
                    assert clearance.code == "FAIL_CLOSED"


# -- The rows that are asked apart, for a receipt.


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({}, ""),
        ({"to": "anonymous"}, "withheld"),
        ({"to": "+447400123456"}, "country"),
        ({"to": "+13125550100"}, "our own"),
        ({"to": "sip:a@b.example"}, "no phone number"),
        ({"to": "\udcff"}, "no phone number"),
    ],
)
def test_a_number_that_gets_nothing_whatever_it_says(spoilt, words):
    sentence = unreachable(replace(TEXT_BACK, **spoilt), STRANGER, Policy(), RULES, NOON)
    assert words in sentence and bool(sentence) is bool(words)
    suspended = unreachable(TEXT_BACK, STRANGER, Policy(suspended=True), RULES, NOON)
    assert "suspended" in suspended
    untextable = replace(STRANGER, untextable=True)
    assert "cannot get texts" in unreachable(TEXT_BACK, untextable, Policy(), RULES, NOON)
