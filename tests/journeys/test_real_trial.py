"""A test call and a watch call through a real provider's API, which a small server of the test plays."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from calls.forwarding import watch
from calls.models import Call, ForwardingCheck, TestCall
from calls.trials.running import TAG, shown, start
from messaging.models import Contact
from tenants.models import PhoneNumber
from tests.support.hooks import a_sid

FROM = "+13125550142"
PUBLIC = "+13125550177"
WATCHER = "+13125550143"


@pytest.fixture
def api(settings, stand_in) -> Iterator[SimpleNamespace]:
    """The provider's API: takes calls and texts, and lists the calls it took."""
    taken = SimpleNamespace(calls=[], texts=[], ended="no-answer", refuses=False)

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
    from messaging.models import Alert

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
    from messaging.models import Alert

    api.refuses = True
    work()
    with plumber.scope():
        assert Alert.objects.get().code == "FORWARDING_NOT_WATCHED"
        assert not ForwardingCheck.objects.exists()
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "unknown"
