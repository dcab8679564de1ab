"""How much a business may call back: where to, how often, one at a time. Reads only.

A stranger can make anybody's number stand in the queue, also a dear one abroad that hopes to be
called back; and whoever has taken over a member's session must not be able to run up a bill.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from calls.line_rules import not_rung
from calls.models import Call
from messaging.models import Contact

REASON = "CALL_BY_US"
MOST_AN_HOUR = 30  # of one member
MOST_A_DAY = 300  # of a business
# As long as it takes until both phones have rung out (calls/placing.py).
_UNDER_WAY = timedelta(minutes=2)
_OPEN = ("wanted", "placing", "placed")


def abroad(contact: Contact, line: str) -> str:
    """Return why a person's number is not called from a line (E.164), '' where it may be.

    The numbers that a line may ring: the United States and Canada, no premium rate, no satellite.
    """
    if not not_rung(contact.phone, line):
        return ""
    return _(
        "Only ordinary numbers of the United States and Canada are called from here: others can be "
        "very dear. Dial it yourself if you are sure."
    )


def too_many(contact: Contact, user: int, now: datetime) -> str:
    """Return why no further call is placed just now, '' where one may be. The contact is locked."""
    ours = Call.objects.filter(decision_reason=REASON)
    under_way = ours.filter(
        contact=contact, started_at__gte=now - _UNDER_WAY, ended_at=None,
        facts__placed_state__in=_OPEN,
    )  # fmt: skip
    if under_way.exists():
        return _("They are being called already. Wait until that call is over.")
    lately = ours.filter(started_at__gte=now - timedelta(hours=1), facts__placed_user=user)
    if lately.count() >= MOST_AN_HOUR:
        return _("You have placed %(count)d calls within an hour. Wait a little, or dial it yourself.") % {
            "count": MOST_AN_HOUR
        }  # fmt: skip
    if ours.filter(started_at__gte=now - timedelta(days=1)).count() >= MOST_A_DAY:
        return _("%(count)d calls were placed within a day: that is the limit. Dial it yourself.") % {
            "count": MOST_A_DAY
        }  # fmt: skip
    return ""


def placed_by(contact: Contact, token: str, now: datetime) -> Call | None:
    """Return the call that a click made, None where it made none yet. The contact is locked."""
    recent = Call.objects.filter(contact=contact, started_at__gte=now - timedelta(days=1))
    return recent.filter(decision_reason=REASON, facts__placed_token=token).first()
