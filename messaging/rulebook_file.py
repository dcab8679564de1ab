"""Reading rule files strictly: every complaint names file and line. Pure.

Everything is read as the words that stand there, so that ON is Ontario and 9:00 a time of day,
which plain YAML would turn into a truth value and a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import yaml

T = TypeVar("T")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = tuple[tuple[int, int] | None, ...]
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (banned|([0-9:]+)-([0-9:]+))")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")


class RulesetError(ValueError):
    """A rule file is wrong. str: 'us.yaml:123: US-TX: hours: closes before it opens'."""

    def __init__(self, file: str, line: int, complaint: str) -> None:
        super().__init__(f"{file}:{line}: {complaint}")
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of a file: a value with the line it stands on and what it belongs to."""

    file: str
    node: yaml.Node
    label: str = ""

    @property
    def line(self) -> int:
        """The line on which it begins, from 1."""
        return self.node.start_mark.line + 1

    def wrong(self, complaint: str) -> RulesetError:
        """Return the error that names this place; to be raised."""
        return RulesetError(self.file, self.line, f"{self.label}: {complaint}".removeprefix(": "))

    def inside(self, name: str) -> str:
        """Return the label of something inside, for its complaints."""
        return f"{self.label}: {name}" if self.label else name

    def fields(
        self, required: frozenset[str] = frozenset(), known: frozenset[str] | None = None
    ) -> dict[str, Entry]:
        """Return what it holds by key; with `known`, any other key is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("expected keys and values")
        found: dict[str, Entry] = {}
        for key_node, node in self.node.value:
            key_entry = Entry(self.file, key_node, self.label)
            key = key_entry.text()
            if key in found:
                raise key_entry.wrong(f"{key}: stands twice")
            if known is not None and key not in known:
                raise key_entry.wrong(f"unknown key {key}")
            found[key] = Entry(self.file, node, self.inside(key))
        for key in sorted(required):
            if key not in found:
                raise self.wrong(f"{key} is missing")
        return found

    def items(self) -> Iterator[Entry]:
        """Yield the members of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("expected a list")
        for node in self.node.value:
            yield Entry(self.file, node, self.label)

    def text(self) -> str:
        """Return the words that stand here, spaces folded; '' is allowed."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong("expected words")
        return " ".join(self.node.value.split())

    def filled(self) -> str:
        """Return the words that stand here, of which there must be some."""
        words = self.text()
        if not words:
            raise self.wrong("is empty")
        return words

    def one_of(self, *choices: str) -> str:
        """Return the words, which must be one of these."""
        if self.text() not in choices:
            raise self.wrong(f"expected {', '.join(choices)}, not {self.text() or 'nothing'}")
        return self.text()

    def day(self) -> date:
        """Return a date written as 2026-11-21."""
        return self.read("a date such as 2026-11-21", date.fromisoformat)

    def number(self) -> int:
        """Return a count from 1."""
        return self.read("a count from 1", _count)

    def hours(self) -> Hours:
        """Return seven windows in minutes after midnight, Monday first; None is a banned day.

        Written as 'mon-fri 9:00-18:00, sat 10:00-17:00, sun banned': every day exactly once.
        """
        week: dict[int, tuple[int, int] | None] = {}
        for part in self.filled().split(","):
            for day, window in self._span(part.strip()):
                if day in week:
                    raise self.wrong(f"{DAYS[day]} stands twice")
                week[day] = window
        missing = [name for day, name in enumerate(DAYS) if day not in week]
        if missing:
            raise self.wrong(f"nothing is said of {', '.join(missing)}")
        if not any(week.values()):
            raise self.wrong("every day is banned")
        return tuple(week[day] for day in range(7))

    def read(self, what: str, convert: Callable[[str], T]) -> T:
        """Return the words converted; a ValueError becomes a complaint with file and line."""
        try:
            return convert(self.text())
        except ValueError:
            raise self.wrong(f"expected {what}, not {self.text() or 'nothing'}") from None

    def _span(self, part: str) -> Iterator[tuple[int, tuple[int, int] | None]]:
        match = _SPAN.fullmatch(part)
        if not match or {match[1], match[2] or match[1]} - set(DAYS):
            raise self.wrong(f"expected days with hours such as mon-sat 8:00-20:00, not {part}")
        first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
        if last < first:
            raise self.wrong(f"{part}: the days run backwards")
        window = None if match[3] == "banned" else (self._time(match[4]), self._time(match[5]))
        if window and window[1] <= window[0]:
            raise self.wrong(f"{part}: closes before it opens")
        for day in range(first, last + 1):
            yield day, window

    def _time(self, words: str) -> int:
        match = _TIME.fullmatch(words)
        minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
        if not 0 <= minute <= 24 * 60:
            raise self.wrong(f"{words} is no time of day from 0:00 to 24:00")
        return minute


def read(file: str, content: bytes) -> Entry:
    """Return a file's one document; raises RulesetError for what is no YAML."""
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RulesetError(file, mark.line + 1 if mark else 1, f"{error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise RulesetError(file, 1, "is no readable text") from None
    if node is None:
        raise RulesetError(file, 1, "is empty")
    return Entry(file, node)


def _count(words: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", words):
        raise ValueError(words)
    return int(words)
