"""The list of an agency's businesses, read in three statements whatever its length.

Every figure stands in one row a business (BusinessHealth): no schema is entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, FloatField, Q, QuerySet
from django.db.models.functions import Coalesce, Lower, NullIf

from inbox.agency.businesses.health import TROUBLE
from inbox.agency.businesses.selection import Selection
from tenants.models import Business, PhoneNumber, Stage

A_PAGE = 50
# A file holds what a spreadsheet can still be worked with.
MOST_EXPORTED = 20_000

_WORKS = Q(stage=Stage.LIVE, suspended_at=None)
_SHOWN = {
    "trouble": Q(stage=Stage.LIVE, health__trouble__gte=TROUBLE),
    "live": _WORKS,
    "draft": Q(stage=Stage.DRAFT),
    "suspended": Q(suspended_at__isnull=False) & ~Q(stage=Stage.LEAVING),
    "leaving": Q(stage=Stage.LEAVING),
}
_ORDER: dict[str, Any] = {
    "trouble": Coalesce("health__trouble", 0),
    "name": Lower("name"),
    "calls": F("health__calls"),
    "missed": F("health__missed"),
    "texts": F("health__texts"),
    "rate": ExpressionWrapper(
        F("health__replies") * 1.0 / NullIf(F("health__texts"), 0), output_field=FloatField()
    ),
    "speed": F("health__text_p95_ms"),
    "waiting": F("health__waiting"),
    "spend": F("health__spend_cents"),
    "margin": F("health__margin_cents"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. numbers: of each business, by its id."""

    businesses: list[Business]
    numbers: dict[int, list[str]]
    more: bool


def counts(agency_id: int) -> dict[str, int]:
    """Return how many businesses stand behind each choice of what is shown."""
    found = _all(agency_id).aggregate(
        all=Count("pk"), **{name: Count("pk", filter=shown) for name, shown in _SHOWN.items()}
    )
    return {name: int(count) for name, count in found.items()}


def page(agency_id: int, selection: Selection) -> Page:
    """Return a page of the list."""
    first = (selection.page - 1) * A_PAGE
    rows = list(_selected(agency_id, selection)[first : first + A_PAGE + 1])
    shown = rows[:A_PAGE]
    return Page(shown, _numbers(shown), len(rows) > A_PAGE)


def everything(agency_id: int, selection: Selection) -> Iterator[tuple[Business, list[str]]]:
    """Yield all that is selected, with its numbers, for a file."""
    rows = list(_selected(agency_id, selection)[:MOST_EXPORTED])
    numbers = _numbers(rows)
    for business in rows:
        yield business, numbers.get(business.pk, [])


def _all(agency_id: int) -> QuerySet[Business]:
    return Business.objects.filter(agency=agency_id).exclude(stage=Stage.GONE)


def _selected(agency_id: int, selection: Selection) -> QuerySet[Business]:
    found = _all(agency_id).select_related("health")
    if selection.show in _SHOWN:
        found = found.filter(_SHOWN[selection.show])
    if words := selection.words:
        like = Q(name__icontains=words) | Q(external_id__icontains=words)
        if digits := selection.digits:
            theirs = PhoneNumber.objects.filter(e164__contains=digits, business__agency=agency_id)
            like |= Q(pk__in=theirs.values("business"))
        found = found.filter(like)
    by = _ORDER[selection.sort]
    order = by.desc(nulls_last=True) if selection.down else by.asc(nulls_last=True)
    return found.order_by(order, Lower("name"), "pk")


def _numbers(businesses: list[Business]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    lines = PhoneNumber.objects.filter(business__in=businesses, is_active=True).order_by("pk")
    for business_id, number in lines.values_list("business", "e164"):
        found.setdefault(business_id, []).append(number)
    return found
