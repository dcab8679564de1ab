"""Registration with carriers as a provider takes it: one part at a time, each asked for as often as needed.

Part of the shape in messaging/providers/base.py. The parts are named in messaging/senders/dossier.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from messaging.providers.checking import Setting

if TYPE_CHECKING:
    from messaging.providers.base import Credentials
    from messaging.senders.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Part:
    """A part to be filed.

    name: such as a2p.brand or a2p.number:+13125550100; mark: what it is called at the provider;
    ids: what the provider calls the parts before it; known_id: what it calls this one, '' while it
    has none; look_first: it may have been asked for before; again: filed anew after a change.
    """

    name: str
    mark: str
    ids: Mapping[str, str] = field(default_factory=dict)
    known_id: str = ""
    look_first: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """How a part stands.

    kind: done, waiting (for the carriers; external_id set), refused (code, detail, fields: the
    provider's own names of what is wrong), unknown (no answer: looked for before it is asked again).
    """

    kind: Literal["done", "waiting", "refused", "unknown"]
    external_id: str = ""
    code: str = ""
    detail: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FiledStanding:
    """How what was filed stands. is_joined: whether the number is in its campaign, None: not asked."""

    settings: tuple[Setting, ...]
    is_joined: bool | None = None


class Registrar(Protocol):
    """The part of a provider that files registrations; registers: whether its API does."""

    registers: bool

    def file_part(self, account: Credentials, part: Part, dossier: Dossier) -> Filed:
        """Bring a part into being, or see how it stands. Never raises for the provider.

        Asked again with the same mark it makes nothing twice, as long as look_first is true.
        """

    def end_campaigns(self, account: Credentials, service_id: str) -> None:
        """End what a messaging service is registered for; none left is no fault.

        Only where it `registers`. Raises ProviderFailed.
        """

    def filed_standing(
        self, account: Credentials, e164: str, ids: Mapping[str, str]
    ) -> FiledStanding:
        """Return how a number's registration stands now; ids: what the provider calls the parts filed.

        Only where it `registers`. Raises ProviderFailed.
        """
