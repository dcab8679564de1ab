"""Whether a colour can carry a brand: white words on it, and itself on paper and at night. Pure.

Contrast is that of WCAG 2.2 (1.4.3): 4.5:1 for text. A brand has one colour; by night, where a
dark one could not be read, its lighter sister of the same hue is used for words.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

ENOUGH = 4.5
# The lightest and darkest ground that words stand on in both schemes (config/static/app/css/tokens.css).
PAPER, NIGHT = "#eeece6", "#272e32"
WHITE = "#ffffff"
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 200


class NoColour(ValueError):
    """What was typed is no colour of the form #rrggbb."""


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's colours: words by day and by night, filled buttons, and the tints behind words."""

    fill: str
    fill_hover: str
    day: str
    night: str
    day_tint: str
    night_tint: str


def cleaned(typed: str) -> str:
    """Return #rrggbb of what was typed (#abc is taken as well). Raises NoColour."""
    word = typed.strip().lower()
    word = word if word.startswith("#") else f"#{word}"
    if len(word) == 4:
        word = "#" + "".join(letter * 2 for letter in word[1:])
    if not _HEX.fullmatch(word):
        raise NoColour(typed)
    return word


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_allowed(colour: str) -> bool:
    """Whether white words can be read on it, and itself on every light ground and its own tint."""
    return all(
        contrast(colour, ground) >= ENOUGH for ground in (WHITE, PAPER, _mixed(colour, WHITE, 0.1))
    )


def nearest(colour: str) -> str:
    """Return the colour itself where it is allowed, else the lightest of its hue that is."""
    if is_allowed(colour):
        return colour
    return next(shade for shade in _shades(colour, downwards=True) if is_allowed(shade))


def palette(colour: str) -> Palette:
    """Return the colours a brand's pages wear; `colour` is allowed."""
    night_tint = _mixed(colour, NIGHT, 0.18)
    grounds = (NIGHT, night_tint, "#14181a")
    night = next(
        shade
        for shade in _shades(colour, downwards=False)
        if all(contrast(shade, ground) >= ENOUGH for ground in grounds)
    )
    return Palette(
        fill=colour,
        fill_hover=_mixed(colour, "#000000", 0.85),
        day=colour,
        night=night,
        day_tint=_mixed(colour, WHITE, 0.1),
        night_tint=night_tint,
    )


def _shades(colour: str, *, downwards: bool) -> list[str]:
    """Return the colour and those of its hue, ever darker or ever lighter, to black or white."""
    red, green, blue = _parts(colour)
    hue, light, colourful = colorsys.rgb_to_hls(red, green, blue)
    end = 0.0 if downwards else 1.0
    return [
        _written(*colorsys.hls_to_rgb(hue, light + (end - light) * step / _STEPS, colourful))
        for step in range(_STEPS + 1)
    ]


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    red, green, blue = (a * share + b * (1 - share) for a, b in pairs)
    return _written(red, green, blue)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _written(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))
