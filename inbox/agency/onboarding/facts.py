"""Step: who the business is, and when it is open."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from calls import opening
from calls.timetable import BadHours, read_week
from inbox.agency.onboarding.desk import Desk
from inbox.agency.onboarding.words import legal_kinds
from inbox.lines.hours import all_day, as_typed, shown_week, typed_week
from tenants import business_facts, drafts
from tenants.drafts import FactsError
from tenants.making import zones
from tenants.models import BusinessFacts

_TYPED = ("name", "timezone", *business_facts.FIELDS)


def page(desk: Desk) -> HttpResponse:
    """The facts as they are kept; an EIN shows its last digits alone."""
    facts = BusinessFacts.objects.filter(business=desk.business).first() or BusinessFacts()
    typed = {name: getattr(facts, name, "") for name in business_facts.FIELDS}
    typed |= {"name": desk.business.name, "timezone": desk.business.timezone, "ein": ""}
    with desk.inside():
        week = as_typed(opening.week())
    return _page(desk, typed, week)


def save(desk: Desk) -> HttpResponse:
    """Keep facts and hours. What is wrong is named at its field, and nothing typed is lost."""
    typed = {name: desk.request.POST.get(name, "")[:400] for name in _TYPED}
    week, errors, problems, openings = typed_week(desk.request), {}, {}, None
    try:
        openings = read_week([day["pairs"] for day in week], all_day(week))
    except BadHours as wrong:
        problems = wrong.problems
    given = dict(typed)
    if not given["ein"].strip():
        del given["ein"]  # empty keeps the one that is there: it is not shown
    try:
        with transaction.atomic():
            drafts.save_facts(desk.business, given, **desk.who)
            if openings is not None:
                with desk.inside():
                    opening.save_week(openings, **desk.who)
            if problems:
                raise FactsError({})
    except FactsError as wrong:
        errors = wrong.problems
    if errors or problems:
        return _page(desk, typed, week, errors, problems, 422)
    messages.success(desk.request, _("Saved."))
    return desk.next() if "next" in desk.request.POST else desk.stay()


def _page(
    desk: Desk, typed: dict[str, str], week: list[dict[str, Any]],
    errors: dict[str, str] | None = None, problems: dict[tuple[int, int], str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    kept = BusinessFacts.objects.filter(business=desk.business).values_list("ein", flat=True)
    ein = kept.first() or ""
    return desk.page(
        status=status, typed=typed, errors=errors or {}, has_problems=bool(problems),
        days=shown_week(week, problems or {}), zones=sorted(zones()), legal_kinds=legal_kinds(),
        ein=business_facts.masked(ein),
    )  # fmt: skip
