"""Step: a test call, watched step by step."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from calls.models import TestCall
from calls.setup import load_setup
from calls.trials.conditions import CONDITIONS
from calls.trials.playing import TrialError
from calls.trials.running import expected_of, start, unfit
from inbox.agency.onboarding.desk import Desk
from inbox.trials.tests import bars
from tenants.models import PhoneNumber

_TRIED = ("no_answer", "busy", "hangs_up_late", "after_hours", "press_one")


def page(desk: Desk) -> HttpResponse:
    """The last run, and a button for another."""
    if desk.request.GET.get("part") == "run":
        with desk.inside():
            run = TestCall.objects.order_by("-pk").first()
            return desk.part("_run", **_shown(run))
    return _page(desk)


def save(desk: Desk) -> HttpResponse:
    """Place a test call. What cannot be: 422, and why."""
    post = desk.request.POST
    number = _line(desk)
    if number is None:
        return desk.stay()
    try:
        with desk.inside():
            start(
                number, post.get("condition", "")[:24], by=desk.office.who, now=desk.now,
                caller=post.get("from", "")[:40],
            )  # fmt: skip
    except TrialError as wrong:
        return _page(desk, {wrong.field: wrong.sentence}, 422)
    return desk.stay("#run")


def _page(desk: Desk, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    number = _line(desk)
    with desk.inside():
        run = TestCall.objects.order_by("-pk").first()
        return desk.page(
            status=status, errors=errors or {}, number=number, ways=_ways(desk, number),
            is_simulated=number is not None and number.account.provider == "simulator",
            asked_from=desk.request.POST.get("from", "")[:40], **_shown(run),
        )  # fmt: skip


def _shown(run: TestCall | None) -> dict[str, Any]:
    if run is None:
        return {"run": None}
    guide = next((step["guide"] for step in run.steps if step.get("guide")), "")
    return {
        "run": run,
        "bars": bars(run),
        "expected": expected_of(run),
        "condition": CONDITIONS.get(run.condition),
        "guide": guide if run.state == TestCall.State.RUNNING else "",
    }


def _ways(desk: Desk, number: PhoneNumber | None) -> list[Any]:
    """Return the ways of missing a call that can be tried on the line now."""
    if number is None:
        return []
    setup = load_setup(str(desk.business.schema_name))
    line = setup.line(number.e164)
    known = [CONDITIONS[name] for name in _TRIED if name in CONDITIONS]
    return [
        each
        for each in known
        if line is not None and not unfit(each, number, line, setup, desk.now)
    ]


def _line(desk: Desk) -> PhoneNumber | None:
    return next(iter(desk.numbers), None)
