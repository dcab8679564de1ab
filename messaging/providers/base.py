"""What a provider adapter does, in our words: the list that docs/providers.md walks through.

Reading webhooks and rendering plans is pure; the methods that ask the provider say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from messaging.plan import Step
from messaging.providers.checking import Checks
from messaging.providers.numbering import Numbers
from messaging.providers.porting import Porter
from messaging.providers.registering import Registrar

Pairs = Sequence[tuple[bytes, bytes]]


class BadEvent(ValueError):
    """A correctly signed webhook that cannot be used; the text names the field and what was expected."""


class ProviderFailed(RuntimeError):
    """The provider did not answer, or refused; the text is fit for a person and holds no secret."""

    def __init__(self, sentence: str, *, code: str = "", http_status: int | None = None) -> None:
        super().__init__(sentence)
        self.code, self.http_status = code, http_status


class BadRecording(ProviderFailed):
    """What an address gave is no recording we keep: not the provider's, too large, no sound."""


class BadMedia(ProviderFailed):
    """What an address gave is no file of a text we keep: not the provider's, too large, empty."""


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook as it came: what a signature is checked over.

    url: as the provider called it, on PUBLIC_BASE_URL; headers: names in lower case; body: raw;
    pairs: what `parse` made of the body.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    pairs: Pairs


class Keys(Protocol):
    """What signs for an account, newest first: tenants.routing.Account."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Tokens shared with the provider: they sign by HMAC and open its API."""

    @property
    def public_keys(self) -> tuple[str, ...]:
        """Public keys of the provider. Never to be used for an HMAC: anybody has them."""


@dataclass(frozen=True, slots=True)
class VoiceEvent:
    """Something a provider says about a call.

    call_id: the caller's leg; facts: keys of calls.outcome.fold; at: when it happened (aware);
    starts: whether this is the arrival of the call.
    """

    call_id: str
    our_number: str
    caller: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    starts: bool = False
    voicemail_url: str = ""


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A text that came in. opt_out: what the provider itself made of it: '', STOP, START or HELP."""

    message_id: str
    our_number: str
    sender: str
    body: str
    media: tuple[dict[str, str], ...] = ()
    opt_out: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What a provider says about a text of ours; status in our words, '' when it means nothing new."""

    our_id: str
    message_id: str
    status: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account and the token that opens it. The token never appears in a repr or a log.

    application_id: the voice application calls are placed by, where a provider wants one.
    """

    account_sid: str
    token: str = field(repr=False)
    application_id: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to hand over: numbers in E.164, our id for the receipt, seconds it stays useful.

    media_urls: addresses of ours the provider fetches its pictures from; the same for the same text
    however often it is handed over. body: may be '' where there are any.
    """

    our_id: str
    schema: str
    sender: str
    to: str
    body: str
    valid_seconds: int
    created_at: datetime
    media_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendResult:
    """What came of handing a text over.

    kind: accepted (message_id set), refused (code, http_status), retry (surely not taken; after
    `retry_seconds`), unknown (it may or may not have been taken).
    """

    kind: Literal["accepted", "refused", "retry", "unknown"]
    message_id: str = ""
    status: str = ""
    code: str = ""
    http_status: int | None = None
    retry_seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to "did you take this text?".

    kind: found (message_id, status), absent, unknown (the provider could not say).
    """

    kind: Literal["found", "absent", "unknown"]
    message_id: str = ""
    status: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call to place: numbers in E.164, the sender one of the account's.

    steps: what whoever picks up hears, without Ring and Record; or answer_url: an address of ours
    that says it, asked at the answer (steps count when both are given).
    ring_seconds: how long it rings at most; at_most_seconds: when it is ended in any case.
    status_url: an address of ours told of the call's end as `voice.status`, '' for none.
    rehearse: how the simulator plays the line that is called ("busy", "no_answer+leaves_message";
    calls/simulator/outbound.py); other providers take no notice.
    """

    sender: str
    to: str
    steps: tuple[Step, ...] = ()
    answer_url: str = ""
    ring_seconds: int = 30
    at_most_seconds: int = 120
    status_url: str = ""
    rehearse: str = ""


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """What came of placing a call; kinds as in SendResult.

    retry: surely not placed, may be tried again; unknown: it may ring. A call is never placed a
    second time after `unknown`: somebody's phone would ring twice.
    """

    kind: Literal["accepted", "refused", "retry", "unknown"]
    call_id: str = ""
    code: str = ""
    http_status: int | None = None
    detail: str = ""


# What kinds of line there are, in the first provider's words (telephony.md 2.8).
LINE_TYPES = frozenset(
    {
        "mobile",
        "landline",
        "fixedVoip",
        "nonFixedVoip",
        "personal",
        "tollFree",
        "premium",
        "sharedCost",
        "uan",
        "voicemail",
        "pager",
        "unknown",
    }
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What kind of line a number is.

    line_type: one of LINE_TYPES; a failure is "unknown" too (telephony.md 2.8: fail open).
    answered: whether the provider said so itself: such an answer is worth keeping, a failure is
    not. cost: what it charged in US dollars, None when it does not say. code: why it failed.
    """

    line_type: str = "unknown"
    carrier: str = ""
    answered: bool = False
    cost: Decimal | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One leg of a call in the provider's own books.

    caller, called: as the provider writes them (E.164, else '' or a word; not normalised);
    direction: inbound, outbound-api, outbound-dial; status: completed, busy, no-answer, failed,
    canceled or one that is not final; started_at: aware; seconds: from its answer, None when the
    provider does not say; parent_id: '' on the caller's own leg.
    """

    call_id: str
    caller: str
    called: str
    direction: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    seconds: int | None = None
    parent_id: str = ""

    def is_between(self, caller: str, called: str) -> bool:
        """Whether it is a call between these numbers (E.164, '' for anybody's)."""
        return caller in ("", self.caller) and called in ("", self.called)


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as it was fetched: at most 20 MB, of a content type that begins with audio/."""

    content: bytes = field(repr=False)
    content_type: str


class Provider(Numbers, Porter, Checks, Registrar, Protocol):
    """The shape of messaging/providers/*.py."""

    name: str
    # Whether it answers the caller's leg before it rings anybody.
    answers_first: bool

    def warm(self) -> None:
        """Load whatever `send` imports late."""

    def account_problem(
        self, account_sid: str, token: str, public_key: str, application_id: str
    ) -> tuple[str, str] | None:
        """Return what an account lacks here as (field, sentence), None when it can be used.

        Fields: account-sid, auth-token, public-key, application-id.
        """

    def webhook_query(self, account_sid: str) -> str:
        """Return what the webhook addresses entered at the provider end in, '?…' or ''."""

    def parse(self, content_type: str, body: bytes) -> Pairs:
        """Return a webhook's fields in their order. Raises ValueError saying what was expected.

        JSON becomes dotted names (messaging/providers/json_fields.py): what is stored and asked
        afterwards is a flat list of text, whatever came.
        """

    def account_of(self, params: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Return the account a webhook claims to come from, '' when it names none.

        It only chooses the key that must then fit; `query` is our own URL's, not always signed.
        """

    def verify(self, received: Received, keys: Keys) -> bool:
        """Whether the signature is right for one of the account's keys. Never raises."""

    def kind_of(self, kind: str, params: Mapping[str, str]) -> str:
        """Return what a webhook really is (a kind of settings.WEBHOOKS), whatever address it came to."""

    def identity(self, params: Mapping[str, str]) -> str:
        """Return the provider's own id of this event, '' when the fields together are what is told apart."""

    def subject(self, kind: str, params: Mapping[str, str]) -> str:
        """Return the call or message a webhook is about. Raises BadEvent naming a missing field."""

    def our_number(self, kind: str, params: Mapping[str, str]) -> str:
        """Return our E.164 number a webhook is about, '' when there is none."""

    def is_staff_leg(self, params: Mapping[str, str]) -> bool:
        """Whether a voice webhook is about the leg to a staff phone, not the caller's."""

    def voice_event(
        self, kind: str, params: Mapping[str, str], received_at: datetime
    ) -> VoiceEvent:
        """Return a voice webhook in our words."""

    def text_event(self, params: Mapping[str, str]) -> TextEvent:
        """Return an incoming text in our words."""

    def receipt_event(self, params: Mapping[str, str]) -> ReceiptEvent:
        """Return a delivery receipt in our words."""

    def answers_keyword(self, event: TextEvent) -> bool:
        """Whether the provider replies to this keyword by itself, so that we must not."""

    def render(self, steps: Sequence[Step], call_id: str = "") -> bytes:
        """Return a voice plan in the provider's language.

        call_id: the caller's leg, for a provider whose staff legs may not name it.
        """

    def silence(self) -> bytes:
        """Return the answer to a webhook that wants no action."""

    def send(self, account: Credentials, text: Text) -> SendResult:
        """Hand a text over. Never raises for anything the provider or the network does."""

    def find(self, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
        """Ask whether a text was taken; ids in `taken` belong to other texts of ours. Never raises."""

    # --- calls and numbers, over the network ---------------------------------------------------

    def place_call(self, account: Credentials, call: PlacedCall) -> PlaceResult:
        """Place a call. Never raises for anything the provider or the network does."""

    def owns_number(self, account: Credentials, e164: str) -> bool:
        """Ask whether a number is one of the account's own. Raises ProviderFailed."""

    def lookup(self, account: Credentials, e164: str) -> Looked:
        """Ask what kind of line a number is; the provider may charge. Never raises."""

    def list_calls(
        self, account: Credentials, since: datetime, until: datetime, *, caller: str = "",
        called: str = "",
    ) -> Iterator[ProviderCall]:  # fmt: skip
        """Yield the account's calls that began in [since, until), read page by page, in no order.

        caller, called: only those between these numbers (E.164): how a call is found whose placing
        got no answer. Raises ProviderFailed, also after some were given. Both times aware.
        """

    def fetch_recording(self, account: Credentials, url: str) -> Sound:
        """Fetch a recording. `url` is hostile until its host is the provider's.

        Raises BadRecording for an address or content we do not take, else ProviderFailed.
        """

    def fetch_media(self, account: Credentials, url: str) -> bytes:
        """Fetch a file that came with a text; what it is, is for its bytes to say.

        `url` is hostile until its host is the provider's. Raises BadMedia for an address we do not
        ask or a file that is too large, else ProviderFailed.
        """

    def delete_media(self, account: Credentials, url: str) -> None:
        """Ask the provider to delete its copy of a text's file; one that is gone is no error.

        Raises ProviderFailed. Nothing is asked where the provider forgets by itself.
        """

    def delete_recording(self, account: Credentials, recording_id: str) -> None:
        """Ask the provider to delete its copy; one that is gone is no error. Raises ProviderFailed.

        recording_id: the last part of the recording's address.
        """
