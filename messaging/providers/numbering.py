"""Numbers at a provider, in our words: what is on offer, what an account holds, what came of buying.

Part of the shape in messaging/providers/base.py; every method here asks the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from messaging.providers.base import Credentials

# How many numbers a search returns at most.
OFFERED_AT_MOST = 30
# A mark is what a number is called at the provider: by it a number we bought is known again.
MARK_LENGTH = 64


@dataclass(frozen=True, slots=True)
class NumberSearch:
    """What is looked for. Empty fields ask for nothing.

    area_code: three digits; contains: digits, letters of a keypad and * for any; locality: a city;
    region: two letters of a state; toll_free: then area_code is 800, 833, …
    """

    area_code: str = ""
    contains: str = ""
    locality: str = ""
    region: str = ""
    toll_free: bool = False
    country: str = "US"


@dataclass(frozen=True, slots=True)
class OfferedNumber:
    """A number that can be bought: E.164, and where it is ('' where the provider does not say)."""

    e164: str
    locality: str = ""
    region: str = ""
    texts: bool = True
    pictures: bool = False


@dataclass(frozen=True, slots=True)
class HeldNumber:
    """A number of the account's own. mark: what it was called when it was bought."""

    number_id: str
    e164: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class BuyResult:
    """What came of buying a number.

    kind: bought (number_id set), gone (nobody can buy it any more), refused (code, detail), retry
    (surely not bought), unknown (perhaps bought: it is looked for before it is asked for again).
    """

    kind: Literal["bought", "gone", "refused", "retry", "unknown"]
    number_id: str = ""
    code: str = ""
    detail: str = ""


class Numbers(Protocol):
    """The part of a provider that sells numbers. urls: as tenants.accounts.webhook_urls names them."""

    def search_numbers(self, account: Credentials, wanted: NumberSearch) -> list[OfferedNumber]:
        """Return numbers that can be bought, at most OFFERED_AT_MOST. Raises ProviderFailed."""

    def find_number(self, account: Credentials, e164: str) -> HeldNumber | None:
        """Return the account's own number, None when it holds no such one. Raises ProviderFailed."""

    def buy_number(
        self, account: Credentials, e164: str, mark: str, urls: Mapping[str, str]
    ) -> BuyResult:
        """Buy a number, called `mark`, with its webhooks set. Never raises for the provider."""

    def configure_number(
        self, account: Credentials, number_id: str, urls: Mapping[str, str]
    ) -> None:
        """Set the webhooks of a number. Raises ProviderFailed."""

    def release_number(self, account: Credentials, number_id: str) -> None:
        """Give a number back; one that is gone is no error. Raises ProviderFailed."""
