"""How many segments a text takes (GSM 03.38 and UCS-2). Pure."""

from __future__ import annotations

from dataclasses import dataclass

# GSM 03.38 basic set; the extension characters cost an escape and so count twice.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
_GSM = GSM_BASIC | GSM_EXTENSION


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes on the wire.

    encoding: "GSM-7" or "UCS-2"; units: septets or 16-bit units; segments: at least 1;
    remaining: units left in the last segment.
    """

    encoding: str
    units: int
    segments: int
    remaining: int


def measure(text: str) -> Size:
    """Return the Size of a text: 160/153 septets or 70/67 UTF-16 units a segment."""
    if GSM_BASIC.issuperset(text):
        encoding, single, joined = "GSM-7", 160, 153
        widths = [1] * len(text)
    elif _GSM.issuperset(text):
        encoding, single, joined = "GSM-7", 160, 153
        widths = [2 if c in GSM_EXTENSION else 1 for c in text]
    else:
        encoding, single, joined = "UCS-2", 70, 67
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
    units = sum(widths)
    if units <= single:
        return Size(encoding, units, 1, single - units)
    segments, used = 1, 0
    for width in widths:
        # An escaped or surrogate pair is never split between two segments.
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return Size(encoding, units, segments, joined - used)
