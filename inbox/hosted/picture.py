"""How people come to be texted, drawn: a toll-free verification wants an image of it, not a page.

It says what the page beside it says, and shows a text as people get it. English alone: the
carrier's reviewer reads it (telephony.md 2.7).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache

import ttf_opensans
from PIL import Image, ImageDraw, ImageFont

_WIDTH, _EDGE, _LINE = 1080, 72, 42
_INK, _QUIET, _PAPER, _BUBBLE = "#16191c", "#4a5257", "#ffffff", "#e9edf0"
_HEIGHT_AT_MOST = 4_000


@lru_cache(maxsize=64)
def drawn(brand: str, steps: tuple[str, ...], text: str) -> bytes:
    """Return the picture as PNG. steps: sentences, in their order; text: one as people get it, '' for none."""
    plain = ImageFont.truetype(ttf_opensans.OPENSANS_REGULAR.path, 28)
    bold = ImageFont.truetype(ttf_opensans.OPENSANS_BOLD.path, 40)
    small = ImageFont.truetype(ttf_opensans.OPENSANS_BOLD.path, 26)
    picture = Image.new("RGB", (_WIDTH, _HEIGHT_AT_MOST), _PAPER)
    pen, y, inner = ImageDraw.Draw(picture), _EDGE, _WIDTH - 2 * _EDGE
    for line in _lines(f"How people agree to texts from {brand}", bold, inner):
        pen.text((_EDGE, y), line, font=bold, fill=_INK)
        y += 56
    y += 24
    for count, step in enumerate(steps, 1):
        pen.text((_EDGE, y), str(count), font=small, fill=_QUIET)
        for line in _lines(step, plain, inner - 56):
            pen.text((_EDGE + 56, y), line, font=plain, fill=_INK)
            y += _LINE
        y += 18
    if text:
        y += 24
        pen.text((_EDGE, y), "A text as people get it", font=small, fill=_QUIET)
        y += 52
        lines = list(_lines(text, plain, 640))
        edge = (_EDGE, y, _EDGE + 720, y + len(lines) * _LINE + 48)
        pen.rounded_rectangle(edge, 28, fill=_BUBBLE)
        for at, line in enumerate(lines):
            pen.text((_EDGE + 40, y + 20 + at * _LINE), line, font=plain, fill=_INK)
        y = edge[3]
    out = io.BytesIO()
    picture.crop((0, 0, _WIDTH, min(y + _EDGE, _HEIGHT_AT_MOST))).save(out, "PNG", optimize=True)
    return out.getvalue()


def _lines(words: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """Yield words as lines of at most `width` pixels; a word that is longer is broken."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        line = word
        while font.getlength(line) > width:
            part = next(n for n in range(len(line), 0, -1) if font.getlength(line[:n]) <= width)
            yield line[:part]
            line = line[part:]
    if line:
        yield line
