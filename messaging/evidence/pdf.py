"""The transcript on paper: a front page, every entry with its times, the rules it names. Pure.

Lines are broken here and not by the PDF library, whose own way takes a hundred times as long; a
transcript may have thousands of pages. The font has Latin, Greek and Cyrillic letters. What it
lacks is named by its code, and stands to the letter in transcript.html.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import ttf_opensans
from fpdf import FPDF

from messaging.evidence.entries import Entry, exactly, in_utc, local_times
from messaging.evidence.transcript import Front, visible
from tenants import brands

_LEFT, _RIGHT, _TOP, _BOTTOM = 20.0, 196.0, 24.0, 258.0  # mm on US letter paper
_LABEL = 31.0  # width of the labels' column
_INK, _GREY = (26, 26, 26), (100, 100, 100)
_GREEN, _RED = (20, 110, 50), (176, 0, 32)
_BARS = {
    "theirs": (31, 111, 235),
    "ours": (26, 127, 55),
    "kept back": (179, 89, 0),
    "ledger": (110, 64, 201),
}
_POINT = 0.3528  # mm
# It tells of every table of a font it looks at.
logging.getLogger("fontTools").setLevel(logging.WARNING)


class _Paper(FPDF):
    """Pages of US letter paper with the export's name above and the page's number below."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="Letter")
        self.name, self._foot = "", foot
        for style, font in (("", ttf_opensans.OPENSANS_REGULAR), ("B", ttf_opensans.OPENSANS_BOLD)):
            self.add_font("text", style, str(font.path))
        self.set_auto_page_break(False)

    def number_pages(self) -> None:
        """Name the export above every page but the first, and number all, now that they are known."""
        count = self.pages_count
        for number in range(1, count + 1):
            self.page = number
            if number > 1:
                self._small(_LEFT, 14, self.name)
            self._small(_LEFT, 268, self._foot)
            self._small(0, 268, f"Page {number:,} of {count:,}")

    def _small(self, x: float, y: float, words: str) -> None:
        """Write a small grey line from `x` on; 0: so that it ends at the right."""
        self.set_font("text", size=8)
        self.current_font_is_set_on_page = False  # that page was left long ago
        self.set_text_color(*_GREY)
        self.text(x or _RIGHT - self.get_string_width(words), y, words)


class _Writer:
    """Writes lines from top to bottom and turns pages."""

    def __init__(self, paper: _Paper) -> None:
        self.paper, self.y = paper, _TOP
        self._bar: tuple[tuple[int, int, int], float] | None = None
        self._glyphs = {
            style: paper.fonts[f"text{style}"].cmap  # type: ignore[union-attr]
            for style in ("", "B")
        }
        self._widths: dict[str, Callable[[str], float]] = {
            style: lru_cache(maxsize=4096)(self._measure(style)) for style in ("", "B")
        }

    def _measure(self, style: str) -> Callable[[str], float]:
        font = self.paper.fonts[f"text{style}"]
        # In mm for one point of size.
        return lambda char: float(font.get_text_width(char, 1, None)[1]) * _POINT

    def room(self, height: float) -> None:
        """Turn the page unless so many mm are left."""
        if self.y + height > _BOTTOM:
            self.turn()

    def turn(self) -> None:
        """Go on with a new page, and with the bar of an entry that goes on."""
        bar = self._bar
        self.end_bar()
        self.paper.add_page()
        self.y = _TOP
        if bar:
            self.begin_bar(bar[0])

    def begin_bar(self, colour: tuple[int, int, int]) -> None:
        """Begin the coloured bar at an entry's left."""
        self._bar = (colour, self.y)

    def end_bar(self) -> None:
        """Draw the bar down to here."""
        if self._bar and self.y > self._bar[1]:
            self.paper.set_fill_color(*self._bar[0])
            self.paper.rect(_LEFT - 4, self._bar[1], 1.2, self.y - self._bar[1], style="F")
        self._bar = None

    def say(
        self, words: str, *, size: float = 9, style: str = "", colour: tuple[int, int, int] = _INK,
        x: float = _LEFT, label: str = "", box: bool = False,
    ) -> None:  # fmt: skip
        """Write words as lines of their own, from `x` on; label: grey in the column before them."""
        height = size * _POINT * 1.42
        pad = 2.0 if box else 0.0
        lines = self.wrapped(words, size, style, _RIGHT - x - 2 * pad)
        for number, line in enumerate(lines):
            self.room(height)
            if box:
                self.paper.set_fill_color(240, 241, 244)
                self.paper.rect(x, self.y, _RIGHT - x, height + 0.05, style="F")
            baseline = self.y + size * _POINT * 1.07
            if label and not number:
                self._put(_LEFT, baseline, label, size, "", _GREY)
            self._put(x + pad, baseline, line, size, style, colour)
            self.y += height

    def _put(
        self, x: float, y: float, words: str, size: float, style: str, colour: tuple[int, int, int]
    ) -> None:
        if words:
            self.paper.set_font("text", style, size)
            self.paper.set_text_color(*colour)
            self.paper.text(x, y, words)

    def wrapped(self, words: str, size: float, style: str, width: float) -> list[str]:
        """Return words as the lines they take at a size (points) and width (mm)."""
        glyphs = self._glyphs[style]
        shown = legible(words, lambda char: ord(char) in glyphs)
        measure = self._widths[style]
        return [
            line
            for part in shown.split("\n")
            for line in wrap(part, width, lambda char: measure(char) * size)
        ]


def write(
    out: Callable[[bytes], object], front: Front, entries: Iterable[Entry], made_at: datetime
) -> int:
    """Hand the transcript as PDF to `out`; returns how many pages it has. Same data and time, same bytes."""
    paper = _Paper(f"Made {in_utc(made_at)}")
    paper.set_title(f"{front.business}: {front.title}")
    paper.set_creator(brands.name())
    paper.set_creation_date(made_at.astimezone(UTC).replace(microsecond=0))
    paper.set_lang("en-US")
    writer = _Writer(paper)
    paper.name = writer.wrapped(f"{front.business} · {front.title}", 8, "", _RIGHT - _LEFT)[0]
    paper.add_page()
    _front(writer, front)
    count = 0
    for entry in entries:
        if not count:
            writer.turn()
        count += 1
        _entry(writer, entry)
    if not count:
        writer.y += 6
        writer.say(front.nothing, size=11)
    if front.rules:
        _rules(writer, front.rules)
    paper.number_pages()
    out(bytes(paper.output()))
    return int(paper.pages_count)


def _front(writer: _Writer, front: Front) -> None:
    writer.y = 30
    writer.say("EVIDENCE EXPORT", size=9, style="B", colour=_GREY)
    writer.y += 1
    writer.say(front.business, size=22, style="B")
    writer.y += 1
    writer.say(front.title, size=13, colour=_GREY)
    writer.y += 7
    for label, text in front.facts:
        writer.say(text, size=10, x=_LEFT + 46, label=label)
        writer.y += 1.6
    writer.y += 4
    colour = _GREEN if front.intact else _RED
    writer.begin_bar(colour)
    writer.say(front.verdict, size=11, style="B", colour=colour)
    writer.end_bar()
    writer.y += 7
    writer.say("How to read this", size=11, style="B")
    writer.y += 1
    for words in _HOW:
        writer.say(words, size=9.5)
        writer.y += 1.8


_HOW = (
    "Entries stand in the order of time. Each begins with its time in UTC and, below it, what "
    "clocks then showed in every place the number may be in: an area code is only a guess about a "
    "place, so all places it may mean are shown.",
    "Words on grey are exactly what was said. A bar at the left tells the kinds apart: blue came "
    "from the person, green was sent to the person, orange was kept back, violet is a row of the "
    "consent ledger, grey is a call.",
    "“Decision” is what the compliance check answered before a text could leave, with the rules it "
    "went by. The rules and their sources are listed at the end.",
    "Characters this font lacks (some scripts, emoji) stand as their Unicode codes, such as "
    "[U+4E2D]. transcript.html shows all of them.",
)


def _entry(writer: _Writer, entry: Entry) -> None:
    writer.y += 5
    writer.room(26)  # the head of an entry is not left alone at a page's foot
    writer.begin_bar(_BARS.get(entry.look, (120, 120, 120)))
    writer.say(f"{entry.title}  ·  {entry.who}", size=10.5, style="B")
    writer.say(exactly(entry.at), size=9, style="B", colour=_GREY)
    for words in local_times(entry.at, entry.zones):
        writer.say(words, size=8.5, colour=_GREY)
    if entry.words:
        writer.y += 1
        writer.say(entry.words, size=10, box=True)
    writer.y += 1
    before = ""
    for label, text in entry.lines:
        shown = "" if label == before else label
        if len(shown) > 19:
            writer.say(shown, size=8.5, colour=_GREY)
            shown = ""
        writer.say(text, size=8.5, x=_LEFT + _LABEL, label=shown)
        before = label
    writer.end_bar()


def _rules(writer: _Writer, rules: Iterable[tuple[str, str, str]]) -> None:
    writer.room(60)
    writer.y += 10
    writer.say("The rules named above", size=13, style="B")
    for rule_id, says, source in rules:
        writer.y += 2
        writer.room(14)
        writer.say(says, size=9, x=_LEFT + _LABEL, label=rule_id)
        writer.say(source, size=8.5, x=_LEFT + _LABEL, colour=_GREY)


def legible(words: str, has: Callable[[str], bool]) -> str:
    """Return words with every character that `has` refuses named by its code.

    Those that stand together share their brackets; a symbol is named too: [U+1F6D1 octagonal sign].
    """
    if words.isascii() and words.isprintable():
        return words
    return "".join(_pieces(visible(unicodedata.normalize("NFC", words)), has))


def _pieces(words: str, has: Callable[[str], bool]) -> Iterator[str]:
    missing: list[str] = []
    for char in words:
        if char == "\n" or has(char):
            if missing:
                yield f"[{' '.join(missing)}]"
                missing = []
            yield char
        elif char not in "\ufe0f\u200d\u200c":  # they only join or colour the one before
            name = unicodedata.name(char, "").lower() if unicodedata.category(char) == "So" else ""
            missing.append(f"U+{ord(char):04X}{f' {name}' if name else ''}")
    if missing:
        yield f"[{' '.join(missing)}]"


def wrap(words: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return words as lines no wider than `width`, broken at spaces, else within a word."""
    lines: list[str] = []
    line, used = "", 0.0
    for number, word in enumerate(words.split(" ")):
        takes = sum(map(measure, word))
        if number and line.strip() and used + measure(" ") + takes > width:
            lines.append(line)
            line, used = "", 0.0
        elif number:
            line, used = f"{line} ", used + measure(" ")
        while used + takes > width and word:  # too long for any line
            fits = 1
            while fits < len(word) and used + sum(map(measure, word[: fits + 1])) <= width:
                fits += 1
            lines.append(line + word[:fits])
            word, line, used = word[fits:], "", 0.0
            takes = sum(map(measure, word))
        line, used = line + word, used + takes
    return [*lines, line]
