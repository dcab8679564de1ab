"""Opening hours and holidays. Thin: calls.timetable reads what was typed, calls.opening keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from calls import opening
from calls.hours import Week, is_open
from calls.models import Holiday
from calls.timetable import (
    MIDNIGHT,
    SPANS_A_DAY,
    WEEKDAYS,
    BadHours,
    Opening,
    clock_changes,
    read_week,
    shown,
)
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.views import member_zone

_NOT_YOURS = "Opening hours are set by an owner or a manager."


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def hours(request: HttpRequest) -> HttpResponse:
    """The week and the days off. Wrong hours: 422, each named where it stands."""
    member_zone(request)
    if request.method == "GET":
        return _page(request, as_typed(opening.week()))
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    typed = typed_week(request)
    try:
        week = read_week([day["pairs"] for day in typed], all_day(typed))
    except BadHours as wrong:
        return _page(request, typed, problems=wrong.problems, status=422)
    is_new = opening.save_week(week, by=actor(request), door="page", at=timezone.now())
    messages.success(
        request, "Saved. The next call is answered by these hours." if is_new else "Nothing was changed."
    )  # fmt: skip
    return redirect("inbox:lines-hours")


@require_POST
@login_required
def add_holidays(request: HttpRequest) -> HttpResponse:
    """Add one day of their own, or the national ones that were ticked."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    holiday = {name: request.POST.get(name, "").strip()[:200] for name in ("date", "name")}
    today = _today(request)
    try:
        if request.POST.get("which") == "ready":
            ticked = set(request.POST.getlist("day"))
            ready = [(r.day, r.name) for r in opening.ready_holidays(today)]
            wanted = [(day, name) for day, name in ready if day.isoformat() in ticked]
            if not wanted:
                raise opening.HolidayError("ready", "Tick at least one day.")
        else:
            wanted = [(_day(holiday["date"], today), holiday["name"])]
        added = opening.add_holidays(wanted, by=actor(request), door="page", at=timezone.now())
    except opening.HolidayError as wrong:
        return _page(
            request, as_typed(opening.week()), holiday=holiday,
            holiday_errors={wrong.field: wrong.sentence}, status=422,
        )  # fmt: skip
    told = f"Added {len(added)} day{'' if len(added) == 1 else 's'}." if added else "Already there."
    messages.success(request, told)
    return redirect("inbox:lines-hours")


@require_POST
@login_required
def remove_holiday(request: HttpRequest, holiday_id: int) -> HttpResponse:
    """Be open on a day again. Once more is no error."""
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    if opening.remove_holiday(holiday_id, by=actor(request), door="page", at=timezone.now()):
        messages.success(request, "Removed: you are open on that day as on others.")
    return redirect("inbox:lines-hours")


def _today(request: HttpRequest) -> date:
    return timezone.now().astimezone(ZoneInfo(business_of(request).timezone)).date()


def _day(typed: str, today: date) -> date:
    """Return the day that was typed. Raises HolidayError."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise opening.HolidayError("date", "Choose a day.") from None
    if not today <= day <= today + timedelta(days=5 * 366):
        raise opening.HolidayError("date", "Choose a day from today on, within five years.")
    return day


def typed_week(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the week as it was typed: for each day whether open around the clock, and its pairs."""
    week = []
    for weekday in range(7):
        opens = request.POST.getlist(f"opens-{weekday}")[: SPANS_A_DAY + 1]
        closes = request.POST.getlist(f"closes-{weekday}")[: SPANS_A_DAY + 1]
        closes += [""] * (len(opens) - len(closes))
        pairs = [(o[:20], c[:20]) for o, c in zip(opens, closes, strict=False)]
        kind = request.POST.get(f"day-{weekday}", "")
        # Closed or around the clock: the times stay in the form, and mean nothing.
        week.append({"kind": kind, "pairs": pairs if kind == "spans" else []})
    return week


def all_day(typed: list[dict[str, Any]]) -> list[int]:
    """Return the weekdays of a typed week that are open around the clock."""
    return [weekday for weekday, day in enumerate(typed) if day["kind"] == "always"]


def as_typed(spans: Any) -> list[dict[str, Any]]:
    """Return kept spans as the form has them."""
    return [_day_as_typed(day) for day in shown(spans)]


def _day_as_typed(openings: list[Opening]) -> dict[str, Any]:
    if not openings:
        return {"kind": "closed", "pairs": []}
    if any(each.all_day for each in openings):
        return {"kind": "always", "pairs": []}
    pairs = [
        (f"{o.opens:%H:%M}", "00:00" if o.closes == MIDNIGHT else f"{o.closes:%H:%M}")
        for o in openings
    ]
    return {"kind": "spans", "pairs": pairs}


def shown_week(
    typed: list[dict[str, Any]], problems: Mapping[tuple[int, int], str]
) -> list[dict[str, Any]]:
    """Return a typed week as inbox/lines/_week.html shows it, what is wrong at its place."""
    days = []
    for weekday, day in enumerate(typed):
        rows = [
            {"opens": o, "closes": c, "error": problems.get((weekday, position), "")}
            for position, (o, c) in enumerate(day["pairs"])
        ]
        days.append(
            {
                "weekday": weekday,
                "name": WEEKDAYS[weekday],
                "kind": day["kind"],
                "rows": rows or [{"opens": "", "closes": "", "error": ""}],
                "error": problems.get((weekday, SPANS_A_DAY), ""),
            }
        )
    return days


def _page(
    request: HttpRequest, typed: list[dict[str, Any]], *,
    problems: dict[tuple[int, int], str] | None = None, holiday: dict[str, str] | None = None,
    holiday_errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    business, problems = business_of(request), problems or {}
    zone, today, now = ZoneInfo(business.timezone), _today(request), timezone.now()
    closed = list(Holiday.objects.filter(date__gte=today).order_by("date"))
    week = Week(zone, tuple(opening.week()), frozenset(each.date for each in closed))
    context = frame(
        request,
        "lines",
        "hours",
        days=shown_week(typed, problems),
        has_problems=bool(problems),
        is_open=is_open(week, now),
        zone_name=business.timezone.replace("_", " "),
        local_time=now.astimezone(zone),
        holidays=closed,
        ready=opening.ready_holidays(today),
        holiday=holiday or {},
        holiday_errors=holiday_errors or {},
        clock_changes=clock_changes(zone, today),
        today=today,
    )
    return render(request, "inbox/lines/hours.html", context, status=status)
