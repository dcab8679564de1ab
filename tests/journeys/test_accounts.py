"""Whose signature, whose number: accounts, rotation, and the wall between two businesses."""

from __future__ import annotations

import pytest

from calls.models import Call
from messaging.models import Contact, Message
from tenants.accounts import rotate_token
from tenants.models import PhoneNumber, ProviderAccount, ProviderEvent
from tests.support.hooks import Provider, a_caller, texts_to


def nothing_in(biz) -> bool:
    with biz.scope():
        return not (Call.objects.exists() or Message.objects.exists() or Contact.objects.exists())


def test_a_signature_right_for_another_account_is_none(twilio, dentist, stand_in, work):
    fields = twilio.call().fields(DialCallStatus="no-answer")
    assert twilio.post("voice/dial", fields, token=dentist.token).status_code == 403
    assert twilio.post("voice/dial", {**fields, "AccountSid": "AC" + "9" * 32}).status_code == 403
    assert not ProviderEvent.objects.exists()
    work()
    assert stand_in.requests == []


@pytest.mark.parametrize(
    "kind", ["voice", "voice/dial", "voice/status", "messaging", "stop", "fallback"]
)
def test_one_account_cannot_speak_for_another_s_number(kind, twilio, dentist, stand_in, work):
    """Signed by the plumber's account, about the dentist's number: stored for support, and nobody's."""
    caller = a_caller()
    call = twilio.call(caller, To=dentist.number, Called=dentist.number)
    if kind in ("messaging", "stop"):
        answer = twilio.text(caller, "STOP" if kind == "stop" else "hello", To=dentist.number)
    else:
        answer = twilio.post(kind, call.fields(DialCallStatus="no-answer", CallStatus="completed"))
    assert (
        answer.status_code == 200 and b"Dial" not in answer.content and b"Say" not in answer.content
    )
    event = ProviderEvent.objects.get()
    assert (event.state, event.business_id) == (
        "unroutable",
        None,
    ) and event.account.account_sid == twilio.biz.account_sid
    work()
    assert stand_in.requests == [] and nothing_in(dentist) and nothing_in(twilio.biz)


def test_a_receipt_cannot_touch_another_business_s_text(twilio, dentist, web_url, stand_in, work):
    theirs = Provider(dentist, web_url)
    call = theirs.call()
    call.ends("completed", 9)
    work()
    (sent,) = stand_in.requests
    for sender in (twilio.biz.number, dentist.number):
        assert (
            twilio.receipt(
                sent["form"]["StatusCallback"],
                "failed",
                sent["sid"],
                From=sender,
                ErrorCode="21610",
            ).status_code
            == 200
        )
    work()
    with dentist.scope():
        assert Message.objects.get().status == "sent"
        assert Contact.objects.get().opted_out_at is None
    assert nothing_in(twilio.biz)


def test_an_unknown_number_is_quiet_and_can_be_seen(twilio, work, stand_in):
    for number in ("+13125559999", "384387", "", "sip:us@example.com"):
        call = twilio.call(To=number, Called=number)
        answer = call.arrives()
        assert answer.status_code == 200 and answer.content.endswith(b"<Response />")
    assert set(ProviderEvent.objects.values_list("state", flat=True)) == {"unroutable"}
    assert ProviderEvent.objects.count() == 4
    work()
    assert stand_in.requests == []


def test_a_number_switched_off_is_nobody_s(twilio, work, stand_in):
    PhoneNumber.objects.filter(e164=twilio.biz.number).update(is_active=False)
    from config.asgi import hub

    hub.directory._kept.clear()  # what a web process remembers for some seconds
    assert twilio.call().dial_ends("no-answer").status_code == 200
    work()
    assert stand_in.requests == [] and nothing_in(twilio.biz)


def test_a_rotated_token_loses_no_webhook(twilio, stand_in, work):
    assert twilio.call().arrives().status_code == 200  # the account is remembered now
    account = ProviderAccount.objects.get(account_sid=twilio.biz.account_sid)
    rotate_token(account, "token-of-today")
    calls = [twilio.call() for _ in range(2)]
    fields = [call.fields(DialCallStatus="no-answer", DialBridged="false") for call in calls]
    assert twilio.post("voice/dial", fields[0], token="token-of-today").status_code == 200
    assert twilio.post("voice/dial", fields[1], token=twilio.biz.token).status_code == 200
    work()
    assert all(len(texts_to(stand_in.requests, call.caller)) == 1 for call in calls)
    rotate_token(account, "token-of-tomorrow")
    fields = [twilio.call().fields(CallStatus="ringing") for _ in range(3)]
    for form, token, status in zip(
        fields, ("token-of-tomorrow", "token-of-today", "never"), (200, 200, 403), strict=True
    ):
        assert twilio.post("voice", form, token=token).status_code == status


def test_the_new_token_is_the_one_we_sign_in_with(twilio, stand_in, work, monkeypatch):
    seen: list[str] = []
    rotate_token(ProviderAccount.objects.get(account_sid=twilio.biz.account_sid), "token-of-today")
    from messaging.providers import twilio_api

    create = twilio_api.create_message
    monkeypatch.setattr(
        twilio_api,
        "create_message",
        lambda base, account, *rest: (seen.append(account.token), create(base, account, *rest))[1],
    )
    twilio.call().dial_ends("no-answer")
    work()
    assert seen == ["token-of-today"] and len(stand_in.requests) == 1


def test_tokens_are_never_stored_readable(world):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token, previous_auth_token FROM public.tenants_provideraccount")
        for row in cursor.fetchall():
            assert not any("token-of" in value for value in row)


@pytest.mark.parametrize("words", ["STOP", "please never text me again"])
def test_a_stop_to_a_number_switched_off_is_obeyed(words, twilio, work, dentist):
    from config.asgi import hub
    from messaging.models import ConsentEvent

    PhoneNumber.objects.filter(e164=twilio.biz.number).update(is_active=False)
    hub.directory._kept.clear()
    assert twilio.text(a_caller(), words).status_code == 200
    work()
    with twilio.biz.scope():
        assert Contact.objects.get().opted_out_at is not None
        assert ConsentEvent.objects.filter(kind="opt_out").count() == 1
    with dentist.scope():
        assert not Contact.objects.exists()
    assert not ProviderEvent.objects.filter(state="unroutable").exists()
    assert twilio.call().arrives().content.endswith(b"<Response />")
