"""A back-test's result in words: what its figures are called, and all of it as lines of a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

ROWS = (
    ("texted", "Texted at once"),
    ("held", "Held, then texted"),
    ("skipped", "No text"),
    ("held_by_quiet_hours", "Held by quiet hours"),
    ("refused_by_quiet_hours", "Dropped by quiet hours"),
    ("called_off", "Called off while held"),
    ("segments", "Text segments"),
)
CHANGES = {
    "skip to text": "newly texted",
    "skip to hold": "newly texted, later",
    "text to skip": "no longer texted",
    "hold to skip": "no longer texted",
    "text to hold": "texted later",
    "hold to text": "texted sooner",
    "text to text": "another text",
    "hold to hold": "another text or time",
    "skip to skip": "no text for another reason",
}
_WIDTH = 88
_SHOWN = 10  # differences


def money(cents: int) -> str:
    """Return whole cents in dollars."""
    return f"${cents / 100:,.2f}"


def signed_money(cents: int) -> str:
    """Return a difference of whole cents in dollars."""
    return f"{'+' if cents > 0 else '−' if cents < 0 else ''}{money(abs(cents))}"


def reasons(
    current: Mapping[str, Any], proposed: Mapping[str, Any]
) -> list[tuple[str, str, int, int]]:
    """Return (sentence, code, how often now, how often then), the most frequent first."""
    now, then = current["codes"], proposed["codes"]
    sentences = {**proposed["sentences"], **current["sentences"]}
    names = sorted(set(now) | set(then), key=lambda c: -max(now.get(c, 0), then.get(c, 0)))
    return [(sentences[name], name, now.get(name, 0), then.get(name, 0)) for name in names]


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield Tally.as_dict, with seconds and peak_mb, as people read it."""
    current, proposed = result["current"], result["proposed"]
    period = f", {result['from'][:10]} to {result['to'][:10]}" if result["from"] else ""
    yield f"{result['calls']:,} calls, {result['missed']:,} missed{period}"
    yield ""
    yield f"{'':<32}{'in force':>12}{'proposed':>12}{'change':>12}"
    for name, label in ROWS:
        one, other = current[name], proposed[name]
        yield f"{label:<32}{one:>12,}{other:>12,}{_signed(other - one):>12}"
    one, other = current["cents"], proposed["cents"]
    yield f"{'Cost of texts':<32}{money(one):>12}{money(other):>12}{signed_money(other - one):>12}"
    yield ""
    yield f"{result['differences']:,} calls end differently"
    for change, count in result["changes"].items():
        yield f"   {CHANGES.get(change, change):<29}{count:>12,}"
    for row in result["shown"][:_SHOWN]:
        yield ""
        yield f"   {row['at'][:16].replace('T', ' ')} UTC  {row['caller'] or 'withheld'}  {row['what']}"
        for name, side in (("in force", row["current"]), ("proposed", row["proposed"])):
            yield from textwrap.wrap(
                f"{name}: {side['sentence']}", _WIDTH, initial_indent="      ",
                subsequent_indent="         ",
            )  # fmt: skip
    if result["differences"] > _SHOWN:
        yield f"   … {result['differences'] - _SHOWN:,} more"
    yield from ("", "Why")
    for sentence, _, now, then in reasons(current, proposed):
        yield from textwrap.wrap(
            f"{now:,} → {then:,}  {sentence}",
            _WIDTH,
            initial_indent="   ",
            subsequent_indent="      ",
        )
    yield ""
    yield f"{result['seconds']} s, {result['peak_mb']} MB at most. --json gives all of it as one object."


def _signed(number: int) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number):,}"
