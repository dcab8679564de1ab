"""Pictures opened, checked and made anew: what is kept holds nothing but what can be seen.

Place, camera and whatever else was written into a file are gone with it, and so is anything that
was hidden behind the picture: no byte of what came is kept.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field

from PIL import Image, ImageCms, ImageOps

from messaging.attachments.sniffing import GIF, JPEG, PNG, WEBP, Kind

# Larger ones take the memory of a whole worker: a file of some kilobytes may claim any size. What a
# phone's camera makes is JPEG, which is read at a part of its size; anything else is read whole.
MAX_PIXELS = {JPEG: 40_000_000, PNG: 16_000_000, GIF: 16_000_000, WEBP: 16_000_000}
MAX_EDGE = 12_000
# What is kept: sharp on every screen, and what a phone's camera makes fits.
KEPT_EDGE = 2_560
PREVIEW_EDGE = 640
_ONE_AT_A_TIME = threading.Lock()
_FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}
# From what an attempt of 200 kB begins, and what is given up next: edge and quality.
_STEPS = ((1_600, 82), (1_280, 78), (1_280, 64), (1_024, 64), (800, 60), (640, 50))


class NoPicture(ValueError):
    """What came is no picture we keep; `code` is a reason of messaging/attachments/reasons.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Made:
    """A picture made anew, with its small one (WebP). Sizes in pixels."""

    content: bytes = field(repr=False)
    kind: Kind
    width: int
    height: int
    preview: bytes = field(repr=False)


def made_anew(content: bytes, kind: Kind) -> Made:
    """Return a picture as it is kept. Raises NoPicture for what is none, broken or too large."""
    picture = _opened(content, kind, KEPT_EDGE)
    picture.thumbnail((KEPT_EDGE, KEPT_EDGE), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA":
        written, made = _written(picture, "PNG", optimize=False), PNG
    else:
        written, made = _written(picture, "JPEG", quality=88), JPEG
    return Made(written, made, *picture.size, _small(picture))


def made_to_send(content: bytes, kind: Kind, max_bytes: int) -> Made:
    """Return a picture as a text carries it: a JPEG of at most `max_bytes`. Raises NoPicture."""
    picture = _opaque(_opened(content, kind, _STEPS[0][0]))
    for edge, quality in _STEPS:
        smaller = picture.copy()
        smaller.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        written = _written(smaller, "JPEG", quality=quality)
        if len(written) <= max_bytes:
            return Made(written, JPEG, *smaller.size, _small(smaller))
    raise NoPicture("too_detailed")


def _opened(content: bytes, kind: Kind, edge: int) -> Image.Image:
    """Return the pixels of a picture's first frame, upright, in RGB or RGBA. Raises NoPicture.

    One at a time in each process: ten large ones of one text must not add up.
    """
    try:
        with _ONE_AT_A_TIME, Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS[kind] or max(width, height) > MAX_EDGE:
                raise NoPicture("too_many_pixels")
            if min(width, height) < 1:
                raise NoPicture("no_picture")
            # A JPEG can be read at half or a quarter of its size, which costs as much less.
            opened.draft("RGB", (edge, edge))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            profile = opened.info.get("icc_profile")
            has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
            plain = upright.convert("RGBA" if has_alpha else "RGB")
            if (
                has_alpha and plain.getchannel("A").getextrema()[0] == 255
            ):  # nothing of it can be seen through
                plain = plain.convert("RGB")
            plain = _in_usual_colours(plain, profile, upright.mode)
            # A copy of the pixels alone: what the file said beside them stays behind.
            bare = Image.new(plain.mode, plain.size)
            bare.paste(plain)
            return bare
    except NoPicture:
        raise
    except Image.DecompressionBombError:
        raise NoPicture("too_many_pixels") from None
    except Exception:
        # Whatever a decoder says of hostile bytes: it could not be opened.
        raise NoPicture("no_picture") from None


def _in_usual_colours(picture: Image.Image, profile: bytes | None, mode: str) -> Image.Image:
    """Return a picture in sRGB: phones photograph in wider colours and say so beside the pixels."""
    if not profile or len(profile) > 1_000_000 or mode not in ("RGB", "RGBA"):
        return picture
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        usual = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, given, usual, outputMode=picture.mode) or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _small(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE), Image.Resampling.LANCZOS)
    return _written(small, "WEBP", quality=78, method=4)


def _written(picture: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()
