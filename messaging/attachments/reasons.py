"""Why a file is not shown or not sent: a code is stored, its sentence is said in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

# A provider says no more than "type and address" of what comes; these are what we find.
TOO_LARGE, NO_PICTURE, TOO_MANY_PIXELS = "too_large", "no_picture", "too_many_pixels"
UNKNOWN_KIND, NOT_THEIRS, LOST, UNREADABLE = "unknown_kind", "not_theirs", "lost", "unreadable"


def sentence(code: str) -> str:
    """Return what is said of a file that came and is not here."""
    return {
        TOO_LARGE: _("This file is too large to keep. Ask them to send a smaller one."),
        NO_PICTURE: _(
            "This came as a picture but is none, or it is broken. Ask them to send it again."
        ),
        TOO_MANY_PIXELS: _(
            "This picture is too large to open safely. Ask them to send a smaller one."
        ),
        UNKNOWN_KIND: _("This is a kind of file we do not keep, because it could do harm."),
        NOT_THEIRS: _("This file was not where texts' files are kept, so it was not opened."),
        LOST: _("This file never arrived. Ask them to send it again."),
        UNREADABLE: _("This file cannot be fetched: the address of it can no longer be read."),
    }.get(code, _("This file is not here."))


def upload_sentence(code: str) -> str:
    """Return what is said of a file that a member chose and that cannot be sent."""
    return {
        TOO_LARGE: _("This file is larger than 5 MB. Choose a smaller one."),
        "too_large_file": _(
            "Files that are no pictures may have 600 kB at most. Choose a smaller one."
        ),
        NO_PICTURE: _("This picture could not be opened. It may be broken: choose another one."),
        TOO_MANY_PIXELS: _("This picture is too large to open. Choose a smaller one."),
        "too_detailed": _(
            "This picture cannot be made small enough for a text. Choose another one."
        ),
        "heic": _(
            "Phones of others cannot show this photo's format (HEIC). Send it to yourself as JPEG, "
            "or take a screenshot of it, and choose that."
        ),
        "empty": _("This file is empty."),
        "missing": _("Choose a file first."),
        "too_many": _("A text carries five files at most. Send the others in another text."),
        "off": _("This person does not want texts, so nothing can be attached."),
    }.get(
        code,
        _(
            "This kind of file cannot be sent in a text. Pictures, PDF, contact cards and short videos can."
        ),
    )
