"""Step: what must have happened before a missed call is texted back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from inbox.agency.onboarding.desk import Desk
from messaging import policies
from messaging.policies import PolicyError
from tenants import postures


def page(desk: Desk) -> HttpResponse:
    """The ladder, what the agency bars, what is chosen."""
    return _page(desk, desk.business.effective_posture)


def save(desk: Desk) -> HttpResponse:
    """Keep the choice as a new version of the policy."""
    chosen = desk.request.POST.get("posture", "")[:20]
    try:
        with desk.inside():
            policies.save(desk.business, {"posture": chosen}, **desk.who)
    except PolicyError as wrong:
        return _page(desk, chosen, wrong.sentence, 422)
    messages.success(desk.request, _("Saved."))
    return desk.next()


def _page(desk: Desk, chosen: str, error: str = "", status: int = 200) -> HttpResponse:
    floor = desk.office.agency.posture_floor
    order = list(postures.POSTURES)
    return desk.page(
        status=status, error=error, floor=postures.POSTURES[floor],
        postures=[
            {
                "posture": posture,
                "chosen": key == chosen,
                "barred": order.index(key) < order.index(floor),
            }
            for key, posture in postures.POSTURES.items()
        ],
    )  # fmt: skip
