"""What a connector to a CRM does, in our words: the list that docs/crm.md walks through.

A connector speaks HTTP and nothing else: no database, no clock. It may be asked the same thing again
(our process died before it wrote down what came), and must then change nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol


class CrmFailed(RuntimeError):
    """The CRM did not do it; the text is for people and holds no secret.

    kind: again: ask once more, after `retry_seconds` at least; refused: this thing never; key: the
    token is not, or no longer, good for it.
    """

    def __init__(
        self, kind: Literal["again", "refused", "key"], sentence: str, retry_seconds: float = 0.0
    ) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.retry_seconds = kind, sentence, retry_seconds


@dataclass(frozen=True, slots=True)
class Connected:
    """What a token opens: the account as people know it, and what the connector learnt or made there."""

    account: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToTell:
    """One thing for the CRM: whom it is about, and a note for his timeline.

    event_id: the same however often it is told; at_ms: when it happened, in milliseconds since 1970;
    phone: E.164; note: plain text; is_repeat: it may have been told before.
    """

    event_id: str
    at_ms: int
    phone: str
    name: str
    note: str
    is_repeat: bool


class Connector(Protocol):
    """One CRM."""

    kind: str
    title: str

    def connect(self, token: str) -> Connected:
        """Try a token and prepare what is needed over there; again is harmless. Raises CrmFailed."""

    def push(self, token: str, settings: dict[str, Any], told: ToTell) -> str:
        """Find or make the person by number and put the note on his timeline; returns the note's id.

        Raises CrmFailed.
        """
