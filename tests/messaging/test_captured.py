"""Webhooks as others really received them (read beside the checkout): parsed, routed, and quiet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from calls.models import Call
from calls.outcome import fold, merge
from messaging.models import Message
from messaging.providers.base import BadEvent
from messaging.providers.signature import readable
from messaging.providers.telnyx import Telnyx
from messaging.providers.twilio import Twilio
from tenants.models import AgendaItem, ProviderEvent
from tests.support.hooks import a_sid

CAPTURED = (
    Path(__file__).resolve().parents[3] / "shared" / "datasets" / "webhooks" / "captured.jsonl"
)
KINDS = {"inbound_sms": "messaging", "dial_action": "voice.dial", "voice_status": "voice.status"}


def captured(kinds: Iterable[str] = KINDS) -> list[Any]:
    if not CAPTURED.exists():
        absent = pytest.mark.skip(
            "needs ../shared/datasets/webhooks/captured.jsonl, which stands beside the checkout"
        )
        return [pytest.param({}, marks=absent)]
    rows = [json.loads(line) for line in CAPTURED.read_text().splitlines()]
    return [pytest.param(row, id=row["id"]) for row in rows if row["kind"] in kinds]


@pytest.mark.parametrize("row", captured())
def test_it_is_parsed(row):
    kind, params, adapter = KINDS[row["kind"]], {"CallSid": "CA1", **row["params"]}, Twilio()
    assert adapter.subject(kind, params)
    if kind == "messaging":
        event = adapter.text_event(params)
        assert event.body == params["Body"] and event.sender == params["From"] and event.media == ()
        assert event.our_number == (params["To"] if len(params["To"]) > 8 else "")
        return
    voice = adapter.voice_event(kind, params, timezone.now())
    outcome = fold(merge(merge({}, voice.facts), {"answering": "staff_first", "press_one": True}))
    if params.get("Direction", "inbound") != "inbound":
        assert outcome.kind == "ignored"
    else:
        assert outcome.kind == "missed" and outcome.because == "no_answer" and outcome.certain


@pytest.mark.parametrize("row", captured(["telnyx_call", "telnyx_message"]))
def test_telnyx_s_are_parsed_or_say_what_was_expected(row):
    adapter = Telnyx()
    params = readable(adapter.parse("application/json", json.dumps(row["params"]).encode()))
    kind = adapter.kind_of("messaging", params)
    if row["kind"] == "telnyx_call":  # of another way to steer calls than ours
        with pytest.raises(BadEvent, match=r"data\.event_type: expected message\."):
            adapter.subject(kind, params)
        return
    receipt = adapter.receipt_event(params)
    payload = row["params"]["data"]["payload"]
    assert (kind, receipt.message_id) == ("messaging.status", payload["id"])
    assert (receipt.status, receipt.error_code) == ("delivered", "")
    assert adapter.our_number(kind, params) == payload["from"]["phone_number"]
    assert adapter.identity(params) == row["params"]["data"]["id"]


@pytest.mark.parametrize("row", captured())
def test_it_arrives_at_our_number(row, twilio, stand_in, work, pass_time, dentist):
    """Only a call that came in and nobody took is texted; nothing outbound ever is."""
    params = {
        "CallSid": a_sid(),
        **row["params"],
        "AccountSid": twilio.biz.account_sid,
        "To": twilio.biz.number,
        "Called": twilio.biz.number,
    }
    inbound = params.get("Direction", "inbound") == "inbound"
    params.setdefault("From", "+17725561101")
    if params["From"].startswith("+1772555"):
        params["From"] = params["Caller"] = "+17725561101"  # the masked number is no valid one
    path = KINDS[row["kind"]].replace(".", "/")
    assert twilio.post(path, params).status_code == 200
    work()
    pass_time(300)
    work()
    assert not AgendaItem.objects.exclude(last_error="").exists()
    assert ProviderEvent.objects.get().state == "processed"
    with twilio.biz.scope():
        if row["kind"] == "inbound_sms":
            assert stand_in.requests == [] and Message.objects.filter(direction="in").count() <= 1
        else:
            assert len(stand_in.requests) == (1 if inbound else 0)
            assert Call.objects.get().outcome == ("missed" if inbound else "ignored")
    with dentist.scope():
        assert not Call.objects.exists() and not Message.objects.exists()
