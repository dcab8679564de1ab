"""The page that asks the past: a period and proposed rules in, a comparison out. Thin."""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from calls.backtest import jobs
from calls.models import Call, RuleDraft
from inbox.frame import business_of, frame, governs, not_yours
from inbox.rules import comparison
from inbox.views import member_zone
from tenants.models import Business, CallLog

SHOWN = 100
LONGEST_DAYS = 800
_PERIODS = (
    ("7", "Last 7 days"),
    ("30", "Last 30 days"),
    ("90", "Last 90 days"),
    ("own", "From … to …"),
)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Choose a period and what is compared. A wrong one: 422, its field named, what was typed kept."""
    member_zone(request)
    business = business_of(request)
    if request.method == "GET":
        typed = {"period": "30", "draft": request.GET.get("draft", ""), "past": "own"}
        return _form(request, business, typed)
    if not governs(request):
        return not_yours(request, "Rules are tried by an owner or a manager.", "rules")
    typed = {
        name: request.POST.get(name, "") for name in ("period", "since", "until", "draft", "past")
    }
    try:
        since, until = _period(typed, ZoneInfo(business.timezone))
        draft = _draft(typed["draft"])
        log = _log(typed["past"], business)
    except _Wrong as wrong:
        return _form(request, business, typed, {wrong.field: wrong.sentence}, status=422)
    if log is not None:
        total = log.calls.filter(started_at__gte=since, started_at__lt=until).count()
    else:
        total = Call.objects.filter(started_at__gte=since, started_at__lt=until).count()
    with transaction.atomic():
        token = jobs.start(
            business.pk, business.schema_name, since, until, draft.rules if draft else None,
            label=f"“{draft.name}”" if draft else "The rules in force alone",
            log_id=log.pk if log else None, total=total, now=timezone.now(),
        )  # fmt: skip
    return redirect("inbox:rules-backtest-result", token=token)


@require_GET
@login_required
@never_cache
def result(request: HttpRequest, token: str) -> HttpResponse:
    """The comparison, or how far it is: the same page, asked again by itself until it is done."""
    zone = member_zone(request)
    job = jobs.found(business_of(request).schema_name, token, timezone.now())
    context: dict[str, Any] = {"token": token, "job": job}
    if job is not None and job["state"] == "done":
        shift = _whole(request.GET.get("from", "0"))
        context |= comparison.read(job["result"], zone, shift, SHOWN)
        context["has_draft"] = job["proposed"] is not None
    if request.headers.get("HX-Request"):
        return render(request, "inbox/rules/_backtest_result.html", context)
    return render(
        request, "inbox/rules/backtest_result.html", frame(request, "rules", "backtest", **context)
    )


@require_GET
@login_required
@never_cache
def differences(request: HttpRequest, token: str) -> HttpResponse:
    """Every difference that was kept, as CSV; no cell begins like a formula."""
    job = jobs.found(business_of(request).schema_name, token, timezone.now())
    if job is None or job["state"] != "done":
        raise Http404
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="back-test.csv"'
    writer = csv.writer(response)
    writer.writerow(comparison.HEADINGS)
    for row in job["result"]["shown"]:
        writer.writerow(comparison.cells(row))
    return response


class _Wrong(Exception):
    """A field that cannot be used."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def _period(typed: dict[str, str], zone: ZoneInfo) -> tuple[datetime, datetime]:
    today = timezone.now().astimezone(zone).date()
    if typed["period"] in ("7", "30", "90"):
        first, last = today - timedelta(days=int(typed["period"])), today
    else:
        first, last = _day("since", typed["since"]), _day("until", typed["until"])
    if last < first:
        raise _Wrong("until", "This day is before the first one.")
    if (last - first).days > LONGEST_DAYS:
        raise _Wrong("until", f"At most {LONGEST_DAYS} days are looked at at once.")
    midnight = time()
    return (
        datetime.combine(first, midnight, tzinfo=zone),
        datetime.combine(last + timedelta(days=1), midnight, tzinfo=zone),
    )


def _day(field: str, said: str) -> date:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise _Wrong(field, "Choose a day.") from None
    if not 2000 <= day.year <= 2100:
        raise _Wrong(field, "Choose a day of this century.")
    return day


def _draft(said: str) -> RuleDraft | None:
    if not said:
        return None
    found = RuleDraft.objects.filter(pk=_whole(said)).first()
    if found is None:
        raise _Wrong("draft", "This draft is gone; choose another.")
    return found


def _log(said: str, business: Business) -> CallLog | None:
    if said in ("", "own"):
        return None
    found = CallLog.objects.filter(
        pk=_whole(said), business=business, state=CallLog.State.READY
    ).first()
    if found is None:
        raise _Wrong("past", "This call log is gone; choose another.")
    return found


def _whole(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


def _form(
    request: HttpRequest, business: Business, typed: dict[str, str],
    wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    logs = CallLog.objects.filter(business=business, state=CallLog.State.READY)
    context = frame(
        request, "rules", "backtest", typed=typed, wrong=wrong or {}, periods=_PERIODS,
        drafts=list(RuleDraft.objects.all()[:50]), logs=list(logs[:50]),
    )  # fmt: skip
    return render(request, "inbox/rules/backtest.html", context, status=status)
