"""What holds of the gate whoever is asked about, whenever and wherever: hundreds of worlds each time."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from billing.entitlements import UNBILLED
from billing.entitlements import Standing as Subscribed
from messaging import compliance
from messaging.clearance import Clearance, Outgoing, Policy, Standing
from messaging.compliance import ROWS, clear
from messaging.gate.asked import Asked
from messaging.jurisdictions import Ruleset
from tenants import postures
from tests.messaging.gate_facts import (
    AGREED,
    DAY,
    HOUR,
    MARKETING,
    MINUTE,
    NIGHT,
    NOON,
    REMINDER,
    RULES,
    STRANGER,
    TEXT_BACK,
    ask,
)
from tests.messaging.gate_worlds import (
    MOMENTS,
    NUMBERS,
    PLACES,
    POLICIES,
    codes,
    naive_allowed,
    naive_places,
    number,
    worlds,
)

OF_THE_CLOCK = frozenset(
    {
        "QUIET_HOURS", "QUIET_HOURS_STRICT", "STATE_HOURS", "STATE_DAY_BANNED",
        "UNKNOWN_STATE_STRICT", "FREQ_CAP",
    }
)  # fmt: skip
MANY, FEWER = settings(max_examples=150, deadline=None), settings(max_examples=100, deadline=None)
MOMENT = timedelta(microseconds=1)


def kind_of(message: Outgoing, person: Standing, policy: Policy, now: datetime) -> str:
    """Return by whose hours a text that may leave was bound, '' for none; told apart anew."""
    wrote = person.last_inbound_at
    is_open = wrote is not None and now - wrote <= 24 * HOUR
    if message.category == "C0":
        return ""
    if message.category == "C3" or (message.purpose == "text_back" and message.promo):
        return "marketing"
    if message.purpose == "text_back":
        late = now - message.asked_at > 5 * MINUTE
        return "delayed" if late or policy.strict_quiet_hours else ""
    if message.purpose == "voice_callback":
        return "informational"
    if message.author == "person":
        return ""
    if message.promo:  # row 43: an offer is marketing even in the middle of a conversation
        return "marketing"
    if message.category == "C1" and (is_open or message.author == "api"):
        return ""
    return "" if message.purpose == "confirmation" and is_open else "informational"


@given(worlds())
@MANY
def test_who_opted_out_gets_nothing_but_what_confirms_it(world):
    message, person, policy, now = world
    clearance = clear(message, replace(person, opted_out=True), policy, RULES, now)
    if clearance.may_send:
        assert message.category == "C0"
        assert message.purpose in ("confirm_stop", "help", "resubscribed")
    elif clearance.result == "hold":
        # Only what the gate could not judge waits, and it is refused as soon as it can.
        assert clearance.code == "FAIL_CLOSED"


@given(worlds() | worlds(steady=True))
@MANY
def test_nothing_leaves_outside_the_hours_of_any_place(world):
    message, person, policy, now = world
    clearance = clear(message, person, policy, RULES, now)
    if clearance.may_send:
        kind = kind_of(message, person, policy, now)
        assert not kind or naive_allowed(kind, message, person, now), (kind, clearance)


@given(worlds(steady=True))
@MANY
def test_the_clock_holds_no_text_that_might_go(world):
    message, person, policy, now = world
    clearance = clear(message, person, policy, RULES, now)
    capped = person.last_marketing_at is not None and now - person.last_marketing_at < DAY
    if clearance.code in OF_THE_CLOCK - {"FREQ_CAP"}:
        kind = kind_of(message, person, policy, now)
        assert kind and not naive_allowed(kind, message, person, now)
    elif clearance.code == "FREQ_CAP":
        assert capped and naive_allowed("marketing", message, person, now)


@given(worlds(steady=True))
@MANY
def test_a_hold_of_the_clock_ends_when_it_says(world):
    """`until` is the first moment: then it leaves, with nothing else changed; never once it expired."""
    message, person, policy, now = world
    held = clear(message, person, policy, RULES, now)
    assume(held.result == "hold")
    assert held.code in OF_THE_CLOCK
    assert held.until is not None and held.expires is not None
    assert now < held.until <= held.expires
    kept = replace(message, expires_at=held.expires)  # as the outbox keeps it
    then = clear(kept, person, policy, RULES, held.until)
    assert then.may_send, then
    for before in (held.until - MOMENT, now + (held.until - now) / 2):
        assert not clear(kept, person, policy, RULES, before).may_send
    for after in (held.expires, held.expires + MOMENT, held.expires + 3 * DAY):
        assert not clear(kept, person, policy, RULES, after).may_send


@given(MOMENTS, NUMBERS, st.none() | PLACES, st.booleans())
@MANY
def test_marketing_at_every_hour_of_every_place(now, to, stated, cap):
    """The same of plain marketing texts alone, so that many of them are asked about."""
    person = replace(
        AGREED, consent_at=now, dnc_checked_at=now, stated=stated,
        last_marketing_at=now - 20 * HOUR if cap else None,
    )  # fmt: skip
    message = replace(MARKETING, to=to, created_at=now)
    policy = Policy(marketing=True)
    clearance = clear(message, person, policy, RULES, now)
    allowed = naive_allowed("marketing", message, person, now)
    assert clearance.may_send is (allowed and not cap)
    if clearance.result == "hold":
        assert now < clearance.until <= clearance.expires == now + 72 * HOUR
        assert naive_allowed("marketing", message, person, clearance.until)
        assert clear(message, person, policy, RULES, clearance.until).may_send
    elif clearance.result == "never":
        quarters = [now + 15 * MINUTE * n for n in range(72 * 4)]
        free = [q for q in quarters if not cap or q >= now + 4 * HOUR]
        assert not any(naive_allowed("marketing", message, person, q) for q in free)


@pytest.mark.parametrize("code", ["850", "928", "605", "907", "808", "602", "541", "729", "787"])
@pytest.mark.parametrize(
    "day", ["2026-11-01", "2027-03-14", "2027-11-07", "2028-02-29", "2028-03-12", "2028-12-31"]
)
def test_every_quarter_of_an_hour_of_days_that_differ(code, day):
    """Marketing, a reminder and a late answer, a day and a half each, against the slow reckoning."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    person = replace(AGREED, consent_at=start, dnc_checked_at=start)
    seen = set()
    for n in range(6 * 24):
        now = start + n * 15 * MINUTE
        for base, kind in (
            (MARKETING, "marketing"), (REMINDER, "informational"), (TEXT_BACK, "delayed"),
        ):  # fmt: skip
            message = replace(base, to=number(code), created_at=now, asked_at=now - HOUR)
            clearance = clear(message, person, Policy(marketing=True), RULES, now)
            assert clearance.may_send is naive_allowed(kind, message, person, now), (kind, now)
            seen.add((kind, clearance.result == "send"))
    assert len(seen) >= 5


@given(worlds(), st.integers(0, 5))
@MANY
def test_no_text_back_on_less_consent_than_the_posture_or_washington_wants(world, level):
    message, person, policy, now = world
    message = replace(message, purpose="text_back", category="C1", level=min(level, 3))
    if clear(message, person, policy, RULES, now).may_send:
        had = max(message.level, person.consent_level)
        assert had >= {"implied": 1, "notice": 2, "press_one": 3}[policy.posture]
        places, known = naive_places(message, person, now, marketing=False)
        perhaps = not known or any(code == "US-WA" for code, _ in places)
        if policy.washington_needs_notice and perhaps:
            assert had >= 2


# -- Stricter is never milder.

STRICTER: dict[str, list[Any]] = {
    "posture": list(postures.POSTURES),
    "washington_needs_notice": [False, True],
    "strict_quiet_hours": [False, True],
    "first_text_links": [True, False],
    "marketing": [True, False],
    "nudges": [True, False],
    "only_vouched": [False, True],
    "suspended": [False, True],
    "stage": ["live", "draft", "leaving", "gone"],
    "billing": [
        UNBILLED,
        *(Subscribed(True, status) for status in ("past_due", "paused", "canceled")),
    ],
}


@given(worlds() | worlds(steady=True), st.data())
@MANY
def test_a_stricter_switch_lets_nothing_out(world, data):
    message, person, policy, now = world
    stricter = policy
    for name, values in STRICTER.items():
        steps = values[values.index(getattr(policy, name)) :]
        stricter = replace(stricter, **{name: data.draw(st.sampled_from(steps))})
    fewer = data.draw(st.sets(st.sampled_from(sorted(policy.countries))))
    stricter = replace(stricter, countries=frozenset(fewer))
    mild = clear(message, person, policy, RULES, now)
    strict = clear(message, person, stricter, RULES, now)
    assert mild.may_send or not strict.may_send, (mild, strict)


def test_every_switch_of_the_policy_has_its_order():
    says_nothing_of_strictness = {"version", "countries", "vertical", "brand", "look_up_callers"}
    assert {f.name for f in fields(Policy)} - says_nothing_of_strictness == set(STRICTER)


@given(worlds() | worlds(steady=True), st.data())
@MANY
def test_whatever_more_stands_against_a_text_lets_nothing_out(world, data):
    message, person, policy, now = world
    worse_person: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"opted_out": True}, {"untextable": True}, {"refused": True},
                {"paused_until": now + DAY}, {"exchanges_last_minute": 9}, {"reassigned": "yes"},
                {"consent_level": 0}, {"dnc_checked_at": None}, {"last_inbound_at": None},
                {"last_text_back_at": now}, {"last_marketing_at": now},
            ]
        )
    )  # fmt: skip
    worse_text: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {}, {"may_send": False}, {"blocking": ("R-CAR-1",)}, {"attestation": "failed"},
                {"elsewhere": 9}, {"is_missed": False}, {"gave_up_after": 0}, {"level": 0},
                {"expires_at": now}, {"use_case": ""}, {"promo": "20% off"},
                {"throttled_until": now + DAY}, {"to": "anonymous"}, {"asked_at": now - DAY},
            ]
        )
    )  # fmt: skip
    # An opt-out is what its own confirmation answers: without one it is the confirmation that is wrong.
    assume(message.purpose != "confirm_stop" or "opted_out" not in worse_person)
    before = clear(message, person, policy, RULES, now)
    after = clear(
        replace(message, **worse_text), replace(person, **worse_person), policy, RULES, now
    )
    assert before.may_send or not after.may_send, (before, after)


# -- Whatever it is given, it answers; and what it cannot judge stays here.

JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.datetimes()  # without a zone
    | st.sampled_from(
        [
            datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), [], {}, (),
            frozenset(), object(), timedelta.max, b"+13125550142", "\udcff", "\x00", "+1" * 4000,
        ]
    )
)  # fmt: skip


@given(worlds(), st.data())
@MANY
def test_it_answers_whatever_it_is_given(world, data):
    message, person, policy, now = world
    parts: list[Any] = []
    for part in (message, person, policy):
        spoil = data.draw(st.sets(st.sampled_from([f.name for f in fields(part)]), max_size=3))
        parts.append(replace(part, **{name: data.draw(JUNK) for name in sorted(spoil)}))
    clearance = clear(*parts, RULES, now)
    assert isinstance(clearance, Clearance) and clearance.sentence and clearance.rules
    assert clearance.result in ("send", "hold", "never")
    if clearance.result == "hold":
        assert now < clearance.until <= clearance.expires
    if clearance.code == "FAIL_CLOSED":
        assert not clearance.may_send and clearance.row == "49"


@pytest.mark.parametrize(
    "rules", [Ruleset("2026.11-0", (), {}, frozenset()), None, object(), {"rows": []}]
)
@pytest.mark.parametrize(
    "message", [MARKETING, REMINDER, replace(TEXT_BACK, asked_at=NIGHT - HOUR)]
)
def test_without_rules_nothing_leaves(rules, message):
    policy = Policy(marketing=True, strict_quiet_hours=True)
    spoilt = {"asked_at": message.asked_at} if message.asked_at else {}
    held = ask(message, AGREED, policy, now=NIGHT, rules=rules, **spoilt)
    assert (held.result, held.code, held.row) == ("hold", "FAIL_CLOSED", "49")
    assert held.until == NIGHT + 5 * MINUTE and held.until < held.expires
    assert "Support has been told" in held.sentence


class Broken(Exception):
    """A row's own failure."""


@pytest.mark.parametrize("position", range(len(ROWS)))
@given(world=worlds())
@settings(max_examples=20, deadline=None)
def test_a_row_that_fails_holds_whatever_had_got_so_far(position, world):
    message, person, policy, now = world

    def broken(asked: Asked) -> Clearance | None:
        raise Broken

    usual = clear(message, person, policy, RULES, now)
    with pytest.MonkeyPatch.context() as patch:
        rows = (*ROWS[:position], broken, *ROWS[position + 1 :])
        patch.setattr(compliance, "ROWS", rows)
        clearance = clear(message, person, policy, RULES, now)
        patch.setattr(compliance, "ROWS", ROWS[:position])
        earlier = clear(message, person, policy, RULES, now)
    if earlier.code == "FAIL_CLOSED":
        # No row above had answered.
        assert clearance.code == "FAIL_CLOSED" and not clearance.may_send
    else:
        assert clearance == earlier == usual


def test_an_error_names_itself_and_nothing_of_the_person():
    held = ask(replace(TEXT_BACK, asked_at=None), asked_at=None)
    assert "ValueError" in held.sentence and TEXT_BACK.to not in held.sentence


# -- What a hold does not promise: facts grow old while a text waits.


def test_a_conversation_that_closes_meanwhile_leaves_a_second_text_unsent():
    strict = Policy(strict_quiet_hours=True)
    lately = {"last_text_back_at": 3 * HOUR, "last_inbound_at": 20 * HOUR}
    held = ask(TEXT_BACK, STRANGER, strict, now=NIGHT, **lately)
    assert held.code == "QUIET_HOURS_STRICT"
    later = ask(
        TEXT_BACK, STRANGER, strict, now=held.until,
        **{name: span + (held.until - NIGHT) for name, span in lately.items()},
        asked_at=held.until - NIGHT,
    )  # fmt: skip
    assert (later.code, later.result) == ("DUPLICATE_SUPPRESSED", "never")


def test_a_check_of_the_lists_that_grows_old_meanwhile_is_made_again():
    person = replace(AGREED, dnc_checked_at=NIGHT - 31 * DAY + HOUR, consent_at=NIGHT)
    message = replace(MARKETING, created_at=NIGHT)
    policy = Policy(marketing=True)
    held = clear(message, person, policy, RULES, NIGHT)
    assert held.code == "STATE_HOURS"
    assert clear(message, person, policy, RULES, held.until).code == "DNC_STALE"


def test_the_area_codes_asked_about_are_all_there_are():
    assert len(codes()) > 400
    assert {"907", "808", "602", "928", "850", "206", "729"} <= set(codes())
    places = {zone for _, _, zones in codes().values() for zone in zones}
    assert {"America/Adak", "Pacific/Honolulu", "America/Phoenix", "Pacific/Guam"} <= places


@given(POLICIES, NUMBERS, MOMENTS)
@example(Policy(), "+13125550100", NOON)
@FEWER
def test_asking_twice_gives_one_answer(policy, to, now):
    message = replace(MARKETING, to=to, created_at=now)
    assert clear(message, STRANGER, policy, RULES, now) == clear(
        message, STRANGER, policy, RULES, now
    )
