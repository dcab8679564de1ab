"""Correctly signed nonsense: longer, larger and later than anything real. It does no harm."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from django.conf import settings

from calls.models import Call
from messaging.models import Message
from messaging.providers.signature import parse_form, sign
from tenants.models import AgendaItem
from tests.support.hooks import a_sid, texts_to


def raw(twilio, path: str, body: bytes):
    """Post bytes as they are, signed over what they decode to."""
    full = f"{settings.PUBLIC_BASE_URL}/webhooks/twilio/{path}"
    return twilio.post(
        path,
        {},
        content=body,
        signature=sign(full, parse_form(body), twilio.biz.token),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


ABSURD = {
    "DialCallDuration": "9" * 400,
    "CallDuration": "-5",
    "RecordingDuration": "1e9",
    "DialCallStatus": "weird" * 50,
    "DialBridged": "perhaps",
    "Timestamp": "Fri, 31 Dec 9999 23:59:59 -1400",
    "CallerName": "N" * 50_000,
    "RecordingUrl": "javascript:" + "x" * 9000,
    "SequenceNumber": "\u0661",
    "FromCity": "\u0000\ud800\U0001f600",
}


@pytest.mark.parametrize("name", ABSURD)
@pytest.mark.parametrize("path", ["voice", "voice/dial", "voice/status", "voice/recording"])
def test_absurd_values_on_a_call_do_no_harm(path, name, twilio, stand_in, dentist, work, pass_time):
    call = twilio.call()
    status = "completed" if path == "voice/status" else "in-progress"
    fields = {
        **call.fields(DialCallStatus="busy", CallStatus=status, RecordingDuration="3"),
        name: ABSURD[name],
    }
    body = "&".join(
        f"{k}={quote_plus(v.encode('utf-8', 'surrogatepass'))}" for k, v in fields.items()
    ).encode()
    assert call.arrives().status_code == 200
    assert raw(twilio, path, body).status_code == 200
    call.dial_ends("no-answer")
    work()
    assert not AgendaItem.objects.exclude(last_error="").exists()
    pass_time(300)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with dentist.scope():
        assert not Call.objects.exists()


def test_an_absurd_receipt_does_no_harm(twilio, stand_in, work):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    (sent,) = stand_in.requests
    for code in ("9" * 100, "-1", "0", "\u0663", "30006; DROP"):
        status = "failed" if code == "9" * 100 else "sent"
        assert (
            twilio.receipt(
                sent["form"]["StatusCallback"], status, sent["sid"], ErrorCode=code
            ).status_code
            == 200
        )
    assert (
        twilio.receipt(
            "/webhooks/twilio/messaging/status?message=nonsense", "delivered", a_sid("SM")
        ).status_code
        == 200
    )
    assert (
        twilio.receipt("/webhooks/twilio/messaging/status", "flying", sent["sid"]).status_code
        == 200
    )
    work()
    assert not AgendaItem.objects.exclude(last_error="").exists()
    with twilio.biz.scope():
        assert Message.objects.get().status in ("sent", "failed")
