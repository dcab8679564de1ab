"""The app's icons of a brand: its first letter on its colour, so that no agency draws five files."""

from __future__ import annotations

import io
from functools import lru_cache

import ttf_opensans
from PIL import Image, ImageDraw, ImageFont

# What a brand without a colour of its own is drawn on: a grey that is nobody's.
_PLAIN = "#4a5257"
# Size in pixels, how much of it the letter is high, how round its corners are (share of the size).
ICONS = {
    "icon-180.png": (180, 0.6, 0.0),
    "icon-192.png": (192, 0.6, 0.22),
    "icon-512.png": (512, 0.6, 0.22),
    # A maskable icon keeps what matters within the middle four fifths.
    "icon-maskable.png": (512, 0.45, 0.0),
    # Android shows a badge as a mask of one colour.
    "badge-96.png": (96, 0.9, 0.0),
}


@lru_cache(maxsize=256)
def drawn(file: str, name: str, colour: str) -> bytes:
    """Return an icon as PNG; file: a key of ICONS, colour: #rrggbb or ''."""
    size, share, corner = ICONS[file]
    is_mask = file.startswith("badge")
    picture = Image.new("RGBA", (size * 4, size * 4), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    edge = picture.width
    if not is_mask:
        pen.rounded_rectangle((0, 0, edge, edge), edge * corner, fill=colour or _PLAIN)
    letter = next((each.upper() for each in name if each.isalnum()), "•")
    font = ImageFont.truetype(ttf_opensans.OPENSANS_BOLD.path, round(edge * share))
    left, top, right, bottom = pen.textbbox((0, 0), letter, font=font)
    at = ((edge - left - right) / 2, (edge - top - bottom) / 2)
    pen.text(at, letter, font=font, fill="#ffffff")
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
