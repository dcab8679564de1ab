"""An audit on paper, in the agency's name: pictures drawn as vectors, every assumption beside them.

No caller's number stands in it: it is handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ttf_opensans
from fpdf import FPDF

from calls.audit import heat
from calls.audit.findings import CAUSES, DAYS, SUGGESTED_TEXTS, findings, percent, spell
from calls.audit.value import ASKED, assumed, worth
from calls.rule_words import Names, sentence
from calls.rules import load
from messaging.evidence.pdf import legible, wrap
from tenants import brands
from tenants.models import CallLog

_LEFT, _RIGHT, _TOP, _BOTTOM = 20.0, 196.0, 30.0, 256.0  # mm on US letter paper
_POINT = 0.3528  # mm
_INK, _GREY, _ACCENT, _LINE = (27, 34, 38), (89, 97, 103), (11, 102, 123), (220, 217, 208)
_TONES = {"good": (28, 116, 64), "warn": (133, 87, 0), "bad": (179, 39, 30)}
# The steps of calls.audit.heat, light to dark: told apart in grey print too.
_STEPS = ((230, 240, 242), (189, 218, 225), (134, 185, 198), (47, 127, 149), (10, 66, 82))

Colour = tuple[int, int, int]


class _Paper(FPDF):
    """Pages with the agency's name above and the page's number below."""

    def __init__(self, agency: str, about: str) -> None:
        super().__init__(format="Letter")
        self._agency, self._about = agency, about
        for style, font in (("", ttf_opensans.OPENSANS_REGULAR), ("B", ttf_opensans.OPENSANS_BOLD)):
            self.add_font("text", style, str(font.path))
        self.set_auto_page_break(False)
        self.y_now = _TOP

    def turn(self) -> None:
        """Begin a page."""
        self.add_page()
        self.set_fill_color(*_ACCENT)
        self.rect(0, 0, 216, 3, style="F")
        self._put(_LEFT, 14, self._agency, 11, "B", _INK)
        about = self.fitted(self._about, 9, 110)
        self._put(_RIGHT - self._width(about, 9), 14, about, 9, "", _GREY)
        self.set_draw_color(*_LINE)
        self.line(_LEFT, 18, _RIGHT, 18)
        self.y_now = _TOP - 4

    def room(self, height: float) -> None:
        """Turn the page unless so many mm are left."""
        if self.y_now + height > _BOTTOM:
            self.turn()

    def say(
        self, words: str, size: float = 10, style: str = "", colour: Colour = _INK,
        x: float = _LEFT, right: float = _RIGHT, after: float = 0.0,
    ) -> None:  # fmt: skip
        """Write words as lines of their own from `x` to `right`, then leave `after` mm."""
        height = size * _POINT * 1.4
        for line in self._wrapped(words, size, style, right - x):
            self.room(height)
            self._put(x, self.y_now + size * _POINT * 1.05, line, size, style, colour)
            self.y_now += height
        self.y_now += after

    def head(self, words: str, height: float = 30) -> None:
        """Write a heading that is not left alone at a page's foot."""
        self.room(height)
        self.y_now += 5
        self.say(words, 13, "B", after=1.5)

    def at(self, x: float, y: float, words: str, size: float, style: str = "", colour: Colour = _INK, centred: bool = False) -> None:  # fmt: skip
        """Write words at a place; centred: around x."""
        self._put(x - self._width(words, size) / 2 if centred else x, y, words, size, style, colour)

    def fitted(self, words: str, size: float, width: float) -> str:
        """Return words cut to a width (mm)."""
        shown = legible(words, self._has("")).replace("\n", " ")
        if self._width(shown, size) <= width:
            return shown
        while shown and self._width(f"{shown}…", size) > width:
            shown = shown[:-1]
        return f"{shown}…"

    def number_pages(self, foot: str) -> None:
        """Write foot and number on every page, now that their count is known."""
        for number in range(1, self.pages_count + 1):
            self.page = number
            self.current_font_is_set_on_page = False
            self._put(_LEFT, 268, foot, 8, "", _GREY)
            words = f"{number} of {self.pages_count}"
            self._put(_RIGHT - self._width(words, 8), 268, words, 8, "", _GREY)

    def _put(self, x: float, y: float, words: str, size: float, style: str, colour: Colour) -> None:
        if words:
            self.set_font("text", style, size)
            self.current_font_is_set_on_page = False
            self.set_font("text", style, size)
            self.set_text_color(*colour)
            self.text(x, y, legible(words, self._has(style)))

    def _width(self, words: str, size: float) -> float:
        self.set_font("text", "", size)
        return float(self.get_string_width(words))

    def _has(self, style: str) -> Callable[[str], bool]:
        glyphs = self.fonts[f"text{style}"].cmap  # type: ignore[union-attr]
        return lambda char: ord(char) in glyphs

    def _wrapped(self, words: str, size: float, style: str, width: float) -> list[str]:
        font = self.fonts[f"text{style}"]

        def measure(char: str) -> float:
            return float(font.get_text_width(char, 1, None)[1]) * _POINT * size

        shown = legible(words, self._has(style))
        return [line for part in shown.split("\n") for line in wrap(part, width, measure)]


def write(log: CallLog, *, made_at: datetime) -> bytes:
    """Return the report of a log that was read (`made_at` aware). Same log and time, same bytes."""
    result = log.result
    day = made_at.astimezone(ZoneInfo(log.timezone))
    paper = _Paper(log.agency.name, f"Call audit · {log.name}")
    paper.set_title(f"Call audit: {log.name}")
    paper.set_author(log.agency.name)
    paper.set_creator(brands.of(log.agency).name)
    paper.set_creation_date(made_at.astimezone(UTC).replace(microsecond=0))
    paper.set_lang("en-US")
    paper.turn()
    _front(paper, log, result, day)
    if result["calls"]:
        _worth(paper, log, result)
        _heat(paper, result)
        _bars(paper, "Why calls were missed", [(CAUSES.get(c, c), n, f"{n:,}") for c, n in _by_count(result["causes"])])  # fmt: skip
        _bars(paper, "What became of missed callers", _ends(result))
        _levels(paper, result)
        _rules(paper, result)
    _method(paper, log, result)
    paper.number_pages(f"Prepared by {paper.fitted(log.agency.name, 8, 80)}, {day:%B} {day.day}, {day.year}")  # fmt: skip
    return bytes(paper.output())


def _front(paper: _Paper, log: CallLog, result: Mapping[str, Any], day: datetime) -> None:
    paper.y_now = _TOP + 6
    paper.say("Call audit", 11, "B", _ACCENT, after=1)
    paper.say(log.name, 24, "B", after=1)
    if result["from"]:
        first, last = (
            datetime.fromisoformat(result[end]).astimezone(ZoneInfo(log.timezone))
            for end in ("from", "to")
        )
        unknown = result.get("unknown", 0)
        more = f" counted, {unknown:,} more that the log says too little of," if unknown else ""
        paper.say(
            f"{result['calls']:,} incoming calls{more} from {first:%B} {first.day}, {first.year} to "
            f"{last:%B} {last.day}, {last.year}", 11, "", _GREY, after=6,
        )  # fmt: skip
    for each in findings(result):
        paper.room(18)
        top = paper.y_now
        paper.say(each.headline, 12, "B", x=_LEFT + 5)
        if each.detail:
            paper.say(each.detail, 9.5, "", _GREY, x=_LEFT + 5)
        paper.set_fill_color(*_TONES[each.tone])
        paper.rect(_LEFT, top + 0.6, 1.4, paper.y_now - top - 0.6, style="F")
        paper.y_now += 4


def _worth(paper: _Paper, log: CallLog, result: Mapping[str, Any]) -> None:
    assumptions = assumed(log.assumptions)
    found = worth(result, assumptions)
    paper.head("What that may be worth", 60)
    paper.say(f"${found.low:,} to ${found.high:,} a month", 22, "B", _ACCENT, after=1)
    note = f"{found.lost_a_month:,} callers a month were never reached. Multiplied by what is assumed here:"  # fmt: skip
    paper.say(note, 9.5, "", _GREY, after=1.5)
    for name in ("new_share", "book_low", "book_high", "ticket_low", "ticket_high"):
        label, unit = ASKED[name][:2]
        value = getattr(assumptions, name)
        shown = f"${value:,}" if unit == "$" else f"{value}%"
        paper.room(6)
        paper.at(_LEFT + 2, paper.y_now + 3.6, label, 9.5)
        paper.at(_LEFT + 62, paper.y_now + 3.6, shown, 9.5, "B")
        paper.y_now += 5.2
    if found.is_short:
        paper.say(f"The log covers {found.days:.0f} days only, so a month is a long reach.", 9.5, "", _TONES["warn"])  # fmt: skip
    if not result["outbound"]:
        paper.say("The log has no outgoing calls: whoever was called back from another phone counts as never reached.", 9.5, "", _TONES["warn"])  # fmt: skip


def _heat(paper: _Paper, result: Mapping[str, Any]) -> None:
    size, gap, left = 6.2, 0.4, _LEFT + 14
    paper.head("When calls are missed", 7 * (size + gap) + 40)
    paper.say("Each square is an hour of the week. The darker, the larger the share of its calls that reached nobody; the number is how many.", 9.5, "", _GREY, after=5)  # fmt: skip
    top = paper.y_now
    for hour in range(0, 24, 3):
        x = left + hour * (size + gap) + size / 2
        paper.at(x, top - 1, heat.hour_words(hour), 7, colour=_GREY, centred=True)
    for row in heat.cells(result["grid"]):
        y = top + row[0].weekday * (size + gap)
        paper.at(_LEFT, y + size * 0.68, DAYS[row[0].weekday][:3], 8, colour=_GREY)
        for cell in row:
            x = left + cell.hour * (size + gap)
            if cell.step < 0:
                paper.set_draw_color(*_LINE)
                paper.rect(x, y, size, size, style="D")
                continue
            paper.set_fill_color(*_STEPS[cell.step])
            paper.rect(x, y, size, size, style="F")
            if cell.missed:
                colour = (255, 255, 255) if cell.step > 2 else _INK
                paper.at(x + size / 2, y + size * 0.66, f"{cell.missed}", 6.5, colour=colour, centred=True)  # fmt: skip
    paper.y_now = top + 7 * (size + gap) + 3
    x = left
    for step, words in enumerate(heat.STEP_WORDS):
        paper.set_fill_color(*_STEPS[step])
        paper.rect(x, paper.y_now, 3.4, 3.4, style="F")
        paper.at(x + 4.6, paper.y_now + 2.8, words, 8, colour=_GREY)
        x += 30
    paper.y_now += 7


def _bars(paper: _Paper, title: str, rows: list[tuple[str, float, str]]) -> None:
    most = max((value for _, value, _ in rows), default=0)
    if not most:
        return
    paper.head(title, 16 + 6.5 * len(rows))
    for label, value, shown in rows:
        paper.room(7)
        y = paper.y_now
        paper.at(_LEFT, y + 3.8, paper.fitted(label, 9.5, 66), 9.5)
        paper.set_fill_color(238, 236, 230)
        paper.rect(_LEFT + 70, y + 1, 80, 3.4, style="F")
        paper.set_fill_color(*_ACCENT)
        if value:
            paper.rect(_LEFT + 70, y + 1, 80 * value / most, 3.4, style="F")
        paper.at(_LEFT + 153, y + 3.8, shown, 9.5, "B")
        paper.y_now += 6.4


def _by_count(causes: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(causes.items(), key=lambda each: -each[1])


def _ends(result: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    rows = [
        ("Called again and got through", result["reached_later"]),
        ("Called back and reached", result["called_back"]),
        ("Called back in vain", result["tried"]),
        ("Never reached", result["lost"]),
    ]
    return [(label, count, f"{count:,}") for label, count in rows]


def _levels(paper: _Paper, result: Mapping[str, Any]) -> None:
    rows = [
        (
            "Nobody on the phone" if not n else f"{n} conversation{'' if n == 1 else 's'} going on",
            percent(missed, calls),
            f"{percent(missed, calls)}% of {calls:,}",
        )
        for n, (calls, missed) in enumerate(result["levels"])
        if calls >= 5
    ]
    if result["timed"] and len(rows) > 1:
        _bars(paper, "Missed while open, by how many conversations are going on", [(a, float(b), c) for a, b, c in rows])  # fmt: skip


def _rules(paper: _Paper, result: Mapping[str, Any]) -> None:
    rules = load(result.get("rules", []))
    if not rules:
        return
    paper.head("What would help", 40)
    for rule, why in zip(rules, result.get("why", []), strict=False):
        paper.room(20)
        paper.say(rule.name, 10.5, "B")
        paper.say(sentence(rule, Names({}, SUGGESTED_TEXTS)), 9.5)
        paper.say(why, 9, "", _GREY, after=2.5)


def _method(paper: _Paper, log: CallLog, result: Mapping[str, Any]) -> None:
    paper.head("How this was counted", 40)
    back = result["call_back"]
    lines = [
        f"{result.get('rows_read', log.rows):,} rows of the call log were read, {log.bad_rows:,} could not be.",
        f"Answered calls shorter than {log.assumptions['short_seconds']} seconds count as missed, for a "
        f"voicemail probably picked up: {result['short']:,} here. So do those the log calls answered though they "
        f"last 0 seconds: {result.get('empty', 0):,} here.",
        f"A caller counts as never reached {log.assumptions['window_hours']} hours after the last try. "
        f"{result['undecided']:,} called too recently to say; {result['withheld']:,} calls came without a number.",
        f"Hours are those of {log.timezone.replace('_', ' ')}; open "
        + (", ".join(f"{DAYS[d][:3]} {a}–{b}" for d, a, b in log.hours) or "never")
        + ".",
    ]  # fmt: skip
    if back["count"]:
        lines.append(
            f"{back['count']:,} missed callers were called back, half of them within {spell(back['median'])}."
        )
    for words in lines:
        paper.say(words, 9, "", _GREY, after=1)
