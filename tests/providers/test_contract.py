"""One list of promises that every registered provider keeps, and a copied one under another name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from messaging import providers
from messaging.plan import Hangup, Say
from messaging.providers.base import (
    BadEvent,
    BadRecording,
    Credentials,
    PlacedCall,
    ProviderFailed,
    Received,
    Text,
)
from messaging.providers.signature import readable
from tenants.routing import Account
from tests.providers.api import Api, Reply, nobody, serving
from tests.providers.tongues import BASE, CALLER, OURS, TONGUES

COPIED = "ostrich"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELLO = (Say("This is a check of your line."), Hangup())


@pytest.fixture(params=[*configured.PROVIDERS, COPIED])
def name(request, settings, tmp_path, monkeypatch) -> Iterator[str]:
    """Every registered provider, and one that is a copied file and one line in the settings."""
    if request.param == COPIED:
        source = Path(providers.__file__).with_name("telnyx.py").read_text()
        (tmp_path / "ostrich_adapter.py").write_text(
            source.replace('name = "telnyx"', f'name = "{COPIED}"')
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        settings.PROVIDERS = {**settings.PROVIDERS, COPIED: "ostrich_adapter.Telnyx"}
    providers.provider.cache_clear()
    yield request.param
    providers.provider.cache_clear()
    sys.modules.pop("ostrich_adapter", None)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def adapter(name):
    return providers.provider(name)


@pytest.fixture
def tongue(name):
    return TONGUES["telnyx" if name == COPIED else name]


@pytest.fixture
def api(tongue, settings) -> Iterator[Api]:
    """The provider's API, where the adapter believes it to be."""
    settings.PROVIDER_TIMEOUT_SECONDS = 10  # a busy machine is no silent provider
    with serving() as served:
        setattr(settings, tongue.base_url_setting, served.url)
        yield served


@pytest.fixture
def account(tongue) -> Credentials:
    return Credentials(tongue.account, "the-token-nobody-sees", "app-1")


def a_text(**changes: Any) -> Text:
    fields: dict[str, Any] = {
        "our_id": str(uuid.uuid4()), "schema": "lakeside", "sender": OURS, "to": CALLER,
        "body": "Sorry we missed “you” 🚿", "valid_seconds": 1800, "created_at": NOW,
    }  # fmt: skip
    return Text(**{**fields, **changes})


def read(adapter, content_type: str, body: bytes) -> dict[str, str]:
    return readable(adapter.parse(content_type, body))


# --- signatures --------------------------------------------------------------------------------


@pytest.fixture(params=["voice", "text", "receipt"])
def arrived(request, tongue) -> Callable[..., Received]:
    """A webhook of each sort, signed as asked."""
    content_type, body = {
        "voice": lambda: tongue.voice("voice"),
        "text": lambda: tongue.text("hello"),
        "receipt": lambda: tongue.receipt("delivered"),
    }[request.param]()
    return lambda **how: tongue.sign(f"{BASE}/voice", content_type, body, **how)


def test_a_right_signature_fits_under_any_key_of_the_account(adapter, tongue, arrived):
    assert adapter.verify(arrived(), tongue.keys)
    older = replace(
        tongue.keys,
        secrets=("new", *tongue.keys.secrets),
        public_keys=(*tongue.other_keys.public_keys, *tongue.keys.public_keys),
    )
    assert adapter.verify(arrived(), older)


def test_a_wrong_signature_does_not(adapter, tongue, arrived):
    good = arrived()
    signed = [header for header in good.headers if "signature" in header]
    assert not adapter.verify(good, tongue.other_keys)
    assert not adapter.verify(arrived(key="other"), tongue.keys)
    assert not adapter.verify(good, Account(1, ()))
    for header in signed:
        for value in ("", "AAAA", "é" * 20, "A" * 10_000, good.headers[header][:-4] + "AAA="):
            bad = {**good.headers, header: value}
            assert not adapter.verify(replace(good, headers=bad), tongue.keys), value
    assert not adapter.verify(replace(good, headers={}), tongue.keys)


def test_a_tampered_body_does_not_fit(adapter, tongue, arrived):
    good = arrived()
    body = good.body.replace(b"+", b"%2B").replace(b"1", b"2", 1)
    pairs = adapter.parse(good.headers["content-type"], body)
    assert not adapter.verify(replace(good, body=body, pairs=pairs), tongue.keys)


def test_what_is_old_or_of_tomorrow_does_not_fit_where_the_time_is_signed(adapter, tongue, arrived):
    if "telnyx-timestamp" not in arrived().headers:
        changed = replace(arrived(), url=f"{BASE}/voice?x=1")
        assert not adapter.verify(changed, tongue.keys)  # it signs its address instead
        return
    now = time.time()
    for seconds, fits in ((290, True), (-290, True), (310, False), (-310, False), (10**9, False)):
        assert adapter.verify(arrived(at=now - seconds), tongue.keys) is fits, seconds
    for stamp in ("", "now", "-1", "1e9", "9" * 30, "٣"):
        bad = {**arrived().headers, "telnyx-timestamp": stamp}
        assert not adapter.verify(replace(arrived(), headers=bad), tongue.keys)


def test_nobody_signs_with_what_everybody_knows(adapter, tongue, arrived):
    """telephony.md 4.4: an HMAC keyed with the public key is anybody's to make."""
    good, timestamp = arrived(), str(int(time.time()))
    signed = f"{timestamp}|".encode() + good.body
    for public in tongue.keys.public_keys or ("",):
        for key in (public.encode(), base64.b64decode(public)):
            for algorithm in (hashlib.sha1, hashlib.sha256):
                forged = base64.b64encode(hmac.new(key, signed, algorithm).digest()).decode()
                headers = {
                    name: forged if "signature" in name else value
                    for name, value in {**good.headers, "telnyx-timestamp": timestamp}.items()
                }
                assert not adapter.verify(replace(good, headers=headers), tongue.keys)
    # Nor does the adapter that checks a token ever take a public key for one.
    only_public = replace(tongue.keys, secrets=())
    assert adapter.verify(good, only_public) is bool(tongue.keys.public_keys)


@pytest.mark.parametrize("content_type", ["", "application/json", "text/html", "\x00"])
@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=st.binary(max_size=200), header=st.text(max_size=40))
def test_no_body_makes_it_raise_anything_else(adapter, tongue, content_type, body, header):
    try:
        pairs = adapter.parse(content_type, body)
    except ValueError as error:
        assert str(error)
        pairs = []
    headers = {"x-twilio-signature": header, "telnyx-signature-ed25519": header}
    received = Received(BASE, {**headers, "telnyx-timestamp": "1"}, body, pairs)
    assert adapter.verify(received, tongue.keys) is False
    params = readable(pairs)
    assert isinstance(adapter.account_of(params, {}), str)
    for kind in ("voice", "messaging", "messaging.status", "fallback"):
        try:
            adapter.subject(adapter.kind_of(kind, params), params)
        except BadEvent as bad:
            assert ": " in str(bad)


# --- events in our words -----------------------------------------------------------------------


def test_a_call_in_our_words(adapter, tongue):
    def voice(kind: str, **more: str):
        params = read(adapter, *tongue.voice(kind, **more))
        assert adapter.kind_of(kind, params) == kind
        assert adapter.account_of(params, {}) == tongue.account
        return adapter.voice_event(kind, params, datetime.now(UTC)), params

    arrival, params = voice("voice", CallStatus="ringing")
    assert arrival.starts and (arrival.our_number, arrival.caller) == (OURS, CALLER)
    assert arrival.facts["direction"] == "inbound" and not adapter.is_staff_leg(params)
    assert abs(arrival.at - datetime.now(UTC)) < timedelta(seconds=5)

    ended, _ = voice("voice.dial", DialCallStatus="no-answer", DialCallDuration="0")
    assert ended.facts["dial_status"] == "no-answer" and not ended.starts
    assert ended.call_id == arrival.call_id

    pressed, params = voice("voice.screen", Digits="1")
    assert pressed.facts == {"screen_accepted": True} and adapter.is_staff_leg(params)
    assert (pressed.call_id, pressed.our_number, pressed.caller) == (arrival.call_id, "", "")

    over, _ = voice("voice.status", CallStatus="completed", CallDuration="31")
    assert (over.facts["call_status"], over.facts["call_seconds"]) == ("completed", 31)
    going, _ = voice("voice.status", CallStatus="in-progress")
    assert "call_status" not in going.facts

    left, _ = voice(
        "voice.recording", RecordingDuration="12", RecordingUrl="https://sound.test/1.mp3"
    )
    assert left.facts["voicemail_seconds"] == 12
    assert left.voicemail_url == "https://sound.test/1.mp3"

    fallback, _ = voice("fallback", ErrorCode="11200")
    assert fallback.starts and fallback.facts["greeting_ended"] is True

    absurd, _ = voice("voice.status", CallStatus="completed", Timestamp="never", CallDuration="-1")
    assert abs(absurd.at - datetime.now(UTC)) < timedelta(seconds=5)
    assert "call_seconds" not in absurd.facts


def test_texts_and_receipts_in_our_words(adapter, tongue):
    params = read(adapter, *tongue.text("Hello “there” 🚿"))
    assert adapter.kind_of("messaging", params) == "messaging"
    assert adapter.account_of(params, {}) == tongue.account
    text = adapter.text_event(params)
    assert (text.sender, text.our_number, text.body) == (CALLER, OURS, "Hello “there” 🚿")
    assert text.media == ({"url": "https://media.test/1", "type": "image/jpeg"},)
    assert text.message_id == adapter.subject("messaging", params)
    assert adapter.our_number("messaging", params) == OURS

    for status, error in (("sent", ""), ("delivered", ""), ("undelivered", "30003")):
        params = {**read(adapter, *tongue.receipt(status, error)), "message": "our-id"}
        assert adapter.kind_of("messaging.status", params) == "messaging.status"
        receipt = adapter.receipt_event(params)
        assert (receipt.our_id, receipt.status, receipt.error_code) == ("our-id", status, error)
        assert receipt.message_id and adapter.our_number("messaging.status", params) == OURS


def test_an_event_is_told_apart_by_its_own_id_or_by_all_its_fields(adapter, tongue):
    first, again = tongue.text("hi"), tongue.text("hi")
    one, two = read(adapter, *first), read(adapter, *again)
    assert adapter.identity(one) == adapter.identity(read(adapter, *first))
    if adapter.identity(one):
        assert adapter.identity(one) != adapter.identity(two)
    assert adapter.identity(read(adapter, *tongue.voice("voice"))) == ""


@pytest.mark.parametrize("word", ["STOP", "stop ", "Unsubscribe", "START"])
def test_keywords_it_answers_are_not_answered_again(adapter, tongue, word):
    event = adapter.text_event(read(adapter, *tongue.text(word)))
    assert adapter.answers_keyword(event)
    ordinary = adapter.text_event(read(adapter, *tongue.text(f"please {word} that")))
    assert not adapter.answers_keyword(ordinary)


def test_a_malformed_event_names_the_field(adapter, tongue):
    for content_type, body in (tongue.voice("voice", CallSid=""), tongue.receipt("sent")):
        params = {
            name: value
            for name, value in read(adapter, content_type, body).items()
            if not name.endswith((".id", "Sid"))
        }
        for kind in ("voice", "messaging.status"):
            with pytest.raises(BadEvent, match=r"^[\w.]+: "):
                adapter.subject(kind, params)
    for bad in ("x" * 65, "CA 1", "CA\n1", "é", "<b>"):
        with pytest.raises(BadEvent, match="CallSid: expected"):
            adapter.subject("voice", {"CallSid": bad})


# --- texts out ---------------------------------------------------------------------------------


def test_a_text_that_is_taken(adapter, tongue, api, account):
    api.say = lambda asked: tongue.taken("SM123")
    text = a_text()
    result = adapter.send(account, text)
    assert (result.kind, result.message_id, result.status) == ("accepted", "SM123", "sending")
    (asked,) = api.asked
    sender, to, body, callback = tongue.sent(asked)
    assert (sender, to, body) == (OURS, CALLER, text.body)
    base = f"{configured.PUBLIC_BASE_URL}/webhooks/{adapter.name}/messaging/status?"
    assert callback.startswith(base)
    assert f"business=lakeside&message={text.our_id}" in callback
    keys = [pair.partition("=")[0] for pair in callback.partition("?")[2].split("&")]
    assert keys == sorted(keys)  # telephony.md 1.6
    assert b"the-token-nobody-sees" not in asked.body


def test_the_same_text_is_posted_the_same_to_the_byte(adapter, tongue, api, account):
    api.say = lambda asked: tongue.taken("SM123")
    text = a_text()
    for _ in range(2):
        assert adapter.send(account, text).kind == "accepted"
    first, second = api.asked
    assert first.body == second.body
    assert first.headers.get("idempotency-key") == second.headers.get("idempotency-key")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "21211", "refused"), (400, "40300", "refused"), (401, "20003", "refused"),
        (404, "20404", "refused"), (422, "21610", "refused"), (429, "20429", "retry"),
        (500, "20500", "unknown"), (503, "0", "unknown"), (302, "0", "unknown"),
    ],
)  # fmt: skip
def test_a_text_that_is_not(adapter, tongue, api, account, status, code, kind):
    api.say = lambda asked: tongue.refusal(status, code)
    result = adapter.send(account, a_text())
    assert (result.kind, result.http_status) == (kind, status)
    assert result.message_id == "" and len(api.asked) == 1
    if kind == "retry":
        assert 0 < result.retry_seconds <= 60
    assert "the-token" not in repr(result)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(how="silence"),
        Reply(201, b'{"sid": "SM1"', how="closed"),
        Reply(200, b"<html>busy</html>"),
        Reply(200, b"[]"),
        Reply(200, {"data": {"id": 5}, "sid": None}),
        Reply(200, b"\xff\xfe"),
    ],
    ids=["silence", "closed", "a page", "a list", "no id", "no text"],
)
def test_an_answer_that_says_nothing_is_not_known(adapter, api, account, reply, settings):
    settings.PROVIDER_TIMEOUT_SECONDS = 0.3
    api.say = lambda asked: reply
    assert adapter.send(account, a_text()).kind == "unknown"
    placed = adapter.place_call(account, PlacedCall(OURS, CALLER, HELLO))
    assert placed.kind == "unknown" or (placed.kind, placed.call_id) == ("accepted", "")
    assert adapter.find(account, a_text(), frozenset()).kind == "unknown"
    looked = adapter.lookup(account, CALLER)
    assert (looked.line_type, looked.answered) == ("unknown", False)
    with pytest.raises(ProviderFailed):
        list(adapter.list_calls(account, NOW, NOW + timedelta(days=1)))


def test_what_never_left_may_be_tried_again(adapter, tongue, settings, account):
    setattr(settings, tongue.base_url_setting, nobody())
    assert adapter.send(account, a_text()).kind == "retry"
    assert adapter.place_call(account, PlacedCall(OURS, CALLER, HELLO)).kind == "retry"
    assert adapter.find(account, a_text(), frozenset()).kind == "unknown"
    assert adapter.lookup(account, CALLER).line_type == "unknown"
    with pytest.raises(ProviderFailed):
        list(adapter.list_calls(account, NOW, NOW + timedelta(days=1)))


def test_asking_whether_a_text_was_taken(adapter, tongue, api, account):
    text = a_text()
    api.say = lambda asked: tongue.texts(("SM5", text.body, NOW))
    found = adapter.find(account, text, frozenset())
    assert (found.kind, found.message_id, found.status) == ("found", "SM5", "delivered")
    assert CALLER in api.asked[0].query.values() and OURS in api.asked[0].query.values()
    assert adapter.find(account, text, frozenset({"SM5"})).kind == "absent"
    api.say = lambda asked: tongue.texts()
    assert adapter.find(account, text, frozenset()).kind == "absent"
    api.say = lambda asked: tongue.texts(("SM4", text.body, NOW - timedelta(hours=1)))
    assert adapter.find(account, text, frozenset()).kind == "absent"  # an older one
    api.say = lambda asked: tongue.refusal(500, "20500")
    assert adapter.find(account, text, frozenset()).kind == "unknown"


# --- calls and numbers -------------------------------------------------------------------------


def test_placing_a_call_that_says_something(adapter, tongue, api, account):
    api.say = lambda asked: tongue.placed("CA9")
    status_url = f"{configured.PUBLIC_BASE_URL}/webhooks/{adapter.name}/voice/status"
    call = PlacedCall(OURS, CALLER, HELLO, ring_seconds=25, status_url=status_url)
    placed = adapter.place_call(account, call)
    assert (placed.kind, placed.call_id) == ("accepted", "CA9")
    (asked,) = api.asked
    posted = tongue.call_posted(asked)
    assert (posted["from"], posted["to"], posted["url"]) == (OURS, CALLER, "")
    assert "This is a check of your line." in posted["said"] and "<Hangup" in posted["said"]
    assert (posted["rings"], posted["limit"], posted["callback"]) == ("25", "120", status_url)


def test_placing_a_call_that_asks_us(adapter, tongue, api, account):
    api.say = lambda asked: tongue.placed("CA9")
    url = f"{configured.PUBLIC_BASE_URL}/webhooks/{adapter.name}/voice/trial"
    for rings in (-5, 10**6):
        call = PlacedCall(OURS, CALLER, answer_url=url, ring_seconds=rings)
        assert adapter.place_call(account, call).kind == "accepted"
        posted = tongue.call_posted(api.asked[-1])
        assert (posted["url"], posted["said"], posted["callback"]) == (url, "", "")
        assert 5 <= int(posted["rings"]) <= 600


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "refused"), (401, "refused"), (429, "retry"), (500, "unknown")]
)
def test_a_call_that_is_not_placed(adapter, tongue, api, account, status, kind):
    api.say = lambda asked: tongue.refusal(status, "21210")
    placed = adapter.place_call(account, PlacedCall(OURS, CALLER, HELLO))
    assert (placed.kind, placed.http_status, placed.call_id) == (kind, status, "")
    assert len(api.asked) == 1 and "the-token" not in repr(placed)


def test_whether_a_number_is_the_accounts_own(adapter, tongue, api, account):
    api.say = lambda asked: tongue.numbers(OURS)
    assert adapter.owns_number(account, OURS)
    assert OURS in api.asked[0].query.values()
    api.say = lambda asked: tongue.numbers(CALLER + "1", OURS)  # found by a part of it
    assert not adapter.owns_number(account, CALLER)
    api.say = lambda asked: tongue.numbers()
    assert not adapter.owns_number(account, CALLER)
    for reply in (tongue.refusal(401, "20003"), Reply(200, b"<html>"), Reply(how="closed")):
        api.say = lambda asked, reply=reply: reply
        with pytest.raises(ProviderFailed) as failed:
            adapter.owns_number(account, OURS)
        assert "the-token" not in str(failed.value)


def test_lookups(adapter, tongue, api, account):
    for word, kind in tongue.lines.items():
        api.say = lambda asked, word=word: tongue.line(word)
        looked = adapter.lookup(account, CALLER)
        assert (looked.line_type, looked.answered) == (kind, True), word
        assert looked.carrier == "Pacific Bell" and looked.cost is None
    assert all(CALLER in a.path.replace("%2B", "+") for a in api.asked)
    api.say = lambda asked: tongue.refusal(404, "20404")
    assert adapter.lookup(account, CALLER).answered  # no such number: that is an answer
    for status in (401, 429, 500):
        api.say = lambda asked, status=status: tongue.refusal(status, "20003")
        looked = adapter.lookup(account, CALLER)
        assert (looked.line_type, looked.answered) == ("unknown", False) and looked.code


def test_calls_are_listed_page_by_page_within_the_time(adapter, tongue, api, account):
    inside = [("CA1", NOW), ("CA2", NOW + timedelta(hours=5)), ("CA3", NOW + timedelta(hours=23))]
    outside = [("CA0", NOW - timedelta(seconds=1)), ("CA4", NOW + timedelta(days=1))]
    pages = [[outside[1], inside[2]], [inside[1]], [inside[0], outside[0]]]
    with serving() as elsewhere:
        api.say = lambda asked: tongue.calls(asked, pages, elsewhere.url)
        calls = list(adapter.list_calls(account, NOW, NOW + timedelta(days=1)))
        assert elsewhere.asked == []  # an address in an answer says nothing about where we ask
    assert {call.call_id for call in calls} == {"CA1", "CA2", "CA3"} and len(calls) == 3
    first = calls[0]
    assert (first.caller, first.called, first.direction) == (CALLER, OURS, "inbound")
    assert (first.status, first.seconds, first.parent_id) == ("no-answer", 7, "")
    assert first.started_at.utcoffset() == timedelta(0)
    assert len(api.asked) == 3


def test_the_calls_between_two_numbers_are_found_among_others(adapter, tongue, api, account):
    """How a call is found whose placing got no answer: by both numbers, whoever filters."""
    api.say = lambda asked: tongue.calls(asked, [[("CA1", NOW)]], "")
    day = (NOW, NOW + timedelta(hours=1))
    found = list(adapter.list_calls(account, *day, caller=CALLER, called=OURS))
    assert [(call.call_id, call.status, call.seconds) for call in found] == [
        ("CA1", "no-answer", 7)
    ]
    assert (api.asked[0].query["From"], api.asked[0].query["To"]) == (CALLER, OURS)
    assert list(adapter.list_calls(account, *day, caller=OURS, called=CALLER)) == []
    assert list(adapter.list_calls(account, *day, called=CALLER)) == []
    api.say = lambda asked: tongue.refusal(500, "20500")
    with pytest.raises(ProviderFailed):
        list(adapter.list_calls(account, *day, caller=CALLER, called=OURS))


def test_a_list_that_breaks_off_says_so_after_what_it_gave(adapter, tongue, api, account):
    pages = [[("CA1", NOW)], [("CA2", NOW)]]
    replies = [lambda asked: tongue.calls(asked, pages, ""), lambda a: tongue.refusal(401, "20003")]
    api.say = lambda asked: replies[len(api.asked) - 1](asked)
    calls = adapter.list_calls(account, NOW, NOW + timedelta(days=1))
    assert next(calls).call_id == "CA1"
    with pytest.raises(ProviderFailed) as failed:
        next(calls)
    assert failed.value.http_status == 401 and "the-token" not in str(failed.value)


# --- recordings --------------------------------------------------------------------------------

SOUND = {"Content-Type": "audio/mpeg"}


def test_a_recording_is_fetched(adapter, tongue, api, account):
    api.always(200, b"ID3 sound", headers=SOUND)
    sound = adapter.fetch_recording(account, tongue.recording_url(api.url))
    assert (sound.content, sound.content_type) == (b"ID3 sound", "audio/mpeg")
    assert api.asked[0].headers["authorization"].startswith(("Basic ", "Bearer "))
    assert api.asked[0].headers["accept-encoding"] == "identity"
    assert b"sound" not in repr(sound).encode()


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/etc/passwd", "file:///etc/passwd", "ftp://api.twilio.com/x",
        "http://169.254.169.254/latest/meta-data/", "https://127.0.0.1/x", "https://[::1]/x",
        "http://api.twilio.com/2010-04-01/x", "http://api.telnyx.com/v2/x",
        "https://api.twilio.com.evil.example/x", "https://evil.example/api.twilio.com",
        "https://api.twilio.com@evil.example/x", "https://evil.example\\@api.twilio.com/x",
        "https://api.twilio.com:8443/x", "https://api.telnyx.com:22/v2/x",
        "https://s3.amazonaws.com/other-bucket/x.mp3",
        "https://s3.amazonaws.com/telephony-recorder-prod/../other/x.mp3",
        "https://s3.amazonaws.com/telephony-recorder-prod/%2e%2e/other/x.mp3",
        "https://s3.amazonaws.com/telephony-recorder-prod/%252e%252e/other/x.mp3",
        "https://s3.amazonaws.com/telephony-recorder-prod-evil/x.mp3",
        "https://api.twilio.com\t/x", "https://api.twilio.com/x\r\nHost: evil", "https://аpi.twilio.com/x",
        "gopher://api.twilio.com/x", "//evil.example/x", "https:///x", "https://api.twilio.com/" + "x" * 3000,
        "https://api.twilio.com:99999/x", "https://api.twilio.com/v2/Accounts", "https://api.telnyx.com/x",
    ],
)  # fmt: skip
def test_a_hostile_address_is_not_asked(adapter, api, account, url):
    api.always(200, b"ID3", headers=SOUND)
    with pytest.raises(BadRecording) as refused:
        adapter.fetch_recording(account, url)
    assert api.asked == [] and "the-token" not in str(refused.value)


def test_a_redirect_leads_nowhere_else(adapter, tongue, api, account):
    with serving() as elsewhere:
        elsewhere.always(200, b"ID3", headers=SOUND)
        for target in (f"{elsewhere.url}/x.mp3", "file:///etc/passwd", "http://169.254.169.254/"):
            api.always(302, b"", headers={"Location": target})
            with pytest.raises(BadRecording):
                adapter.fetch_recording(account, tongue.recording_url(api.url))
        assert elsewhere.asked == []
    api.asked.clear()
    api.always(302, b"", headers={"Location": tongue.recording_url(api.url)})
    with pytest.raises(BadRecording, match="again and again"):
        adapter.fetch_recording(account, tongue.recording_url(api.url))
    assert len(api.asked) == 4


def test_a_redirect_within_its_own_place_is_followed(adapter, tongue, api, account):
    moved = tongue.recording_url(api.url).replace("one", "two").replace("RE1", "RE2.mp3")
    api.say = lambda asked: (
        Reply(200, b"ID3", SOUND)
        if asked.path.endswith(("two.mp3", "RE2.mp3"))
        else Reply(307, b"", {"Location": moved})
    )
    assert adapter.fetch_recording(account, tongue.recording_url(api.url)).content == b"ID3"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>", {"Content-Type": "text/html"}),
        Reply(200, b"x", {"Content-Type": "audio/mpeg\x00; x"}),
        Reply(200, b"", {"Content-Type": "audio/mpeg"}),
        Reply(200, b"x", {**SOUND, "Content-Encoding": "gzip"}),
        Reply(200, b"x" * (20 * 1024 * 1024 + 1), SOUND),
    ],
    ids=["a page", "no type", "empty", "packed", "too large"],
)
def test_what_is_no_recording_is_refused(adapter, tongue, api, account, reply):
    api.say = lambda asked: reply
    with pytest.raises(BadRecording):
        adapter.fetch_recording(account, tongue.recording_url(api.url))


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(404, {}), 404), (Reply(401, {}), 401), (Reply(500, {}), 500),
        (Reply(200, b"x" * 100, SOUND, how="closed"), None), (Reply(how="silence"), None),
    ],
)  # fmt: skip
def test_what_is_not_there_yet_may_be_asked_again(
    adapter, tongue, api, account, reply, status, settings
):
    if reply.how == "silence":
        settings.PROVIDER_TIMEOUT_SECONDS = 0.3
    api.say = lambda asked: reply
    with pytest.raises(ProviderFailed) as failed:
        adapter.fetch_recording(account, tongue.recording_url(api.url))
    assert not isinstance(failed.value, BadRecording) and failed.value.http_status == status


def test_a_file_store_s_untold_kind_is_told_by_its_first_bytes(adapter, tongue, api, account):
    untold, url = {"Content-Type": "binary/octet-stream"}, tongue.recording_url(api.url)
    for content, kind in ((b"ID3 x", "audio/mpeg"), (b"RIFFxxxxWAVE", "audio/wav")):
        api.always(200, content, headers=untold)
        assert adapter.fetch_recording(account, url).content_type == kind
    api.always(200, b"<html>", headers=untold)
    with pytest.raises(BadRecording):
        adapter.fetch_recording(account, url)


def test_a_recording_is_deleted_once_and_what_is_gone_is_no_error(adapter, tongue, api, account):
    named, ours = tongue.recording_name()
    api.say = lambda asked: tongue.deleting(asked, 204)
    adapter.delete_recording(account, named)
    deleted = [asked for asked in api.asked if asked.method == "DELETE"]
    assert len(deleted) == 1 and ours in deleted[0].path
    api.say = lambda asked: tongue.deleting(asked, 404)
    adapter.delete_recording(account, named)
    api.asked.clear()
    for foreign in ("", "../Accounts/x", "x", "RE1/../../Calls", "%2e%2e"):
        adapter.delete_recording(account, foreign)
    assert api.asked == []


@pytest.mark.parametrize("reply", [Reply(500, {}), Reply(401, {}), Reply(how="silence")])
def test_a_recording_that_cannot_be_deleted_says_so(adapter, tongue, api, account, reply, settings):
    settings.PROVIDER_TIMEOUT_SECONDS = 0.3
    api.say = lambda asked: reply
    with pytest.raises(ProviderFailed) as failed:
        adapter.delete_recording(account, tongue.recording_name()[0])
    assert "the-token" not in str(failed.value)


# --- what is never shown -----------------------------------------------------------------------


def test_secrets_are_in_no_repr(adapter, tongue, account):
    assert "the-token-nobody-sees" not in f"{account!r} {account}"
    assert not any(secret in repr(tongue.keys) for secret in tongue.keys.secrets)
    assert "the-token" not in repr(adapter)


def test_it_says_what_an_account_lacks_and_where_its_webhooks_go(adapter, tongue):
    (public,) = tongue.keys.public_keys or ("",)
    assert adapter.account_problem(tongue.account, "token", public, "") is None
    query = adapter.webhook_query(tongue.account)
    assert query == "" or (query[0] == "?" and tongue.account in query)
    if public:
        for wrong in ("", "KEY0123", public[:-4], public + "=", "é"):
            field, sentence = adapter.account_problem(tongue.account, "token", wrong, "")
            assert field == "public-key" and sentence
        assert adapter.account_of({}, {"account": tongue.account}) == tongue.account
