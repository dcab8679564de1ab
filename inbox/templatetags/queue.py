"""How a row of the queue says what waits, since when, and where it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox import said
from inbox.queue.counts import capped
from inbox.queue.reading import Row

register = template.Library()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@register.filter
def micros(value: datetime | None) -> str:
    """A moment as scripts compare it: microseconds since 1970; '' for none."""
    return str((value - _EPOCH) // timedelta(microseconds=1)) if value else ""


# How a line of ours begins in the list, by the direction it stands under; what follows is people's.
_BEGINNINGS = {
    "out": ("Scheduled: ", gettext_lazy("Scheduled: %(words)s")),
    "call": ("Call by ", gettext_lazy("Call by %(words)s")),
}


@register.filter
def line_words(row: Row) -> str:
    """The last line of a row in the reader's language where it is a line of ours; never somebody's words."""
    begins, words = _BEGINNINGS.get(row.last_direction, ("", ""))
    if begins and row.last_line.startswith(begins):
        return str(words) % {"words": row.last_line.removeprefix(begins)}
    return said.said(row.last_line) if row.last_direction in ("miss", "call") else row.last_line


@register.filter
def count_words(number: int | None) -> str:
    """A count as it is shown; '' for none."""
    return capped(number) if number else ""


@register.filter
def waited(since: datetime | None) -> str:
    """How long somebody waits by now: now, 12 min, 3 h, 2 days (queue.js counts on in the same words)."""
    if since is None:
        return ""
    minutes = int(max(0.0, (timezone.now() - since).total_seconds()) // 60)
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return ngettext("%(count)s day", "%(count)s days", minutes // 1440) % {"count": minutes // 1440}


@register.filter
def reason_label(row: Row, kind: str) -> str:
    """What waits, in a word or two."""
    if kind == "reply":
        return _("Reply") if row.last_direction in ("in", "miss") else _("Follow up")
    return {
        "alert": _("Needs you"),
        "failed": _("Not delivered"),
        "voicemail": _("Voicemail"),
        "promise": _("Promise due"),
    }.get(kind, kind)


@register.filter
def reason_icon(kind: str) -> str:
    """The picture of a reason."""
    return {
        "reply": "message-circle-reply",
        "failed": "circle-alert",
        "voicemail": "voicemail",
        "promise": "alarm-clock",
        "alert": "hand",
    }.get(kind, "circle-dot")


@register.filter
def reason_tone(kind: str) -> str:
    """Its tone among the badges."""
    tones = {"reply": "accent", "failed": "bad", "voicemail": "accent"}
    return tones.get(kind, "warn")


@register.filter
def tag_words(row: Row) -> str:
    """The row's tags as scripts read them: |leak|vip|."""
    return "|" + "|".join(name for name, _colour in row.tags) + "|" if row.tags else ""
