"""Test calls: tried on the page, watched step by step, saved as scenarios. Thin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from calls.models import Scenario, TestCall
from calls.setup import load_setup
from calls.trials import scenarios
from calls.trials.conditions import CONDITIONS
from calls.trials.expecting import expect, rings_staff
from calls.trials.legs import as_placed, guide_of
from calls.trials.playing import TrialError
from calls.trials.running import expected_of, shown, start, unfit
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.views import member_zone
from messaging import audit
from messaging.numbers import national
from tenants.models import PhoneNumber

_HISTORY = 15
_NOT_YOURS = "Real test calls and saved ones are for owners and managers."
_WIDTH = 1000  # of a waterfall, in its own units
_THINNEST = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One step as a line of the waterfall. x and width out of 1000."""

    title: str
    detail: str
    took: int | None
    ms: int
    x: int
    width: int

    @property
    def words(self) -> str:
        """How long it took, as people write it."""
        took = self.took or 0
        return f"{took} ms" if took < 10_000 else f"{took / 1000:.1f} s"


def bars(test: TestCall) -> list[Bar]:
    """Return the steps of a test call as a waterfall: each from what caused it to when it was seen."""
    steps = shown(test)
    whole = max([step["ms"] for step in steps], default=0) or 1
    drawn = []
    for step in steps:
        took = step["took"] or 0
        x = max(0, round((step["ms"] - took) / whole * _WIDTH))
        width = max(_THINNEST, round(took / whole * _WIDTH))
        x = min(x, _WIDTH - width)
        drawn.append(Bar(step["title"], step["detail"], step["took"], step["ms"], x, width))
    return drawn


@require_GET
@login_required
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """What can be tried, the run one looks at, what is saved, what was tried before."""
    member_zone(request)
    number = _line(request, request.GET.get("line", ""))
    run = None
    if (wanted := request.GET.get("run", "")).isdecimal() and len(wanted) < 18:
        run = TestCall.objects.filter(pk=int(wanted)).first()
        number = (run and _line(request, run.line)) or number
    return _page(request, number, run)


@require_GET
@login_required
@never_cache
def steps(request: HttpRequest, test_id: int) -> HttpResponse:
    """The steps of a run, asked for while it runs."""
    member_zone(request)
    test = get_object_or_404(TestCall.objects.select_related("scenario"), pk=test_id)
    return render(request, "inbox/trials/_run.html", _run_context(request, test))


@require_POST
@login_required
def place(request: HttpRequest) -> HttpResponse:
    """Place a test call. What cannot be: 422, and why."""
    member_zone(request)
    number = _line(request, request.POST.get("line", ""))
    if number is None or (number.account.provider != "simulator" and not governs(request)):
        return not_yours(request, _NOT_YOURS, "lines")
    try:
        test = start(
            number,
            request.POST.get("condition", "")[:24],
            by=actor(request),
            now=timezone.now(),
            caller=request.POST.get("from", "")[:40],
        )
    except TrialError as wrong:
        return _page(request, number, None, {wrong.field: wrong.sentence}, status=422)
    return redirect(f"{_url(number)}&run={test.pk}#run")


@require_POST
@login_required
def keep(request: HttpRequest, test_id: int) -> HttpResponse:
    """Save a run as a scenario: from now on the same must come of it."""
    member_zone(request)
    test = get_object_or_404(TestCall, pk=test_id)
    number = _line(request, test.line)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    now = timezone.now()
    try:
        with transaction.atomic():
            scenario = scenarios.save(
                test, request.POST.get("name", ""), by=actor(request), now=now
            )
            audit.note(
                "scenario.save", actor=actor(request), door="page", at=now,
                detail={"scenario": scenario.pk, "condition": scenario.condition},
            )  # fmt: skip
    except TrialError as wrong:
        return _page(request, number, test, {wrong.field: wrong.sentence}, status=422)
    messages.success(
        request,
        "Saved. After each change of the rules it is tried again, and you hear if it broke.",
    )
    return redirect(_url(number) + "#saved")


@require_POST
@login_required
def run_saved(request: HttpRequest) -> HttpResponse:
    """Try one saved test call, or all of them."""
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    found = Scenario.objects.all()
    if (wanted := request.POST.get("scenario", "")).isdecimal():
        found = found.filter(pk=int(wanted[:18]))
    tried = [scenarios.try_one(each, by=actor(request), now=timezone.now()) for each in found]
    started = [test for test in tried if test is not None]
    number = _line(request, started[0].line if started else "")
    if len(started) == 1:
        return redirect(f"{_url(number)}&run={started[0].pk}#run")
    messages.success(request, f"{len(started)} test calls are under way.")
    return redirect(_url(number) + "#saved")


@require_POST
@login_required
def change_saved(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Delete a saved test call, or let it rest after changes of the rules."""
    scenario = get_object_or_404(Scenario, pk=scenario_id)
    number = _line(request, scenario.line)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    with transaction.atomic():
        if request.POST.get("what") == "delete":
            scenario.delete()
        else:
            scenario.after_rule_changes = not scenario.after_rule_changes
            scenario.save(update_fields=["after_rule_changes"])
        audit.note(
            "scenario.change", actor=actor(request), door="page", at=timezone.now(),
            detail={"scenario": scenario_id, "what": request.POST.get("what", "")[:10]},
        )  # fmt: skip
    return redirect(_url(number) + "#saved")


def _page(
    request: HttpRequest, number: PhoneNumber | None, run: TestCall | None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = frame(request, "lines", "tests", number=number, errors=errors or {}, lines=[])
    if number is not None:
        can, cannot = _conditions(request, number)
        last = {
            test.scenario_id: test
            for test in TestCall.objects.exclude(scenario=None).order_by("started_at")[:500]
        }
        context |= {
            "lines": [
                (n.e164, n.label or national(n.e164))
                for n in PhoneNumber.objects.filter(
                    business=business_of(request), is_active=True
                ).order_by("id")
            ],
            "can": can,
            "cannot": cannot,
            "is_simulated": number.account.provider == "simulator",
            "saved": [
                (each, CONDITIONS.get(each.condition), last.get(each.pk))
                for each in Scenario.objects.all()
            ],
            "history": [
                (test, CONDITIONS.get(test.condition))
                for test in TestCall.objects.select_related("scenario")[:_HISTORY]
            ],
            "asked_from": request.POST.get("from", "")[:40],
            "asked_name": request.POST.get("name", "")[:120],
        }
        if run is not None:
            context |= _run_context(request, run)
    return render(request, "inbox/trials/tests.html", context, status=status)


def _run_context(request: HttpRequest, test: TestCall) -> dict[str, Any]:
    return {
        "run": test,
        "bars": bars(test),
        "expected": expected_of(test),
        "condition": CONDITIONS.get(test.condition),
        "guide": next((s["guide"] for s in test.steps if s.get("guide")), "")
        if test.state == TestCall.State.RUNNING
        else "",
        "governs": governs(request),
    }


def _conditions(request: HttpRequest, number: PhoneNumber) -> tuple[list[Any], list[Any]]:
    """Return what can be tried, with what must come of it and what people must do; what cannot, and why."""
    now = timezone.now()
    setup = load_setup(str(business_of(request).schema_name))
    line = setup.line(number.e164)
    can, cannot = [], []
    for condition in CONDITIONS.values() if line is not None else ():
        assert line is not None
        reason = unfit(condition, number, line, setup, now)
        if reason:
            cannot.append((condition, reason))
        else:
            is_simulated = number.account.provider == "simulator"
            guide = "" if is_simulated else guide_of(condition, rings_staff(line, setup, now))
            placed = condition if is_simulated else as_placed(condition)
            can.append((condition, expect(placed, line, setup, now), guide))
    return can, cannot


def _line(request: HttpRequest, e164: str) -> PhoneNumber | None:
    """Return the line that is meant, the first one where none is named."""
    lines = PhoneNumber.objects.filter(business=business_of(request), is_active=True)
    found = lines.select_related("account", "business").order_by("id")
    return (found.filter(e164=e164).first() if e164 else None) or found.first()


def _url(number: PhoneNumber | None) -> str:
    line = number.e164.replace("+", "%2B") if number else ""
    return f"{reverse('inbox:test-calls')}?line={line}"
