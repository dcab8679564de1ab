"""Callers without a number, with a wrong one, or with one of our own: stored, explained, never texted."""

from __future__ import annotations

import pytest

from calls.models import Call
from messaging.models import Contact, Message
from tenants.models import AgendaItem, ProviderEvent


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


CALLERS = [
    "",
    "anonymous",
    "Anonymous",
    "unknown",
    "restricted",
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
    "sip:eve@example.com",
    "client:eve",
    "384387",
    "+999999999999999",
    "123456789012345",
    "+18005551212",
    "+19005551234",
    "+13129765555",
    "+447400123456",
    "\x00\x00",
    "'; DROP SCHEMA public; --",
    "\u202e+1773",
    "+1" + "7" * 4000,
    "٧٧٣٥٥٦١٢٣٤",
]


@pytest.mark.parametrize("caller", CALLERS, ids=range(len(CALLERS)))
def test_callers_who_are_nobody_to_text(caller, twilio, quiet, work):
    call = twilio.call(caller or " ")
    call.caller = caller
    assert call.arrives().status_code == 200
    assert call.dial_ends("no-answer").status_code == 200
    work()
    with twilio.biz.scope():
        row = Call.objects.get(provider_id=call.sid)
        assert (row.outcome, row.decision, row.decision_reason) == (
            "missed",
            "skip",
            "NOT_TEXTABLE",
        )
        assert row.receipt["sentence"].startswith("No text")
        assert not Message.objects.exists()
        assert Contact.objects.count() <= 1
    assert ProviderEvent.objects.filter(state="processed").count() == 2


def test_nobody_who_withholds_his_number_shares_a_contact(twilio, quiet, work):
    for caller in ("anonymous", "+266696687", "unknown", ""):
        call = twilio.call("x")
        call.caller = caller
        call.dial_ends("no-answer")
    work()
    with twilio.biz.scope():
        assert Call.objects.count() == 4 and not Contact.objects.exists()


@pytest.mark.parametrize("caller", ["own", "staff"])
def test_our_own_numbers_are_never_texted(caller, twilio, quiet, work):
    call = twilio.call(twilio.biz.number if caller == "own" else twilio.biz.staff)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    with twilio.biz.scope():
        assert Call.objects.get().decision_reason == "NOT_TEXTABLE"
