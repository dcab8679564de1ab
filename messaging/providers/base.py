"""What a provider adapter does, in our words. Pure except for `send` and `find`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from messaging.plan import Step

Pairs = Sequence[tuple[bytes, bytes]]


class BadEvent(ValueError):
    """A correctly signed webhook that cannot be used; the text names the field and what was expected."""


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
    """An account and the token that opens it. The token never appears in a repr or a log."""

    account_sid: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text to hand over: numbers in E.164, our id for the receipt, seconds it stays useful."""

    our_id: str
    schema: str
    sender: str
    to: str
    body: str
    valid_seconds: int
    created_at: datetime


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


class Provider(Protocol):
    """The shape of messaging/providers/*.py."""

    name: str

    def warm(self) -> None:
        """Load whatever `send` imports late."""

    def account_of(self, params: Mapping[str, str]) -> str:
        """Return the account a webhook claims to come from, '' when it names none."""

    def verify(
        self, url: str, pairs: Pairs, headers: Mapping[str, str], secrets: Sequence[str]
    ) -> bool:
        """Whether the signature is right for one of the secrets. Never raises."""

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

    def render(self, steps: Sequence[Step]) -> bytes:
        """Return a voice plan in the provider's language."""

    def silence(self) -> bytes:
        """Return the answer to a webhook that wants no action."""

    def send(self, account: Credentials, text: Text) -> SendResult:
        """Hand a text over. Never raises for anything the provider or the network does."""

    def find(self, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
        """Ask whether a text was taken; ids in `taken` belong to other texts of ours. Never raises."""
