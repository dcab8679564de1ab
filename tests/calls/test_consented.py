"""What a call proves of its caller's consent: each way up the ladder, in every order, and what is no proof."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from calls import flow
from calls.consented import (
    Heard,
    attestation,
    heard,
    must_wait,
    said,
    seconds_before_ringing,
    spoken_seconds,
)
from calls.outcome import merge
from messaging.plan import Hangup, Ring, transcript
from tenants import postures

AT = datetime(2026, 3, 2, 15, 0, 0, tzinfo=UTC)
STAFF = ("+13125550190",)


def line(posture: str, answering: str = "staff_first", **more: Any) -> flow.Line:
    return flow.Line(
        "+13125550100", "Lakeside Plumbing", answering, STAFF, 20, True,
        more.get("greeting", ""), more.get("voicemail", True), posture,
    )  # fmt: skip


def arrives(of: flow.Line) -> dict[str, Any]:
    """The facts of the arrival, with what we answered to it."""
    spoken = said(transcript(flow.answer(of)), of.posture, AT)
    return {"first_at": AT.isoformat(), "answering": of.answering, **spoken}


def rang_out(of: flow.Line, after: float = 20, **more: Any) -> dict[str, Any]:
    """The facts of a ringing that ended unanswered, with what we answered to that."""
    at = AT + timedelta(seconds=after)
    spoken = said(transcript(flow.after_dial(of, False)), of.posture, at)
    return {"dial_status": "no-answer", "dial_bridged": "false", **spoken, **more}


def ends(after: float, seconds: int | None) -> dict[str, Any]:
    """The facts of the end: so long after the arrival, connected for so many seconds."""
    facts = {"call_status": "completed", "call_seconds": seconds}
    return {**facts, "call_ended_at": (AT + timedelta(seconds=after)).isoformat()}


def after(*events: dict[str, Any], ended: bool = True) -> Heard:
    """Return what was heard after these events, and hold that their order changes nothing."""
    orders = permutations([*events, *events[:1]])
    answers = [heard(reduce(merge, order, {}), ended=ended) for order in orders]
    assert all(answer == answers[0] for answer in answers)
    return answers[0]


VOICEMAIL = {"voicemail_seconds": 9, "greeting_ended": True}
PRESSED_1 = {"consent_digit": "1", "greeting_ended": True}
IMPLIED, NOTICE, PRESS_ONE = (line(posture) for posture in postures.POSTURES)


def test_a_call_alone_is_implied_and_may_rise_only_while_it_lasts():
    for of in (IMPLIED, NOTICE, PRESS_ONE):
        assert (after(arrives(of)).level, after(arrives(of)).may_rise) == (1, False)
    for of in (NOTICE, PRESS_ONE):
        assert after(arrives(of), ended=False).may_rise
    # Under `implied` no more than the call can ever come of it: nothing to wait for.
    assert not after(arrives(IMPLIED), ended=False).may_rise
    assert not after(arrives(IMPLIED), rang_out(IMPLIED), ended=False).may_rise
    assert heard({}, ended=True) == Heard(1, False, "call", {})


@pytest.mark.parametrize("answering", ["staff_first", "greeting"])
@pytest.mark.parametrize("seconds", [3, 14, 60, None])
def test_the_greeting_s_notice_proves_no_more_than_the_call_however_long_they_stay(
    answering, seconds
):
    """Where hanging up declines nothing, staying agrees to nothing."""
    of = line(postures.IMPLIED, answering)
    rung = [rang_out(of)] if answering == "staff_first" else []
    told = after(arrives(of), *rung, VOICEMAIL, ends(80, seconds))
    assert (told.level, told.may_rise, told.channel) == (1, False, "call")
    assert "heard_by" not in told.evidence
    assert told.evidence["disclosure"] == flow.TEXT_NOTICE
    assert told.evidence["disclosure_version"] == "greeting-1"


@pytest.mark.parametrize(("seconds", "level"), [(15, 2), (4, 1), (None, 1)])
def test_straight_to_the_greeting_the_connected_seconds_decide(seconds, level):
    forwarded = arrives(line(postures.NOTICE, "greeting"))
    assert forwarded["notice"] == "greeting"
    # The end's own time may be late or wrong: the leg's seconds are known.
    assert after(forwarded, ends(2, seconds)).level == level
    assert after(forwarded, VOICEMAIL, ended=False).level == 2


def test_the_notice_before_the_ringing_was_heard_by_whoever_it_then_rang_for():
    first = arrives(NOTICE)
    assert first["notice"] == "before_ringing" and first["posture"] == "notice"
    told = after(first, rang_out(NOTICE), ended=False)
    assert (told.level, told.may_rise) == (2, False)
    assert told.evidence["disclosure"] == flow.FIRST_NOTICE
    assert told.evidence["disclosure_version"] == "first-1"
    assert after(first, {"screen_accepted": True}).level == 2
    # Hung up in the middle of it: declined.
    assert after(first, ends(3, 3)).level == 1
    assert after(first, ends(30, 30)).level == 2


def test_a_pressed_one_counts_with_the_question_it_answered():
    told = after(arrives(PRESS_ONE), rang_out(PRESS_ONE), PRESSED_1, ended=False)
    assert (told.level, told.may_rise, told.channel) == (3, False, "ivr")
    prompt = flow.offer(PRESS_ONE)
    assert told.evidence["prompt"] == prompt and told.evidence["dtmf"] == "1"
    assert told.evidence["prompt_hash"] == hashlib.sha256(prompt.encode()).hexdigest()
    assert told.evidence["prompt_version"] == flow.OFFER_VERSION
    # Processed before what asked for it: not yet proven, and worth waiting for.
    early = after(arrives(PRESS_ONE), PRESSED_1, ended=False)
    assert (early.level, early.may_rise) == (1, True)


@pytest.mark.parametrize("digit", ["2", "0", "*", "11", "#1"])
def test_another_key_is_no_consent_and_ends_the_waiting(digit):
    told = after(
        arrives(PRESS_ONE), rang_out(PRESS_ONE), {"consent_digit": digit}, VOICEMAIL, ended=False
    )
    assert (told.level, told.may_rise, told.channel) == (1, False, "call")


def test_whoever_hears_the_offer_out_and_presses_nothing_said_nothing():
    told = after(arrives(PRESS_ONE), rang_out(PRESS_ONE), VOICEMAIL, ends(120, 100))
    assert (told.level, told.may_rise) == (1, False)
    assert after(arrives(PRESS_ONE), rang_out(PRESS_ONE), ended=False).may_rise


def test_a_greeting_of_their_own_words_is_no_notice_of_ours():
    own = line(postures.IMPLIED, "greeting", greeting="We are out. Text us a photo of the leak.")
    assert "notice" not in arrives(own)
    assert after(arrives(own), ends(60, 60), VOICEMAIL).level == 1


@pytest.mark.parametrize("notice", sorted(flow.NOTICES))
def test_a_greeting_of_their_own_that_repeats_our_notice_proves_no_more_than_the_call(notice):
    """Also where it offers to hang up: under `implied` that is not honoured."""
    own = line(postures.IMPLIED, "greeting", greeting=f"We are out. {notice}")
    told = after(arrives(own), ends(60, 60), VOICEMAIL)
    assert told.level == 1 and "heard_by" not in told.evidence
    assert told.evidence["disclosure"] == notice
    assert not after(arrives(own), ended=False).may_rise


@pytest.mark.parametrize("answering", ["staff_first", "greeting"])
def test_a_greeting_that_repeats_the_other_notice_takes_nothing_from_the_first(answering):
    own = line(postures.NOTICE, answering, greeting=f"We are out. {flow.TEXT_NOTICE}")
    rung = [rang_out(own)] if answering == "staff_first" else []
    told = after(arrives(own), *rung, ends(60, 40))
    assert (told.level, told.evidence["disclosure"]) == (2, flow.FIRST_NOTICE)
    assert told.evidence["disclosure_version"] == "first-1"


def test_what_was_said_is_known_from_the_answer_and_from_nothing_else():
    """A business that changed its posture meanwhile gains no proof by it."""
    changed = after(arrives(IMPLIED), rang_out(NOTICE), ends(90, 60))
    assert changed.level == 1 and changed.evidence["posture"] == "notice"
    assert said("", "", AT) == {"posture": ""}
    assert said(transcript([Ring(STAFF, 20, True), Hangup()]), "notice", AT) == {
        "posture": "notice"
    }


def test_the_fallback_speaks_anew_and_the_clock_starts_anew():
    """Clock and connected seconds must both say that they stayed; what is unknown proves nothing."""
    fallback = said(transcript(flow.fallback(NOTICE)), "notice", AT + timedelta(seconds=35))
    events = [arrives(IMPLIED), rang_out(IMPLIED), fallback]
    assert after(*events, ends(37, 30)).level == 1
    assert after(*events, ends(37 + 15, 30)).level == 2
    assert after(*events, ends(37 + 15, 3)).level == 1
    assert after(*events, ends(37 + 15, None)).level == 1
    assert after(*events, {"call_status": "completed", "call_seconds": 60}).level == 1


@pytest.mark.parametrize(
    ("stir", "letter", "level"),
    [
        ("TN-Validation-Passed-A", "A", 3),
        ("TN-Validation-Passed-B-Diverted", "B", 3),
        ("TN-Validation-Passed-A-Passthrough", "", 3),
        ("TN-Validation-Passed-C", "C", 3),
        ("No-TN-Validation", "", 3),
        ("", "", 3),
        ("TN-Validation-Failed", "failed", 0),
        ("TN-Validation-Failed-A-Diverted", "failed", 0),
    ],
)
def test_a_forged_caller_allows_nothing_whatever_is_pressed(stir, letter, level):
    told = after(arrives(PRESS_ONE), rang_out(PRESS_ONE), PRESSED_1, {"stir": stir})
    assert (told.level, attestation({"stir": stir})) == (level, letter)
    assert told.evidence.get("stir", "") == stir


def test_a_failed_attestation_outweighs_a_passed_one():
    told = after(
        arrives(NOTICE), {"stir": "TN-Validation-Passed-A"}, {"stir": "TN-Validation-Failed"}
    )
    assert told.level == 0 and not told.may_rise


def test_a_call_we_placed_allows_nothing():
    assert heard({"direction": "outbound-api", "first_at": AT.isoformat()}, ended=False).level == 0


def test_the_evidence_is_text_and_holds_only_what_is_known():
    told = after(
        arrives(NOTICE), rang_out(NOTICE), ends(40, 38), {"stir": "TN-Validation-Passed-A"}
    )
    assert all(isinstance(value, str) and value for value in told.evidence.values())
    assert told.evidence["call_start"] == AT.isoformat()
    assert told.evidence["call_end"] == (AT + timedelta(seconds=40)).isoformat()
    assert told.evidence["dial_status"] == "no-answer" and "dtmf" not in told.evidence


def test_how_long_words_take():
    assert spoken_seconds("") == 0
    assert (
        spoken_seconds("one two three four five six seven eight nine ten eleven twelve thirteen")
        == 5
    )
    facts = arrives(NOTICE)
    assert (
        seconds_before_ringing(facts)
        == spoken_seconds(flow.FIRST_NOTICE)
        == facts["notice_seconds"]
    )
    greeting = arrives(line(postures.IMPLIED, "greeting"))
    assert greeting["notice_seconds"] > spoken_seconds(flow.TEXT_NOTICE)
    assert seconds_before_ringing(greeting) == 0


@pytest.mark.parametrize(
    ("level", "may_rise", "needed", "waits"),
    [(1, True, 2, True), (1, False, 2, False), (2, True, 2, False), (2, True, 3, True), (0, False, 1, False)],
)  # fmt: skip
def test_waiting_is_for_what_may_still_come(level, may_rise, needed, waits):
    assert must_wait(Heard(level, may_rise, "call", {}), needed) is waits
