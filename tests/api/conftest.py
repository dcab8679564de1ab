"""A client of the REST API, and a business that has something to show."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from calls.models import Call
from messaging import consent
from messaging.models import ConsentEvent, Contact, Message
from messaging.people import lock_contact
from messaging.services import send_as
from tests.support.hooks import a_caller, a_sid
from tests.support.world import Biz

PUBLIC = "localhost"
RECEIPT = {
    "action": "skip",
    "code": "COOL_DOWN",
    "sentence": "No text: we texted this caller 2 h ago.",
    "rule": "Text back missed calls",
    "decided_at": "2026-11-21T16:04:25+00:00",
    "due_at": None,
    "expires_at": None,
    "questions": [
        {"asked": "Was the call missed?", "input": "busy", "answer": "yes", "passed": True},
        {"asked": "Texted lately?", "input": "2 h ago", "answer": "yes", "passed": False},
    ],
}


@dataclass(slots=True)
class Api:
    """Speaks to /api/v1/ with one key, on one host."""

    key: str
    host: str = PUBLIC

    def get(self, path: str, **query: Any) -> Any:
        """GET /api/v1/<path>."""
        return Client().get(f"/api/v1/{path}", query, headers=self._headers())

    def post(self, path: str, data: Any, **headers: str) -> Any:
        """POST a body as JSON; text and bytes are sent as they are."""
        return Client().post(
            f"/api/v1/{path}", data, content_type="application/json",
            headers={**self._headers(), **headers},
        )  # fmt: skip

    def send(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Ask with any method; the body, if there is one, as JSON."""
        return Client().generic(
            method, f"/api/v1/{path}", "" if data is None else json.dumps(data),
            content_type="application/json", headers={**self._headers(), **headers},
        )  # fmt: skip

    def _headers(self) -> dict[str, str]:
        return {"host": self.host, **({"authorization": f"Bearer {self.key}"} if self.key else {})}


@pytest.fixture
def api(plumber: Biz) -> Api:
    """The plumber's program."""
    return Api(plumber.api_key)


@pytest.fixture
def other(dentist: Biz) -> Api:
    """The dentist's program, which must never see anything of the plumber."""
    return Api(dentist.api_key)


@dataclass(slots=True)
class Shown:
    """One row of everything that the API shows, of one business."""

    contact: Contact
    message: Message
    call: Call
    event: ConsentEvent

    def ids(self) -> dict[str, Any]:
        """The id of the row by its path."""
        return {
            "contacts": self.contact.pk,
            "conversations": self.message.conversation_id,
            "messages": str(self.message.pk),
            "calls": self.call.pk,
            "consent-events": self.event.pk,
        }


@pytest.fixture
def fill() -> Callable[[Biz], Shown]:
    """Give a business a person, a text, a call with its receipt and a consent event."""

    def make(biz: Biz) -> Shown:
        now, phone = timezone.now(), a_caller()
        with biz.scope():
            message = send_as(phone, "On our way.", author="person", author_name="Pat")
            with transaction.atomic():
                contact = lock_contact(phone, now)
                consent.record(
                    contact, "opt_out", channel="sms", raw_text="Stop please", matched="stop",
                    provider="twilio", provider_id=a_sid("SM"), at=now,
                )  # fmt: skip
            call = Call.objects.create(
                provider="twilio", provider_id=a_sid(), contact=contact, our_number=biz.number,
                caller=phone, outcome="missed", missed_because="busy",
                started_at=now - timedelta(minutes=2), ended_at=now - timedelta(minutes=1),
                ring_seconds=18, decision="skip", decision_reason="COOL_DOWN", receipt=RECEIPT,
                decided_at=now,
            )  # fmt: skip
            event = ConsentEvent.objects.get(contact=contact)
        return Shown(contact, message, call, event)

    return make


def refused(answer: Any, status: int, field: str | None = None, code: str | None = None) -> None:
    """Assert that an answer is a problem (RFC 9457), naming the field when one is given."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert body["detail"]
    if field is not None:
        assert field in [error["field"] for error in body["errors"]], body
    if code is not None:
        assert code in [error["code"] for error in body["errors"]], body
