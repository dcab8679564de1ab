"""How long what is kept, and what a purge would take, in words. Pure.

Source: the table of compliance.md section 7. Opt-outs and the ledger are kept for ever.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

# Consent and its proof: five years after the last text, whatever the business chose for texts.
EVIDENCE_MONTHS = 60
# What an opt-out said, and of whom (Virginia wants it honoured, and so provable, for ten years).
OPT_OUT_MONTHS = 120
WARNING = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older than this at `at` (aware) goes; months and days as the business chose them."""

    at: datetime
    message_months: int
    recording_days: int

    @property
    def texts_before(self) -> datetime:
        """Words of texts from before this go."""
        return months_before(self.at, self.message_months)

    @property
    def recordings_before(self) -> datetime:
        """Recordings from before this go."""
        return self.at - timedelta(days=self.recording_days)

    @property
    def evidence_before(self) -> datetime:
        """Details of consent from before this go, when no text came or went since."""
        return months_before(self.at, max(EVIDENCE_MONTHS, self.message_months))

    @property
    def opt_outs_before(self) -> datetime:
        """Details of opt-outs from before this go; that somebody opted out stays."""
        return months_before(self.at, max(OPT_OUT_MONTHS, self.message_months))

    def loosened(self, message_months: int, recording_days: int) -> Limits:
        """Return the longer of these limits and others: nothing goes that either would keep."""
        return Limits(
            self.at,
            max(self.message_months, message_months),
            max(self.recording_days, recording_days),
        )


@dataclass(frozen=True, slots=True)
class Share:
    """What of one kind would go: how many, from when to when, and how many more a hold keeps."""

    what: str
    count: int
    oldest: datetime | None = None
    newest: datetime | None = None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge under `limits` would take, kind by kind. `everybody_held`: nothing, for a hold."""

    limits: Limits
    shares: tuple[Share, ...]
    everybody_held: bool = False

    @property
    def total(self) -> int:
        """How many things would go."""
        return sum(share.count for share in self.shares)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as it stands in the audit log (JSON; times ISO 8601)."""
        return {
            "at": self.limits.at.isoformat(),
            "message_months": self.limits.message_months,
            "recording_days": self.limits.recording_days,
            "everybody_held": self.everybody_held,
            "shares": [
                {
                    name: value.isoformat() if isinstance(value, datetime) else value
                    for name, value in asdict(share).items()
                }
                for share in self.shares
            ],
        }


class Keeper(Protocol):
    """One kind of thing that is kept for a time (settings.RETAINED). `held`: contacts to leave out."""

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would go."""

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Take away the oldest, at most `limit`, in the caller's transaction; return how many."""


def limits_from(stored: dict[str, Any]) -> Limits:
    """Return the limits of a plan as it stands in the audit log."""
    return Limits(
        datetime.fromisoformat(stored["at"]), stored["message_months"], stored["recording_days"]
    )


def months_before(at: datetime, months: int) -> datetime:
    """Return the moment so many months earlier; on the last day of a shorter month if need be."""
    years, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    month += 1
    return at.replace(year=years, month=month, day=min(at.day, monthrange(years, month)[1]))


def next_month(at: datetime) -> datetime:
    """Return the first moment of the month after `at`, in the zone `at` is in."""
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return months_before(first, -1)


def announcement(plan: Plan, zone: ZoneInfo) -> str:
    """Say what will go and when: "On 1 December 1,204 texts older than 5 years will be blanked."."""
    day = (plan.limits.at + WARNING).astimezone(zone)
    ages = {
        "texts": _age(plan.limits.message_months),
        "blocked texts": _age(plan.limits.message_months),
        "promises": _age(plan.limits.message_months),
        "voicemail recordings": f"{plan.limits.recording_days} days",
        "details of consent": _age(max(EVIDENCE_MONTHS, plan.limits.message_months)),
    }
    parts = [
        f"{share.count:,} {share.what} older than {ages.get(share.what, 'they may get')}"
        for share in plan.shares
        if share.count
    ]
    if len(parts) > 1:
        parts[-2:] = [f"{parts[-2]} and {parts[-1]}"]
    held = sum(share.held for share in plan.shares)
    kept = f" A legal hold keeps {held:,} more." if held else ""
    return f"On {day.day} {day:%B} {', '.join(parts)} will be blanked.{kept}"


def _age(months: int) -> str:
    return f"{months // 12} years" if months % 12 == 0 else f"{months} months"
