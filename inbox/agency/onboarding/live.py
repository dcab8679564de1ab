"""The last step: what is there, what is missing, and going live."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from billing import stripe_api
from inbox.agency.onboarding.desk import Desk
from tenants import publishing
from tenants.models import Stage
from tenants.publishing import NotADraft, NotReady


def page(desk: Desk) -> HttpResponse:
    """The checklist; once it is live, where to go from here."""
    return _page(desk)


def save(desk: Desk) -> HttpResponse:
    """Go live, once. What stands against it: 422, with links to its steps."""
    try:
        _business, is_new = publishing.publish(desk.business, **desk.who)
    except NotReady:
        return _page(desk, 422)
    except NotADraft:
        messages.error(desk.request, _("This business is leaving."))
        return desk.stay()
    if is_new:
        told = _("%(name)s is live. Missed calls are texted back from now on.")
        messages.success(desk.request, told % {"name": desk.business.name})
    return desk.stay()


def _page(desk: Desk, status: int = 200) -> HttpResponse:
    return desk.page(
        status=status,
        is_live=desk.business.stage == Stage.LIVE,
        missing=[(gap, desk.url(gap.step)) for gap in desk.blocking],
        warned=[(gap, desk.url(gap.step)) for gap in desk.gaps if not gap.blocking],
        numbers=desk.numbers,
        bills=stripe_api.is_on(),
    )
