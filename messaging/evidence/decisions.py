"""A stored answer of the gate as evidence: rules with their sources, the consent relied on, local times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from messaging.evidence.entries import local_times, stamp, stamped
from messaging.evidence.glossary import as_dict, level_in_words, rule
from messaging.jurisdictions import Ruleset

_TIMES = ("asked_at", "helped_at", "clarified_at")


@dataclass(frozen=True, slots=True)
class Consent:
    """A row of the ledger that a text can rely on."""

    seq: int
    kind: str
    means: str
    level: int | None
    scope: str
    channel: str
    occurred_at: datetime
    row_hash: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "seq": self.seq,
            "kind": self.kind,
            "means": self.means,
            "level": self.level,
            "level_means": level_in_words(self.level) if self.level is not None else "",
            "scope": self.scope,
            "channel": self.channel,
            "occurred_at": stamp(self.occurred_at),
            "row_hash": self.row_hash,
        }

    @property
    def sentence(self) -> str:
        """Return it in one line for people."""
        level = f", level {level_in_words(self.level)}" if self.level is not None else ""
        return (
            f"ledger row {self.seq} of {self.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: "
            f"{self.means.lower()}{level} ({self.channel})"
        )


@dataclass(slots=True)
class Seen:
    """What the decisions of an export name, gathered while they are written."""

    rules: dict[str, date] = field(default_factory=dict)  # by id: a date on which it was applied
    rulesets: set[str] = field(default_factory=set)
    policies: set[int] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads stored answers.

    consents: the person's ledger rows by id, as the answers name them, oldest first; zones: where
    the number may be, for an answer that does not say.
    """

    rules: Ruleset
    consents: Mapping[int, Consent]
    zones: tuple[str, ...]
    seen: Seen
    today: date  # for an answer that says no time

    def expand(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return one answer with everything it names written out. Whatever is missing stays empty."""
        on = self._day(entry)
        ids = [str(each) for each in entry.get("rules") or []]
        for each in ids:
            self.seen.rules.setdefault(each, on)
        self.seen.states.update(entry.get("states") or [])
        if entry.get("ruleset"):
            self.seen.rulesets.add(str(entry["ruleset"]))
        if isinstance(entry.get("policy"), int):
            self.seen.policies.add(entry["policy"])
        consent = self.consent(entry)
        level = entry.get("level")
        return {
            "at": stamped(entry.get("at")),
            "result": entry.get("result", ""),
            "code": entry.get("code", ""),
            "sentence": entry.get("sentence", ""),
            "decision_row": entry.get("row", ""),
            "rules": [as_dict(rule(each, self.rules, on)) for each in ids],
            "consent": consent.as_dict() if consent else None,
            "consent_level": level,
            "consent_level_means": level_in_words(level),
            "posture": entry.get("posture", ""),
            "policy_version": entry.get("policy"),
            "ruleset": entry.get("ruleset", ""),
            "places": self._places(entry),
            "until": stamped(entry.get("until")),
            "expires": stamped(entry.get("expires")),
            "content_findings": entry.get("findings") or [],
            "occasion": {
                name: stamped(value) if name in _TIMES else value
                for name, value in (entry.get("occasion") or {}).items()
            },
        }

    def consent(self, entry: Mapping[str, Any]) -> Consent | None:
        """Return the ledger row an answer relied on, None where it names none of this person.

        Of an answer that was kept without one: the last row there was by then.
        """
        if "consent_event" in entry:
            return self.consents.get(entry["consent_event"] or 0)
        at = _moment(entry)
        before = [row for row in self.consents.values() if at and row.occurred_at <= at]
        return before[-1] if before else None

    def _places(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        at = _moment(entry)
        told = [{"zone": pair[0], "time": pair[1]} for pair in entry.get("local_times") or []]
        if not told and at is not None:
            names = tuple(entry.get("zones") or self.zones)
            told = [{"zone": name, "time": local_times(at, (name,))[0]} for name in names]
        return {
            "known_from": entry.get("places_from") or "area code, looked up for this export",
            "states": entry.get("states") or [],
            "zones": entry.get("zones") or list(self.zones),
            "local_times": told,
        }

    def lines(self, entry: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return an answer as the transcript has it: what, by which rules, on which consent."""
        on = self._day(entry)
        ids = [str(each) for each in entry.get("rules") or []]
        named = "; ".join(
            f"{each} ({found.source})" if (found := rule(each, self.rules, on)).source else each
            for each in ids
        )
        consent, level = self.consent(entry), entry.get("level")
        lines = [
            ("Decision", f"{entry.get('sentence', '')} [{entry.get('code', '')}]"),
            ("Rules", named or "none"),
        ]
        if consent is not None:
            gives = consent.kind in ("consent", "opt_in")
            lines.append(("Consent" if gives else "Ledger", consent.sentence))
        elif level in (None, 0):
            lines.append(("Consent", "none on record; not what this decision rests on"))
        else:
            lines.append(("Consent", f"level {level_in_words(level)}"))
        return lines

    def _day(self, entry: Mapping[str, Any]) -> date:
        at = _moment(entry)
        return at.date() if at else self.today


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(entry.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo else None
