"""The exact code to dial for one line: a carrier's template with this very number in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from calls.forwarding.carriers import CONDITIONS, Book, Carrier, Code, Trap, Way

# "missed" is all three: what a business wants that keeps its number.
WANTED = (*CONDITIONS, "missed")
IN_WORDS = {
    "no_answer": "when nobody answers",
    "busy": "when the line is busy",
    "unreachable": "when the phone is off or out of reach",
    "missed": "whenever a call is missed",
}
# Long enough to reach the phone, and in front of most voicemails (product.md A2).
ADVISED_SECONDS = 20
_NANP = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")
# Carriers forward to ordinary numbers only.
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_PREMIUM = frozenset({"900"})


class CodeError(ValueError):
    """A code cannot be composed: `field` is the argument that is wrong, `sentence` says how."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Dial:
    """A code with its number in it.

    covers: in the order of CONDITIONS; check: what asks the network, '' when nothing does; tone:
    after these keys one waits for a second dial tone; link, off_link: tel: addresses for phones.
    """

    covers: tuple[str, ...]
    code: str
    off: str
    check: str
    tone: str

    @property
    def after_tone(self) -> str:
        """What is dialled after the second dial tone, '' when there is none."""
        return self.code.removeprefix(self.tone) if self.tone else ""

    @property
    def link(self) -> str:
        """The code as a tel: address."""
        return tel(self.code)

    @property
    def off_link(self) -> str:
        """What undoes it, as a tel: address."""
        return tel(self.off)

    @property
    def words(self) -> str:
        """Which calls it forwards, as people say it."""
        return _either(IN_WORDS[name] for name in self.covers)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What somebody does, and undoes, to have missed calls forwarded.

    dials or steps: one of them is empty; not_covered: wanted, but this way does not forward it;
    seconds: what was asked for, None where the code cannot say it; everything: what to keep one's
    hands off, with the number in it; others: the carrier's other ways, in order.
    """

    carrier: Carrier
    way: Way
    dials: tuple[Dial, ...]
    steps: tuple[str, ...]
    off_steps: tuple[str, ...]
    not_covered: tuple[str, ...]
    seconds: int | None
    everything: str
    traps: tuple[Trap, ...]
    others: tuple[Way, ...]

    @property
    def missing_words(self) -> str:
        """Which calls stay where they are, as people say it; '' when none."""
        return _either(IN_WORDS[name] for name in self.not_covered)


def compose(
    book: Book,
    carrier_id: str,
    number: str,
    condition: str = "missed",
    seconds: int | None = None,
    way_id: str = "",
) -> Instructions:
    """Return what is done at a carrier so that calls are forwarded to `number` (E.164).

    condition: one of WANTED; seconds: how long it rings first, None for ADVISED_SECONDS; way_id:
    one of the carrier's ways, '' for the likeliest. Never a code that forwards every call. Raises
    CodeError naming the argument.
    """
    carrier = book.carrier(carrier_id)
    if carrier is None:
        raise CodeError("carrier", "Choose your carrier from the list.")
    if condition not in WANTED:
        raise CodeError("condition", f"Expected one of {', '.join(WANTED)}.")
    way = carrier.ways[0] if not way_id else next((w for w in carrier.ways if w.id == way_id), None)
    if way is None:
        raise CodeError("way", f"{carrier.name} has no such way; choose one of the list.")
    fits = _forwardable(number)
    wanted = CONDITIONS if condition == "missed" else (condition,)
    asked = seconds if seconds is not None else _nearest(way.seconds)
    if way.seconds and asked not in way.seconds:
        allowed = ", ".join(map(str, way.seconds))
        raise CodeError("seconds", f"{carrier.name} takes {allowed} seconds.")
    fields = {
        "e164": fits,
        "eleven": fits[1:],
        "ten": fits[2:],
        "seconds": str(asked or ADVISED_SECONDS),
    }
    return Instructions(
        carrier,
        way,
        tuple(_dial(code, fields) for code in _chosen(way.codes, wanted)),
        tuple(step.format(**fields) for step in way.steps),
        tuple(step.format(**fields) for step in way.off_steps),
        tuple(name for name in wanted if name not in way.covers),
        asked if way.seconds and _times(way, wanted) else None,
        carrier.everything.format(**fields),
        book.traps_of(carrier),
        tuple(other for other in carrier.ways if other.id != way.id),
    )


def tel(code: str) -> str:
    """Return a code as a tel: address: a pound key would else begin a fragment."""
    return f"tel:{code.replace('#', '%23')}"


def _forwardable(number: str) -> str:
    """Return the number when carriers forward to it. Raises CodeError."""
    if not _NANP.fullmatch(number):
        raise CodeError("number", "Expected a number of the US or Canada, such as +13125550142.")
    if number[2:5] in _TOLL_FREE:
        raise CodeError("number", "Carriers do not forward to toll-free numbers. Use a local line.")
    if number[2:5] in _PREMIUM:
        raise CodeError("number", "Carriers do not forward to pay-per-call numbers.")
    return number


def _nearest(choices: tuple[int, ...]) -> int | None:
    return min(choices, key=lambda each: abs(each - ADVISED_SECONDS)) if choices else None


def _times(way: Way, wanted: tuple[str, ...]) -> bool:
    return any(code.timed for code in _chosen(way.codes, wanted))


def _chosen(codes: tuple[Code, ...], wanted: tuple[str, ...]) -> list[Code]:
    """Return the codes that cover what is wanted, none that would add nothing."""
    left, chosen = set(wanted), []
    for code in codes:
        if code.covers & left:
            chosen.append(code)
            left -= code.covers
    return chosen


def _dial(code: Code, fields: dict[str, str]) -> Dial:
    covers = tuple(name for name in CONDITIONS if name in code.covers)
    template = code.timed or code.on
    return Dial(covers, template.format(**fields), code.off, code.check, code.tone)


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
