"""What bytes are, whatever they are called. Pure.

Only what is on this list is kept. A name, an ending and a declared type are never believed: the
first bytes of a file say what it is, and what a browser could run (HTML, SVG, scripts) is nothing
we keep at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sort = Literal["picture", "film", "sound", "document"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: its type, the ending a download of it gets, and what people call it."""

    content_type: str
    ending: str
    sort: Sort


JPEG = Kind("image/jpeg", "jpg", "picture")
PNG = Kind("image/png", "png", "picture")
GIF = Kind("image/gif", "gif", "picture")
WEBP = Kind("image/webp", "webp", "picture")
# Pictures no browser everywhere shows: kept and handed out, never drawn on a page.
HEIC = Kind("image/heic", "heic", "document")
AVIF = Kind("image/avif", "avif", "document")
MP4 = Kind("video/mp4", "mp4", "film")
THREE_GP = Kind("video/3gpp", "3gp", "film")
MOV = Kind("video/quicktime", "mov", "film")
WEBM = Kind("video/webm", "webm", "film")
M4A = Kind("audio/mp4", "m4a", "sound")
AMR = Kind("audio/amr", "amr", "sound")
MP3 = Kind("audio/mpeg", "mp3", "sound")
OGG = Kind("audio/ogg", "ogg", "sound")
WAV = Kind("audio/wav", "wav", "sound")
PDF = Kind("application/pdf", "pdf", "document")
VCARD = Kind("text/vcard", "vcf", "document")
ICAL = Kind("text/calendar", "ics", "document")
TEXT = Kind("text/plain", "txt", "document")

# The pictures we open, check and make anew before anybody sees them (messaging/attachments/pictures.py).
PICTURES = (JPEG, PNG, GIF, WEBP)
KINDS = {
    kind.content_type: kind
    for kind in (
        *PICTURES, HEIC, AVIF, MP4, THREE_GP, MOV, WEBM, M4A, AMR, MP3, OGG, WAV, PDF, VCARD, ICAL,
        TEXT,
    )
}  # fmt: skip
_BEGINNINGS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR),
    (b"ID3", MP3),
    (b"OggS", OGG),
    (b"\x1a\x45\xdf\xa3", WEBM),
)
# The brands of ISO base media files (ISO/IEC 14496-12): one frame for films, sounds and pictures.
_BRANDS = {
    b"heic": HEIC, b"heix": HEIC, b"hevc": HEIC, b"heim": HEIC, b"heis": HEIC, b"mif1": HEIC,
    b"msf1": HEIC, b"avif": AVIF, b"avis": AVIF, b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A,
}  # fmt: skip
# What makes text a page, a picture that runs scripts, or a program.
_RUNS = re.compile(
    r"<\s*(?:!doctype|\?xml|\?php|html|head|body|script|svg|iframe|img|object|embed|link|meta|style"
    r"|form|a\s)|^#!|javascript:",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MOST_TEXT = 200_000


def kind_of(content: bytes) -> Kind | None:
    """Return what a file is by its bytes; None for what we do not keep."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return _branded(content[8:12])
    # A sound without a tag begins with a frame: eleven bits set, layer III, no reserved values.
    if len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return MP3 if content[2] & 0xF0 != 0xF0 and content[2] & 0x0C != 0x0C else None
    return _written(content)


def _branded(brand: bytes) -> Kind | None:
    if brand[:3] in (b"3gp", b"3g2"):
        return THREE_GP
    if brand in (
        b"isom",
        b"iso2",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"MSNV",
        b"M4V ",
    ):
        return MP4
    return _BRANDS.get(brand)


def _written(content: bytes) -> Kind | None:
    """Return what kind of text it is, None for what is none or could run."""
    if not content or len(content) > _MOST_TEXT:
        return None
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(words) or _RUNS.search(words):
        return None
    begins = words.lstrip()[:20].upper()
    if begins.startswith("BEGIN:VCARD"):
        return VCARD
    return ICAL if begins.startswith("BEGIN:VCALENDAR") else TEXT
