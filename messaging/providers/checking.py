"""How a number stands at its provider, beside how it should: what support compares and repairs.

Part of the shape in messaging/providers/base.py; every method here asks the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from messaging.providers.base import Credentials


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a number. name: in words; wanted, said: as the provider writes them, '' for none.

    matters: what goes wrong while it differs.
    """

    name: str
    wanted: str
    said: str
    matters: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing need be changed."""
        return self.wanted == self.said


@dataclass(frozen=True, slots=True)
class Standing:
    """A number as the provider has it. problems: what no setting of ours repairs, in sentences."""

    number_id: str
    settings: tuple[Setting, ...]
    problems: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Setting, ...]:
        """The settings a repair would change."""
        return tuple(setting for setting in self.settings if not setting.is_right)


class Checks(Protocol):
    """The part of a provider that tells and repairs how a number is set up."""

    def number_standing(
        self, account: Credentials, e164: str, urls: Mapping[str, str]
    ) -> Standing | None:
        """Return how the account's number is set up; None when the account has no such number.

        urls: as tenants.accounts.webhook_urls names them. Raises ProviderFailed.
        """

    def repair_number(self, account: Credentials, number_id: str, urls: Mapping[str, str]) -> None:
        """Set everything that `number_standing` compares. The same twice is no harm. Raises ProviderFailed."""
