"""Telnyx: voice by TeXML, which is TwiML's dialect of forms and verbs; texts by its JSON API v2.

Sources: telephony.md 4.1 to 4.4. One account is one organisation there: its id stands in every
form (AccountSid) and every text (organization_id), and in our own URL's query for what has
neither; it only chooses the public key that must then fit. To be looked at on a live account
(telephony.md 10.5): the words before the bridge (<Number url>), whether a form on that leg names
its parent, answerOnBridge, and what a Dial's action says when the caller gives up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from messaging.numbers import normalise
from messaging.plan import Step
from messaging.providers import (
    ed25519,
    media,
    recordings,
    telnyx_api,
    telnyx_calls,
    telnyx_recordings,
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
from messaging.providers.json_fields import parse_json
from messaging.providers.signature import parse_form
from messaging.providers.telnyx_checks import TelnyxChecks
from messaging.providers.twilio import Twilio
from messaging.status import FROM_TELNYX

# What its messaging profiles answer by themselves: exactly these words (telephony.md 4.3).
ANSWERED = frozenset(
    ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "start", "unstop"] + ["stop all"]
)
_ID = re.compile(r"[A-Za-z0-9:_-]{1,64}")
_EVENT = "data.event_type"
_PAYLOAD = "data.payload."
_MOST_RECIPIENTS = 20
# Where its recorder keeps sounds for ten minutes, under an address that lets anybody in who has it.
_RECORDER = (
    recordings.Source("https://s3.amazonaws.com", "/telephony-recorder-prod/"),
    recordings.Source("https://s3.eu-central-1.amazonaws.com", "/telephony-recorder-prod-fr5/"),
)
# Where it keeps the files of texts for some days. Its file storage for customers is not among them:
# anybody may put something there.
_MEDIA_STORE = media.Source("https://media.telnyx.com")


class Telnyx(TelnyxChecks, Twilio):
    """The adapter; what TeXML shares with TwiML is inherited, the rest is its own."""

    name = "telnyx"
    answers_first = True
    # Its campaigns are filed in its portal; the agency then says so of the number.
    registers = False
    # Nor are ports ordered by its API here: what is inherited for that is never asked.
    ports = False

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        return str(settings.TELNYX_API_BASE_URL)

    def warm(self) -> None:
        """Nothing heavy: the API is asked without an SDK."""

    def account_problem(
        self, account_sid: str, token: str, public_key: str, application_id: str
    ) -> tuple[str, str] | None:
        """Want the public key, without which no webhook verifies."""
        if not ed25519.is_public_key(public_key):
            return (
                "public-key",
                "expected the public key of the Telnyx portal (Keys & Credentials), 44 characters",
            )
        return None

    # --- webhooks in ---------------------------------------------------------------------------

    def webhook_query(self, account_sid: str) -> str:
        """Name the account: an event of a text need not."""
        return f"?account={account_sid}"

    def parse(self, content_type: str, body: bytes) -> Pairs:
        """Read JSON (texts) or a form (calls). How often it was tried is no part of an event."""
        if content_type.partition(";")[0].strip().lower() == "application/json":
            return parse_json(body, without=("meta",))
        return parse_form(body)

    def account_of(self, params: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Return the organisation's id: the form's, the text's, or the one in our own URL."""
        return (
            params.get("AccountSid")
            or params.get(_PAYLOAD + "organization_id")
            or query.get("account", "")
        )[:64]

    def verify(self, received: Received, keys: Keys) -> bool:
        """Check telnyx-signature-ed25519 over the raw body (telephony.md 4.4)."""
        return ed25519.verify(
            received.body,
            received.headers.get("telnyx-timestamp", ""),
            received.headers.get("telnyx-signature-ed25519", ""),
            keys.public_keys,
            time.time(),
        )

    def identity(self, params: Mapping[str, str]) -> str:
        """Return data.id; forms have none."""
        return params.get("data.id", "")

    def kind_of(self, kind: str, params: Mapping[str, str]) -> str:
        """Go by the signed event, not by the address: a profile has one for all its texts."""
        event = params.get(_EVENT, "")
        if not event:
            return kind
        return "messaging" if event == "message.received" else "messaging.status"

    def subject(self, kind: str, params: Mapping[str, str]) -> str:
        """Return CallSid (the parent's on a staff leg) or the text's id. Raises BadEvent."""
        if kind.startswith("messaging"):
            if not params.get(_EVENT, "").startswith("message."):
                raise BadEvent(f"{_EVENT}: expected message.received, message.sent or .finalized")
            names: tuple[str, ...] = (_PAYLOAD + "id",)
        elif self.is_staff_leg(params):
            names = ("ParentCallSid", "parent")
        else:
            names = ("CallSid",)
        for name in names:
            value = params.get(name, "")
            if value:
                if not _ID.fullmatch(value):
                    raise BadEvent(f"{name}: expected at most 64 letters, digits, : _ and -")
                return value
        raise BadEvent(f"{names[0]}: missing")

    def is_staff_leg(self, params: Mapping[str, str]) -> bool:
        """Whether a form is about the leg to a staff phone: it says so, or our own address does."""
        return bool(params.get("ParentCallSid") or params.get("parent"))

    def our_number(self, kind: str, params: Mapping[str, str]) -> str:
        """Return the number called or written to; a receipt names it as its sender."""
        if kind == "messaging.status":
            return normalise(params.get(_PAYLOAD + "from.phone_number", ""))
        if kind == "messaging":
            return normalise(_ours_among(params))
        return super().our_number(kind, params)

    def voice_event(
        self, kind: str, params: Mapping[str, str], received_at: datetime
    ) -> VoiceEvent:
        """Fold one voice webhook into facts: a TeXML form is Twilio's, but for a few fields."""
        event = super().voice_event(kind, params, received_at)
        facts: dict[str, Any] = dict(event.facts)
        if not self.is_staff_leg(params):
            # Its callbacks name no direction; what reaches a line of ours came in.
            facts["direction"] = params.get("Direction", "inbound").lower()
            # The caller's leg is answered before anything rings, so its seconds prove no talk.
            facts["answered_first"] = True
            vouched = params.get("ShakenStirValidated", "").lower() == "true"
            mark = params.get("ShakenStirAttestation", "")
            if vouched and mark in ("A", "B", "C"):
                facts["stir"] = f"TN-Validation-Passed-{mark}"
        return replace(event, facts=facts, at=_at(params, received_at))

    def text_event(self, params: Mapping[str, str]) -> TextEvent:
        """Return an incoming text (telephony.md 4.3)."""
        files = []
        for n in range(10):
            if url := params.get(f"{_PAYLOAD}media.{n}.url", ""):
                kind = params.get(f"{_PAYLOAD}media.{n}.content_type", "")
                files.append({"url": url[:2000], "type": kind[:100]})
        return TextEvent(
            message_id=self.subject("messaging", params),
            our_number=self.our_number("messaging", params),
            sender=params.get(_PAYLOAD + "from.phone_number", "")[:80],
            body=params.get(_PAYLOAD + "text", "")[:10_000],
            media=tuple(files),
        )

    def receipt_event(self, params: Mapping[str, str]) -> ReceiptEvent:
        """Return what became of a text; each of ours has one recipient."""
        status = params.get(_PAYLOAD + "to.0.status", "")
        code = params.get(_PAYLOAD + "errors.0.code", "")
        return ReceiptEvent(
            our_id=params.get("message", ""),
            message_id=self.subject("messaging.status", params),
            status=FROM_TELNYX.get(status, ""),
            error_code=code if code.isascii() and code.isdigit() and len(code) <= 10 else "",
        )

    def answers_keyword(self, event: TextEvent) -> bool:
        """Whether the messaging profile replies to this keyword by itself."""
        return " ".join(event.body.lower().split()) in ANSWERED

    # --- answers and texts out -------------------------------------------------------------------

    def render(self, steps: Sequence[Step], call_id: str = "") -> bytes:
        """Return TeXML; what is asked on a staff phone's leg names the caller's in its address."""
        base = f"{settings.PUBLIC_BASE_URL}/webhooks/{self.name}/voice"
        texml = twiml.render(base, tuple(steps), twiml.TELNYX)
        named = f'/screen?parent={quote(call_id, safe="")}"'.encode()
        return texml.replace(b'/screen"', named) if call_id else texml

    def send(self, account: Credentials, text: Text) -> SendResult:
        """Create a message."""
        callback = (
            f"{settings.PUBLIC_BASE_URL}/webhooks/{self.name}/messaging/status"
            f"?account={account.account_sid}&business={text.schema}&message={text.our_id}"
        )
        return telnyx_api.create_message(self.api_base_url, account, text, callback)

    def find(self, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
        """Look for the text among the account's detail records."""
        return telnyx_api.find_message(self.api_base_url, account, text, taken)

    # --- calls and numbers -----------------------------------------------------------------------

    def place_call(self, account: Credentials, call: PlacedCall) -> PlaceResult:
        """Place a call by the account's TeXML application."""
        texml = self.render(call.steps).decode() if call.steps else ""
        return telnyx_calls.create_call(self.api_base_url, account, call, texml)

    def owns_number(self, account: Credentials, e164: str) -> bool:
        """Look for it among the account's phone numbers."""
        return telnyx_calls.owns_number(self.api_base_url, account, e164)

    def lookup(self, account: Credentials, e164: str) -> Looked:
        """Ask the number lookup for the carrier; it is charged for."""
        return telnyx_calls.lookup(self.api_base_url, account, e164)

    def list_calls(
        self, account: Credentials, since: datetime, until: datetime, *, caller: str = "",
        called: str = "",
    ) -> Iterator[ProviderCall]:  # fmt: skip
        """Read the calls of the account's TeXML applications."""
        return telnyx_calls.list_calls(self.api_base_url, account, since, until, caller, called)

    def fetch_recording(self, account: Credentials, url: str) -> Sound:
        """Fetch a recording from its recorder, within ten minutes, or from the API."""
        signed_in = {"Authorization": f"Bearer {account.token}"}
        api = recordings.Source(
            self.api_base_url, f"{urlsplit(self.api_base_url).path}/v2/", signed_in
        )
        return recordings.fetch(url, (api, *_RECORDER))

    def fetch_media(self, account: Credentials, url: str) -> bytes:
        """Fetch a picture from its store, or from the API."""
        signed_in = {"Authorization": f"Bearer {account.token}"}
        api = media.Source(self.api_base_url, f"{urlsplit(self.api_base_url).path}/v2/", signed_in)
        return media.fetch(url, (api, _MEDIA_STORE))

    def delete_media(self, account: Credentials, url: str) -> None:
        """Nothing: its store forgets files of texts by itself, and the API has no way to ask."""

    def delete_recording(self, account: Credentials, recording_id: str) -> None:
        """Delete the recordings of the leg the sound is named after."""
        telnyx_recordings.delete(self.api_base_url, account, recording_id)


def _ours_among(params: Mapping[str, str]) -> str:
    """Return the recipient that is ours: a group text names them all, and marks the one."""
    for n in range(_MOST_RECIPIENTS):
        if params.get(f"{_PAYLOAD}to.{n}.status") == "webhook_delivered":
            return params.get(f"{_PAYLOAD}to.{n}.phone_number", "")
    return params.get(_PAYLOAD + "to.0.phone_number", "")


def _at(params: Mapping[str, str], received_at: datetime) -> datetime:
    """Return when it happened by the provider's clock; by ours where that is missing or absurd."""
    moment = telnyx_api.iso_time(params.get("Timestamp", ""))
    near = moment is not None and abs(moment - received_at) < timedelta(days=1)
    return moment if moment is not None and near else received_at
