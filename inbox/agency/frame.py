"""What every page of an agency stands in: which agency, who looks and what he may do there."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from tenants.models import Agency, Business, Role, User
from tenants.permissions import agency_membership

P = ParamSpec("P")

# The rooms: name, what its tab says, the name of its URL. A tab is shown once it has a page.
TABS: tuple[tuple[str, Any, str], ...] = (
    ("businesses", gettext_lazy("Businesses"), "businesses"),
    ("playbooks", gettext_lazy("Playbooks"), "playbooks"),
    ("imports", gettext_lazy("Bring in a file"), "imports"),
    ("billing", gettext_lazy("Billing"), "billing"),
    ("members", gettext_lazy("Members"), "members"),
    ("look", gettext_lazy("Your brand"), "look"),
    ("api", gettext_lazy("API & webhooks"), "api"),
    ("record", gettext_lazy("Record"), "record"),
    ("profile", gettext_lazy("Agency"), "profile"),
)


@dataclass(frozen=True, slots=True)
class Office:
    """An agency as one of its members sees it. role: AGENCY_OWNER or AGENCY_MEMBER."""

    agency: Agency
    user: User
    role: str

    @property
    def owns(self) -> bool:
        """Whether the member may change members, money and the brand, suspend and off-board."""
        return self.role == Role.AGENCY_OWNER

    @property
    def who(self) -> str:
        """The member as records name him."""
        return str(self.user)

    def business(self, business_id: int) -> Business:
        """Return one of the agency's businesses. Raises Http404: another's is as good as none."""
        found = Business.objects.filter(agency=self.agency, pk=business_id).first()
        if found is None:
            raise Http404
        found.agency = self.agency
        return found


Page = Callable[Concatenate[HttpRequest, Office, P], HttpResponseBase]


def office_page(view: Page[P]) -> Callable[..., HttpResponseBase]:
    """Let members of the agency named in the address in, with their Office; others see a 404."""

    @functools.wraps(view)
    @never_cache
    @login_required
    def inner(
        request: HttpRequest, agency_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        assert isinstance(request.user, User)
        own: Agency | None = request.agency  # type: ignore[attr-defined]
        if own is not None and own.pk != agency_id:  # its own host shows no other agency
            raise Http404
        membership = agency_membership(request.user, agency_id)
        if membership is None or membership.agency is None:
            raise Http404
        office = Office(membership.agency, request.user, membership.role)
        zone = request.user.timezone or office.agency.timezone
        if zone:
            timezone.activate(ZoneInfo(zone))
        return view(request, office, *args, **kwargs)

    return inner


def for_owners(view: Page[P]) -> Page[P]:
    """Answer 403 with a page that says who may, to members who are no owner. Stands below office_page."""

    @functools.wraps(view)
    def inner(
        request: HttpRequest, office: Office, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not office.owns:
            return not_yours(request, office)
        return view(request, office, *args, **kwargs)

    guarded: Any = inner
    return cast(Page[P], guarded)


def not_yours(request: HttpRequest, office: Office, sentence: str = "") -> HttpResponse:
    """Answer 403 with a page that says who may do this."""
    words = sentence or _("An owner of the agency does this.")
    return show(request, office, "agency/not_yours.html", "", status=403, sentence=words)


def show(
    request: HttpRequest,
    office: Office,
    template: str,
    page: str,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render a page in the agency's frame; page: the name of its tab, '' for none."""
    context = {
        "office": office,
        "agency": office.agency,
        "page": page,
        "tabs": _tabs(office.agency.pk),
        **more,
    }
    return render(request, template, context, status=status)


def address(name: str, office: Office, *args: Any) -> str:
    """Return the address of one of the agency's pages."""
    return reverse(f"agency:{name}", args=[office.agency.pk, *args])


def _tabs(agency_id: int) -> list[tuple[str, str, str]]:
    found = []
    for page, label, name in TABS:
        with contextlib.suppress(NoReverseMatch):
            found.append((page, str(label), reverse(f"agency:{name}", args=[agency_id])))
    return found
