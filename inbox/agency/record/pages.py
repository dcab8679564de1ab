"""Who did what at an agency, newest first; by business, by what was done and since when; and as a file."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from inbox.agency.frame import Office, office_page, show
from inbox.agency.record import words
from tenants.agencies import note
from tenants.cells import harmless
from tenants.models import AgencyEntry

A_PAGE = 50
MOST_EXPORTED = 50_000
HEADINGS = ("at", "actor", "door", "action", "business_id", "business", "detail")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of the record is shown. business: an id as text, '' for all; action: '' for all."""

    business: str = ""
    action: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As an address says it."""
        pairs = {
            "business": self.business, "action": self.action, "since": self.since,
            "until": self.until,
        }  # fmt: skip
        return {name: value for name, value in pairs.items() if value}


@require_GET
@office_page
def record(request: HttpRequest, office: Office) -> HttpResponse:
    """A page of the record; the next begins after its last row, whatever came meanwhile."""
    asked = _asked(request)
    found = _entries(office, asked)
    if after := _cursor(request.GET.get("after", "")):
        at, pk = after
        found = found.filter(at__lte=at).exclude(at=at, pk__gte=pk)
    rows = list(found.select_related("business")[: A_PAGE + 1])
    last = rows[A_PAGE - 1] if len(rows) > A_PAGE else None
    more = (
        f"?{urlencode(asked.query | {'after': f'{last.at.isoformat()}.{last.pk}'})}" if last else ""
    )
    return show(
        request, office, "agency/record.html", "record", asked=asked, more=more,
        rows=[words.drawn(row) for row in rows[:A_PAGE]], is_later=bool(after),
        actions=words.actions(), query=urlencode(asked.query),
        businesses=list(office.agency.businesses.order_by("name").values_list("pk", "name")[:2000]),
    )  # fmt: skip


@require_GET
@office_page
def export(request: HttpRequest, office: Office) -> HttpResponse:
    """What is selected, as CSV; moments in UTC, no cell is a formula to a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="record.csv"'
    writer = csv.writer(answer)
    writer.writerow(HEADINGS)
    rows = list(_entries(office, _asked(request)).select_related("business")[:MOST_EXPORTED])
    for row in rows:
        cells: tuple[Any, ...] = (
            f"{row.at:%Y-%m-%dT%H:%M:%SZ}", row.actor, row.door, row.action, row.business_id or "",
            row.business.name if row.business else "", json.dumps(row.detail, ensure_ascii=False),
        )  # fmt: skip
        writer.writerow([harmless(str(cell)) for cell in cells])
    note(
        office.agency, "record.export", actor=office.who, door="page", at=timezone.now(),
        rows=len(rows),
    )  # fmt: skip
    return answer


def _entries(office: Office, asked: _Asked) -> QuerySet[AgencyEntry]:
    found = AgencyEntry.objects.filter(agency=office.agency).order_by("-at", "-pk")
    if asked.business:
        found = found.filter(business=int(asked.business))
    if asked.action:
        found = found.filter(action=asked.action)
    if asked.since:
        found = found.filter(at__gte=_midnight(asked.since))
    if asked.until:
        found = found.filter(at__lt=_midnight(asked.until) + timedelta(days=1))
    return found


def _asked(request: HttpRequest) -> _Asked:
    """Return what an address asks for; what it says wrongly is left out."""
    business, action = request.GET.get("business", ""), request.GET.get("action", "")[:40]
    return _Asked(
        business if business.isascii() and business.isdigit() and len(business) < 19 else "",
        action, _day(request.GET.get("since", "")), _day(request.GET.get("until", "")),
    )  # fmt: skip


def _day(typed: str) -> str:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return ""
    return typed if 2000 <= day.year < 9000 else ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), timezone.get_current_timezone())


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _, pk = text.rpartition(".")
    try:
        at = parse_datetime(moment)
    except (ValueError, ValidationError):
        return None
    if at is None or at.tzinfo is None or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return at, int(pk)
