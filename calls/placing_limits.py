"""How much a business may call back: where to, how often, one at a time. Reads only.

A stranger can make anybody's number stand in the queue, also a dear one abroad that hopes to be
called back; and whoever has taken over a member's session must not be able to run up a bill.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from calls.line_rules import not_rung
from calls.models import Call
from messaging.gate.person import TERRITORIES
from messaging.models import Contact
from messaging.numbers import textable
from tenants.scope import current_business

# Islands whose numbers look like ours: ten digits, and dear. A range no table knows is theirs still.
_ISLANDS = frozenset(
    {242, 246, 264, 268, 284, 345, 441, 473, 649, 658, 664, 721, 758, 767, 784, 809, 829, 849, 868,
     869, 876}
)  # fmt: skip
REASON = "CALL_BY_US"
MOST_AN_HOUR = 30  # of one member
MOST_TO_ONE_AN_HOUR = 6  # to one person, whoever calls
MOST_OF_ALL_AN_HOUR = 120  # of a business
MOST_A_DAY = 300  # of a business
# As long as it takes until both phones have rung out (calls/placing.py).
_UNDER_WAY = timedelta(minutes=2)
_OPEN = ("wanted", "placing", "placed", "unknown")


def abroad(contact: Contact, line: str, countries: Collection[str]) -> str:
    """Return why a person's number is not called from a line (E.164), '' where it may be.

    countries: those of the business's policy, by their two letters. The numbers that a line may ring
    at all: the United States, Canada and the line's own country; no premium rate, no satellite, and
    no island that looks like home and costs like abroad.
    """
    is_island = contact.phone.startswith("+1") and int(contact.phone[2:5]) in _ISLANDS
    if not_rung(contact.phone, line) or (is_island and contact.phone[:5] != line[:5]):
        return _(
            "Only ordinary numbers of the United States and Canada are called from here: others can "
            "be very dear. Dial it yourself if you are sure."
        )
    region = textable(contact.phone).region
    region = "US" if region in TERRITORIES else region
    if region and region not in countries and region != textable(line).region:
        return _("Your policy names the countries you text and call: see Compliance.")
    return ""


def one_at_a_time() -> None:
    """Let clicks of one business be counted one after the other, until the transaction ends.

    Taken before the contact's lock: two people may be called at once, and both count.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('placing'), %s)", [current_business().pk]
        )


def too_many(contact: Contact, user: int, phone: str, now: datetime) -> str:
    """Return why no further call is placed just now, '' where one may be.

    phone: the staff phone that would ring (E.164). Must be asked under `one_at_a_time`.
    """
    ours = Call.objects.filter(decision_reason=REASON)
    under_way = ours.filter(
        started_at__gte=now - _UNDER_WAY, ended_at=None, facts__placed_state__in=_OPEN
    )
    if under_way.filter(contact=contact).exists():
        return _("They are being called already. Wait until that call is over.")
    if under_way.filter(facts__placed_phone=phone).exists():
        return _("That phone is in a call that was placed from here. Wait until it is over.")
    day = list(
        ours.filter(started_at__gte=now - timedelta(days=1)).values_list(
            "started_at", "contact_id", "facts__placed_user"
        )
    )
    hour = [each for each in day if each[0] >= now - timedelta(hours=1)]
    if sum(each[2] == user for each in hour) >= MOST_AN_HOUR:
        return _("You have placed %(count)d calls within an hour. Wait a little, or dial it yourself.") % {
            "count": MOST_AN_HOUR
        }  # fmt: skip
    if sum(each[1] == contact.pk for each in hour) >= MOST_TO_ONE_AN_HOUR:
        return _(
            "They were called %(count)d times within an hour. Wait a little, or dial it yourself."
        ) % {"count": MOST_TO_ONE_AN_HOUR}
    if len(hour) >= MOST_OF_ALL_AN_HOUR:
        return _("%(count)d calls were placed within an hour: that is the limit. Dial it yourself.") % {
            "count": MOST_OF_ALL_AN_HOUR
        }  # fmt: skip
    if len(day) >= MOST_A_DAY:
        return _("%(count)d calls were placed within a day: that is the limit. Dial it yourself.") % {
            "count": MOST_A_DAY
        }  # fmt: skip
    return ""


def placed_by(contact: Contact, token: str, now: datetime) -> Call | None:
    """Return the call that a click made, None where it made none yet. The contact is locked."""
    recent = Call.objects.filter(contact=contact, started_at__gte=now - timedelta(days=1))
    return recent.filter(decision_reason=REASON, facts__placed_token=token).first()
