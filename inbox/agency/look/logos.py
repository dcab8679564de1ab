"""A logo made anew from what was uploaded: no byte of the file is kept, and nothing that could run."""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image

from messaging.attachments.pictures import NoPicture, made_anew
from messaging.attachments.sniffing import PICTURES, kind_of

MAX_BYTES = 2_000_000
# Sharp on fine screens at the 240 by 48 pixels it is shown at.
_WIDE, _HIGH = 960, 192


class BadLogo(ValueError):
    """Why a file is no logo, for people."""


def made(content: bytes) -> bytes:
    """Return a logo as PNG. Raises BadLogo."""
    if not content:
        raise BadLogo(_("Choose a file."))
    if len(content) > MAX_BYTES:
        raise BadLogo(_("The file is larger than 2 MB."))
    kind = kind_of(content)
    if kind not in PICTURES:
        raise BadLogo(_("That is no PNG, JPEG, GIF or WebP picture. SVG is not taken."))
    try:
        fresh = made_anew(content, kind)
    except NoPicture:
        raise BadLogo(_("The picture cannot be opened, or is far too large.")) from None
    with Image.open(io.BytesIO(fresh.content)) as picture:
        picture.thumbnail((_WIDE, _HIGH), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
    return out.getvalue()
