"""Bringing a number from another carrier, in our words: whether it can be, what an order says, how it stands.

Part of the shape in messaging/providers/base.py; every method here asks the provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from messaging.providers.base import Credentials

PortState = Literal["review", "signature", "under_way", "action", "done", "ended"]


@dataclass(frozen=True, slots=True)
class Portable:
    """Whether a number can be brought. reason: the provider's words where it cannot; wants_pin: as for mobiles."""

    is_portable: bool
    reason: str = ""
    wants_pin: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill of the old carrier: a PDF or a picture."""

    content: bytes = field(repr=False)
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class PortOrder:
    """What the old carrier knows of a line, and who signs for it. e164: which line.

    account_number and pin open the line to whoever has them: neither is kept, logged or shown.
    """

    e164: str
    holder: str
    is_business: bool
    signer: str
    signer_email: str
    street: str
    city: str
    region: str  # two letters
    postal_code: str
    bill: Bill
    account_number: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What came of ordering: ordered (port_id set), refused (code, detail), retry (surely not), unknown."""

    kind: Literal["ordered", "refused", "retry", "unknown"]
    port_id: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PortStanding:
    """How an order stands. detail: the provider's own words of what is wrong; sign_url: where it is signed."""

    state: PortState
    detail: str = ""
    sign_url: str = ""


class Porter(Protocol):
    """The part of a provider that brings numbers. ports: whether its API takes orders."""

    ports: bool

    def can_port(self, account: Credentials, e164: str) -> Portable:
        """Return whether a number can be brought. Raises ProviderFailed."""

    def find_port(self, account: Credentials, e164: str) -> str:
        """Return the id of an order for a number that is still under way, '' for none. Raises ProviderFailed."""

    def order_port(self, account: Credentials, order: PortOrder) -> Ordered:
        """Order a number. Never raises for the provider."""

    def port_standing(self, account: Credentials, port_id: str) -> PortStanding:
        """Return how an order stands. Raises ProviderFailed."""

    def cancel_port(self, account: Credentials, port_id: str) -> None:
        """Take an order back; one that is over is no error. Raises ProviderFailed."""
