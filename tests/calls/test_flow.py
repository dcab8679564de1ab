"""What a caller hears and whose phone rings, as steps and as TwiML."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from calls import flow
from messaging.plan import (
    Connect,
    Gather,
    Hangup,
    Record,
    Reject,
    Ring,
    Say,
    transcript,
)
from messaging.providers.twilio import Twilio
from tenants import postures

STAFF = ("+13125550190", "+13125550191")
LINE = flow.Line("+13125550100", "Lakeside Plumbing", "staff_first", STAFF, 20, True, "", True)


def test_a_call_rings_every_staff_phone_with_its_timeout_and_screening():
    assert flow.answer(LINE) == [Ring(STAFF, 20, True)]


@pytest.mark.parametrize(
    "line", [replace(LINE, answering="greeting"), replace(LINE, staff_numbers=())]
)
def test_without_anybody_to_ring_the_greeting_comes_at_once(line):
    steps = flow.answer(line)
    assert steps == flow.unanswered(line) == flow.fallback(line)
    assert isinstance(steps[0], Say) and isinstance(steps[-1], Hangup)


def test_the_greeting_always_tells_that_we_may_text():
    assert flow.TEXT_NOTICE in flow.greeting(LINE)
    assert flow.TEXT_NOTICE in flow.greeting(replace(LINE, greeting="We are out fishing."))
    own = "We are out. We will text you."
    assert flow.greeting(replace(LINE, greeting=own)) == own


def test_only_where_hanging_up_is_honoured_does_a_notice_offer_it():
    for notice in flow.NOTICES:
        offers = "hang up" in notice or "decline" in notice
        assert offers is (notice in flow.TELL_HOW_TO_DECLINE)
    assert {flow.FIRST_NOTICE} == flow.TELL_HOW_TO_DECLINE
    for answering in ("staff_first", "greeting"):
        line = replace(LINE, answering=answering)
        spoken = f"{transcript(flow.answer(line))} {transcript(flow.after_dial(line, False))}"
        assert "hang up" not in spoken and "decline" not in spoken


@pytest.mark.parametrize(
    "words", ["Ask for our textile samples.", "The context of our work is pipes."]
)
def test_a_word_that_merely_contains_text_is_no_notice(words):
    assert flow.TEXT_NOTICE in flow.greeting(replace(LINE, greeting=words))


def test_voicemail_only_where_the_line_wants_it():
    assert any(isinstance(step, Record) for step in flow.unanswered(LINE))
    assert not any(
        isinstance(step, Record) for step in flow.unanswered(replace(LINE, voicemail=False))
    )


def test_after_the_ringing():
    assert flow.after_dial(LINE, True) == [Hangup()]
    assert flow.after_dial(LINE, False) == flow.unanswered(LINE)
    assert flow.after_recording() == [Hangup()]


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        (None, Gather),
        ("1", Connect),
        (" 1 ", Connect),
        ("", Hangup),
        ("2", Hangup),
        ("11", Hangup),
        ("#", Hangup),
    ],
)
def test_only_a_pressed_one_connects(digits, kind):
    assert isinstance(flow.screen(LINE, digits)[0], kind)


def twiml(steps):
    return ElementTree.fromstring(Twilio().render(steps))


def test_ringing_as_twiml():
    (dial,) = twiml(flow.answer(LINE))
    assert (
        dial.tag == "Dial" and dial.get("answerOnBridge") == "true" and dial.get("timeout") == "20"
    )
    assert (
        dial.get("action", "").endswith("/webhooks/twilio/voice/dial")
        and dial.get("method") == "POST"
    )
    assert [number.text for number in dial] == list(STAFF)
    assert all(number.get("url", "").endswith("/webhooks/twilio/voice/screen") for number in dial)
    (plain,) = twiml(flow.answer(replace(LINE, press_one=False)))
    assert all(number.get("url") is None for number in plain)


def test_the_greeting_as_twiml_records_with_an_action_of_its_own():
    tags = [child.tag for child in twiml(flow.unanswered(LINE))]
    assert tags == ["Say", "Say", "Record", "Hangup"]
    record = twiml(flow.unanswered(LINE)).find("Record")
    assert record is not None and record.get("action", "").endswith("/voice/recording")


def test_screening_as_twiml_hangs_up_unless_one_is_pressed():
    asks = twiml(flow.screen(LINE, None))
    assert [child.tag for child in asks] == ["Gather", "Hangup"]
    assert asks[0].get("numDigits") == "1" and "Press 1" in (asks[0][0].text or "")
    # Empty connects the two legs; anything else must not be empty.
    assert len(twiml(flow.screen(LINE, "1"))) == 0
    assert [child.tag for child in twiml(flow.screen(LINE, "5"))] == ["Hangup"]


def test_names_are_escaped_and_a_refusal_is_a_reject():
    nasty = replace(LINE, business_name="<Dial>A & B</Dial>", greeting="")
    assert twiml(flow.unanswered(nasty)).find("Dial") is None
    assert [child.tag for child in twiml([Reject()])] == ["Reject"]


# --- the consent posture ------------------------------------------------------------------------

NOTICE = replace(LINE, posture=postures.NOTICE)
PRESS_ONE = replace(LINE, posture=postures.PRESS_ONE)


def test_a_required_notice_comes_before_anything_else():
    assert flow.answer(NOTICE) == [Say(flow.FIRST_NOTICE), Ring(STAFF, 20, True)]
    forwarded = replace(NOTICE, answering="greeting")
    for steps in (flow.answer(forwarded), flow.fallback(NOTICE)):
        assert steps[0] == Say(flow.FIRST_NOTICE) and len(steps) == 5
    # It was said: nobody hears it twice.
    assert flow.TEXT_NOTICE not in flow.greeting(NOTICE) and "text" not in transcript(
        flow.after_dial(NOTICE, False)
    )


def test_the_offer_names_the_business_and_comes_between_greeting_and_voicemail():
    steps = flow.after_dial(PRESS_ONE, False)
    assert [type(step) for step in steps] == [Say, Gather, Say, Record, Hangup]
    assert flow.answer(PRESS_ONE) == [Ring(STAFF, 20, True)]
    words = flow.offer(PRESS_ONE)
    for part in ("Lakeside Plumbing", "press 1", "Message and data rates", "STOP"):
        assert part in words
    # Only those who press are texted: anything else would be untrue.
    assert flow.TEXT_NOTICE not in flow.greeting(PRESS_ONE)
    assert flow.fallback(PRESS_ONE) == steps


@pytest.mark.parametrize(
    ("digits", "thanked"), [("1", True), (" 1", True), ("2", False), ("", False), ("11", False)]
)
def test_after_the_offer_the_voicemail_comes_whatever_was_pressed(digits, thanked):
    steps = flow.after_offer(PRESS_ONE, digits)
    assert isinstance(steps[0], Say) and ("Thank you" in steps[0].words) is thanked
    assert isinstance(steps[-2], Record) and isinstance(steps[-1], Hangup)
    without = flow.after_offer(replace(PRESS_ONE, voicemail=False), digits)
    assert isinstance(without[-1], Hangup) and len(without) == 1 + thanked


def test_the_offer_as_twiml_waits_for_one_key_and_goes_on_without():
    tags = [child.tag for child in twiml(flow.unanswered(PRESS_ONE))]
    assert tags == ["Say", "Gather", "Say", "Record", "Hangup"]
    gather = twiml(flow.unanswered(PRESS_ONE)).find("Gather")
    assert gather is not None and gather.get("numDigits") == "1"
    assert gather.get("action", "").endswith("/webhooks/twilio/voice/consent")
    assert gather.get("method") == "POST" and gather.get("actionOnEmptyResult") == "false"
    assert gather[0].text == flow.offer(PRESS_ONE)


def test_the_notice_as_twiml_is_spoken_before_the_dial():
    assert [child.tag for child in twiml(flow.answer(NOTICE))] == ["Say", "Dial"]


def test_a_transcript_is_what_the_caller_hears_a_line_each():
    assert transcript(flow.answer(NOTICE)) == f"say {flow.FIRST_NOTICE}\nring 20"
    lines = transcript(flow.unanswered(replace(PRESS_ONE, greeting="Gone\nring 3"))).splitlines()
    assert lines[0] == "say Gone ring 3" and lines[1] == f"ask:1 {flow.offer(PRESS_ONE)}"
    assert transcript(flow.answer(LINE)) == "ring 20"
    assert transcript([Hangup()]) == ""


def test_a_wording_that_changes_gets_a_new_version():
    """What was said years ago is proven by the version: change the sentence, change its name."""
    wordings = {
        **flow.NOTICES,
        flow.offer(replace(LINE, business_name="{brand}")): flow.OFFER_VERSION,
    }
    fingerprints = {
        version: hashlib.sha256(words.encode()).hexdigest()[:16]
        for words, version in wordings.items()
    }
    assert fingerprints == {
        "first-1": "f7c92bb45ed969ae",
        "greeting-1": "3223eb1886824b56",
        "offer-1": "3ad8dcb39cc4d398",
    }
