"""The pages of answers: who waits now, promises, figures, settings. Thin: reading reads, verbs write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.frame import actor, frame, governs, not_yours
from inbox.models import Promise, Wait
from inbox.views import member_zone
from inbox.waits import drawing, figures, form, lists, policy, promising
from inbox.waits.services import acknowledge
from tenants.models import User

PERIODS = (7, 30, 90)


@require_GET
@login_required
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    """Who waits for an answer now, longest first."""
    member_zone(request)
    now = timezone.now()
    rows = lists.waiting(now)
    week = figures.summary(lists.waits_since(now - timedelta(days=7), now))
    context = frame(
        request, "answers", "waiting", rows=rows, late=sum(row.wait.is_late for row in rows),
        week=week, target=policy.answering(fresh=True).target_seconds, most=lists.MOST,
        user_name=actor(request),
    )  # fmt: skip
    return render(request, "inbox/waits/waiting.html", context)


@require_POST
@login_required
def see_to(request: HttpRequest, wait_id: int) -> HttpResponse:
    """A member sees to somebody who waits: nobody else is told any more. Twice is no error."""
    if not Wait.objects.filter(pk=wait_id).exists():
        raise Http404
    assert isinstance(request.user, User)
    if acknowledge(wait_id, request.user, timezone.now()):
        messages.success(request, _("You see to it. Nobody else is told any more."))
    else:
        messages.info(request, _("Somebody else was first, or they were answered by now."))
    return redirect(_back(request, "inbox:answers"))


@require_GET
@login_required
@never_cache
def promises(request: HttpRequest) -> HttpResponse:
    """What was promised: open, broken lately, and how much of it is kept."""
    member_zone(request)
    now = timezone.now()
    context = frame(request, "answers", "promises", **lists.promises(now))
    return render(request, "inbox/waits/promises.html", context)


@require_POST
@login_required
def settle_promise(request: HttpRequest, promise_id: int) -> HttpResponse:
    """A member says that a promise was kept, or calls it off."""
    assert isinstance(request.user, User)
    try:
        done = promising.settle(
            promise_id, request.POST.get("state", ""), request.user, timezone.now()
        )
    except Promise.DoesNotExist:
        raise Http404 from None
    except ValueError:
        messages.error(request, _("Say whether it was kept or is called off."))
    else:
        messages.success(request, _("Noted.") if done else _("That was said already."))
    return redirect(_back(request, "inbox:answers-promises"))


@require_GET
@login_required
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """How soon people are answered, over 7, 30 or 90 days."""
    zone = member_zone(request)
    days = next((n for n in PERIODS if str(n) == request.GET.get("days", "30")), 30)
    now = timezone.now()
    today = now.astimezone(zone).date()
    since = datetime.combine(today - timedelta(days=days - 1), datetime.min.time(), zone)
    waits = lists.waits_since(since, now)
    per_day = figures.by_day(waits, zone, since.date(), today)
    cells = figures.by_hour(waits, zone)
    context = frame(
        request, "answers", "figures", days=days, periods=PERIODS,
        all=figures.summary(waits), first=figures.summary([w for w in waits if w.is_first]),
        bars=drawing.bars(per_day), heat=drawing.heat(cells), members=figures.by_member(waits),
        base=drawing.BASE, width=drawing.WIDTH, height=drawing.HEIGHT,
        promises=lists.kept_since(since), target=policy.answering(fresh=True).target_seconds,
    )  # fmt: skip
    return render(request, "inbox/waits/figures.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def settings(request: HttpRequest) -> HttpResponse:
    """The target, the ladder and the digest. Wrong entries: 422, named, with what was typed kept.

    With act=look nothing is kept: the story is told anew for what is typed.
    """
    member_zone(request)
    stored = policy.answering(fresh=True)
    if request.method == "GET":
        return _settings(request, form.of(stored), {})
    if not governs(request):
        return not_yours(request, _("Answers are set by an owner or a manager."), "answers")
    typed = form.typed(request.POST)
    if request.POST.get("act") == "look" or "remove" in request.POST:
        return _settings(request, typed, {})
    if request.POST.get("act") == "add":
        return _settings(request, form.with_a_step(typed), {})
    values, problems = form.read(typed)
    if values is not None:
        try:
            is_new = policy.save(**values, by=actor(request), door="page", at=timezone.now())
        except policy.PolicyError as wrong:
            problems = wrong.problems
        else:
            messages.success(
                request,
                _("Saved. Who waits from now on is measured by it.")
                if is_new
                else _("Nothing was changed."),
            )
            return redirect("inbox:answers-settings")
    return _settings(request, typed, problems, status=422)


def _settings(
    request: HttpRequest, typed: form.Typed, problems: dict[str, str], status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = frame(
        request, "answers", "settings", typed=typed, errors=problems,
        story=form.story(typed, policy.answering(fresh=True), timezone.now()),
        channels=form.channels(), whom=form.whom(),
    )  # fmt: skip
    return render(request, "inbox/waits/settings.html", context, status=status)


def _back(request: HttpRequest, otherwise: str) -> str:
    """Return where the form was sent from, if that is a path of ours."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse(otherwise)
