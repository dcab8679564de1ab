"""Who looks at audits, and at whose: one set of pages serves a business and an agency's prospects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from calls.audit.fetching import accounts_of
from calls.audit.hours import USUAL
from calls.models import OpeningHours
from inbox.frame import frame, governs
from messaging import audit, zones
from tenants.models import AGENCY_ROLES, Agency, Business, CallLog, ProviderAccount, User

_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
    "America/Halifax", "America/Toronto", "America/Winnipeg", "America/Regina",
    "America/Edmonton", "America/Vancouver", "America/St_Johns",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """Where audits are worked on. business: None on the public host, where they are prospects'."""

    request: HttpRequest
    business: Business | None
    agencies: tuple[Agency, ...]
    may_change: bool

    @property
    def template(self) -> str:
        """The frame its pages stand in."""
        return "inbox/section.html" if self.business else "inbox/audits/public.html"

    @property
    def logs(self) -> QuerySet[CallLog]:
        """The logs that are this desk's."""
        if self.business is not None:
            return CallLog.objects.filter(business=self.business)
        return CallLog.objects.filter(business=None, agency__in=self.agencies)

    def log(self, log_id: int) -> CallLog:
        """Return one of its logs. Raises Http404: somebody else's is as good as none."""
        found = self.logs.select_related("agency", "business").filter(pk=log_id).first()
        if found is None:
            raise Http404
        return found

    def agency(self, wanted: str = "") -> Agency:
        """Return the agency a new log belongs to; the first one unless another of hers is named."""
        return next((a for a in self.agencies if str(a.pk) == wanted), self.agencies[0])

    def accounts(self) -> list[ProviderAccount]:
        """Return the accounts whose calls may be brought in here."""
        own = self.business.pk if self.business else None
        return [account for agency in self.agencies for account in accounts_of(agency.pk, own)]

    def hours(self) -> list[list[Any]]:
        """Return the opening hours an audit begins with: the business's own, else the usual."""
        if self.business is None:
            return USUAL
        spans = OpeningHours.objects.order_by("weekday", "opens")
        return [[s.weekday, _hm(s.opens), _hm(s.closes)] for s in spans]

    def zone_choices(self) -> list[tuple[str, str]]:
        """Return the time zones one chooses from."""
        return [(name, zones.in_words(name)) for name in _ZONES]

    def context(self, page: str, **more: Any) -> dict[str, Any]:
        """Return the context of a page; times are shown in the business's zone."""
        shared = {"desk": self, "frame_template": self.template, **more}
        log = more.get("log")
        timezone.activate(ZoneInfo(log.timezone if log else self._zone()))
        if self.business is not None:
            return frame(self.request, "audits", page, **shared)
        return {"section_title": "Call audits", "page": page, "governs": True, **shared}

    def note(self, action: str, log: CallLog, **detail: Any) -> None:
        """Write down who did what, where there is an audit log: a business has one."""
        if self.business is not None:
            audit.note(
                action, actor=self.who, door="page", at=timezone.now(), subject=str(log.pk),
                detail={"log": log.name, **detail},
            )  # fmt: skip

    @property
    def who(self) -> str:
        """The member by name."""
        return str(self.request.user)

    def _zone(self) -> str:
        return self.business.timezone if self.business else "America/New_York"


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of whoever is signed in. Raises PermissionDenied on the public host for whoever
    works for no agency.
    """
    business: Business | None = request.business  # type: ignore[attr-defined]
    if business is not None:
        return Desk(request, business, (business.agency,), governs(request))
    user = request.user
    assert isinstance(user, User)
    mine = Agency.objects.filter(
        memberships__user=user, memberships__is_active=True, memberships__role__in=AGENCY_ROLES
    )
    agencies = tuple(mine.distinct().order_by("name"))
    if not agencies:
        raise PermissionDenied
    return Desk(request, None, agencies, may_change=True)


def _hm(at: time) -> str:
    return f"{at:%H:%M}"
