"""Counting what a back-test found: figures for each set of rules, and the calls they differ on. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calls.backtest.past import PastCall
from calls.backtest.replay import HELD, SENT, SKIPPED, Verdict
from calls.words import because_words

_NUMBERS = (
    "texted", "held", "skipped", "segments", "held_by_quiet_hours", "refused_by_quiet_hours",
    "called_off",
)  # fmt: skip
SHOWN = 1_000  # differences kept one by one; all are counted


@dataclass(slots=True)
class Figures:
    """What one set of rules would have done. cents: segments at the price of one, whole cents."""

    texted: int = 0
    held: int = 0
    skipped: int = 0
    segments: int = 0
    held_by_quiet_hours: int = 0
    refused_by_quiet_hours: int = 0
    called_off: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    sentences: dict[str, str] = field(default_factory=dict)  # one example of each code

    def add(self, verdict: Verdict) -> None:
        """Count one answer."""
        self.codes[verdict.code] += 1
        self.sentences.setdefault(verdict.code, verdict.sentence)
        if verdict.rule:
            self.rules[verdict.rule] += 1
        if verdict.action == SKIPPED:
            self.skipped += 1
            self.refused_by_quiet_hours += verdict.by_clock
            return
        if verdict.action == SENT:
            self.texted += 1
        else:
            self.held += 1
            self.held_by_quiet_hours += verdict.by_clock
            self.called_off += bool(verdict.later)
        self.segments += verdict.segments
        self.templates[f"{verdict.template}{verdict.variant and f' ({verdict.variant})'}"] += 1

    def take_in(self, other: Figures) -> None:
        """Add what was counted of other calls."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("codes", "rules", "templates"):
            getattr(self, name).update(getattr(other, name))
        self.sentences = {**other.sentences, **self.sentences}

    def as_dict(self, cents_per_segment: float) -> dict[str, Any]:
        """Return the figures as JSON."""
        return {
            "texted": self.texted,
            "held": self.held,
            "skipped": self.skipped,
            "segments": self.segments,
            "cents": round(self.segments * cents_per_segment),
            "held_by_quiet_hours": self.held_by_quiet_hours,
            "refused_by_quiet_hours": self.refused_by_quiet_hours,
            "called_off": self.called_off,
            "codes": dict(self.codes.most_common()),
            "sentences": self.sentences,
            "rules": dict(self.rules.most_common()),
            "templates": dict(self.templates.most_common()),
        }


@dataclass(slots=True)
class Tally:
    """The whole result. changes: "skip to text" and its like, counted."""

    cents_per_segment: float
    calls: int = 0
    missed: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    current: Figures = field(default_factory=Figures)
    proposed: Figures = field(default_factory=Figures)
    differences: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def add(self, call: PastCall, current: Verdict, proposed: Verdict) -> None:
        """Count one call."""
        self.calls += 1
        self.missed += call.outcome.is_missed
        self.first_at = self.first_at or call.started_at
        self.last_at = call.started_at
        self.current.add(current)
        self.proposed.add(proposed)
        if not _differ(current, proposed):
            return
        self.differences += 1
        self.changes[f"{current.action} to {proposed.action}"] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(
                {
                    "call": call.key,
                    "at": call.started_at.isoformat(),
                    "caller": call.caller,
                    "line": call.our_number,
                    "what": because_words(call.outcome),
                    "current": _told(current),
                    "proposed": _told(proposed),
                }
            )

    def take_in(self, other: Tally) -> None:
        """Add what was counted of other callers."""
        self.calls += other.calls
        self.missed += other.missed
        self.differences += other.differences
        self.changes.update(other.changes)
        self.first_at = min(filter(None, (self.first_at, other.first_at)), default=None)
        self.last_at = max(filter(None, (self.last_at, other.last_at)), default=None)
        self.current.take_in(other.current)
        self.proposed.take_in(other.proposed)
        self.shown = sorted(self.shown + other.shown, key=lambda row: row["at"])[:SHOWN]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON (times ISO 8601)."""
        return {
            "calls": self.calls,
            "missed": self.missed,
            "from": self.first_at.isoformat() if self.first_at else None,
            "to": self.last_at.isoformat() if self.last_at else None,
            "cents_per_segment": self.cents_per_segment,
            "current": self.current.as_dict(self.cents_per_segment),
            "proposed": self.proposed.as_dict(self.cents_per_segment),
            "differences": self.differences,
            "changes": dict(self.changes.most_common()),
            "shown": self.shown,
        }


def _differ(one: Verdict, other: Verdict) -> bool:
    if one is other:
        return False
    return (one.action, one.code, one.template, one.at) != (
        other.action, other.code, other.template, other.at,
    )  # fmt: skip


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": verdict.action,
        "code": verdict.code,
        "sentence": verdict.sentence,
        "rule": verdict.rule,
        "template": verdict.template,
        "variant": verdict.variant,
        "at": verdict.at.isoformat() if verdict.at and verdict.action == HELD else None,
        "later": verdict.later,
    }
