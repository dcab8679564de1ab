"""Webhooks as Telnyx posts them: TeXML forms for calls, JSON for texts, ed25519 over the raw body.

It speaks what hooks.py speaks, so that every story of a call can be told in both tongues. Where
the providers differ (telephony.md 4.2): no Direction, no DialBridged, and the caller's leg is
answered before anything rings, so that its end is always "completed".
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.hooks import Call, Provider, a_caller
from tests.support.world import Biz

ORGANIZATION = "61bf923e-5e4d-4595-a110-56190ea18a1b"
API_KEY = "KEY0123456789ABCDEF_secret"
APPLICATION = "1293384261075731499"
# telephony.md section 8: the seed of its own vector.
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
_STATUSES = {"undelivered": "delivery_failed", "failed": "sending_failed"}


def signed(
    body: bytes, *, at: float | None = None, key: Ed25519PrivateKey = PRIVATE
) -> dict[str, str]:
    """Return the two headers that sign a body."""
    timestamp = str(int(time.time() if at is None else at))
    signature = key.sign(f"{timestamp}|".encode() + body)
    return {
        "telnyx-timestamp": timestamp,
        "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
    }


def a_call_id() -> str:
    """Return a call's id of the shape Telnyx gives."""
    return "v3:" + base64.urlsafe_b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes).decode()[:42]


def moved_to_telnyx(biz: Biz, base_url: str) -> TelnyxProvider:
    """Make the business's account one at Telnyx and return who posts its webhooks."""
    from tenants.models import PhoneNumber, ProviderAccount

    account = PhoneNumber.objects.get(e164=biz.number).account
    ProviderAccount.objects.filter(pk=account.pk).update(
        provider="telnyx", account_sid=ORGANIZATION, public_key=PUBLIC, application_id=APPLICATION
    )
    account.refresh_from_db()
    account.auth_token, account.previous_auth_token = API_KEY, ""
    account.save()
    moved = replace(biz, account_sid=ORGANIZATION, token=API_KEY)
    return TelnyxProvider(moved, base_url, path_prefix="/webhooks/telnyx")


@dataclass(slots=True)
class TelnyxProvider(Provider):
    """Posts what Telnyx would."""

    key: Ed25519PrivateKey = field(default=PRIVATE)

    def send(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Post a body, signed now unless `headers` say otherwise."""
        full = path if path.startswith("/") else f"{self.path_prefix}/{path}"
        sent = {
            "Host": httpx.URL(self.public).netloc.decode(),
            "Content-Type": content_type,
            **signed(body, key=self.key),
            **(headers or {}),
        }
        return self.client.post(
            self.base_url + full, content=body, headers=sent, timeout=self.timeout
        )

    def post(self, path: str, params: dict[str, str], **_: Any) -> httpx.Response:  # type: ignore[override]
        """Post form fields."""
        body = urlencode(params, errors="surrogatepass").encode()
        return self.send(path, body, "application/x-www-form-urlencoded")

    def post_json(self, path: str, event: dict[str, Any], **more: Any) -> httpx.Response:
        """Post an event."""
        return self.send(path, json.dumps(event).encode(), "application/json", **more)

    def call(self, caller: str | None = None, **extra: str) -> TelnyxCall:
        """Return a call that has not begun; nothing is posted yet."""
        return TelnyxCall(self, a_call_id(), caller or a_caller(), extra)

    def event(self, kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return an event of a text in its envelope."""
        return {
            "data": {
                "event_type": kind,
                "id": str(uuid.uuid4()),
                "occurred_at": datetime.now(UTC).isoformat(),
                "payload": {"organization_id": ORGANIZATION, "record_type": "message", **payload},
                "record_type": "event",
                **more,
            },
            "meta": {"attempt": 1, "delivered_to": "https://ringback.test/"},
        }

    def text(  # type: ignore[override]
        self, sender: str, body: str, *, sid: str | None = None, **extra: Any
    ) -> httpx.Response:
        """Post an incoming text."""
        payload = {
            "direction": "inbound",
            "id": sid or str(uuid.uuid4()),
            "type": "SMS",
            "from": {"phone_number": sender, "carrier": "T-Mobile", "line_type": "Wireless"},
            "to": [{"phone_number": self.biz.number, "status": "webhook_delivered"}],
            "text": body,
            "media": [],
            "errors": [],
            **extra,
        }
        path = f"messaging?account={ORGANIZATION}"
        return self.post_json(path, self.event("message.received", payload))

    def receipt(  # type: ignore[override]
        self, callback: str, status: str, sid: str, *, error: str = "", **extra: Any
    ) -> httpx.Response:
        """Post what became of a text to the address it was sent with."""
        return self.post_json(
            callback.removeprefix(self.public), self.receipt_event(status, sid, error, **extra)
        )

    def receipt_event(self, status: str, sid: str, error: str = "", **extra: Any) -> dict[str, Any]:
        """Return what tells of a text's fate; `status` in the first provider's words or Telnyx's."""
        kind = "message.sent" if status in ("sent", "sending") else "message.finalized"
        to = {"phone_number": "+17735560000", "status": _STATUSES.get(status, status)}
        payload = {
            "direction": "outbound",
            "id": sid,
            "from": {"phone_number": self.biz.number},
            "to": [to],
            "errors": [{"code": error, "title": "no", "detail": "no"}] if error else [],
            **extra,
        }
        return self.event(kind, payload)


@dataclass(slots=True)
class TelnyxCall(Call):
    """One call and the forms about it."""

    def fields(self, **more: str) -> dict[str, str]:
        """Return the fields every voice form of this call carries."""
        return {
            "AccountSid": ORGANIZATION,
            "CallSid": self.sid,
            "CallSidLegacy": self.sid,
            "CallbackSource": "call-progress-events",
            "ConnectionId": APPLICATION,
            "From": self.caller,
            "Timestamp": datetime.now(UTC).isoformat(),
            "To": self.provider.biz.number,
            **self.extra,
            **more,
        }

    def dial_ends(self, status: str, bridged: str | None = "false", **more: str) -> httpx.Response:
        """The ringing of the staff ended; nothing is said of a bridge."""
        fields = self.fields(
            CallStatus="in-progress", DialCallStatus=status, DialCallSid=a_call_id()
        )
        return self.provider.post("voice/dial", {**fields, **more})

    def screened(self, digits: str | None = None) -> httpx.Response:
        """A staff phone picked up, or pressed something."""
        fields = self._staff_fields(CallStatus="in-progress")
        if digits is not None:
            fields["Digits"] = digits
        return self.provider.post("voice/screen", fields)

    def ends(
        self, status: str = "completed", seconds: int | None = None, **more: str
    ) -> httpx.Response:
        """The caller's leg is over: it had been answered, whatever became of the call."""
        fields = self.fields(CallStatus="completed", CallDuration=str(seconds or 9))
        fields["HangupSource"] = "callee" if status == "completed" else "caller"
        return self.provider.post("voice/status", {**fields, **more})

    def leaves_voicemail(self, seconds: int = 12) -> httpx.Response:
        """The recording's action."""
        return self.provider.post("voice/recording", self._recorded(seconds))

    def recording_is_ready(self, seconds: int = 12) -> httpx.Response:
        """The recording's own callback."""
        fields = self._recorded(seconds)
        del fields["From"], fields["To"]
        return self.provider.post("voice/recording", {**fields, "RecordingStatus": "completed"})

    def _recorded(self, seconds: int) -> dict[str, str]:
        name = f"{uuid.uuid4()}-1700000000.mp3"
        return self.fields(
            CallStatus="in-progress",
            RecordingDuration=str(seconds),
            RecordingSid=str(uuid.uuid4()),
            RecordingUrl=f"https://s3.amazonaws.com/telephony-recorder-prod/x/{name}?X-Amz-Expires=600",
        )

    def staff_leg_ends(self, status: str) -> httpx.Response:
        """A callback about one of the staff's legs."""
        return self.provider.post(
            "voice/status", self._staff_fields(CallStatus=status, CallDuration="0")
        )

    def _staff_fields(self, **more: str) -> dict[str, str]:
        return self.fields(
            CallSid=a_call_id(),
            ParentCallSid=self.sid,
            To=self.provider.biz.staff or "+13125550190",
            **more,
        )
