"""What an audit says, as lines to read in a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.audit.findings import CAUSES, percent

_WIDTH = 88
_LABEL = 44
_ENDS = {
    "reached_later": "Called again and got through",
    "called_back": "Called back and reached",
    "tried": "Called back in vain",
    "lost": "Never reached",
    "undecided": "Too recent to say",
}
_SIGNS = {"good": "+", "warn": "!", "bad": "!!"}


def lines(found: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield what `manage.py audit_calls` found in the file `name`, as people read it."""
    yield from _head(found, name)
    yield ""
    for each in found["findings"]:
        yield from _wrapped(each["headline"], f"{_SIGNS[each['tone']]:<3}", "   ")
        yield from _wrapped(each["detail"], "   ", "   ")
    causes = sorted(found["causes"].items(), key=lambda each: -each[1])
    yield from _table(
        "Why calls were missed", [(CAUSES.get(code, code), count) for code, count in causes],
        found["missed"],
    )  # fmt: skip
    if found["people"]:
        ends = [(label, found[end]) for end, label in _ENDS.items() if found[end]]
        yield from _table("What became of missed callers", ends, found["people"])
    yield from _worth(found)
    if found["suggested_rules"]:
        yield from ("", "Rules that would help")
        for rule in found["suggested_rules"]:
            yield from _wrapped(f"{rule['name']}. {rule['why']}", "   ", "     ")
    yield from _left_out(found)
    yield ""
    yield f"{found['seconds']} s, {found['peak_mb']} MB at most. --json gives all of it as one object."


def _head(found: Mapping[str, Any], name: str) -> Iterator[str]:
    file = found["file"]
    of = f", an export of {file['system']}" if file["system"] else ""
    yield f"{name}{of}: {found['rows']:,} rows, {found['malformed']:,} could not be read"
    read_as = ", ".join(f"{role} = {heading}" for role, heading in file["mapping"].items())
    yield from _wrapped(f"Read as: {read_as}", "", "   ")
    if not file["dates"]["certain"]:
        yield f"Dates such as 1/2/2026 are taken as {file['dates']['order']} first; --dates says otherwise."
    if found["from"]:
        zone = ZoneInfo(found["timezone"])
        first, last = (
            datetime.fromisoformat(found[end]).astimezone(zone) for end in ("from", "to")
        )
        yield f"{first:%B} {first.day}, {first.year} to {last:%B} {last.day}, {last.year}, {found['timezone']}"
    yield (
        f"{found['calls']:,} incoming calls: {found['answered']:,} answered, {found['missed']:,} missed "
        f"({found['voicemail']:,} left a voicemail); {found['outbound']:,} outgoing"
    )


def _worth(found: Mapping[str, Any]) -> Iterator[str]:
    value, given = found["value"], found["assumptions"]
    if not found["calls"]:
        return
    yield from ("", f"What that may be worth: ${value['low']:,} to ${value['high']:,} a month")
    yield from _wrapped(
        f"{value['lost_a_month']:,} callers a month never reached; assumed: {given['new_share']}% are "
        f"new, {given['book_low']} to {given['book_high']}% of them book, a job brings "
        f"${given['ticket_low']:,} to ${given['ticket_high']:,}. --assume changes these.", "   ", "   ",
    )  # fmt: skip


def _left_out(found: Mapping[str, Any]) -> Iterator[str]:
    left_out = [each for each in found["skipped"] if each["count"]]
    if left_out:
        yield from ("", "Left out")
        for each in left_out:
            yield f"   {each['count']:,} {each['words']}"
    if found["problems"]:
        yield from ("", "Could not be read")
        for each in found["problems"]:
            yield from _wrapped(each["problem"], f"   line {each['line']}: ", "     ")
        if found["malformed"] > len(found["problems"]):
            yield f"   … {found['malformed']:,} in all; --malformed FILE writes them all down."


def _table(title: str, rows: list[tuple[str, int]], whole: int) -> Iterator[str]:
    if not rows:
        return
    yield from ("", title)
    for label, count in rows:
        yield f"   {label:<{_LABEL}}{count:>9,}{percent(count, whole):>6}%"


def _wrapped(words: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=first, subsequent_indent=later)
