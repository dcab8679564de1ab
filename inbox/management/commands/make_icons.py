"""Draws the app's icons from our mark: config/static/app/img/*.png."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from PIL import Image, ImageDraw

_PETROL, _PAPER = (11, 102, 123, 255), (246, 245, 241, 255)
_FINE = 8  # drawn so many times larger, then made smooth


class Command(BaseCommand):
    """Writes the icons; run after the mark (favicon.svg) changed."""

    help = "Draw the installed app's icons from our mark."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw all of them."""
        where = Path(settings.BASE_DIR) / "config" / "static" / "app" / "img"
        for name, size, share, ground in (
            ("icon-192", 192, 0.94, None),
            ("icon-512", 512, 0.94, None),
            # A maskable icon keeps what matters within the middle four fifths.
            ("icon-maskable", 512, 0.62, _PAPER),
            ("apple-touch-icon", 180, 0.74, _PAPER),
        ):
            self._save(mark(size, share, ground), where / f"{name}.png")
        # Android shows a badge as a mask of one colour.
        self._save(silhouette(96), where / "badge-96.png")

    def _save(self, image: Image.Image, path: Path) -> None:
        image.save(path, optimize=True)
        self.stdout.write(f"{path.name}: {path.stat().st_size} bytes")


def mark(size: int, share: float, ground: tuple[int, int, int, int] | None) -> Image.Image:
    """Return the mark, `share` of a square of `size` pixels, on a ground or on none."""
    image = Image.new("RGBA", (size * _FINE,) * 2, ground or (0, 0, 0, 0))
    draw, at, width = _pen(image, share)
    _bubble(draw, at, width, _PETROL)
    _ring(draw, at, width, (255, 255, 255, 255))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def silhouette(size: int) -> Image.Image:
    """Return the ring alone, in white on nothing."""
    image = Image.new("RGBA", (size * _FINE,) * 2, (0, 0, 0, 0))
    draw, at, width = _pen(image, 1.7)
    _ring(draw, at, width, (255, 255, 255, 255))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _pen(image: Image.Image, share: float):  # type: ignore[no-untyped-def]
    """Return a pen, a turn of the mark's 32 units into pixels, and one unit's pixels."""
    unit = image.width * share / 32
    edge = image.width / 2 - 16 * unit

    def at(x: float, y: float) -> tuple[float, float]:
        return edge + x * unit, edge + y * unit

    return ImageDraw.Draw(image), at, unit


def _bubble(draw, at, unit, colour) -> None:  # type: ignore[no-untyped-def]
    draw.ellipse([at(3, 2), at(29, 28)], fill=colour)
    draw.polygon(
        [at(4.75, 21.52), at(2.9, 27.7), at(4.2, 29), at(9.9, 26.48), at(12, 20)], fill=colour
    )
    draw.ellipse([at(2.86, 27.02), at(4.86, 29.02)], fill=colour)


def _ring(draw, at, unit, colour) -> None:  # type: ignore[no-untyped-def]
    half, points = 1.15, [(9.4, 15.9), (12.2, 9.3), (15.3, 6.2), (15.3, 12.4), (16, 9.3)]
    draw.arc([at(9.4 - half, 9.3 - half), at(22.6 + half, 22.5 + half)], -90, 180, colour,
             width=round(2 * half * unit))  # fmt: skip
    for line in ([(16, 9.3), (12.2, 9.3)], [(15.3, 6.2), (12.2, 9.3), (15.3, 12.4)]):
        draw.line([at(*point) for point in line], colour, width=round(2 * half * unit))
    for x, y in points:
        draw.ellipse([at(x - half, y - half), at(x + half, y + half)], fill=colour)
