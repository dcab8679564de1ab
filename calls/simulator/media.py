"""Pictures on the simulated network: samples drawn by code, and what somebody chose on the page.

A picture's id says what it is: `ME…` of a sample begins with its name's digits, any other lies in
Redis for as long as the network remembers.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw

from calls.simulator.dialect import new_sid
from calls.simulator.inputs import BadInput
from calls.simulator.network import KEEP_SECONDS, PREFIX
from messaging.attachments import sniffing

MAX_UPLOAD = 2 * 1024 * 1024
# As JSON on the way: base64 takes a third more.
MAX_BODY = MAX_UPLOAD * 4 // 3 + 16_384
SAMPLES = {
    "leak": "Water under the sink",
    "socket": "A burnt socket",
    "tooth": "A chipped tooth",
    "nothing": "A file that only says it is a picture",
}
_MARKS = {name: f"{number:02d}" for number, name in enumerate(SAMPLES, start=10)}


def read(data: dict[str, Any]) -> tuple[str, bytes]:
    """Return the name of the sample and the bytes of the upload that go with a text; '' and b'' for none.

    Raises BadInput naming the field.
    """
    sample, upload = data.get("sample", ""), data.get("upload", "")
    if sample and sample not in SAMPLES:
        raise BadInput({"sample": f"expected one of {', '.join(SAMPLES)}"})
    if not upload:
        return str(sample), b""
    try:
        content = base64.b64decode(upload, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadInput({"upload": "expected a file in base64"}) from None
    if not 0 < len(content) <= MAX_UPLOAD:
        raise BadInput({"upload": "expected a file of at most 2 MB"})
    return "", content


async def keep(redis: Any, sample: str, upload: bytes) -> tuple[str, str] | None:
    """Return id and declared type of what goes with a text; None where nothing does."""
    if sample:
        return f"ME{_MARKS[sample]}{new_sid('')[:30]}", "image/jpeg"
    if not upload:
        return None
    sid = new_sid("ME")
    sid = f"ME99{sid[4:]}"
    await redis.set(f"{PREFIX}media:{sid}", upload, ex=KEEP_SECONDS)
    kind = sniffing.kind_of(upload)
    return sid, kind.content_type if kind else "application/octet-stream"


async def content_of(redis: Any, sid: str) -> tuple[bytes, str] | None:
    """Return a picture and the type the network says it has; None when there is none such."""
    for name, mark in _MARKS.items():
        if sid.startswith(f"ME{mark}"):
            return drawn(name), "image/jpeg"
    if not sid.startswith("ME") or not sid.isalnum() or len(sid) != 34:
        return None
    content = await redis.get(f"{PREFIX}media:{sid}")
    if not content:
        return None
    kind = sniffing.kind_of(content)
    return content, kind.content_type if kind else "application/octet-stream"


@lru_cache(maxsize=8)
def drawn(name: str) -> bytes:
    """Return a sample: what a caller might photograph, drawn at 1,200 by 900."""
    if name == "nothing":
        return b"<html><script>alert('not a picture')</script></html>"
    picture = Image.new("RGB", (1200, 900))
    pen = ImageDraw.Draw(picture)
    {"leak": _leak, "socket": _socket, "tooth": _tooth}[name](pen)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Simulated phone"
    picture.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def _wall(pen: ImageDraw.ImageDraw, top: tuple[int, int, int], low: tuple[int, int, int]) -> None:
    for y in range(900):
        part = y / 900
        pen.line(
            (0, y, 1200, y),
            tuple(round(a + (b - a) * part) for a, b in zip(top, low, strict=True)),
        )


def _leak(pen: ImageDraw.ImageDraw) -> None:
    _wall(pen, (222, 214, 200), (160, 148, 132))
    pen.rectangle((0, 620, 1200, 900), (120, 92, 66))
    pen.rounded_rectangle((520, 0, 640, 330), 20, (176, 180, 186))
    pen.rounded_rectangle((500, 300, 660, 380), 24, (140, 145, 152))
    pen.arc((380, 290, 640, 560), 0, 180, (176, 180, 186), 90)
    pen.rounded_rectangle((380, 300, 470, 430), 20, (176, 180, 186))
    for x, y, size in ((520, 590, 22), (560, 640, 18), (505, 690, 16)):
        pen.ellipse((x - size, y - size, x + size, y + size * 1.5), (92, 158, 214))
    pen.ellipse((250, 730, 880, 860), (104, 168, 220))
    pen.ellipse((330, 750, 760, 830), (150, 198, 236))


def _socket(pen: ImageDraw.ImageDraw) -> None:
    _wall(pen, (236, 232, 224), (208, 200, 190))
    pen.rounded_rectangle((420, 180, 780, 720), 36, (250, 249, 246), (180, 176, 170), 6)
    for y in (310, 580):
        pen.rounded_rectangle((500, y - 90, 700, y + 90), 60, (240, 238, 233), (190, 186, 180), 4)
        pen.rectangle((555, y - 45, 572, y + 15), (60, 58, 56))
        pen.rectangle((628, y - 45, 645, y + 15), (60, 58, 56))
        pen.pieslice((580, y + 20, 620, y + 62), 180, 360, (60, 58, 56))
    for n in range(26):
        angle, far = n * 0.9, 20 + n * 6
        left, top = 554 + math.cos(angle) * far, 224 + math.sin(angle) * far * 0.7
        shade = 40 + n * 4
        pen.ellipse((left, top, left + 92, top + 92), (shade, shade - 8, shade - 14))


def _tooth(pen: ImageDraw.ImageDraw) -> None:
    _wall(pen, (214, 120, 128), (170, 70, 84))
    for n in range(5):
        x = 130 + n * 195
        pen.rounded_rectangle((x, 280, x + 170, 640), 60, (246, 242, 228), (214, 206, 186), 5)
    pen.polygon(((590, 650), (700, 650), (700, 520), (650, 560)), (176, 78, 90))
    pen.rectangle((0, 200, 1200, 310), (206, 106, 118))
