"""A test call and a watch call through a real provider's API, which a small server of the test plays."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from calls.forwarding import watch
from calls.models import Call, ForwardingCheck, TestCall
from calls.trials.callers import TAG
from calls.trials.playing import TrialError
from calls.trials.running import expected_of, shown, start
from messaging import alerts
from messaging.models import Alert, Contact, Conversation
from tenants.models import Business, PhoneNumber
from tests.support.hooks import a_sid

FROM = "+13125550142"
PUBLIC = "+13125550177"
WATCHER = "+13125550143"


@pytest.fixture
def api(settings, stand_in) -> Iterator[SimpleNamespace]:
    """The provider's API: takes calls and texts, and lists the calls it took."""
    taken = SimpleNamespace(
        calls=[], texts=[], ended="no-answer", refuses=False, numbers=[FROM], asked=[]
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[-1] for name, values in parse_qs(body).items()}
            if self.path.endswith("/Calls.json") and taken.refuses:
                self._answer(400, {"code": 21210, "message": "not verified", "status": 400})
                return
            kind, mine = ("CA", taken.calls) if "Calls" in self.path else ("SM", taken.texts)
            form["sid"] = a_sid(kind)
            mine.append(form)
            self._answer(201, {"sid": form["sid"], "status": "queued"})

        def do_GET(self) -> None:
            if "/IncomingPhoneNumbers.json" in self.path:
                taken.asked.append(self.path)
                numbers = [{"sid": a_sid("PN"), "phone_number": n} for n in taken.numbers]
                self._answer(200, {"incoming_phone_numbers": numbers, "next_page_uri": None})
                return
            at = formatdate(timezone.now().timestamp(), usegmt=True)
            calls = [
                {"sid": call["sid"], "from": call["From"], "to": call["To"], "status": taken.ended,
                 "direction": "outbound-api", "date_created": at, "start_time": at}
                for call in taken.calls
            ]  # fmt: skip
            self._answer(
                200,
                {
                    "calls": calls,
                    "page": 0,
                    "page_size": 50,
                    "uri": self.path,
                    "next_page_uri": None,
                },
            )

        def _answer(self, status: int, body: object) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield taken
    server.shutdown()
    server.server_close()


def the_line(biz) -> PhoneNumber:
    return PhoneNumber.objects.select_related("account", "business").get(e164=biz.number)


def test_a_real_test_call_is_followed_to_the_reply(twilio, plumber, dentist, api, work, pass_time):
    with plumber.scope():
        test = start(the_line(plumber), "no_answer", by="Dana", now=timezone.now(), caller=FROM)
    work()
    (placed,) = api.calls
    assert (placed["From"], placed["To"]) == (FROM, plumber.number) and "Hangup" in placed["Twiml"]
    # It comes in as another leg, with an id of its own.
    call = twilio.call(FROM)
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 3)
    pass_time(2)
    work()
    (text,) = [text for text in api.texts if text["To"] == FROM]
    twilio.receipt(text["StatusCallback"], "delivered", text["sid"])
    work()
    pass_time(2)
    work()
    (reply,) = [text for text in api.texts if text["To"] == plumber.number]
    assert reply["From"] == FROM
    twilio.text(FROM, reply["Body"])
    work()
    pass_time(2)
    work()
    with plumber.scope():
        test.refresh_from_db()
        assert test.state == "passed", (test.sentence, shown(test))
        assert test.provider_id == call.sid and Call.objects.get().is_test
        assert TAG in Contact.objects.get().tags
    assert len(api.calls) == 1
    with dentist.scope():
        assert not TestCall.objects.exists() and not Call.objects.exists()


def test_a_number_that_is_not_the_accounts_is_refused_before_anything_is_placed(
    twilio, plumber, dentist, api, work
):
    """A digit typed wrongly is somebody's number: he is not called from, not texted, not marked."""
    for numbers in ([], [FROM], ["+13125550149"]):
        api.numbers = numbers
        with plumber.scope(), pytest.raises(TrialError) as wrong:
            start(the_line(plumber), "no_answer", by="D", now=timezone.now(), caller="+13125550148")
        assert wrong.value.field == "from" and "not a number of your" in wrong.value.sentence
    work()
    assert len(api.asked) == 3 and api.calls == [] and api.texts == []
    with plumber.scope():
        assert not TestCall.objects.exists() and not Contact.objects.exists()


def test_somebody_real_is_never_a_played_caller(twilio, plumber, api, work, pass_time):
    with plumber.scope():
        pat = Contact.objects.create(phone=FROM, name="Pat Lee", created_at=timezone.now())
        with pytest.raises(TrialError, match="Pat Lee is among your contacts"):
            start(the_line(plumber), "no_answer", by="Dana", now=timezone.now(), caller=FROM)
        # Known since the call began to be placed, by whatever way: still left alone.
        Contact.objects.filter(pk=pat.pk).update(phone="+13125550199")
        test = start(the_line(plumber), "no_answer", by="Dana", now=timezone.now(), caller=FROM)
        long_ago = timezone.now() - timedelta(days=3)
        Contact.objects.filter(pk=pat.pk).update(phone=FROM, created_at=long_ago)
        alert = alerts.raise_alert(
            "VIP_CALLED", "Pat called.", fix="Phone them.", subject="p", contact=pat,
            at=timezone.now(),
        )  # fmt: skip
    work()
    call = twilio.call(FROM)
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 3)
    pass_time(2)
    work()
    with plumber.scope():
        TestCall.objects.update(started_at=long_ago + timedelta(hours=1))
    pass_time(600)
    work()
    with plumber.scope():
        test.refresh_from_db()
        pat.refresh_from_db()
        assert test.state == "failed" and pat.tags == [] and pat.name == "Pat Lee"
        assert Conversation.objects.get().state == "open"
        assert Alert.objects.filter(code="VIP_CALLED", resolved_at=None).exists(), alert


@pytest.mark.parametrize(
    ("condition", "said", "rings"),
    [
        ("no_answer", ["<Hangup"], 50),
        ("after_hours", ["<Hangup"], 50),
        ("forged", ["<Hangup"], 50),
        ("busy", ["<Hangup"], 50),
        ("declined", ["<Hangup"], 50),
        ("hangs_up_late", ["<Hangup"], 15),
        ("voicemail_left", ["This is a test call of your own line", "<Hangup"], 50),
        ("answered", ["This is a test call", "<Pause"], 50),
        ("short_answer", ["This is a test call", "<Pause"], 50),
    ],
)
def test_our_end_does_what_the_condition_wants(plumber, api, work, condition, said, rings):
    with plumber.scope():
        test = start(the_line(plumber), condition, by="Dana", now=timezone.now(), caller=FROM)
    work()
    (placed,) = api.calls
    for words in said:
        assert words in placed["Twiml"]
    assert abs(int(placed["Timeout"]) - rings) <= 10
    if condition != "hangs_up_late":
        assert "staff’s phone" in test.steps[0]["guide"]


def test_keys_are_pressed_where_the_line_listens_for_them(plumber, api, work):
    Business.objects.filter(pk=plumber.business.pk).update(posture="press_one")
    PhoneNumber.objects.filter(e164=plumber.number).update(
        emergency_digit="9", emergency_number="+13125550193"
    )
    for condition, key in (("press_one", "1"), ("emergency", "9")):
        api.calls.clear()
        with plumber.scope():
            start(the_line(plumber), condition, by="Dana", now=timezone.now(), caller=FROM)
        work()
        (placed,) = api.calls
        waits, press = placed["Twiml"].split("<Pause", 1)[1], f'digits="{key}"'
        assert press in waits, placed["Twiml"]


@pytest.mark.parametrize("condition", ["withheld", "landline", "opted_out", "hangs_up_early"])
def test_what_no_provider_can_place_is_named_not_tried(plumber, api, work, condition):
    with plumber.scope(), pytest.raises(TrialError) as wrong:
        start(the_line(plumber), condition, by="Dana", now=timezone.now(), caller=FROM)
    assert wrong.value.field == "condition" and len(wrong.value.sentence) > 20
    work()
    assert api.calls == [] and api.asked == []


def test_the_second_call_of_a_number_is_expected_to_get_no_text(plumber, dentist, api, work):
    with plumber.scope():
        with pytest.raises(TrialError, match="First try “Nobody answers”"):
            start(the_line(plumber), "repeat_caller", by="D", now=timezone.now(), caller=FROM)
        minute = timezone.now() - timedelta(minutes=1)
        known = Contact.objects.create(phone=FROM, tags=[TAG], name="x", created_at=minute)
        Call.objects.create(
            provider="twilio", provider_id=a_sid("CA"), contact=known, caller=FROM,
            our_number=plumber.number, started_at=minute, decision="send", is_test=True,
        )  # fmt: skip
        for condition in ("repeat_caller", "no_answer"):
            test = start(the_line(plumber), condition, by="D", now=timezone.now(), caller=FROM)
            assert expected_of(test).code == "COOL_DOWN"
    with dentist.scope():
        assert not TestCall.objects.exists()


def test_a_call_the_provider_refuses_is_told_in_its_words(twilio, plumber, api, work):
    api.refuses = True
    with plumber.scope():
        test = start(the_line(plumber), "no_answer", by="Dana", now=timezone.now(), caller=FROM)
    work()
    with plumber.scope():
        test.refresh_from_db()
    assert test.state == "failed" and "21210" in test.sentence


@pytest.fixture
def watched(settings, plumber) -> PhoneNumber:
    """A real line that is watched from the platform's own number."""
    settings.WATCH_FROM = ("twilio", plumber.account_sid, WATCHER)
    settings.WATCH_NUMBER = WATCHER
    PhoneNumber.objects.filter(e164=plumber.number).update(
        forwards_from=PUBLIC, forwarding_carrier="verizon", forwarding_watched=True
    )
    line = the_line(plumber)
    with plumber.scope():
        watch.start(line, at=timezone.now())
    return line


def test_a_watch_call_that_arrives_is_refused_unanswered(
    twilio, plumber, api, watched, work, pass_time
):
    work()
    (placed,) = api.calls
    assert (placed["From"], placed["To"]) == (WATCHER, PUBLIC)
    call = twilio.call(WATCHER)
    assert b"<Reject" in call.arrives().content
    call.ends("busy")
    pass_time(5)
    work()
    with plumber.scope():
        assert ForwardingCheck.objects.get().state == "reached"
        assert not Contact.objects.exists()
    # Even one that comes long after its look is nobody's call.
    with plumber.scope():
        ForwardingCheck.objects.all().delete()
    late = twilio.call(WATCHER)
    late.arrives()
    late.ends("busy")
    pass_time(10)
    work()
    with plumber.scope():
        assert not Contact.objects.exists() and Call.objects.filter(is_test=True).count() == 2


def test_what_became_of_a_lost_call_is_asked_of_the_provider(
    twilio, plumber, dentist, api, watched, work, pass_time
):
    api.ended = "completed"
    work()
    for _ in range(2):
        with plumber.scope():
            past = timezone.now() - watch.REAL.again * 2
            ForwardingCheck.objects.filter(state="waiting").update(deadline_at=past)
        pass_time(600)
        work()
    with plumber.scope():
        alert = Alert.objects.get(resolved_at=None)
        assert "something else answered it" in alert.sentence and "*713125550100" in alert.fix
        states = list(ForwardingCheck.objects.values_list("kind", "state"))
        assert sorted(states) == [("again", "lost"), ("watch", "lost")]
    assert len(api.calls) == 2
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_watch_call_the_provider_refuses_says_nothing_of_the_line(
    twilio, plumber, api, watched, work
):
    api.refuses = True
    work()
    with plumber.scope():
        assert Alert.objects.get().code == "FORWARDING_NOT_WATCHED"
        assert not ForwardingCheck.objects.exists()
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "unknown"
