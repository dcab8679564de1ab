"""Spans of time as people say them, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def duration(seconds: int) -> str:
    """Return a span in its largest one or two units: 45 s, 12 min, 1 h 20 min, 2 days."""
    if seconds < 60:
        return _("%(count)d s") % {"count": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return _("%(count)d min") % {"count": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        if rest:
            return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
        return _("%(count)d h") % {"count": hours}
    days = hours // 24
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
