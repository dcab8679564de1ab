"""What a playbook would change at one business, and what stays because it is the business's own. Pure.

Stays, by reason: own_text, own_reply, own_greeting (changed there since the pack or a playbook wrote
it), recorded (a greeting with a recording), no_phones (nobody to ring), stricter (a posture or switch
that is stricter than the playbook's), own_rules (rules for lines of this business alone). Numbers,
members, names and phones are no pieces: nothing here can reach them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inbox.agency.playbooks.content import LINE_FIELDS, SECTIONS, STRICT
from tenants import postures


@dataclass(frozen=True, slots=True)
class Place:
    """What of a business must be known beside its pieces.

    recorded, without_phones: ids of lines; floor: its agency's posture; known: what the pack and
    earlier playbooks wrote into a piece, by piece (texts and replies by their words).
    """

    recorded: frozenset[int] = frozenset()
    without_phones: frozenset[int] = frozenset()
    floor: str = postures.IMPLIED
    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    pack: frozenset[str] = frozenset()

    def wrote(self, piece: str, words: str) -> bool:
        """Whether these words were put there by a pack or a playbook, not by somebody there."""
        return not words.strip() or words in self.pack or words in self.known.get(piece, ())


@dataclass(slots=True)
class Plan:
    """changes: piece -> (what is there, what will be); stays: (piece, reason), a rule by its name.

    covered: every piece that is as the playbook says afterwards, changed or not.
    """

    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    stays: list[tuple[str, str]] = field(default_factory=list)

    @property
    def wanted(self) -> dict[str, Any]:
        """The pieces as they will be."""
        return {piece: new for piece, (_, new) in self.changes.items()}


def plan(
    content: Mapping[str, Any], chosen: Collection[str], now: Mapping[str, Any], place: Place,
    *, today: date, replaces_own: bool = False,
) -> Plan:  # fmt: skip
    """Return what the chosen sections of a playbook would change in the pieces `now`.

    today: local, days before it are no holidays any more; replaces_own: texts that the business
    changed by itself are replaced as well.
    """
    made = _Making(now, place, replaces_own)
    for section in SECTIONS:
        if section in chosen and section in content:
            getattr(made, section)(content[section], today)
    return made.plan


class _Making:
    """One plan in the making; a method for each section."""

    def __init__(self, now: Mapping[str, Any], place: Place, replaces_own: bool) -> None:
        self.now, self.place, self.replaces_own = now, place, replaces_own
        self.plan = Plan()

    def _want(self, piece: str, value: Any) -> None:
        was = self.now.get(piece)
        self.plan.covered.add(piece)
        if was != value:
            self.plan.changes[piece] = (was, value)

    def _stay(self, piece: str, reason: str) -> None:
        self.plan.stays.append((piece, reason))

    def hours(self, week: Any, _today: date) -> None:
        """A week is one piece."""
        self._want("hours", week)

    def holidays(self, days: Mapping[str, str], today: date) -> None:
        """Days are added; one that is there keeps its name."""
        for day, name in days.items():
            if date.fromisoformat(day) >= today and f"holiday:{day}" not in self.now:
                self._want(f"holiday:{day}", name)

    def tags(self, tags: Mapping[str, str], _today: date) -> None:
        """Tags are added or get another colour; people carry their names, so those stay."""
        for name, colour in tags.items():
            piece = f"tag:{name.casefold()}"
            there = self.now.get(piece) or {"name": name}
            self._want(piece, {"name": there["name"], "colour": colour})

    def texts(self, texts: Mapping[str, Any], _today: date) -> None:
        """A text that somebody there wrote stays, unless asked otherwise."""
        for key, value in texts.items():
            self._words(f"text:{key}", value, "own_text")

    def replies(self, replies: Mapping[str, Any], _today: date) -> None:
        """As texts; replies that only the business has are left alone."""
        for key, value in replies.items():
            self._words(f"reply:{key}", value, "own_reply")

    def _words(self, piece: str, value: Any, reason: str) -> None:
        there = self.now.get(piece)
        if there is None or there == value:
            return self._want(piece, value)
        is_own = there["body"] != value["body"] and not self.place.wrote(piece, there["body"])
        if is_own and not self.replaces_own:
            return self._stay(piece, reason)
        return self._want(piece, value)

    def rules(self, rules: Sequence[Any], _today: date) -> None:
        """The whole list, below the rules that are for lines of this business alone."""
        own = [rule for rule in self.now["rules"] if rule.get("when", {}).get("lines")]
        ids = {rule["id"] for rule in own}
        self.plan.stays += [(f"rule:{rule['name']}", "own_rules") for rule in own]
        self._want("rules", own + [rule for rule in rules if rule["id"] not in ids])

    def lines(self, wanted: Mapping[str, Any], _today: date) -> None:
        """Every line; its numbers, phones, label and recording are its own."""
        numbers = {int(piece.split(":")[1]) for piece in self.now if piece.startswith("line:")}
        for number in sorted(numbers):
            for name in LINE_FIELDS:
                self._line(number, name, wanted[name])

    def _line(self, number: int, name: str, value: Any) -> None:
        piece = f"line:{number}:{name}"
        there = self.now[piece]
        if there == value:
            return self._want(piece, value)
        if name == "greeting" and number in self.place.recorded:
            return self._stay(piece, "recorded")
        is_spoken = name in ("greeting", "consent_prompt")
        if is_spoken and not self.replaces_own and not self.place.wrote(piece, there):
            return self._stay(piece, "own_greeting")
        if name == "answering" and value != "greeting" and number in self.place.without_phones:
            return self._stay(piece, "no_phones")
        if name == "posture":
            if there and postures.strictest(there, value) != value:
                return self._stay(piece, "stricter")
            business = self.plan.wanted.get("policy:posture", self.now["policy:posture"])
            base = postures.strictest(self.place.floor, business)
            if value and postures.strictest(value, base) != value:
                # The business's own is stricter, and holds on every line that names none.
                value = ""
        return self._want(piece, value)

    def targets(self, wanted: Mapping[str, Any], _today: date) -> None:
        """How soon people are answered is one piece."""
        self._want("targets", dict(wanted))

    def policy(self, wanted: Mapping[str, Any], _today: date) -> None:
        """Choice by choice; what is stricter stays."""
        for name, value in wanted.items():
            piece = f"policy:{name}"
            there = self.now[piece]
            if name == "posture":
                value = postures.strictest(value, self.place.floor)
                loosened = there != value and postures.strictest(there, value) != value
            else:
                loosened = name in STRICT and there and not value
            if loosened:
                self._stay(piece, "stricter")
            else:
                is_same = name == "countries" and sorted(there) == value
                self._want(piece, there if is_same else value)
