"""The files of texts as pages show them. Reads; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from messaging.attachments import reasons, sniffing
from messaging.models import Attachment


@dataclass(frozen=True, slots=True)
class File:
    """A file of a text. state: of messaging.models.Attachment; sentence: why it is not here, or ''.

    is_picture: whether it is drawn in the page; called: its name, or what kind of thing it is; size:
    in words; width, height: in pixels, 0 for what has none.
    """

    id: UUID
    state: str
    is_picture: bool
    sort: str
    called: str
    size: str
    width: int
    height: int
    sentence: str
    icon: str


def of_messages(ids: Iterable[UUID | str]) -> dict[str, list[File]]:
    """Return the files of these texts by the text's id, in their order: one query for a whole page.

    Words are in the active language.
    """
    wanted = [UUID(str(each)) for each in ids]
    if not wanted:
        return {}
    rows = (
        Attachment.objects.filter(message__in=wanted)
        .defer("provider_url")  # a secret no page needs, and one that might not be readable
        .order_by("message", "position")
    )
    found: dict[str, list[File]] = {}
    for row in rows:
        found.setdefault(str(row.message_id), []).append(shown(row))
    return found


def shown(row: Attachment) -> File:
    """Return one file as pages show it."""
    kind = sniffing.KINDS.get(row.content_type or row.declared_type)
    sort = kind.sort if kind else "document"
    is_stored = row.state == "stored"
    return File(
        id=row.pk,
        state=row.state,
        is_picture=is_stored and bool(row.preview),
        sort=sort,
        called=row.name or _called(sort, row.content_type),
        size=filesizeformat(row.size) if row.size else "",
        width=row.width or 0,
        height=row.height or 0,
        sentence=_sentence(row, sort),
        icon={"picture": "image", "film": "film", "sound": "audio-lines"}.get(sort, "file-text"),
    )


def _called(sort: str, content_type: str) -> str:
    if content_type == "text/vcard":
        return _("Contact card")
    return {
        "picture": _("Picture"), "film": _("Video"), "sound": _("Sound"),
    }.get(sort, _("File"))  # fmt: skip


def _sentence(row: Attachment, sort: str) -> str:
    if row.state == "waiting":
        return _("A picture is on its way.") if sort == "picture" else _("A file is on its way.")
    if row.state == "gone":
        return _("This file is kept no longer.")
    return reasons.sentence(row.reason) if row.state in ("refused", "lost") else ""
