"""The same promises at the second provider: JSON for texts, forms for calls, a key of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from itertools import permutations
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from calls.models import Call
from messaging.models import Alert, ConsentEvent, Contact, Message
from tenants.models import PhoneNumber, ProviderAccount, ProviderEvent
from tests.support.hooks import a_caller, texts_to
from tests.support.telnyx_hooks import API_KEY, ORGANIZATION, PUBLIC, signed

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)


@pytest.fixture
def sent(telnyx, stand_in, work):
    """A text-back that the provider took: (its callback, its id)."""

    def run():
        telnyx.call().dial_ends("no-answer")
        work()
        request = stand_in.requests[-1]
        return request["form"]["StatusCallback"], request["sid"]

    return run


def message_of(biz, sid: str) -> Message:
    with biz.scope():
        return Message.objects.get(provider_id=sid)


def nothing_of(biz) -> bool:
    with biz.scope():
        return not (Call.objects.exists() or Message.objects.exists() or Contact.objects.exists())


# --- calls and texts -----------------------------------------------------------------------------


def test_a_missed_call_is_texted_back_and_its_receipt_settles_it(telnyx, stand_in, work, dentist):
    call = telnyx.call()
    arrived = call.arrives()
    assert arrived.status_code == 200 and b"answerOnBridge" not in arrived.content
    assert b"/webhooks/telnyx/voice/screen" in arrived.content
    greeting = call.dial_ends("no-answer")
    assert b"<Record" in greeting.content and b"transcribe" not in greeting.content
    call.ends("completed", 40)
    work()
    (request,) = texts_to(stand_in.requests, call.caller)
    assert request["form"]["From"] == telnyx.biz.number
    callback = request["form"]["StatusCallback"]
    assert callback.startswith("http") and f"account={ORGANIZATION}" in callback
    for status in ("sent", "delivered"):
        assert telnyx.receipt(callback, status, request["sid"]).status_code == 200
    work()
    assert message_of(telnyx.biz, request["sid"]).status == "delivered"
    with telnyx.biz.scope():
        row = Call.objects.get()
        assert (row.provider, row.provider_id, row.outcome) == ("telnyx", call.sid, "missed")
    assert nothing_of(dentist)
    stored = json.dumps(list(ProviderEvent.objects.values("params", "note")))
    assert API_KEY not in stored


def test_receipts_in_any_order_end_delivered(telnyx, sent, work):
    for order in permutations(["queued", "sent", "delivered"]):
        callback, sid = sent()
        for status in (*order, *order):
            assert telnyx.receipt(callback, status, sid).status_code == 200
        work()
        assert message_of(telnyx.biz, sid).status == "delivered"


def test_an_event_that_is_delivered_again_is_one_event(telnyx, sent, work):
    callback, sid = sent()
    event, before = telnyx.receipt_event("delivered", sid), ProviderEvent.objects.count()
    for attempt in (1, 2, 3):
        event["meta"] = {"attempt": attempt, "delivered_to": f"https://a.test/{attempt}"}
        path = callback.removeprefix(telnyx.public)
        assert telnyx.post_json(path, event).status_code == 200
    assert ProviderEvent.objects.count() == before + 1


def test_a_receipt_at_the_profile_s_own_address_is_a_receipt(telnyx, sent, work):
    """A messaging profile has one address for all; the signed event says what it is."""
    _, sid = sent()
    assert telnyx.post_json("messaging", telnyx.receipt_event("delivered", sid)).status_code == 200
    work()
    assert message_of(telnyx.biz, sid).status == "delivered"
    with telnyx.biz.scope():
        assert not Message.objects.filter(direction="in").exists()


@pytest.mark.parametrize(
    ("code", "status", "column"),
    [("40300", "failed", "opted_out_at"), ("40001", "undelivered", "untextable_at")],
)
def test_a_failure_says_why_and_draws_its_consequences(telnyx, sent, work, code, status, column):
    callback, sid = sent()
    telnyx.receipt(callback, status, sid, error=code)
    work()
    message = message_of(telnyx.biz, sid)
    assert (message.status, message.error_code) == (status, code) and message.error_sentence
    with telnyx.biz.scope():
        assert getattr(Contact.objects.get(), column) is not None


def test_a_refusal_at_once_is_the_same_refusal(telnyx, stand_in, work):
    stand_in.control({"mode": "refuse", "code": "40300", "latency": 0})
    call = telnyx.call()
    call.dial_ends("no-answer")
    work()
    with telnyx.biz.scope():
        message = Message.objects.get()
        assert (message.status, message.error_code) == ("failed", "40300")
        assert Contact.objects.get().opted_out_at is not None


@pytest.mark.parametrize("word", ["STOP", "stop all", "please stop texting me"])
def test_stop_is_obeyed_before_the_answer(word, telnyx, stand_in, dentist):
    sender = a_caller()
    assert telnyx.text(sender, word).status_code == 200
    with telnyx.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None
        assert ConsentEvent.objects.get().kind == "opt_out"
    assert stand_in.requests == [] and nothing_of(dentist)


def test_a_keyword_the_profile_answers_is_not_answered_twice(telnyx, stand_in, work):
    telnyx.text(a_caller(), "STOP")
    other = a_caller()
    telnyx.text(other, "please never text me again")
    work()
    assert [r["form"]["To"] for r in stand_in.requests] == [other]


def test_a_group_text_is_taken_by_the_number_it_reached(telnyx, work):
    sender = a_caller()
    to = [
        {"phone_number": "+13125550199", "status": "delivered"},
        {"phone_number": telnyx.biz.number, "status": "webhook_delivered"},
    ]
    assert telnyx.text(sender, "Hello all", to=to).status_code == 200
    work()
    with telnyx.biz.scope():
        assert Message.objects.get(direction="in").body == "Hello all"


def test_the_failover_address_takes_texts_too(telnyx, work):
    sender = a_caller()
    payload = {
        "id": str(uuid.uuid4()), "from": {"phone_number": sender}, "text": "STOP",
        "to": [{"phone_number": telnyx.biz.number}],
    }  # fmt: skip
    event = telnyx.event("message.received", payload)
    for path in ("messaging", "fallback"):  # tried there, and then here
        assert telnyx.post_json(path, event).status_code == 200
    with telnyx.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None
        assert Message.objects.filter(direction="in").count() == 1


# --- a send whose answer never came ----------------------------------------------------------------


@pytest.mark.parametrize("mode", ["accept_then_close", "accept_then_timeout", "500"])
def test_a_lost_answer_is_settled_by_asking_and_never_doubled(
    telnyx, stand_in, work, pass_time, mode
):
    stand_in.control({"mode": mode, "times": 1, "latency": 0})
    call = telnyx.call()
    call.dial_ends("no-answer")
    work()
    for _ in range(8):
        pass_time(60)
        work()
    with telnyx.biz.scope():
        assert Message.objects.get().status in ("sending", "sent", "delivered")
        assert Message.objects.get().provider_id
    # Taken once, however often it was asked for: the repeated one carried the same key.
    assert len([r for r in stand_in.taken.values() if r["to"] == call.caller]) == 1


def test_a_text_that_is_sent_again_carries_the_same_key(telnyx, stand_in, work, pass_time):
    stand_in.control({"mode": "timeout", "times": 1, "latency": 0})
    telnyx.call().dial_ends("no-answer")
    work()
    for _ in range(8):
        pass_time(60)
        work()
    assert len(stand_in.requests) == 2 and len(stand_in.by_key) == 1
    (key,) = stand_in.by_key
    with telnyx.biz.scope():
        assert str(Message.objects.get().pk) == key


# --- the door ------------------------------------------------------------------------------------


def an_event(telnyx) -> bytes:
    payload = {
        "id": str(uuid.uuid4()), "from": {"phone_number": a_caller()},
        "to": [{"phone_number": telnyx.biz.number}], "text": "hello",
    }  # fmt: skip
    return json.dumps(telnyx.event("message.received", payload)).encode()


def refused(telnyx, body: bytes, headers: dict[str, str], path: str = "messaging") -> None:
    before = ProviderEvent.objects.count()
    answer = telnyx.send(path, body, "application/json", headers=headers)
    assert answer.status_code == 403 and "signature" in answer.text
    assert ProviderEvent.objects.count() == before


def test_what_the_key_did_not_sign_is_refused(telnyx):
    body = an_event(telnyx)
    refused(telnyx, body, signed(body.replace(b"hello", b"STOP!")))
    refused(telnyx, body, signed(body, at=time.time() - 330))
    refused(telnyx, body, signed(body, at=time.time() + 330))
    refused(telnyx, body, signed(body, key=OTHER_KEY))
    refused(telnyx, body, {"telnyx-timestamp": "", "telnyx-signature-ed25519": ""})
    assert telnyx.send("messaging", body, "application/json").status_code == 200


@pytest.mark.parametrize("secret", [PUBLIC.encode(), base64.b64decode(PUBLIC), API_KEY.encode()])
def test_an_hmac_is_no_signature_here(telnyx, secret):
    body, stamp = an_event(telnyx), str(int(time.time()))
    made = hmac.new(secret, f"{stamp}|".encode() + body, hashlib.sha256).digest()
    for value in (base64.b64encode(made).decode(), "v1," + base64.b64encode(made).decode()):
        refused(telnyx, body, {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": value})


def test_the_other_provider_s_door_takes_no_public_key_for_a_token(telnyx, twilio):
    """An account at the first provider that has a public key by mistake is not open by it."""
    ProviderAccount.objects.filter(provider="telnyx").update(provider="twilio")
    params = {"AccountSid": ORGANIZATION, "CallSid": "CA1", "From": a_caller(), "To": "+1"}
    assert twilio.post("voice", params, token=PUBLIC).status_code == 403
    assert twilio.post("voice", params, token=API_KEY).status_code == 200


def test_whose_account_an_event_is_is_in_it_or_in_our_own_address(telnyx, work):
    event = json.loads(an_event(telnyx))
    del event["data"]["payload"]["organization_id"]
    body = json.dumps(event).encode()
    refused(telnyx, body, {})
    refused(telnyx, body, {}, path="messaging?account=AC" + "1" * 32)
    path = f"messaging?account={ORGANIZATION}"
    assert telnyx.send(path, body, "application/json").status_code == 200


def test_an_account_without_its_public_key_verifies_nothing(telnyx, pass_time):
    ProviderAccount.objects.filter(provider="telnyx").update(public_key="", account_sid="org-2")
    body = an_event(telnyx).replace(ORGANIZATION.encode(), b"org-2")
    refused(telnyx, body, {})


def test_an_event_to_somebody_else_s_number_reaches_nobody(telnyx, dentist, work):
    payload = {
        "id": str(uuid.uuid4()), "from": {"phone_number": a_caller()},
        "to": [{"phone_number": dentist.number}], "text": "STOP",
    }  # fmt: skip
    event = telnyx.event("message.received", payload)
    assert telnyx.post_json("messaging", event).status_code == 200
    assert ProviderEvent.objects.get().state == "unroutable"
    work()
    assert nothing_of(dentist) and nothing_of(telnyx.biz)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON"), (b"[]", "JSON object"), (b'"x"', "JSON object"), (b"{", "JSON"),
        (b'{"a": NaN}', "JSON"), (b"\xff", "UTF-8"), (b'{"a":' * 5000 + b"1" + b"}" * 5000, "JSON"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested"), (b"9" * 5000, "JSON"),
        (json.dumps({"a": list(range(501))}).encode(), "500 fields"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_body_that_is_no_event_is_refused_with_a_sentence(telnyx, body, said):
    answer = telnyx.send(f"messaging?account={ORGANIZATION}", body, "application/json")
    assert answer.status_code == 400 and answer.text.startswith("Body: ") and said in answer.text
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize(
    ("event_type", "payload", "said"),
    [
        ("call.initiated", {"call_control_id": "v3:1"}, "data.event_type: expected message."),
        ("message.received", {}, "data.payload.id: missing"),
        ("message.finalized", {"id": "x" * 65}, "data.payload.id: expected at most 64"),
        ("message.finalized", {"id": "a b"}, "data.payload.id: expected at most 64"),
    ],
)
def test_a_signed_event_that_cannot_be_used_names_its_field(telnyx, event_type, payload, said):
    answer = telnyx.post_json("messaging", telnyx.event(event_type, payload))
    assert answer.status_code == 400 and said in answer.text
    stored = ProviderEvent.objects.get()
    assert stored.state == "refused" and said in stored.note


def test_hostile_text_in_an_event_is_stored_readable(telnyx, work):
    sender = a_caller()
    assert telnyx.text(sender, "a\x00b \ud800 <script>").status_code == 200
    work()
    with telnyx.biz.scope():
        assert Message.objects.get(direction="in").body == "a\ufffdb \ufffd\ufffd\ufffd <script>"


def test_a_switched_off_number_takes_no_calls_and_obeys_a_stop(telnyx, pass_time):
    PhoneNumber.objects.filter(e164=telnyx.biz.number).update(is_active=False)
    sender = a_caller()
    telnyx.text(sender, "STOP")
    with telnyx.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None
        assert not Alert.objects.exists()


def test_a_staff_leg_that_names_no_parent_is_known_by_its_address(
    telnyx, stand_in, work, pass_time
):
    call = telnyx.call()
    arrived = call.arrives().text
    (address,) = set(re.findall(r'url="([^"]+)"', arrived))
    assert address.endswith(f"/voice/screen?parent={quote(call.sid, safe='')}")
    leg = call.fields(CallSid="v3:child", To="+13125550190", CallStatus="in-progress")
    asked = telnyx.post(address.removeprefix(telnyx.public), leg)
    assert b"Press 1" in asked.content
    (again,) = re.findall(r'action="([^"]+)"', asked.text)
    connected = telnyx.post(again.removeprefix(telnyx.public), {**leg, "Digits": "1"})
    assert connected.status_code == 200 and b"<Hangup" not in connected.content
    call.dial_ends("completed", DialCallDuration="40")
    call.ends("completed", 55)
    work()
    pass_time(200)
    work()
    with telnyx.biz.scope():
        assert Call.objects.get().outcome == "answered"
    assert stand_in.requests == []


def test_a_staff_phone_s_voicemail_connects_nobody(telnyx):
    """Nothing pressed on the staff's leg ends it; a 1 connects."""
    call = telnyx.call()
    call.arrives()
    asked = call.screened()
    assert b"Press 1" in asked.content and b"<Hangup" in asked.content
    assert b"<Hangup" in call.screened("2").content
    assert b"<Hangup" not in call.screened("1").content
