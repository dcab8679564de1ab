"""Excerpts of what was found: some words around the first hit, the hits marked, everything else escaped. Pure."""

from __future__ import annotations

import re
import unicodedata
from html import escape

BEFORE, LENGTH = 40, 140
_WORD = re.compile(r"[^\W_]+")


def marked(text: str, words: tuple[str, ...]) -> str:
    """Return text as HTML, its words that begin with the last of `words`, or are one of the others, marked."""
    return _marked(text, _hits(text, words))


def excerpt(text: str, words: tuple[str, ...]) -> str:
    """Return some of a text as HTML around its first hit, hits marked; its beginning where none is."""
    flat = " ".join(text.split())
    hits = _hits(flat, words)
    start = 0
    if hits and hits[0][0] > BEFORE * 2:
        start = flat.rfind(" ", 0, hits[0][0] - BEFORE) + 1
    end = len(flat)
    if end - start > LENGTH:
        cut = flat.rfind(" ", start, start + LENGTH)
        end = cut if cut > start else start + LENGTH
    within = [(a - start, b - start) for a, b in hits if a >= start and b <= end]
    lead, tail = "… " if start else "", " …" if end < len(flat) else ""
    return f"{lead}{_marked(flat[start:end], within)}{tail}"


def part_marked(text: str, part: str) -> str:
    """Return text as HTML with the first place of a part of it marked, whatever its case."""
    at = text.casefold().find(part.casefold()) if part else -1
    # A fold that changes lengths would mark the wrong letters: then nothing is marked.
    if at < 0 or len(text.casefold()) != len(text):
        return escape(text)
    return _marked(text, [(at, at + len(part))])


def digits_marked(text: str, digits: str) -> str:
    """Return a number as HTML with these digits of it marked, whatever stands between them."""
    places = [at for at, character in enumerate(text) if character.isdigit()]
    found = "".join(text[at] for at in places).rfind(digits) if digits else -1
    if found < 0:
        return escape(text)
    return _marked(text, [(places[found], places[found + len(digits) - 1] + 1)])


def _hits(text: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    if not words:
        return []
    whole, beginning = {_folded(word) for word in words}, _folded(words[-1])
    return [
        (found.start(), found.end())
        for found in _WORD.finditer(text)
        if (folded := _folded(found[0])) in whole or folded.startswith(beginning)
    ]


def _marked(text: str, hits: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in hits:
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*parts, escape(text[at:])])


def _folded(word: str) -> str:
    """Return a word without case and accents, as the search entries keep it."""
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
