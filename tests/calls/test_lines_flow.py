"""Lines set in every way: in order, by hours, recorded, other keys, emergencies; and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from calls import emergencies, flow, preview
from calls.consented import heard, said
from calls.outcome import Outcome, answered_as, fold, merge
from messaging.plan import Gather, Hangup, Play, Record, Reject, Ring, Say, transcript
from messaging.providers.twilio import Twilio
from tenants import postures

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
STAFF = ("+13125550190", "+13125550191", "+13125550192")
ON_CALL = "+13125550199"
LINE = flow.Line("+13125550100", "Lakeside Plumbing", "staff_first", STAFF, 20, True, "", True)
URGENT = replace(LINE, emergency_digit="9", emergency_number=ON_CALL)
PRESS_FIVE = replace(LINE, posture=postures.PRESS_ONE, consent_digit="5")


def twiml(steps):
    return ElementTree.fromstring(Twilio().render(steps))


# --- ringing -----------------------------------------------------------------------------------


def test_phones_ring_one_after_the_other_each_for_its_time():
    line = replace(LINE, in_order=True)
    assert flow.answer(line) == [Ring(STAFF, 20, True, in_order=True)]
    (dial,) = twiml(flow.answer(line))
    assert (dial.get("sequential"), dial.get("timeout")) == ("true", "20")
    assert [number.text for number in dial] == list(STAFF)
    # A single phone has no order, and one at a time is what all at once is not.
    (one,) = twiml(flow.answer(replace(line, staff_numbers=STAFF[:1])))
    (together,) = twiml(flow.answer(LINE))
    assert one.get("sequential") is None and together.get("sequential") is None


def test_the_longest_ringing_counts_every_phone_and_its_setting_up():
    line = replace(LINE, in_order=True, posture=postures.NOTICE)
    assert Ring(STAFF, 20, True).at_most == 20
    assert Ring(STAFF, 20, True, in_order=True).at_most == 76
    spoken = said(transcript(flow.answer(line)), line.posture, AT, arrival=True)
    facts = {**spoken, "first_at": AT.isoformat(), "call_status": "completed"}
    # The leg was answered by our notice: shorter than notice and ringing proves no talk.
    waited = facts["notice_seconds"] + 76 + 8
    assert fold({**facts, "call_seconds": int(waited)}).kind == "missed"
    assert fold({**facts, "call_seconds": int(waited) + 2}).kind == "answered"


@pytest.mark.parametrize(("is_open", "rings"), [(True, True), (False, False)])
def test_by_hours_the_staff_rings_only_while_open(is_open, rings):
    line = replace(LINE, answering="by_hours", is_open=is_open)
    steps = flow.answer(line)
    assert isinstance(steps[0], Ring) is rings
    facts = said(transcript(steps), line.posture, AT, arrival=True)
    assert facts["answered_as"] == ("staff_first" if rings else "greeting")
    # The setting of the line is told with every later event, and never wins over what happened.
    merged = merge(merge({"answering": "by_hours"}, facts), {"answering": "by_hours"})
    assert answered_as(merged) == facts["answered_as"]


def test_a_call_that_a_staff_phone_sent_back_is_not_sent_there_again():
    assert isinstance(flow.answer(LINE, forwarded_from=STAFF[1])[0], Say)
    assert isinstance(flow.answer(LINE, forwarded_from="+13125550177")[0], Ring)
    assert flow.answer(LINE, caller=LINE.e164) == [Reject()]
    assert isinstance(flow.answer(LINE, caller=STAFF[0])[0], Ring)


# --- the greeting ------------------------------------------------------------------------------


def test_merge_fields_are_filled_and_values_are_never_read_as_fields():
    line = replace(
        LINE, business_name="{phone} & Sons", next_open="Monday at 8:00 AM",
        greeting="This is {business}. We open {next_open}. We will text you back. Call { phone }.",
    )  # fmt: skip
    assert flow.greeting(line) == (
        "This is {phone} & Sons. We open Monday at 8:00 AM. We will text you back. "
        "Call 3 1 2, 5 5 5, 0 1 0 0."
    )


def test_a_recording_is_played_and_the_notice_spoken_where_it_lacks_one():
    url = "https://ringback.example/sound/greeting/x.mp3:sig"
    line = replace(LINE, recording_url=url, greeting="Hello, this is Sam.")
    assert flow.unanswered(line)[:2] == [Play(url, "Hello, this is Sam."), Say(flow.TEXT_NOTICE)]
    said_so = replace(line, greeting="Sam here. We may text you.")
    assert isinstance(flow.unanswered(said_so)[1], Say)
    assert flow.TEXT_NOTICE not in transcript(flow.unanswered(said_so))
    assert transcript(flow.unanswered(line)).startswith("play Hello, this is Sam.\nsay If we miss")
    assert [child.tag for child in twiml(flow.unanswered(line))][:2] == ["Play", "Say"]
    # A recording may be what could not be played: the fallback speaks its words.
    assert not any(isinstance(step, Play) for step in flow.fallback(line))
    assert "Hello, this is Sam." in transcript(flow.fallback(line))


def test_a_recording_that_carries_our_notice_is_proven_by_its_words():
    line = replace(
        LINE, answering="greeting", recording_url="https://x.example/a.mp3",
        greeting=f"Sam here. {flow.TEXT_NOTICE}",
    )  # fmt: skip
    facts = said(transcript(flow.answer(line)), line.posture, AT, arrival=True)
    assert facts["notice_text"] == flow.TEXT_NOTICE and facts["notice_seconds"] > 5


def test_a_suspended_business_answers_but_promises_no_text():
    for posture in postures.POSTURES:
        line = replace(LINE, posture=posture, offers_texts=False)
        spoken = transcript([*flow.answer(line), *flow.after_dial(line, False)])
        assert "text" not in spoken and "ring 20" in spoken and "voicemail" not in spoken
        assert not any(isinstance(step, Gather) for step in flow.unanswered(line))
        assert any(isinstance(step, Record) for step in flow.unanswered(line))
    assert "Thank you" not in transcript(
        flow.after_offer(replace(PRESS_FIVE, offers_texts=False), "5")
    )


@pytest.mark.parametrize(
    ("greeting", "left"),
    [
        ("This is {business}. We will text you back. Bye.", "This is Lakeside Plumbing. Bye."),
        ("Habla {business}. Le enviaremos un texto.", "Habla Lakeside Plumbing."),
        ("Dr. Sam here. Leave your name.", "Dr. Sam here. Leave your name."),
        ("Dr. Sam texts you back. Leave your name.", "Leave your name."),
        # Nothing else was said: our words.
        ("We'll text you.", flow.our_greeting("Lakeside Plumbing")),
        ("", flow.our_greeting("Lakeside Plumbing")),
        # What to do in an emergency is said, whatever else stands in that sentence.
        ("We text you back. Do not text in an emergency, call 911.",
         "Do not text in an emergency, call 911."),
    ],
)  # fmt: skip
def test_while_no_text_would_come_a_greeting_s_own_sentences_of_texts_are_not_said(greeting, left):
    line = replace(LINE, greeting=greeting, offers_texts=False)
    assert flow.greeting(line) == left
    usual = flow.greeting(replace(line, offers_texts=True))
    assert ("text" in usual) and (usual != left or "emergency" in left)
    # A recording cannot be cut: what is left of its words is spoken, and one without such words is played.
    recorded = replace(line, recording_url="https://x.example/a.mp3", greeting=greeting or "Hi.")
    played = [step for step in flow.unanswered(recorded) if isinstance(step, Play)]
    assert bool(played) is (greeting in ("", "Dr. Sam here. Leave your name."))


# --- other keys --------------------------------------------------------------------------------


def test_the_offer_names_its_key_and_only_that_key_is_yes():
    assert "press 5" in flow.offer(PRESS_FIVE) and "press 1" not in flow.offer(PRESS_FIVE)
    assert "press star" in flow.offer(replace(PRESS_FIVE, consent_digit="*"))
    assert f"ask:5 {flow.offer(PRESS_FIVE)}" in transcript(flow.unanswered(PRESS_FIVE))
    for key, thanked in (("5", True), ("1", False), ("", False)):
        assert ("Thank you" in transcript(flow.after_offer(PRESS_FIVE, key))) is thanked


def test_own_words_of_the_offer_are_spoken_proven_and_called_their_own():
    line = replace(PRESS_FIVE, consent_prompt="Press {key} for a text from {business}. STOP ends.")
    assert flow.offer(line) == "Press 5 for a text from Lakeside Plumbing. STOP ends."
    facts = said(transcript(flow.after_dial(line, False)), line.posture, AT)
    told = heard({**facts, "consent_digit": "5"}, ended=False)
    assert told.level == 3 and told.evidence["prompt"] == flow.offer(line)
    assert (told.evidence["prompt_version"], told.evidence["dtmf"]) == ("own", "5")
    assert flow.version_of_offer(flow.offer(PRESS_FIVE)) == flow.OFFER_VERSION


def test_the_key_that_was_offered_counts_not_the_one_that_is_set_by_now():
    offered = said(transcript(flow.after_dial(PRESS_FIVE, False)), postures.PRESS_ONE, AT)
    assert heard({**offered, "consent_digit": "5"}, ended=True).level == 3
    assert heard({**offered, "consent_digit": "1"}, ended=True).level == 1
    # Kept before there were other keys: a 1 it was.
    old = {"posture": "press_one", "prompt": "Press 1 for a text.", "consent_digit": "1"}
    assert heard(old, ended=True).level == 3
    assert heard({**old, "consent_digit": "5"}, ended=True).level == 1


def test_of_several_keys_none_is_forgotten_in_any_order():
    one, other = {"consent_digit": "9"}, {"consent_digit": "5"}
    assert merge(one, other) == merge(other, one) == {"consent_digit": "5,9"}
    assert merge(merge(one, other), one) == {"consent_digit": "5,9"}
    offered = said(transcript(flow.after_dial(PRESS_FIVE, False)), postures.PRESS_ONE, AT)
    assert heard(merge({**offered, **one}, other), ended=True).evidence["dtmf"] == "5"


@pytest.mark.parametrize("key", ["#", "*"])
def test_the_pound_key_is_a_key_and_not_the_end_of_the_entry(key):
    gather = twiml(flow.unanswered(replace(PRESS_FIVE, consent_digit=key))).find("Gather")
    assert gather is not None and gather.get("finishOnKey") == ("" if key == "#" else None)


# --- emergencies -------------------------------------------------------------------------------


def test_the_greeting_tells_of_the_key_and_it_works_while_the_greeting_is_spoken():
    first, *rest = flow.unanswered(URGENT)
    assert isinstance(first, Gather) and (first.to, first.emergency_key) == ("keys", "9")
    assert first.words.endswith("If this is an emergency, press 9.")
    assert [type(step) for step in rest] == [Say, Record, Hangup]
    gather = twiml(flow.unanswered(URGENT)).find("Gather")
    assert gather is not None and gather.get("action", "").endswith("/voice/keys")
    assert gather.get("actionOnEmptyResult") == "false"
    assert "emergency" not in transcript(flow.unanswered(LINE))


def test_the_key_rings_the_one_on_call_screened_and_any_other_goes_on():
    calling, ring = flow.after_key(URGENT, "9")
    assert isinstance(calling, Say)
    assert ring == Ring((ON_CALL,), flow.ON_CALL_SECONDS, True, on_call=True)
    dial = twiml([calling, ring]).find("Dial")
    assert dial is not None and dial.get("action", "").endswith("/voice/oncall")
    assert dial[0].get("url", "").endswith("/voice/oncall/screen")
    assert isinstance(flow.after_key(URGENT, "1")[-2], Record)
    asking = replace(URGENT, posture=postures.PRESS_ONE)
    assert flow.after_offer(asking, "9") == flow.after_key(asking, "9")
    assert isinstance(flow.after_key(asking, "4")[0], Gather)  # the offer still comes


def test_on_the_on_call_leg_only_a_1_connects():
    (asked,) = flow.screen(URGENT, None, on_call=True)
    assert isinstance(asked, Gather) and "Emergency call" in asked.words
    assert [child.tag for child in twiml([asked])] == ["Gather", "Hangup"]
    assert len(twiml(flow.screen(URGENT, "1", on_call=True))) == 0
    assert [child.tag for child in twiml(flow.screen(URGENT, "9", on_call=True))] == ["Hangup"]


@pytest.mark.parametrize(
    "line",
    [
        replace(URGENT, emergency_number=""),
        replace(URGENT, emergency_number=URGENT.e164),
        replace(URGENT, emergency_digit="1"),  # the key that says yes to a text
    ],
)
def test_a_key_that_cannot_work_is_not_offered(line):
    assert line.emergency_key == "" and "emergency" not in transcript(flow.unanswered(line))
    assert flow.after_key(line, "9") == [*flow.after_key(line, "")]


def on_call(**reported):
    """Facts of the on-call leg as the adapter reads them, told apart from the staff's."""
    return emergencies.facts_of("voice.oncall", reported, {})


PRESSED = emergencies.facts_of(
    "voice.keys",
    {"consent_digit": "9", "greeting_ended": True},
    said(transcript(flow.after_key(URGENT, "9")), URGENT.posture, AT),
)
ACCEPTED = emergencies.facts_of("voice.oncall.screen", {"screen_accepted": True}, {})
RANG = {
    "answering": "staff_first",
    "press_one": True,
    "dial_status": "no-answer",
    "dial_bridged": "false",
}


def test_the_key_of_an_emergency_is_no_consent_and_does_not_end_the_call():
    assert PRESSED["emergency"] is True
    assert "consent_digit" not in PRESSED and "greeting_ended" not in PRESSED
    asking = replace(URGENT, posture=postures.PRESS_ONE)
    offered = said(transcript(flow.after_dial(asking, False)), asking.posture, AT)
    at_the_offer = emergencies.facts_of(
        "voice.consent",
        {"consent_digit": "9", "greeting_ended": True},
        said(transcript(flow.after_offer(asking, "9")), asking.posture, AT),
    )
    told = heard({**offered, **at_the_offer}, ended=False)
    # Not refused either: the offer is made again when nobody is reached.
    assert (told.level, told.may_rise) == (1, True)
    assert heard({**offered, **at_the_offer}, ended=True).level == 1


def test_a_call_counts_as_answered_only_when_the_one_on_call_accepted():
    assert fold({**RANG, **PRESSED}) == Outcome("missed", "no_answer")
    assert fold({**RANG, **PRESSED, **ACCEPTED}).kind == "answered"
    talked = on_call(dial_status="completed", dial_bridged="true", dial_seconds=40)
    assert fold({**RANG, **PRESSED, **ACCEPTED, **talked}) == Outcome("answered", ended=True)
    # Its voicemail picked up and pressed nothing.
    assert fold({**RANG, **PRESSED, **talked}).kind == "missed"
    # A pressed 1 of the staff's leg is another's.
    assert fold({**PRESSED, "answering": "greeting", "screen_accepted": True}).kind == "in_progress"
    busy = on_call(dial_status="busy", dial_bridged="false")
    assert fold({**PRESSED, "answering": "greeting", **busy}) == Outcome("missed", "forwarded")


def test_a_long_emergency_call_is_not_taken_for_a_staff_that_answered():
    facts = {"answering": "staff_first", "call_status": "completed", "call_seconds": 300}
    assert fold(facts).kind == "answered"
    assert fold({**facts, **PRESSED}).kind == "missed"


@pytest.mark.parametrize(
    ("facts", "ended", "alarms"),
    [
        ({}, True, False),
        (PRESSED, False, False),
        (PRESSED, True, True),
        ({**PRESSED, **on_call(dial_status="no-answer")}, False, True),
        ({**PRESSED, **ACCEPTED}, True, False),
        (
            {**PRESSED, **ACCEPTED, **on_call(dial_status="completed", dial_bridged="false")},
            True,
            True,
        ),
    ],
)
def test_an_emergency_nobody_took_is_known(facts, ended, alarms):
    assert emergencies.went_unanswered(facts, ended=ended) is alarms


def test_whoever_was_not_reached_can_still_leave_word():
    assert flow.after_on_call(URGENT, True) == [Hangup()]
    steps = flow.after_on_call(URGENT, False)
    assert "cannot take your call right now" in transcript(steps) and isinstance(steps[-2], Record)
    assert not any(isinstance(step, Ring) for step in steps)


# --- transcripts and telling it ----------------------------------------------------------------


def test_whoever_speaks_is_told_that_it_is_written_out():
    line = replace(LINE, transcribe=True)
    assert "recorded and written out" in transcript(flow.unanswered(line))
    record = twiml(flow.unanswered(line)).find("Record")
    assert record is not None and record.get("transcribe") == "true"
    assert record.get("transcribeCallback", "").endswith("/voice/transcript")
    plain = twiml(flow.unanswered(LINE)).find("Record")
    assert plain is not None and plain.get("transcribe") is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (replace(LINE, staff_numbers=STAFF[:2]),
         "Rings (312) 555-0190 and (312) 555-0191 for 20 s, then greeting and voicemail."),
        (replace(LINE, in_order=True),
         "Rings 3 phones one after the other, each for 20 s, then greeting and voicemail."),
        (replace(LINE, answering="greeting"), "Straight to greeting and voicemail."),
        (replace(LINE, answering="greeting", voicemail=False), "Plays the greeting."),
        (replace(LINE, answering="by_hours", staff_numbers=STAFF[:1], is_open=False),
         "While open rings (312) 555-0190 for 20 s; otherwise straight to greeting and voicemail."),
        (replace(URGENT, answering="greeting"),
         "Straight to greeting and voicemail. Key 9 reaches the person on call."),
    ],
)  # fmt: skip
def test_a_line_in_one_sentence(line, sentence):
    assert preview.summary(line) == sentence


def test_the_story_is_the_plan_told_in_order():
    (story,) = preview.stories(replace(URGENT, posture=postures.PRESS_ONE, in_order=True))
    titles = [step.title for step in story.steps]
    assert "ring one after the other for up to 20 s each" in titles[0]
    assert titles[1] == "Somebody takes it: they talk"
    assert titles[4].startswith("Key 9 rings the person on call, (312) 555-0199")
    assert "offered a text for key 1" in titles[5]
    assert titles[-1] == "The call ends" and story.steps[5].words == flow.offer(LINE)
    both = preview.stories(replace(LINE, answering="by_hours"))
    assert [story.title for story in both] == ["While you are open", "While you are closed"]
    assert len(both[0].steps) > len(both[1].steps)
