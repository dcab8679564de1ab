"""Twilio, first provider: its webhooks in our words, our plans in its language, its Messages API.

Sources: telephony.md 1 (voice), 2 (messaging), 7.2 (contract).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from messaging import keywords
from messaging.numbers import normalise
from messaging.plan import Step
from messaging.providers import (
    media,
    recordings,
    signature,
    twilio_api,
    twilio_calls,
    twilio_client,
    twilio_lookup,
    twilio_recordings,
    twiml,
)
from messaging.providers.base import (
    BadEvent,
    Credentials,
    Found,
    Keys,
    Looked,
    Pairs,
    PlacedCall,
    PlaceResult,
    ProviderCall,
    ReceiptEvent,
    Received,
    SendResult,
    Sound,
    Text,
    TextEvent,
    VoiceEvent,
)
from messaging.providers.twilio_checks import TwilioChecks
from messaging.providers.twilio_filed import TwilioFiled
from messaging.providers.twilio_numbers import TwilioNumbers
from messaging.providers.twilio_ports import TwilioPorts
from messaging.providers.twilio_trust import TwilioTrust
from messaging.status import FROM_PROVIDER

FINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
DIAL_ENDS = FINAL | {"answered"}
MAX_ID = 64
# Where the API's address of a picture leads: with sign-in enforced, and without.
_MEDIA_STORES = (
    media.Source("https://mms.twiliocdn.com"),
    media.Source("https://media.twiliocdn.com"),
    media.Source("https://s3-external-1.amazonaws.com", "/media.twiliocdn.com/"),
)


class Twilio(TwilioNumbers, TwilioPorts, TwilioChecks, TwilioFiled, TwilioTrust):
    """The adapter; stateless, one instance a process."""

    name = "twilio"
    answers_first = False
    # A recording's own address gives WAV; with this it is a fifth of that (telephony.md 1.5).
    recording_suffix = ".mp3"

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        return str(settings.TWILIO_API_BASE_URL)

    def warm(self) -> None:
        """Import the SDK, which is heavy."""
        twilio_client.warm(self.api_base_url)

    # --- webhooks in ---------------------------------------------------------------------------

    def account_problem(
        self, account_sid: str, token: str, public_key: str, application_id: str
    ) -> tuple[str, str] | None:
        """The token is all it needs: it opens the API and signs."""
        return None

    def webhook_query(self, account_sid: str) -> str:
        """Every webhook names its account itself."""
        return ""

    def parse(self, content_type: str, body: bytes) -> Pairs:
        """Read a form, whatever the type says: that is all that comes (telephony.md 1.1)."""
        return signature.parse_form(body)

    def account_of(self, params: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Return AccountSid: with subaccounts, the subaccount (telephony.md 1.1)."""
        return params.get("AccountSid", "")[:MAX_ID]

    def verify(self, received: Received, keys: Keys) -> bool:
        """Check X-Twilio-Signature (telephony.md 2.9)."""
        given = received.headers.get("x-twilio-signature", "")
        return signature.verify(received.url, received.pairs, given, keys.secrets)

    def kind_of(self, kind: str, params: Mapping[str, str]) -> str:
        """One fallback address takes calls and texts (telephony.md 1.6)."""
        return "messaging" if kind == "fallback" and params.get("MessageSid") else kind

    def identity(self, params: Mapping[str, str]) -> str:
        """Webhooks carry no id of their own: a retry repeats every field."""
        return ""

    def subject(self, kind: str, params: Mapping[str, str]) -> str:
        """Return CallSid (the parent's on a staff leg) or MessageSid. Raises BadEvent."""
        if kind.startswith("voice"):
            names: tuple[str, ...] = (
                ("ParentCallSid", "CallSid") if self.is_staff_leg(params) else ("CallSid",)
            )
        elif kind.startswith("messaging"):
            names = ("MessageSid", "SmsSid")
        else:
            names = ("CallSid", "MessageSid", "SmsSid")
        for name in names:
            value = params.get(name, "")
            if value:
                if len(value) > MAX_ID or not value.isascii() or not value.isalnum():
                    raise BadEvent(f"{name}: expected at most {MAX_ID} letters and digits")
                return value
        raise BadEvent(f"{names[0]}: missing")

    def our_number(self, kind: str, params: Mapping[str, str]) -> str:
        """Return the number called or written to; of what left us the sender."""
        if kind in ("messaging.status", "voice.placed"):
            return normalise(params.get("From", ""))
        return normalise(params.get("To", "") or params.get("Called", ""))

    def is_staff_leg(self, params: Mapping[str, str]) -> bool:
        """Whether the webhook is about the leg to a staff phone: its own parent is the caller's."""
        return bool(params.get("ParentCallSid"))

    def voice_event(
        self, kind: str, params: Mapping[str, str], received_at: datetime
    ) -> VoiceEvent:
        """Fold one voice webhook into facts (telephony.md 1.1 to 1.5)."""
        facts: dict[str, Any] = {}
        staff_leg = self.is_staff_leg(params)
        if kind != "voice.screen" and not staff_leg:
            facts["direction"] = params.get("Direction", "inbound")
            # Whether the network vouches for the caller's number (telephony.md 1.1).
            facts["stir"] = _word(params.get("StirVerstat", ""))
        if kind == "voice.dial":
            dialled = params.get("DialCallStatus", "").lower()
            facts["dial_status"] = dialled if dialled in DIAL_ENDS else None
            facts["dial_bridged"] = params.get("DialBridged", "").lower()
            facts["dial_seconds"] = _seconds(params.get("DialCallDuration"))
            facts["dial_caller_gone"] = params.get("CallStatus") in FINAL
        elif kind == "voice.status":
            status = params.get("CallStatus", "").lower()
            if status in FINAL and not staff_leg:
                facts["call_status"] = status
                facts["call_seconds"] = _seconds(params.get("CallDuration"))
        elif kind == "voice.screen":
            facts["screen_accepted"] = params.get("Digits", "").strip() == "1" or None
        elif kind == "voice.consent" and not staff_leg:
            # Only somebody whom nobody answered comes to the offer.
            facts["consent_digit"] = _key(params.get("Digits", ""))
            facts["greeting_ended"] = True
        elif kind == "fallback":
            # Our own plan was not followed: the greeting was played, nobody was rung.
            facts["greeting_ended"] = True
        elif kind == "voice.recording":
            facts["voicemail_seconds"] = _seconds(params.get("RecordingDuration"))
            facts["greeting_ended"] = True
        return VoiceEvent(
            call_id=self.subject(kind, params),
            # The staff's leg has a staff phone as its To and perhaps our number as its From.
            our_number="" if staff_leg else self.our_number(kind, params),
            caller="" if staff_leg else (params.get("From", "") or params.get("Caller", ""))[:80],
            at=_timestamp(params.get("Timestamp"), received_at),
            facts={key: value for key, value in facts.items() if value not in (None, "")},
            starts=kind in ("voice", "fallback"),
            voicemail_url=params.get("RecordingUrl", "")[:2000],
        )

    def text_event(self, params: Mapping[str, str]) -> TextEvent:
        """Return an incoming text (telephony.md 2.1)."""
        count = min(_seconds(params.get("NumMedia")) or 0, 10)
        files = tuple(
            {
                "url": params.get(f"MediaUrl{n}", "")[:2000],
                "type": params.get(f"MediaContentType{n}", "")[:100],
            }
            for n in range(count)
        )
        return TextEvent(
            message_id=self.subject("messaging", params),
            our_number=self.our_number("messaging", params),
            sender=params.get("From", "")[:80],
            body=params.get("Body", "")[:10_000],
            media=files,
            opt_out=params.get("OptOutType", "").upper()[:10],
        )

    def receipt_event(self, params: Mapping[str, str]) -> ReceiptEvent:
        """Return a status callback (telephony.md 2.2)."""
        status = params.get("MessageStatus", "") or params.get("SmsStatus", "")
        code = params.get("ErrorCode", "")
        return ReceiptEvent(
            our_id=params.get("message", ""),
            message_id=self.subject("messaging", params),
            status=FROM_PROVIDER.get(status.lower(), ""),
            error_code=code if _is_code(code) else "",
        )

    def answers_keyword(self, event: TextEvent) -> bool:
        """Twilio replies to exact keywords, and says so with OptOutType under Advanced Opt-Out."""
        return bool(event.opt_out) or keywords.provider_answers(event.body)

    # --- answers -------------------------------------------------------------------------------

    def render(self, steps: Sequence[Step], call_id: str = "") -> bytes:
        """Return TwiML. Query keys of emitted URLs stay sorted (telephony.md 1.6)."""
        return twiml.render(
            f"{settings.PUBLIC_BASE_URL}/webhooks/{self.name}/voice", tuple(steps), twiml.TWILIO
        )

    def silence(self) -> bytes:
        """Return empty TwiML."""
        return twiml.SILENCE

    # --- texts out -----------------------------------------------------------------------------

    def status_callback(self, text: Text) -> str:
        """Return the URL for this text's receipts; our id travels in its query, keys sorted."""
        return (
            f"{settings.PUBLIC_BASE_URL}/webhooks/{self.name}/messaging/status"
            f"?business={text.schema}&message={text.our_id}"
        )

    def send(self, account: Credentials, text: Text) -> SendResult:
        """Create a Message (telephony.md 2.4, 2.5)."""
        return twilio_api.create_message(
            self.api_base_url, account, text, self.status_callback(text)
        )

    def find(self, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
        """Look for the text among the account's Messages to that number."""
        return twilio_api.find_message(self.api_base_url, account, text, taken)

    # --- calls and numbers -----------------------------------------------------------------------

    def place_call(self, account: Credentials, call: PlacedCall) -> PlaceResult:
        """Create a Call; its end comes to `call.status_url`."""
        twiml = self.render(call.steps).decode() if call.steps else ""
        return twilio_calls.create_call(self.api_base_url, account, call, twiml)

    def owns_number(self, account: Credentials, e164: str) -> bool:
        """Look for it among the account's IncomingPhoneNumbers."""
        return twilio_calls.owns_number(self.api_base_url, account, e164)

    def lookup(self, account: Credentials, e164: str) -> Looked:
        """Ask Lookup v2 for the line type; it is charged for."""
        return twilio_lookup.lookup(self.api_base_url, account, e164)

    def list_calls(
        self, account: Credentials, since: datetime, until: datetime, *, caller: str = "",
        called: str = "",
    ) -> Iterator[ProviderCall]:  # fmt: skip
        """Read the account's Calls; the legs to staff phones are among them, with their parent."""
        return twilio_calls.list_calls(self.api_base_url, account, since, until, caller, called)

    def fetch_recording(self, account: Credentials, url: str) -> Sound:
        """Fetch a recording from the API, or from where it sends us (telephony.md 1.5, 2.1)."""
        signed_in = urllib3.make_headers(basic_auth=f"{account.account_sid}:{account.token}")
        sources = [
            recordings.Source(
                self.api_base_url, f"{urlsplit(self.api_base_url).path}/2010-04-01/", signed_in
            ),
            recordings.Source("https://media.twiliocdn.com"),
        ]
        named = "." in url.rpartition("/")[2]
        return recordings.fetch(url if named else f"{url}{self.recording_suffix}", sources)

    def fetch_media(self, account: Credentials, url: str) -> bytes:
        """Fetch a picture from the API, or from where it sends us."""
        signed_in = urllib3.make_headers(basic_auth=f"{account.account_sid}:{account.token}")
        api = media.Source(
            self.api_base_url, f"{urlsplit(self.api_base_url).path}/2010-04-01/", signed_in
        )
        return media.fetch(url, (api, *_MEDIA_STORES))

    def delete_media(self, account: Credentials, url: str) -> None:
        """Delete a Media from its Message."""
        twilio_recordings.delete_media(self.api_base_url, account, url)

    def delete_recording(self, account: Credentials, recording_id: str) -> None:
        """Delete a Recording from the account."""
        twilio_recordings.delete(self.api_base_url, account, recording_id)


def _seconds(value: str | None) -> int | None:
    if not value or not value.isascii() or not value.isdigit() or len(value) > 9:
        return None
    return int(value)


def _word(value: str) -> str:
    """Return a word of the provider's own, '' for what cannot be one."""
    fits = len(value) <= 40 and value.isascii() and value.replace("-", "").isalnum()
    return value if fits else ""


def _key(value: str) -> str:
    """Return the keys that were pressed, '' for what no phone has."""
    pressed = value.strip()
    return pressed if len(pressed) <= 8 and set(pressed) <= set("0123456789*#") else ""


def _is_code(value: str) -> bool:
    return value.isascii() and value.isdigit() and value != "0" and len(value) <= 10


def _timestamp(value: str | None, received_at: datetime) -> datetime:
    """Return when it happened by the provider's clock; by ours where that is missing or absurd."""
    if not value:
        return received_at
    try:
        moment = parsedate_to_datetime(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return received_at
    return moment if abs(moment - received_at) < timedelta(days=1) else received_at
