"""Webhooks as a provider posts them: signed, over real HTTP."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings

from messaging.providers.signature import sign
from tests.support.world import Biz

_CALLERS = itertools.count(1000)


def a_caller(area: str = "773") -> str:
    """Return a valid US number that no other test uses."""
    return f"+1{area}556{next(_CALLERS):04d}"


def a_sid(prefix: str = "CA") -> str:
    """Return a provider id nobody has used."""
    return prefix + uuid.uuid4().hex


@dataclass(slots=True)
class Provider:
    """Posts webhooks of one business's account to a running web process at `base_url`."""

    biz: Biz
    base_url: str
    token: str = ""
    path_prefix: str = "/webhooks/twilio"
    timeout: float = 30.0
    public_url: str = (
        ""  # what is signed; settings.PUBLIC_BASE_URL unless another platform is meant
    )
    client: httpx.Client = field(default_factory=httpx.Client)

    @property
    def public(self) -> str:
        """The address the platform believes it is called at."""
        return self.public_url or settings.PUBLIC_BASE_URL

    def post(
        self,
        path: str,
        params: dict[str, str],
        *,
        token: str | None = None,
        signature: str | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Post form fields to /webhooks/twilio/<path>, signed as the provider would."""
        full = path if path.startswith("/") else f"{self.path_prefix}/{path}"
        pairs = [(k.encode(), v.encode("utf-8", "surrogatepass")) for k, v in params.items()]
        given = (
            signature
            if signature is not None
            else sign(self.public + full, pairs, token or self.token or self.biz.token)
        )
        host = httpx.URL(self.public).netloc.decode()
        sent = {"X-Twilio-Signature": given, "Host": host, **(headers or {})}
        if content is not None:
            return self.client.post(
                self.base_url + full, content=content, headers=sent, timeout=self.timeout
            )
        return self.client.post(
            self.base_url + full, data=params, headers=sent, timeout=self.timeout
        )

    def call(self, caller: str | None = None, **extra: str) -> Call:
        """Return a call that has not begun; nothing is posted yet."""
        return Call(self, a_sid(), caller or a_caller(), extra)

    def text(
        self, sender: str, body: str, *, sid: str | None = None, **extra: str
    ) -> httpx.Response:
        """Post an incoming text."""
        sid = sid or a_sid("SM")
        return self.post(
            "messaging",
            {
                "AccountSid": self.biz.account_sid,
                "ApiVersion": "2010-04-01",
                "Body": body,
                "From": sender,
                "MessageSid": sid,
                "NumMedia": "0",
                "NumSegments": "1",
                "SmsMessageSid": sid,
                "SmsSid": sid,
                "SmsStatus": "received",
                "To": self.biz.number,
                **extra,
            },
        )

    def receipt(self, callback: str, status: str, sid: str, **extra: str) -> httpx.Response:
        """Post a delivery receipt to the callback URL a text was sent with."""
        path = callback.removeprefix(self.public)
        return self.post(
            path,
            {
                "AccountSid": self.biz.account_sid,
                "From": self.biz.number,
                "MessageSid": sid,
                "MessageStatus": status,
                "SmsSid": sid,
                "SmsStatus": status,
                "To": "",
                **extra,
            },
        )


@dataclass(slots=True)
class Call:
    """One call and the webhooks about it."""

    provider: Provider
    sid: str
    caller: str
    extra: dict[str, str] = field(default_factory=dict)

    def fields(self, **more: str) -> dict[str, str]:
        """Return the fields every voice webhook of this call carries."""
        biz = self.provider.biz
        return {
            "AccountSid": biz.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "Called": biz.number,
            "Caller": self.caller,
            "Direction": "inbound",
            "From": self.caller,
            "To": biz.number,
            **self.extra,
            **more,
        }

    def arrives(self, **more: str) -> httpx.Response:
        """The call comes in."""
        return self.provider.post("voice", self.fields(CallStatus="ringing", **more))

    def dial_ends(self, status: str, bridged: str | None = "false", **more: str) -> httpx.Response:
        """The ringing of the staff ended."""
        fields = self.fields(CallStatus="in-progress", DialCallStatus=status, DialCallSid=a_sid())
        if bridged is not None:
            fields["DialBridged"] = bridged
        return self.provider.post("voice/dial", {**fields, **more})

    def screened(self, digits: str | None = None) -> httpx.Response:
        """A staff phone picked up, or pressed something."""
        biz = self.provider.biz
        fields = {
            "AccountSid": biz.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": a_sid(),
            "CallStatus": "in-progress",
            "Direction": "outbound-dial",
            "From": self.caller,
            "ParentCallSid": self.sid,
            "To": biz.staff or "+13125550190",
        }
        if digits is not None:
            fields["Digits"] = digits
        return self.provider.post("voice/screen", fields)

    def ends(
        self, status: str = "completed", seconds: int | None = None, **more: str
    ) -> httpx.Response:
        """The number-level callback: the caller's leg is over."""
        fields = self.fields(
            CallStatus=status, CallbackSource="call-progress-events", SequenceNumber="0"
        )
        if seconds is not None:
            fields["CallDuration"] = str(seconds)
        return self.provider.post("voice/status", {**fields, **more})

    def leaves_voicemail(self, seconds: int = 12) -> httpx.Response:
        """The recording's action."""
        return self.provider.post(
            "voice/recording",
            self.fields(
                CallStatus="in-progress",
                RecordingDuration=str(seconds),
                RecordingSid=a_sid("RE"),
                RecordingUrl="https://api.twilio.com/2010-04-01/Recordings/RE1",
            ),
        )

    def recording_is_ready(self, seconds: int = 12) -> httpx.Response:
        """The recording's own callback: it names the call and nothing else about it."""
        return self.provider.post(
            "voice/recording",
            {
                "AccountSid": self.provider.biz.account_sid,
                "CallSid": self.sid,
                "RecordingSid": a_sid("RE"),
                "RecordingStatus": "completed",
                "RecordingDuration": str(seconds),
                "RecordingSource": "RecordVerb",
                "RecordingUrl": "https://api.twilio.com/2010-04-01/Recordings/RE1",
            },
        )

    def staff_leg_ends(self, status: str) -> httpx.Response:
        """A callback about one of the staff's legs."""
        biz = self.provider.biz
        return self.provider.post(
            "voice/status",
            {
                "AccountSid": biz.account_sid,
                "ApiVersion": "2010-04-01",
                "CallSid": a_sid(),
                "ParentCallSid": self.sid,
                "CallStatus": status,
                "Direction": "outbound-dial",
                "From": self.caller,
                "To": biz.staff or "+13125550190",
                "CallDuration": "0",
                "CallbackSource": "call-progress-events",
                "SequenceNumber": "2",
            },
        )

    def falls_back(self) -> httpx.Response:
        """The provider could not use our last answer and asks at the fallback address."""
        return self.provider.post(
            "fallback",
            self.fields(
                CallStatus="in-progress", ErrorCode="11200", ErrorUrl="http://ringback.test/x"
            ),
        )


def texts_to(requests: list[dict[str, Any]], number: str) -> list[dict[str, Any]]:
    """Return what the stand-in was asked to send to a number."""
    return [request for request in requests if request["form"].get("To") == number]
