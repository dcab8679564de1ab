"""What leaves for Sentry: the error, never a number, a text or a name."""

from __future__ import annotations

import json

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from config import sentry


class Kept(Transport):
    """Keeps what would have been sent."""

    def __init__(self, options=None):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]


@pytest.fixture
def kept(monkeypatch):
    transport = Kept()
    real = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: real(**options, transport=transport))
    sentry.start("https://key@sentry.invalid/1", environment="test", role="worker")
    yield transport
    sentry_sdk.get_client().close()
    real()


def test_an_error_is_sent_without_what_belongs_to_people(kept):
    sentry_sdk.add_breadcrumb(message="texting +13125550142 now", data={"to": "+13125550142"})

    def deliver(body="a private text", phone="+13125550142"):
        raise ValueError(f"no answer for {phone}")

    try:
        deliver()
    except ValueError:
        sentry_sdk.capture_exception()
    (event,) = kept.events
    whole = json.dumps(event)
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert (event["environment"], event["tags"]["role"]) == ("test", "worker")
    assert "3125550142" not in whole
    assert "+•••42" in json.dumps(event, ensure_ascii=False)
    assert not any(
        "vars" in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"]
    )


def test_redaction_reaches_every_depth():
    event = {"extra": {"list": ["call +13125550142", {"deep": ("3125550142", 7, None)}]}}
    assert sentry.scrub(event, {}) == {
        "extra": {"list": ["call +•••42", {"deep": ["+•••42", 7, None]}]}
    }
