"""How each provider says the same things: what the contract (test_contract.py) is held against.

A third provider's tongue is a class here beside its adapter: docs/providers.md.
"""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from messaging.providers.base import Received
from messaging.providers.signature import parse_form, sign
from tenants.routing import Account
from tests.providers.api import Asked, Reply
from tests.support.telnyx_hooks import ORGANIZATION, PRIVATE, PUBLIC, signed

OURS, CALLER, STAFF = "+13125550100", "+17735561234", "+13125550190"
BASE = "https://ringback.test/webhooks/x"


class Tongue(Protocol):
    """What the contract wants to be able to say and to answer in a provider's own way."""

    account: str
    keys: Account
    other_keys: Account
    base_url_setting: str
    lines: dict[str, str]  # the provider's word for a line's kind -> ours

    def voice(self, kind: str, **more: str) -> tuple[str, bytes]:
        """Return content type and body of a voice webhook in these words: see `WORDS`."""

    def text(self, body: str, **more: Any) -> tuple[str, bytes]:
        """Return an incoming text."""

    def receipt(self, status: str, error: str = "") -> tuple[str, bytes]:
        """Return what became of the text "text-1"; status: sent, delivered, undelivered."""

    def sign(self, url: str, content_type: str, body: bytes, **how: Any) -> Received:
        """Return it as it arrives. how: key ("other"), at (Unix seconds)."""

    def taken(self, message_id: str) -> Reply:
        """Return the API's answer to a text it took."""

    def refusal(self, status: int, code: str) -> Reply:
        """Return the API's refusal."""

    def texts(self, *texts: tuple[str, str, datetime]) -> Reply:
        """Return the API's list of texts to CALLER: (id, body, created)."""

    def placed(self, call_id: str) -> Reply:
        """Return the API's answer to a call it placed."""

    def numbers(self, *numbers: str) -> Reply:
        """Return the API's list of the account's numbers."""

    def line(self, kind: str) -> Reply:
        """Return the API's answer to a lookup, the kind in its own word."""

    def calls(self, asked: Asked, pages: list[list[tuple[str, datetime]]], host: str) -> Reply:
        """Return the page that was asked for; `host`: what the next page's address pretends."""

    def recording_url(self, api_url: str) -> str:
        """Return the address of a recording at the API."""

    def recording_name(self) -> tuple[str, str]:
        """Return the last part of a recording's address, and what is deleted by it."""

    def deleting(self, asked: Asked, status: int) -> Reply:
        """Return the API's answers while a recording is deleted."""

    def sent(self, asked: Asked) -> tuple[str, str, str, str]:
        """Return (from, to, body, callback) of a text as it was posted."""

    def call_posted(self, asked: Asked) -> dict[str, str]:
        """Return to, from, said (XML) or url, rings, limit and callback of a posted call."""


class Twilio:
    """Twilio and whoever speaks its dialect."""

    account = "AC" + "1" * 32
    keys = Account(1, ("the-token", "the-one-before"))
    other_keys = Account(2, ("somebody-else's",))
    base_url_setting = "TWILIO_API_BASE_URL"
    lines = {
        "mobile": "mobile", "landline": "landline", "nonFixedVoip": "nonFixedVoip",
        "tollFree": "tollFree", "somethingNew": "unknown",
    }  # fmt: skip

    def voice(self, kind: str, **more: str) -> tuple[str, bytes]:
        fields = {
            "AccountSid": self.account, "CallSid": "CA1", "From": CALLER, "To": OURS,
            "Direction": "inbound", "CallStatus": "in-progress",
            "Timestamp": format_datetime(datetime.now(UTC)),
        }  # fmt: skip
        if kind == "voice.screen":
            fields |= {"CallSid": "CA2", "ParentCallSid": "CA1", "To": STAFF, "Direction": ""}
        return self._form({**fields, **more})

    def text(self, body: str, **more: Any) -> tuple[str, bytes]:
        return self._form(
            {
                "AccountSid": self.account, "MessageSid": "SM1", "From": CALLER, "To": OURS,
                "Body": body, "NumMedia": "1", "MediaUrl0": "https://media.test/1",
                "MediaContentType0": "image/jpeg", **more,
            }
        )  # fmt: skip

    def receipt(self, status: str, error: str = "") -> tuple[str, bytes]:
        fields = {"AccountSid": self.account, "MessageSid": "text-1".replace("-", ""),
                  "MessageStatus": status, "From": OURS, "To": CALLER}  # fmt: skip
        return self._form({**fields, **({"ErrorCode": error} if error else {})})

    @staticmethod
    def _form(fields: dict[str, str]) -> tuple[str, bytes]:
        return "application/x-www-form-urlencoded", urlencode(fields).encode()

    def sign(self, url: str, content_type: str, body: bytes, **how: Any) -> Received:
        pairs = parse_form(body)
        token = self.other_keys.secrets[0] if how.get("key") == "other" else self.keys.secrets[0]
        headers = {"x-twilio-signature": sign(url, pairs, token), "content-type": content_type}
        return Received(url, headers, body, pairs)

    def taken(self, message_id: str) -> Reply:
        return Reply(201, {"sid": message_id, "status": "queued"})

    def refusal(self, status: int, code: str) -> Reply:
        return Reply(status, {"code": int(code), "message": "no", "status": status})

    def texts(self, *texts: tuple[str, str, datetime]) -> Reply:
        rows = [
            {"sid": sid, "body": body, "status": "delivered", "date_created": format_datetime(at),
             "to": CALLER, "from": OURS, "error_code": None}
            for sid, body, at in texts
        ]  # fmt: skip
        return Reply(200, {"messages": rows, "next_page_uri": None, "page": 0, "uri": ""})

    def placed(self, call_id: str) -> Reply:
        return Reply(201, {"sid": call_id, "status": "queued"})

    def numbers(self, *numbers: str) -> Reply:
        rows = [{"sid": f"PN{n}", "phone_number": number} for n, number in enumerate(numbers)]
        return Reply(200, {"incoming_phone_numbers": rows, "next_page_uri": None, "page": 0})

    def line(self, kind: str) -> Reply:
        found = {"type": kind, "carrier_name": "Pacific Bell", "error_code": None}
        return Reply(200, {"phone_number": CALLER, "line_type_intelligence": found})

    def calls(self, asked: Asked, pages: list[list[tuple[str, datetime]]], host: str) -> Reply:
        page = int(asked.query.get("Page", "0"))
        rows = [
            {"sid": sid, "from": CALLER, "to": OURS, "direction": "inbound", "status": "no-answer",
             "start_time": format_datetime(at), "end_time": format_datetime(at), "duration": "7",
             "parent_call_sid": None}
            for sid, at in pages[page]
        ]  # fmt: skip
        more = page + 1 < len(pages)
        path = f"/2010-04-01/Accounts/{self.account}/Calls.json?Page={page + 1}"
        return Reply(
            200, {"calls": rows, "page": page, "next_page_uri": host + path if more else None}
        )

    def recording_url(self, api_url: str) -> str:
        return f"{api_url}/2010-04-01/Accounts/{self.account}/Recordings/RE1"

    def recording_name(self) -> tuple[str, str]:
        return "RE" + "a" * 32 + ".mp3", "RE" + "a" * 32

    def deleting(self, asked: Asked, status: int) -> Reply:
        return Reply(
            status, {"code": 20404, "message": "no", "status": status} if status > 299 else b""
        )

    def sent(self, asked: Asked) -> tuple[str, str, str, str]:
        form = asked.form
        return form["From"], form["To"], form["Body"], form["StatusCallback"]

    def call_posted(self, asked: Asked) -> dict[str, str]:
        form = asked.form
        return {
            "from": form["From"], "to": form["To"], "said": form.get("Twiml", ""),
            "url": form.get("Url", ""), "rings": form["Timeout"], "limit": form["TimeLimit"],
            "callback": form.get("StatusCallback", ""),
        }  # fmt: skip


class Simulator(Twilio):
    """The same words at another address."""

    base_url_setting = "SIMULATOR_API_BASE_URL"


class Telnyx:
    """TeXML's forms, and JSON for texts."""

    account = ORGANIZATION
    keys = Account(1, ("KEY_secret",), (PUBLIC,))
    other_keys = Account(
        2, ("KEY_other",),
        (base64.b64encode(Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).public_key().public_bytes_raw()).decode(),),
    )  # fmt: skip
    base_url_setting = "TELNYX_API_BASE_URL"
    lines = {
        "mobile": "mobile", "fixed line": "landline", "voip": "nonFixedVoip",
        "toll free": "tollFree", "fixed line or mobile": "unknown", "new": "unknown",
    }  # fmt: skip

    def voice(self, kind: str, **more: str) -> tuple[str, bytes]:
        fields = {
            "AccountSid": self.account, "CallSid": "v3:one_-1", "From": CALLER, "To": OURS,
            "CallStatus": "in-progress", "Timestamp": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        if kind == "voice.screen":
            fields |= {"CallSid": "v3:two", "ParentCallSid": "v3:one_-1", "To": STAFF}
        body = urlencode({**fields, **more}).encode()
        return "application/x-www-form-urlencoded", body

    def text(self, body: str, **more: Any) -> tuple[str, bytes]:
        payload = {
            "id": "40318f29-5c3f-4689-aa8a-4f41c6d49178", "organization_id": self.account,
            "from": {"phone_number": CALLER}, "text": body,
            "to": [{"phone_number": STAFF, "status": "delivered"},
                   {"phone_number": OURS, "status": "webhook_delivered"}],
            "media": [{"url": "https://media.test/1", "content_type": "image/jpeg"}], **more,
        }  # fmt: skip
        return self._event("message.received", payload)

    def receipt(self, status: str, error: str = "") -> tuple[str, bytes]:
        word = {"undelivered": "delivery_failed"}.get(status, status)
        payload = {
            "id": "text-1", "organization_id": self.account, "from": {"phone_number": OURS},
            "to": [{"phone_number": CALLER, "status": word}],
            "errors": [{"code": error}] if error else [],
        }  # fmt: skip
        return self._event("message.sent" if status == "sent" else "message.finalized", payload)

    @staticmethod
    def _event(kind: str, payload: dict[str, Any]) -> tuple[str, bytes]:
        data = {"event_type": kind, "id": str(uuid.uuid4()), "payload": payload}
        event = {"data": {**data, "occurred_at": datetime.now(UTC).isoformat()}}
        return "application/json; charset=utf-8", json.dumps(event).encode()

    def sign(self, url: str, content_type: str, body: bytes, **how: Any) -> Received:
        other = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
        key = other if how.get("key") == "other" else PRIVATE
        headers = {**signed(body, at=how.get("at"), key=key), "content-type": content_type}
        return Received(url, headers, body, [])

    def taken(self, message_id: str) -> Reply:
        data = {"id": message_id, "to": [{"phone_number": CALLER, "status": "queued"}]}
        return Reply(200, {"data": data})

    def refusal(self, status: int, code: str) -> Reply:
        return Reply(status, {"errors": [{"code": code, "title": "no", "detail": "not so"}]})

    def texts(self, *texts: tuple[str, str, datetime]) -> Reply:
        rows = [
            {"record_type": "message_detail_record", "uuid": sid, "cld": CALLER, "cli": OURS,
             "direction": "outbound", "status": "delivered", "created_at": at.isoformat()}
            for sid, _, at in texts
        ]  # fmt: skip
        return Reply(200, {"data": rows})

    def placed(self, call_id: str) -> Reply:
        return Reply(200, {"from": OURS, "to": STAFF, "status": "queued", "call_sid": call_id})

    def numbers(self, *numbers: str) -> Reply:
        return Reply(200, {"data": [{"phone_number": number} for number in numbers]})

    def line(self, kind: str) -> Reply:
        return Reply(200, {"data": {"carrier": {"type": kind, "name": "Pacific Bell"}}})

    def calls(self, asked: Asked, pages: list[list[tuple[str, datetime]]], host: str) -> Reply:
        page = int(asked.query.get("Page", "0"))
        rows = [
            {"sid": sid, "from": CALLER, "to": OURS, "direction": "inbound", "status": "no-answer",
             "start_time": format_datetime(at), "end_time": format_datetime(at), "duration": "7"}
            for sid, at in pages[page]
        ]  # fmt: skip
        path = f"/v2/texml/Accounts/{self.account}/Calls.json?Page={page + 1}&PageToken=x"
        more = page + 1 < len(pages)
        return Reply(200, {"calls": rows, "next_page_uri": host + path if more else None})

    def recording_url(self, api_url: str) -> str:
        return f"{api_url}/v2/recordings/one.mp3"

    def recording_name(self) -> tuple[str, str]:
        return (
            "b0457f28-53da-11f1-9961-02420aef271f-1700000000.mp3",
            "b301ed3f-1490-491f-995f-6e64e69674d4",
        )

    def deleting(self, asked: Asked, status: int) -> Reply:
        if asked.method == "GET":
            assert asked.query == {"filter[call_leg_id]": "b0457f28-53da-11f1-9961-02420aef271f"}
            return Reply(
                200, {"data": [{"id": "b301ed3f-1490-491f-995f-6e64e69674d4"}, {"id": "../x"}]}
            )
        return Reply(status, {} if status > 299 else b"")

    def sent(self, asked: Asked) -> tuple[str, str, str, str]:
        data = asked.json
        return data["from"], data["to"], data["text"], data["webhook_url"]

    def call_posted(self, asked: Asked) -> dict[str, str]:
        data = asked.json
        return {
            "from": data["From"], "to": data["To"], "said": data.get("Texml", ""),
            "url": data.get("Url", ""), "rings": str(data["Timeout"]),
            "limit": str(data["TimeLimit"]), "callback": data.get("StatusCallback", ""),
        }  # fmt: skip


TONGUES: dict[str, Tongue] = {"twilio": Twilio(), "simulator": Simulator(), "telnyx": Telnyx()}
