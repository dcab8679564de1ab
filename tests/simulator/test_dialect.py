"""What the simulated carrier does by itself, and what it lets in: pure rules."""

import pytest

from calls.simulator import dialect, texts
from calls.simulator.inputs import BadInput, read_call, read_instruction, read_reply
from calls.simulator.recording import tone

BUSINESS, CALLER = "+13125550100", "+13125554242"


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "QUIT", "optout"])
def test_an_exact_stop_is_answered_once(word):
    reply = dialect.carrier_reply(word, opted_out=False)
    assert reply is not None and reply.opted_out and "unsubscribed" in reply.body
    assert dialect.carrier_reply(word, opted_out=True) is None


@pytest.mark.parametrize("body", ["please stop", "stop it", "", "stopp", "Yes, please"])
def test_anything_else_is_for_the_business(body):
    assert dialect.carrier_reply(body, opted_out=False) is None


def test_start_means_something_only_after_stop():
    assert dialect.carrier_reply("YES", opted_out=False) is None
    reply = dialect.carrier_reply("START", opted_out=True)
    assert reply is not None and not reply.opted_out


@pytest.mark.parametrize("opted_out", [True, False])
def test_help_is_answered_and_changes_nothing(opted_out):
    reply = dialect.carrier_reply("HELP", opted_out=opted_out)
    assert reply is not None and reply.opted_out is opted_out


def test_magic_endings():
    assert dialect.undeliverable("+13125550006") is not None
    assert dialect.undeliverable(CALLER) is None
    assert [status for _, status, _ in dialect.fate("+13125550007")] == ["sent", "undelivered"]
    assert [status for _, status, _ in dialect.fate("+13125550008")] == ["sent"]
    assert [status for _, status, _ in dialect.fate(CALLER)] == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "nobody"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "12"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "abc"}, 20422),
        ({"ValidityPeriod": "0"}, 20422),
        ({"StatusCallback": "https://elsewhere.example/"}, 21609),
        ({"To": BUSINESS}, 21266),
    ],
)
def test_the_api_refuses_what_the_provider_would(form, code):
    good = {"To": CALLER, "From": BUSINESS, "Body": "Hello"}
    texts.check(good)
    with pytest.raises(texts.ApiError) as refused:
        texts.check(good | form)
    assert refused.value.as_json()["code"] == code
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"business": "x"}, "business"),
        ({"caller": 5}, "caller"),
        ({"caller": BUSINESS}, "caller"),
        ({"staff": "sleeps"}, "staff"),
        ({"staff": ["busy"]}, "staff"),
        ({"ring_seconds": 61}, "ring_seconds"),
        ({"ring_seconds": float("nan")}, "ring_seconds"),
        ({"ring_seconds": True}, "ring_seconds"),
        ({"faster": "yes"}, "faster"),
        ({"afterwards": None}, "afterwards"),
    ],
)
def test_a_call_that_cannot_be_placed_names_its_field(data, field):
    good = {"business": BUSINESS, "caller": CALLER}
    assert read_call(good)[0] == BUSINESS
    with pytest.raises(BadInput) as bad:
        read_call(good | data)
    assert list(bad.value.problems) == [field]


def test_a_withheld_number_may_call_but_not_write():
    assert read_call({"business": BUSINESS, "caller": "anonymous"})[1].caller == "anonymous"
    with pytest.raises(BadInput, match="caller"):
        read_reply({"business": BUSINESS, "caller": "anonymous", "body": "Hello"})


@pytest.mark.parametrize("body", ["", "  ", "x" * 1601, None, "a\x00b", "\ud800"])
def test_a_text_that_no_phone_could_send(body):
    with pytest.raises(BadInput, match="body"):
        read_reply({"business": BUSINESS, "caller": CALLER, "body": body})


def test_an_instruction_names_a_call_and_something_one_can_do():
    for what in ("hang_up", "caller_press_1"):
        assert read_instruction({"call": "CA12", "what": what}) == ("CA12", what)
    with pytest.raises(BadInput, match="call") as bad:
        read_instruction({"call": "../x", "what": "dance"})
    assert set(bad.value.problems) == {"call", "what"}


@pytest.mark.parametrize(
    ("name", "seconds"), [("REab-3", 3), ("REab-3.wav", 3), ("RE", 1), ("RE-999", 120)]
)
def test_a_voicemail_sounds_as_long_as_it_was(name, seconds):
    assert len(tone(name)) == 44 + 8000 * seconds
