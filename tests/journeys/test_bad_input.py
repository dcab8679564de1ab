"""What providers never send, and what others might: a clear status, stored as promised, nothing sent."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_plus, urlsplit

import httpx
import pytest
from django.conf import settings

from calls.models import Call
from messaging.models import Contact, Message
from messaging.providers.signature import parse_form, sign
from tenants.models import AgendaItem, ProviderEvent
from tests.support.hooks import a_caller, a_sid, texts_to

PATHS = [
    "voice",
    "voice/dial",
    "voice/screen",
    "voice/consent",
    "voice/status",
    "voice/recording",
    "messaging",
    "messaging/status",
    "fallback",
]


@pytest.fixture
def quiet(twilio, stand_in, dentist, work):
    """Afterwards: nothing was sent, no row is stuck, and the dentist saw nothing."""
    yield
    work()
    assert stand_in.requests == []
    assert not AgendaItem.objects.filter(state="dead").exists()
    assert not AgendaItem.objects.exclude(last_error="").exists()
    with dentist.scope():
        assert not (Call.objects.exists() or Message.objects.exists() or Contact.objects.exists())


def raw(
    twilio, path: str, body: bytes, *, token: str | None = None, **headers: str
) -> httpx.Response:
    """Post bytes as they are, signed over what they decode to."""
    full = f"/webhooks/twilio/{path}"
    signature = sign(settings.PUBLIC_BASE_URL + full, parse_form(body), token or twilio.biz.token)
    return twilio.post(
        path,
        {},
        content=body,
        signature=signature,
        headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"CallSid": "CA1"}',
        b"\x00\xff\xfe",
        b"&&&===&",
        b"<xml/>",
        "AccountSid=\u2603".encode(),
    ],
    ids=["empty", "json", "binary", "separators", "xml", "snowman"],
)
def test_a_body_that_is_no_form_of_ours_is_refused_and_leaves_nothing(path, body, twilio, quiet):
    assert raw(twilio, path, body).status_code == 403
    assert not ProviderEvent.objects.exists() and not AgendaItem.objects.exists()


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "\u00e9".encode("latin-1").decode("latin-1"),
        "=" * 4000,
    ],
)
def test_a_wrong_signature_leaves_nothing(signature, twilio, quiet):
    call = twilio.call()
    headers = {"X-Twilio-Signature": signature.encode("latin-1")}
    answer = twilio.client.post(
        f"{twilio.base_url}/webhooks/twilio/voice/dial",
        data=call.fields(DialCallStatus="no-answer"),
        headers={"Host": urlsplit(settings.PUBLIC_BASE_URL).netloc, **headers},
    )
    assert answer.status_code == 403 and "signature" in answer.text
    assert not ProviderEvent.objects.exists()


def test_no_signature_at_all_and_one_for_another_path_leave_nothing(twilio, quiet):
    fields = twilio.call().fields(DialCallStatus="no-answer")
    host = {"Host": urlsplit(settings.PUBLIC_BASE_URL).netloc}
    url = f"{twilio.base_url}/webhooks/twilio/voice/dial"
    assert twilio.client.post(url, data=fields, headers=host).status_code == 403
    pairs = [(k.encode(), v.encode()) for k, v in fields.items()]
    other = sign(f"{settings.PUBLIC_BASE_URL}/webhooks/twilio/voice", pairs, twilio.biz.token)
    assert twilio.post("voice/dial", fields, signature=other).status_code == 403
    assert (
        twilio.post("voice/dial", {**fields, "DialCallStatus": "busy"}, signature=other).status_code
        == 403
    )
    assert not ProviderEvent.objects.exists()


def test_the_host_header_has_no_say_in_the_signature(twilio, stand_in, work):
    call = twilio.call()
    fields = call.fields(DialCallStatus="no-answer", DialBridged="false")
    assert (
        twilio.post(
            "voice/dial", fields, headers={"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
        ).status_code
        == 200
    )
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1


@pytest.mark.parametrize(
    ("path", "name"), [(path, "MessageSid" if "messaging" in path else "CallSid") for path in PATHS]
)
def test_without_an_id_the_answer_names_it_and_support_can_see_it(path, name, twilio, quiet):
    fields = twilio.call().fields(DialCallStatus="no-answer", MessageStatus="sent", Body="x")
    del fields["CallSid"]
    answer = twilio.post(path, fields)
    assert answer.status_code == 400 and answer.text.startswith(f"{name}: missing")
    event = ProviderEvent.objects.get()
    assert event.state == "refused" and name in event.note and event.business_id is None


@pytest.mark.parametrize(
    "sid", ["C" * 65, "CA 1", "CA'; DROP TABLE x", "CA\u2603", "../../etc", "\x00", "CA\ud800"]
)
def test_an_id_that_is_none_is_refused(sid, twilio, quiet):
    body = b"AccountSid=%s&CallSid=%s&To=%s&From=%s" % (
        twilio.biz.account_sid.encode(),
        quote_plus(sid.encode("utf-8", "surrogatepass")).encode(),
        quote_plus(twilio.biz.number).encode(),
        quote_plus(a_caller()).encode(),
    )
    assert raw(twilio, "voice/dial", body).status_code == 400
    assert ProviderEvent.objects.get().state == "refused"


def test_absurd_values_on_a_text_do_no_harm(twilio, quiet, work):
    sender = a_caller()
    body = "\x00" + "\U0001f600" * 20_000 + "\x1b[2J"
    assert (
        twilio.text(sender, body, NumMedia="999", MediaUrl0="u" * 9000, OptOutType="").status_code
        == 200
    )
    assert twilio.text("+" + "9" * 300, "hello").status_code == 200
    assert twilio.text("BANK", "your code").status_code == 200
    work()
    with twilio.biz.scope():
        message = Message.objects.get()
        assert (
            message.their_number == sender
            and "\x00" not in message.body
            and len(message.body) <= 10_000
        )
        assert len(message.media) == 10


def test_bad_bytes_in_a_signed_form_are_stored_readable(twilio, quiet):
    caller = a_caller()
    body = (
        b"AccountSid=%s&CallSid=%s&To=%s&From=%s&FromCity=%%ED%%A0%%80%%00%%FF&CallStatus=ringing&%%00=x"
        % (
            twilio.biz.account_sid.encode(),
            a_sid().encode(),
            quote_plus(twilio.biz.number).encode(),
            quote_plus(caller).encode(),
        )
    )
    assert raw(twilio, "voice", body).status_code == 200
    params = ProviderEvent.objects.get().params
    assert (
        "\x00" not in "".join(params) + "".join(params.values()) and "\ufffd" in params["FromCity"]
    )


def test_too_many_fields_and_too_large_a_body_are_refused_unread(twilio, quiet):
    many = b"&".join(b"f%d=1" % n for n in range(501))
    answer = twilio.post("voice", {}, content=many, signature="x")
    assert answer.status_code == 400 and "501 fields" in answer.text
    large = twilio.post("voice", {}, content=b"a=" + b"x" * 300_000, signature="x")
    assert large.status_code == 413
    assert not ProviderEvent.objects.exists()


def test_five_hundred_signed_fields_are_fine(twilio, quiet):
    call = twilio.call()
    fields = {**call.fields(CallStatus="ringing"), **{f"Extra{n}": "x" * 100 for n in range(480)}}
    assert twilio.post("voice", fields).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_told_what_to_do(method, twilio, quiet):
    answer = twilio.client.request(
        method,
        f"{twilio.base_url}/webhooks/twilio/voice",
        headers={"Host": urlsplit(settings.PUBLIC_BASE_URL).netloc},
    )
    assert answer.status_code == 405 and not ProviderEvent.objects.exists()


@pytest.mark.parametrize(
    "path", ["voice/", "nothing", "", "voice/dial/x", "../admin", "VOICE", "voice%00"]
)
def test_other_paths_are_none(path, twilio, quiet):
    answer = twilio.post(f"/webhooks/twilio/{path}", twilio.call().fields())
    assert answer.status_code == 404 and not ProviderEvent.objects.exists()
    assert twilio.post("/webhooks/nobody/voice", {}).status_code == 404


def test_a_business_s_host_takes_no_webhooks(twilio, quiet):
    answer = twilio.post("voice", twilio.call().fields(), headers={"Host": twilio.biz.host})
    assert answer.status_code in (403, 404) and not ProviderEvent.objects.exists()


def test_a_request_that_breaks_off_leaves_nothing(twilio, quiet):
    url = urlsplit(twilio.base_url)
    with socket.create_connection((url.hostname, url.port), timeout=5) as wire:
        wire.sendall(
            b"POST /webhooks/twilio/voice HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nAccountSid=AC1"
        )
    assert (
        twilio.client.get(
            f"{twilio.base_url}/webhooks/twilio/voice", headers={"Host": "localhost"}
        ).status_code
        == 405
    )
    assert not ProviderEvent.objects.exists()


def test_one_webhook_twenty_times_at_once_is_one(twilio, stand_in, work):
    call = twilio.call()
    fields = call.fields(CallStatus="in-progress", DialCallStatus="no-answer", DialBridged="false")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: twilio.post("voice/dial", fields), range(20)))
    assert {answer.status_code for answer in answers} == {200} and len(
        {answer.content for answer in answers}
    ) == 1
    assert ProviderEvent.objects.count() == 1 and AgendaItem.objects.count() == 1
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
