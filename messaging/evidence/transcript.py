"""The transcript as a page that any browser shows: every character as it was, whatever the script. Pure."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from messaging.evidence.entries import Entry, exactly, local_times

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
h1{font-size:1.6rem;margin-bottom:.2rem} table{border-collapse:collapse;margin:1rem 0}
td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0} th{font-weight:600}
article{border-left:4px solid #888;padding:.3rem 0 .3rem 1rem;margin:1.4rem 0;break-inside:avoid}
article.theirs{border-color:#1f6feb} article.ours{border-color:#1a7f37}
article.kept-back{border-color:#b35900} article.ledger{border-color:#6e40c9}
.when{color:#555} .words{white-space:pre-wrap;background:#f3f4f6;padding:.5rem .8rem;margin:.4rem 0;
unicode-bidi:isolate} dl{display:grid;grid-template-columns:9rem 1fr;gap:.1rem .6rem;margin:.3rem 0}
dt{color:#555} dd{margin:0;overflow-wrap:anywhere} .intact{color:#1a7f37} .broken{color:#b00020}
@media print{body{margin:0}}
"""


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before the entries: title, what it is about, and how the ledger's chain stands.

    facts: label and text; verdict: one sentence about the chain; nothing: said when there is no
    entry; rules: id, what it says, source, for the end.
    """

    business: str
    title: str
    facts: tuple[tuple[str, str], ...]
    intact: bool
    verdict: str
    nothing: str
    rules: tuple[tuple[str, str, str], ...]


def visible(words: str) -> str:
    """Return words with what cannot be seen, or would reorder the page, named instead: [U+202E]."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(_shown(char) for char in words)


def _shown(char: str) -> str:
    if char in "\n\u200d\ufe0f\u200c":  # a line's end, and what joins letters and emoji
        return char
    category = unicodedata.category(char)
    return f"[U+{ord(char):04X}]" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else char


def page(front: Front, entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the transcript as HTML, piece by piece. It loads nothing from anywhere."""
    name = html.escape(visible(f"{front.business}: {front.title}"))
    yield (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f"<style>{_STYLE}</style></head><body>\n"
        f"<h1>{html.escape(visible(front.business))}</h1><p>{_safe(front.title)}</p><table>"
    )
    for label, text in front.facts:
        yield f"<tr><th>{_safe(label)}</th><td>{_safe(text)}</td></tr>"
    kind = "intact" if front.intact else "broken"
    yield f'</table><p class="{kind}"><strong>{_safe(front.verdict)}</strong></p>\n'
    count = 0
    for entry in entries:
        count += 1
        yield _article(entry)
    if not count:
        yield f"<p>{_safe(front.nothing)}</p>\n"
    if front.rules:
        yield "<h2>The rules named above</h2><dl>"
        for rule_id, says, source in front.rules:
            yield f"<dt>{_safe(rule_id)}</dt><dd>{_safe(says)} <em>{_safe(source)}</em></dd>"
        yield "</dl>"
    yield "</body></html>\n"


def _article(entry: Entry) -> str:
    when = "".join(f"<br>{_safe(each)}" for each in local_times(entry.at, entry.zones))
    words = f'<div class="words" dir="auto">{_safe(entry.words)}</div>' if entry.words else ""
    lines = "".join(f"<dt>{_safe(label)}</dt><dd>{_safe(text)}</dd>" for label, text in entry.lines)
    return (
        f'<article class="{entry.look.replace(" ", "-")}"><strong>{_safe(entry.title)}</strong> · '
        f'{_safe(entry.who)}<div class="when">{exactly(entry.at)}{when}</div>{words}'
        f"{f'<dl>{lines}</dl>' if lines else ''}</article>\n"
    )


def _safe(words: str) -> str:
    return html.escape(visible(words))
