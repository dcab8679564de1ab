"""Files for tests: pictures made on the spot, and files that only look like one."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, TiffImagePlugin

GPS = 0x8825


def picture(form: str = "JPEG", size: tuple[int, int] = (800, 600), **how: Any) -> bytes:
    """Return a picture with some structure in it."""
    small = Image.effect_noise((max(1, size[0] // 8), max(1, size[1] // 8)), 60)
    whole = Image.merge("RGB", (small, small.transpose(Image.Transpose.ROTATE_180), small))
    out = io.BytesIO()
    whole.resize(size, Image.Resampling.BICUBIC).save(out, form, **how)
    return out.getvalue()


def photograph(**how: Any) -> bytes:
    """Return a JPEG as a phone takes it: lying on its side, with the place it was taken at."""
    whole = Image.open(io.BytesIO(picture(size=(640, 320))))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    exif[0x010F] = "Somebody's phone"
    exif[GPS] = {1: "N", 2: tuple(TiffImagePlugin.IFDRational(n) for n in (41, 52, 55))}
    out = io.BytesIO()
    whole.save(out, "JPEG", exif=exif, comment=b"<script>alert(1)</script>", **how)
    return out.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_png(width: int = 10_000, height: int = 5_000) -> bytes:
    """Return a file of some kilobytes that unfolds into 50 megapixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * ((width + 7) // 8 + 1) * height, 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", rows)
        + _chunk(b"IEND", b"")
    )


def png_with_page() -> bytes:
    """Return a PNG with a page in its words and behind its end."""
    page = b"<html><script>alert(document.cookie)</script></html>"
    plain = picture("PNG", (64, 64))
    return plain[:33] + _chunk(b"tEXt", b"Comment\x00" + page) + plain[33:] + page


SCRIPT_AS_GIF = b"GIF89a=1;/*" + b"\x00" * 40 + b"*/alert(1)"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
PAGE = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
ZIP = b"PK\x03\x04" + b"\x00" * 60
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Maria Lopez\r\nTEL:+17735550123\r\nEND:VCARD\r\n"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 40
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42" + b"\x00" * 40
