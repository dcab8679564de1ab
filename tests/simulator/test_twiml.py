"""TwiML as verbs: what our own answers say, and what a provider could not follow."""

from dataclasses import replace

import pytest

from calls.simulator import twiml
from calls.simulator.twiml import (
    BadTwiml,
    Dial,
    Gather,
    Hangup,
    Number,
    Pause,
    Record,
    Redirect,
    Reject,
    Say,
    parse,
)


def respond(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'.encode()


def test_an_empty_response_has_no_verbs():
    assert parse(respond("")) == ()
    assert parse(b'<?xml version="1.0" encoding="UTF-8"?><Response />') == ()


def test_dial_rings_every_number_with_its_whisper_and_progress():
    (dial,) = parse(
        respond(
            '<Dial action="/dial" answerOnBridge="true" timeout="17">'
            '<Number url="/screen" statusCallback="/leg" statusCallbackEvent="ringing answered">'
            "+13125550111</Number><Number>+13125550112</Number></Dial>"
        )
    )
    assert dial == Dial(
        (
            Number("+13125550111", "/screen", "/leg", frozenset({"ringing", "answered"})),
            Number("+13125550112", "", "", frozenset({"completed"})),
        ),
        17,
        "/dial",
        True,
    )


def test_dial_defaults_are_the_providers():
    (dial,) = parse(respond("<Dial>+13125550111</Dial>"))
    assert dial == Dial((Number("+13125550111"),), 30, "", False)


@pytest.mark.parametrize(
    ("inside", "verb"),
    [
        ("<Say>Hello  there\n friend</Say>", Say("Hello there friend")),
        ("<Pause/>", Pause(1)),
        ('<Pause length="3"/>', Pause(3)),
        ("<Hangup/>", Hangup()),
        ("<Reject/>", Reject("rejected")),
        ('<Reject reason="busy"/>', Reject("busy")),
        ("<Redirect>/other</Redirect>", Redirect("/other")),
        (
            '<Record action="/r" maxLength="120" recordingStatusCallback="/s"/>',
            Record(120, "/r", "/s"),
        ),
        (
            '<Gather action="/g" numDigits="1" timeout="6"><Say>Press 1.</Say></Gather>',
            Gather("Press 1.", 1, 6, "/g"),
        ),
    ],
)
def test_each_verb(inside, verb):
    assert parse(respond(inside)) == (verb,)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "no XML"),
        (b"<html></html>", "expected <Response>"),
        (respond("<Dance/>"), "<Dance>"),
        (respond("<Dial/>"), "names no number"),
        (respond('<Pause length="soon"/>'), "whole number"),
        (respond('<Pause length="-1"/>'), "whole number"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>', "document type"),
    ],
)
def test_what_a_provider_could_not_follow_says_why(document, problem):
    with pytest.raises(BadTwiml, match=problem):
        parse(document)


def test_every_plan_the_platform_can_answer_with_is_understood(settings):
    from calls import flow
    from messaging.providers.simulator import Simulator

    line = flow.Line(
        "+13125550100", "Lakeside", "staff_first", ("+13125550190",), 20, True, "", True
    )
    asking = replace(line, posture="press_one")
    plans = [
        flow.answer(replace(line, posture="notice")),
        flow.unanswered(asking),
        flow.after_offer(asking, "1"),
        flow.answer(line),
        flow.unanswered(line),
        flow.screen(line, None),
        flow.screen(line, "1"),
        flow.screen(line, "2"),
        flow.after_dial(line, True),
        flow.after_recording(),
        flow.fallback(line),
    ]
    for plan in plans:
        for verb in parse(Simulator().render(plan)):
            assert twiml.in_words(verb)
