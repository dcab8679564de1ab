"""The carriers a business may have its number with, as data with sources, read strictly. Pure.

calls/forwarding/carriers.yaml is read once, at the start of every process: a file that cannot be
used names file and line (messaging/rulebook_file.py), never a page that somebody opens later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from messaging.rulebook_file import Entry, RulesetError, read

__all__ = ["Book", "Carrier", "Code", "RulesetError", "Trap", "Way", "current", "load"]

FILE = Path(__file__).parent / "carriers.yaml"
# The ways a call to a phone is missed, in the order they are told (telephony.md 1.8 b).
CONDITIONS = ("no_answer", "busy", "unreachable")
KINDS = ("mobile", "landline", "voip")
_CONFIDENCES = ("H", "M", "L")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DIALLED = re.compile(r"[*#0-9+]+")
_FIELDS = frozenset({"e164", "eleven", "ten", "seconds"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# What forwards every call somewhere: no code of ours may begin like it (product.md B 5).
_EVERYTHING = ("*72", "72#", "*21*", "**21*", "*002*", "**002*")


@dataclass(frozen=True, slots=True)
class Code:
    """One code to dial. Templates of calls.forwarding.codes; timed and check may be ''.

    covers: which of CONDITIONS it forwards; off: what undoes it; check: what asks the network
    whether it holds; tone: after these keys one waits for a second dial tone, '' for none.
    """

    covers: frozenset[str]
    on: str
    off: str
    timed: str = ""
    check: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way a carrier is said to take it: codes, or steps in its portal, never both.

    sources: addresses; confidence: H the carrier says so, M sources agree, L one source alone;
    seconds: how long a `timed` code may let it ring, () when that is not for us to say.
    """

    id: str
    confidence: str
    sources: tuple[str, ...]
    covers: frozenset[str]
    codes: tuple[Code, ...] = ()
    steps: tuple[str, ...] = ()
    off_steps: tuple[str, ...] = ()
    seconds: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier. ways: the likeliest first; everything: the code, or switch, that forwards all calls."""

    id: str
    name: str
    kind: str
    country: str
    everything: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Trap:
    """What keeps a missed call from us although the code was right. kinds: whom it concerns."""

    id: str
    kinds: frozenset[str]
    title: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Book:
    """All carriers of one edition, in the order they are offered, and the traps."""

    version: str
    carriers: tuple[Carrier, ...]
    traps: tuple[Trap, ...]

    def carrier(self, ident: str) -> Carrier | None:
        """Return a carrier by id, None when there is none."""
        return next((carrier for carrier in self.carriers if carrier.id == ident), None)

    def traps_of(self, carrier: Carrier) -> tuple[Trap, ...]:
        """Return what can go wrong with this kind of carrier."""
        return tuple(trap for trap in self.traps if carrier.kind in trap.kinds)


@cache
def current() -> Book:
    """Return the carriers the product ships with, read once. Raises RulesetError."""
    return load(FILE)


def load(path: Path) -> Book:
    """Read a file of carriers. Raises RulesetError with file and line, OSError."""
    top = read(path.name, path.read_bytes()).fields(
        frozenset({"version", "sources", "traps", "carriers"}),
        frozenset({"version", "sources", "traps", "carriers"}),
    )
    sources = {name: _address(entry) for name, entry in top["sources"].fields().items()}
    used: set[str] = set()
    traps = tuple(_trap(entry, sources, used) for entry in top["traps"].items())
    carriers = tuple(_carrier(entry, sources, used) for entry in top["carriers"].items())
    _once(top["traps"], [trap.id for trap in traps])
    _once(top["carriers"], [carrier.id for carrier in carriers])
    for name in sorted(set(sources) - used):
        raise top["sources"].fields()[name].wrong("nothing is taken from this source")
    return Book(top["version"].filled(), carriers, traps)


def _address(entry: Entry) -> str:
    address = entry.filled()
    if not re.fullmatch(r"https?://[^\s]+\.[^\s]+", address):
        raise entry.wrong("expected an address such as https://example.com/page")
    return address


def _trap(entry: Entry, sources: dict[str, str], used: set[str]) -> Trap:
    keys = frozenset({"id", "on", "title", "why", "source"})
    found = entry.fields(keys, keys)
    return Trap(
        _ident(found["id"]),
        _words(found["on"], KINDS, " "),
        found["title"].filled(),
        found["why"].filled(),
        _sources(found["source"], sources, used)[0],
    )


def _carrier(entry: Entry, sources: dict[str, str], used: set[str]) -> Carrier:
    keys = frozenset({"id", "name", "kind", "country", "everything", "ways"})
    found = entry.fields(keys, keys)
    ident = _ident(found["id"])
    ways = tuple(
        _way(Entry(each.file, each.node, ident), sources, used) for each in found["ways"].items()
    )
    if not ways:
        raise found["ways"].wrong("expected at least one way")
    _once(found["ways"], [way.id for way in ways])
    everything = found["everything"].filled()
    _placeholders(found["everything"], everything, _FIELDS - {"seconds"})
    return Carrier(
        ident,
        found["name"].filled(),
        found["kind"].one_of(*KINDS),
        found["country"].one_of("US", "CA"),
        everything,
        ways,
    )


def _way(entry: Entry, sources: dict[str, str], used: set[str]) -> Way:
    found = entry.fields(
        frozenset({"id", "confidence", "sources"}),
        frozenset({"id", "confidence", "sources", "note", "codes", "seconds"})
        | {"covers", "steps", "off_steps"},
    )
    if ("codes" in found) == ("steps" in found):
        raise entry.wrong("expected either codes or steps")
    codes: tuple[Code, ...] = ()
    steps: tuple[str, ...] = ()
    off_steps: tuple[str, ...] = ()
    if "codes" in found:
        codes = tuple(_code(each) for each in found["codes"].items())
        covers = frozenset().union(*(code.covers for code in codes))
    else:
        if "covers" not in found or "off_steps" not in found:
            raise entry.wrong("steps need covers, and off_steps to undo them")
        covers = _words(found["covers"], CONDITIONS, ",")
        steps, off_steps = _steps(found["steps"]), _steps(found["off_steps"])
        if not any("{" in step for step in steps):
            raise found["steps"].wrong("no step names the number to forward to")
    seconds: tuple[int, ...] = ()
    if "seconds" in found:
        seconds = found["seconds"].read("seconds such as 5, 10, 15", _seconds)
    if bool(seconds) != any(code.timed for code in codes):
        raise entry.wrong("seconds and a timed code belong together")
    return Way(
        _ident(found["id"]),
        found["confidence"].one_of(*_CONFIDENCES),
        _sources(found["sources"], sources, used),
        covers,
        codes,
        steps,
        off_steps,
        seconds,
        found["note"].filled() if "note" in found else "",
    )


def _code(entry: Entry) -> Code:
    found = entry.fields(
        frozenset({"covers", "on", "off"}),
        frozenset({"covers", "on", "off", "timed", "check", "tone"}),
    )
    texts = {name: found[name].filled() for name in found if name != "covers"}
    for name, text in texts.items():
        needs = {"on": "a number", "timed": "{seconds}"}.get(name)
        _placeholders(found[name], text, _FIELDS if name == "timed" else _FIELDS - {"seconds"})
        if not _DIALLED.fullmatch(_PLACEHOLDER.sub("1", text)):
            raise found[name].wrong(f"{text} has something in it that no keypad has")
        if needs and ("{" not in text or (name == "timed" and "{seconds}" not in text)):
            raise found[name].wrong(f"{text} leaves {needs} out")
        if name in ("on", "timed") and text.startswith(_EVERYTHING):
            raise found[name].wrong(f"{text} forwards every call")
        if name in ("off", "check", "tone") and "{" in text:
            raise found[name].wrong(f"{text} must not name a number")
    if "tone" in texts and not texts["on"].startswith(texts["tone"]):
        raise found["tone"].wrong("the code does not begin with these keys")
    return Code(covers=_words(found["covers"], CONDITIONS, ","), **texts)


def _placeholders(entry: Entry, text: str, known: frozenset[str]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            raise entry.wrong(f"unknown placeholder {{{name}}}")
    if "{" in (bare := _PLACEHOLDER.sub("", text)) or "}" in bare:
        raise entry.wrong("a placeholder is not closed")


def _steps(entry: Entry) -> tuple[str, ...]:
    steps = tuple(each.filled() for each in entry.items())
    if not steps:
        raise entry.wrong("expected at least one step")
    for each in entry.items():
        _placeholders(each, each.text(), _FIELDS - {"seconds"})
    return steps


def _sources(entry: Entry, known: dict[str, str], used: set[str]) -> tuple[str, ...]:
    names = [name.strip() for name in entry.filled().split(",")]
    for name in names:
        if name not in known:
            raise entry.wrong(f"unknown source {name or 'nothing'}")
    used.update(names)
    return tuple(known[name] for name in names)


def _words(entry: Entry, allowed: Sequence[str], by: str) -> frozenset[str]:
    words = [word.strip() for word in entry.filled().split(by)]
    for word in words:
        if word not in allowed:
            raise entry.wrong(f"expected {', '.join(allowed)}, not {word or 'nothing'}")
    return frozenset(words)


def _seconds(words: str) -> tuple[int, ...]:
    numbers = tuple(int(word) for word in words.split(","))
    if list(numbers) != sorted(set(numbers)) or not all(5 <= each <= 60 for each in numbers):
        raise ValueError(words)
    return numbers


def _ident(entry: Entry) -> str:
    ident = entry.filled()
    if not _ID.fullmatch(ident) or len(ident) > 40:
        raise entry.wrong("expected small letters, digits and hyphens, at most 40")
    return ident


def _once(entry: Entry, idents: list[str]) -> None:
    for ident in idents:
        if idents.count(ident) > 1:
            raise entry.wrong(f"{ident} stands twice")
