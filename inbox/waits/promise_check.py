"""Whether a ready text promises what the opening hours cannot keep. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from calls.hours import Week, in_words, is_open, next_opening
from inbox.waits.promises import Found, read
from messaging.text import render


def out_of_hours(body: str, week: Week, now: datetime) -> tuple[datetime, Found] | None:
    """Return when a rule's text would promise something for an hour nobody is there, and the promise.

    The text is read as if it left at each hour of the coming week (`now` is aware): a rule texts at
    night and on Sundays. None where every promise falls into the opening hours, and for a business
    that is never open: it has no hours to break.
    """
    if not week.spans:
        return None
    start = now.astimezone(week.zone).replace(minute=0, second=0, microsecond=0)
    hours = [start + timedelta(hours=n) for n in range(1, 7 * 24 + 1)]
    # Most texts promise nothing at any hour of a day: those are not read for the whole week.
    if not any(_promises(body, at, week) for at in hours[:24:6]):
        return None
    for at in hours:
        for found in _promises(body, at, week):
            # The very moment it opens or closes counts as open.
            if not any(is_open(week, found.due_at - timedelta(seconds=n)) for n in (0, 1)):
                return at, found
    return None


def _promises(body: str, at: datetime, week: Week) -> tuple[Found, ...]:
    words = in_words(next_opening(week, at), at)
    filled = {"business": "Us", "caller_name": "Ann", "next_open": words, "phone": "555-0100"}
    return read(render(body, filled), at, week)
