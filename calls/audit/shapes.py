"""What a log is read into: one row of the file, and one call in our words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ANSWERED, MISSED, VOICEMAIL = "answered", "missed", "voicemail"
# The log does not say whether anybody talked: it counts neither way, and the report says how many.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Logged:
    """One call of a log, as calls.audit reads it and the back-test takes it.

    row: line of the file (the heading is 1); started_at: aware, UTC; caller: the outside person in
    E.164, whoever called whom, '' when withheld; line: our number, '' when the log has none;
    outcome: answered, missed, voicemail, unknown; because: as calls.models.Call.Because, '' when answered or unknown;
    talk_seconds: 0 of a missed call: the log calls it answered, but of no second.
    """

    row: int
    started_at: datetime
    caller: str
    line: str
    outcome: str
    because: str
    ring_seconds: int | None
    talk_seconds: int | None
    is_inbound: bool

    @property
    def was_missed(self) -> bool:
        """Whether nobody talked to the caller."""
        return self.outcome in (MISSED, VOICEMAIL)

    @property
    def is_empty(self) -> bool:
        """Whether the log calls it answered though it lasted no second: nobody can have talked."""
        return self.outcome == MISSED and self.talk_seconds == 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be used: its line in the file, a code, and what is wrong in plain words.

    raw: the beginning of the line, where it could not be taken apart into cells.
    """

    line: int
    code: str
    words: str
    raw: str = ""
