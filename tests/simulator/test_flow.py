"""Whole calls and texts through the simulated network, against the real application over HTTP."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from calls.models import Call
from calls.simulator.client import SimulatorRefused
from tests.support.hooks import a_caller


def call_of(biz, sid: str) -> Call:
    with biz.scope():
        return Call.objects.get(provider="simulator", provider_id=sid)


def place(simulator, work, biz, staff: str, **plan) -> tuple[str, str]:
    """Place a call, see it to its end, let the worker work; returns (caller, call id)."""
    caller = plan.pop("caller", None) or a_caller()
    plan.setdefault("ring_seconds", 0.2)
    sid = simulator.place_call(biz.number, caller, staff, faster=True, **plan)
    simulator.await_end(sid, 20)
    time.sleep(0.1)  # the last callback follows the end
    work()
    return caller, sid


@pytest.mark.parametrize(
    ("staff", "because"),
    [
        ("no_answer", "no_answer"),
        ("busy", "busy"),
        ("decline", "busy"),
        ("voicemail", "not_accepted"),
    ],
)
def test_a_missed_call_is_texted_back(simulator, plumber, work, staff, because):
    caller, sid = place(simulator, work, plumber, staff)
    call = call_of(plumber, sid)
    assert (call.outcome, call.missed_because, call.decision) == ("missed", because, "send")
    (text,) = simulator.await_text(caller, plumber.number)
    assert "Lakeside Plumbing" in text["body"]


def test_an_answered_call_is_not(simulator, plumber, work):
    caller, sid = place(simulator, work, plumber, "answers", talk_seconds=3)
    call = call_of(plumber, sid)
    assert (call.outcome, call.talk_seconds, call.decision) == ("answered", 3, "skip")
    assert simulator.phone(caller, plumber.number)["texts"] == []


def test_a_caller_who_gives_up_at_once_is_not_texted(simulator, plumber, work):
    caller, sid = place(simulator, work, plumber, "caller_hangs_up")
    call = call_of(plumber, sid)
    assert (call.missed_because, call.decision_reason) == ("caller_hung_up", "RING_TOO_SHORT")
    assert simulator.phone(caller, plumber.number)["texts"] == []


def test_a_message_left_is_kept_with_its_sound(simulator, plumber, work):
    _, sid = place(
        simulator, work, plumber, "no_answer", afterwards="leaves_message", message_seconds=4
    )
    call = call_of(plumber, sid)
    assert (call.outcome, call.voicemail_seconds) == ("voicemail", 4)
    sound = httpx.get(call.voicemail_url, auth=(plumber.account_sid, plumber.token))
    assert sound.headers["content-type"] == "audio/x-wav" and sound.content[:4] == b"RIFF"
    assert httpx.get(call.voicemail_url).status_code == 401


def test_a_forwarded_line_goes_straight_to_the_greeting(simulator, dentist, work):
    caller, sid = place(simulator, work, dentist, "no_answer")
    assert call_of(dentist, sid).missed_because == "forwarded"
    assert len(simulator.await_text(caller, dentist.number)) == 1


def test_people_on_the_page_decide_themselves(simulator, plumber, work):
    caller = a_caller()
    sid = simulator.place_call(plumber.number, caller, "by_hand", talk_seconds=60)

    def until(staff: str) -> None:
        for _ in range(100):
            if simulator.call(sid)["staff"] == staff:
                return
            time.sleep(0.05)
        raise AssertionError(f"the staff phone never came to {staff}")

    until("ringing")
    simulator.instruct(sid, "answer")
    until("screening")
    simulator.instruct(sid, "press_1")
    until("talking")
    simulator.instruct(sid, "hang_up")
    simulator.await_end(sid)
    time.sleep(0.1)
    work()
    assert call_of(plumber, sid).outcome == "answered"
    with pytest.raises(SimulatorRefused, match="over"):
        simulator.instruct(sid, "hang_up")


def test_the_page_is_told_the_receipt_and_the_way_of_the_text(simulator, plumber, work):
    caller = a_caller()
    done = threading.Event()
    sid = simulator.place_call(plumber.number, caller, ring_seconds=0.2)
    simulator.await_end(sid)
    work()
    for _ in range(60):
        story = simulator.phone(caller, plumber.number)["story"]
        kinds = [line["kind"] for line in story]
        if "decision" in kinds and any(line.get("status") == "delivered" for line in story):
            done.set()
            break
        time.sleep(0.1)
    assert done.is_set(), kinds
    assert {"call", "webhook", "verbs", "outcome", "decision", "queued", "gate", "api"} <= set(
        kinds
    )
    receipt = next(line["receipt"] for line in story if line["kind"] == "decision")
    assert receipt["action"] == "send" and len(receipt["questions"]) > 5
    work()
    from messaging.models import Message

    with plumber.scope():
        assert Message.objects.get(author="rule").status == "delivered"


def test_stop_is_answered_by_the_carrier_and_obeyed_by_both(simulator, plumber, work):
    caller, _ = place(simulator, work, plumber, "no_answer")
    simulator.reply(plumber.number, caller, "STOP")
    for _ in range(40):
        phone = simulator.phone(caller, plumber.number)
        if phone["texts"][-1]["by"] == "carrier":
            break
        time.sleep(0.05)
    assert phone["opted_out"] and phone["texts"][-1]["by"] == "carrier"
    refused = post_text(simulator, plumber, To=caller)
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    from messaging.models import Contact

    with plumber.scope():
        assert Contact.objects.get(phone=caller).opted_out_at is not None


def test_a_landline_is_refused_with_the_providers_code(simulator, plumber, work):
    place(simulator, work, plumber, "no_answer", caller="+17735560006")
    from messaging.models import Message

    with plumber.scope():
        text = Message.objects.get(author="rule")
    assert (text.status, text.error_code) == ("failed", "21614")


def post_text(simulator, biz, token: str = "", **form: str) -> httpx.Response:
    url = f"{simulator.base_url}/simulator/api/2010-04-01/Accounts/{biz.account_sid}/Messages.json"
    data = {"To": a_caller(), "From": biz.number, "Body": "Hello"} | form
    return httpx.post(url, data=data, auth=(biz.account_sid, token or biz.token))


def test_the_api_takes_and_lists_texts_as_the_sdk_expects(simulator, plumber, dentist):
    to = a_caller()
    taken = post_text(simulator, plumber, To=to)
    assert taken.status_code == 201 and taken.json()["status"] == "queued"
    url = f"{simulator.base_url}/simulator/api/2010-04-01/Accounts/{plumber.account_sid}/Messages.json"
    auth = (plumber.account_sid, plumber.token)
    listed = httpx.get(url, params={"To": to, "From": plumber.number, "PageSize": "5"}, auth=auth)
    assert [text["sid"] for text in listed.json()["messages"]] == [taken.json()["sid"]]
    assert httpx.get(url, params={"To": dentist.number}, auth=auth).json()["messages"] == []


def test_the_api_knows_its_accounts(simulator, plumber, dentist):
    assert post_text(simulator, plumber, token="wrong").json()["code"] == 20003
    other = post_text(simulator, plumber, From=dentist.number)
    assert (other.status_code, other.json()["code"]) == (400, 21606)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "lakeside-plumbing.localhost"}, 404),
    ],
)
def test_only_the_simulators_own_page_may_act(simulator, plumber, headers, status):
    answer = httpx.post(
        f"{simulator.base_url}/simulator/do/call",
        content=b'{"business": "%s", "caller": "+17735569999"}' % plumber.number.encode(),
        headers={"Content-Type": "application/json"} | headers,
    )
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"business": 1}'])
def test_nonsense_is_told_what_was_expected(simulator, body):
    answer = httpx.post(
        f"{simulator.base_url}/simulator/do/call",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422) and answer.json()["detail"]


def test_the_page_shows_every_number_on_the_network(simulator, plumber, dentist):
    page = httpx.get(f"{simulator.base_url}/simulator/")
    assert page.status_code == 200
    assert plumber.number in page.text and dentist.number in page.text
    assert "style=" not in page.text.replace("stylesheet", "")


@pytest.mark.parametrize("body", ["[" * 60_000, '{"a":' * 10_000, "{", "[]", "\xff"])
def test_json_that_cannot_be_read_is_refused_in_words(simulator, body):
    answer = httpx.post(
        f"{simulator.base_url}/simulator/do/call",
        content=body.encode("latin-1"),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Body: expected JSON") or body == "[]"


# --- the consent posture, on the caller's phone ---------------------------------------------------


@pytest.fixture
def posture(world):
    from config.asgi import hub
    from tenants.models import Business

    def choose(biz, key: str) -> None:
        Business.objects.filter(pk=biz.business.pk).update(posture=key)
        hub.directory._kept.clear()

    yield choose
    hub.directory._kept.clear()


@pytest.mark.parametrize(("afterwards", "texts"), [("presses_1", 1), ("hangs_up", 0)])
def test_only_who_presses_one_is_texted_where_that_is_asked_for(
    simulator, plumber, work, posture, afterwards, texts
):
    posture(plumber, "press_one")
    caller, sid = place(simulator, work, plumber, "no_answer", afterwards=afterwards)
    call = call_of(plumber, sid)
    assert (call.outcome, call.decision == "send") == ("missed", bool(texts))
    assert call.facts.get("consent_digit") == ("1" if texts else None)
    assert len(simulator.phone(caller, plumber.number)["texts"]) == texts
    told = [line for line in simulator.phone(caller, plumber.number)["story"]]
    paths = [line["path"] for line in told if line["kind"] == "webhook"]
    assert ("/webhooks/simulator/voice/consent" in paths) is bool(texts)


def test_the_key_can_be_pressed_by_hand_while_it_is_offered(simulator, plumber, work, posture):
    posture(plumber, "press_one")
    caller = a_caller()
    sid = simulator.place_call(
        plumber.number, caller, ring_seconds=0.2, afterwards="leaves_message", faster=True
    )
    for _ in range(200):
        if (state := simulator.call(sid)).get("key"):
            break
        time.sleep(0.02)
    assert state["key"] == "1" and "press 1" in state["says"] and state["state"] == "greeting"
    simulator.instruct(sid, "caller_press_1")
    simulator.await_end(sid)
    time.sleep(0.1)
    work()
    call = call_of(plumber, sid)
    assert (call.facts["consent_digit"], call.outcome) == ("1", "voicemail")
    assert len(simulator.await_text(caller, plumber.number)) == 1


def test_whoever_lets_the_offer_pass_may_still_leave_a_message(simulator, plumber, work, posture):
    posture(plumber, "press_one")
    caller, sid = place(simulator, work, plumber, "busy", afterwards="leaves_message")
    call = call_of(plumber, sid)
    assert (call.outcome, call.decision_reason) == ("voicemail", "CONSENT_LEVEL_TOO_LOW")
    assert simulator.phone(caller, plumber.number)["texts"] == []


@pytest.mark.parametrize(("afterwards", "texts"), [("listens", 1), ("hangs_up", 0)])
def test_on_a_forwarded_line_the_notice_must_be_heard_out(
    simulator, dentist, work, posture, afterwards, texts
):
    posture(dentist, "notice")
    caller, sid = place(simulator, work, dentist, "no_answer", afterwards=afterwards)
    assert (call_of(dentist, sid).decision == "send") is bool(texts)
    assert len(simulator.phone(caller, dentist.number)["texts"]) == texts


def test_the_caller_stays_for_the_ringing_after_the_notice(simulator, plumber, work, posture):
    posture(plumber, "notice")
    caller, sid = place(simulator, work, plumber, "busy")
    call = call_of(plumber, sid)
    assert (call.missed_because, call.decision) == ("busy", "send")
    assert len(simulator.await_text(caller, plumber.number)) == 1
