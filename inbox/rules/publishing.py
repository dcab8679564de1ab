"""Review and publish, and the versions there were. Thin: calls.rulebook decides and writes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from calls import rulebook
from calls.models import RuleSet
from calls.rule_words import diff, sentence
from calls.rulebook import Conflict, PinsBroken
from calls.rules import Rules, RulesError
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.rules import reading
from inbox.rules.pages import ONLY_GOVERNORS, said_problems, user_id, work
from inbox.rules.reading import Work
from inbox.said import said as in_words
from inbox.views import member_zone


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def review(request: HttpRequest) -> HttpResponse:
    """What would change, what it does to the pinned calls; then publish. Refused: 409 or 422, nothing lost."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    mine = work(request)
    if mine.draft is None:
        if request.method == "POST":
            messages.error(
                request,
                "There is nothing to publish: your changes are in force or were thrown away.",
            )
        return redirect("inbox:rules")
    if request.method == "GET":
        return _review(request, mine)
    note = " ".join(request.POST.get("note", "").replace("\x00", "").split())[:120]
    if request.POST.get("act") == "rebase":
        rulebook.save_draft(
            user_id(request), mine.rules, by=actor(request), at=timezone.now(),
            based_on=mine.version,
        )  # fmt: skip
        return redirect("inbox:rules-review")
    # What was looked at is what is published: not what another window made of the draft since.
    if request.POST.get("seen") != _stamp(mine):
        return _review(request, work(request), note=note, changed=True, status=409)
    try:
        done = rulebook.publish(
            business_of(request), mine.draft.rules, by=actor(request), user_id=user_id(request),
            origin="page", note=note, based_on=mine.based_on, at=timezone.now(), draft=mine.draft,
            accept_broken_pins=request.POST.get("accept") == "on",
        )  # fmt: skip
    except RulesError as wrong:
        return _review(
            request, mine, note=note, problems=said_problems(wrong, mine.rules), status=422
        )
    except Conflict:
        return _review(request, work(request), note=note, status=409)
    except PinsBroken:
        return _review(request, mine, note=note, unsaid=True, status=422)
    _tell(request, done.is_new, done.ruleset.version)
    return redirect("inbox:rules")


def _stamp(mine: Work) -> str:
    return mine.draft.updated_at.isoformat() if mine.draft else ""


def _tell(request: HttpRequest, is_new: bool, version: int) -> None:
    if is_new:
        messages.success(request, f"Published. Version {version} decides from the next call on.")
    else:
        messages.success(request, "Nothing was changed.")


def _review(request: HttpRequest, mine: Work, status: int = 200, **more: Any) -> HttpResponse:
    pins = rulebook.run_pins(Rules(mine.version + 1, mine.rules))
    context = frame(
        request,
        "rules",
        "list",
        work=mine,
        seen=_stamp(mine),
        changes=mine.changes,
        theirs=mine.theirs,
        pins=pins,
        broken=[pin for pin in pins if not pin.holds],
        backtest_url=reading.backtest_url(mine.draft),
        **more,
    )
    return render(request, "inbox/rules/review.html", context, status=status)


@require_GET
@login_required
@never_cache
def versions(request: HttpRequest) -> HttpResponse:
    """Every version with its author and what it changed; any two compared."""
    member_zone(request)
    names = rulebook.names(business_of(request).pk)
    told = reading.versions(names, _number(request, "before"))
    compared = None
    older, newer = _number(request, "from"), _number(request, "to")
    if older is not None and newer is not None:
        found = {each.version: each for each in RuleSet.objects.filter(version__in=[older, newer])}
        if older in found and newer in found:
            compared = {
                "older": found[older], "newer": found[newer],
                "changes": diff(rulebook.rules_of(found[older]).rules,
                                rulebook.rules_of(found[newer]).rules, names),
            }  # fmt: skip
    context = frame(
        request,
        "rules",
        "versions",
        versions=told,
        compared=compared,
        numbers=list(RuleSet.objects.order_by("-version").values_list("version", flat=True)[:200]),
        older=older,
        newer=newer,
        more=told[-1].ruleset.version if told and told[-1].ruleset.version > 1 else None,
    )
    return render(request, "inbox/rules/versions.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it read, and the button that puts it in force again, as a new version."""
    member_zone(request)
    stored = get_object_or_404(RuleSet, version=number)
    if request.method == "GET":
        return _version(request, stored)
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    based_on = request.POST.get("based_on", "")
    try:
        done = rulebook.restore(
            business_of(request), number, by=actor(request), user_id=user_id(request),
            based_on=int(based_on) if based_on.isascii() and based_on.isdigit() and len(based_on) < 10 else -1,
            at=timezone.now(), accept_broken_pins=request.POST.get("accept") == "on",
        )  # fmt: skip
    except RulesError as wrong:
        rules = rulebook.rules_of(stored).rules
        return _version(request, stored, problems=said_problems(wrong, rules), status=422)
    except Conflict:
        return _version(request, stored, conflict=True, status=409)
    except PinsBroken:
        return _version(request, stored, unsaid=True, status=422)
    _tell(request, done.is_new, done.ruleset.version)
    return redirect("inbox:rules")


def _version(request: HttpRequest, stored: RuleSet, status: int = 200, **more: Any) -> HttpResponse:
    names, latest = rulebook.names(business_of(request).pk), rulebook.latest()
    rules, current = rulebook.rules_of(stored), rulebook.rules_of(latest)
    pins = rulebook.run_pins(Rules(current.version + 1, rules.rules))
    context = frame(
        request,
        "rules",
        "versions",
        stored=stored,
        how=reading.ORIGINS.get(stored.origin, stored.origin),
        rules=[(rule, sentence(rule, names, in_words)) for rule in rules.rules],
        changes=diff(current.rules, rules.rules, names),
        based_on=current.version,
        in_force=stored.version == current.version,
        broken=[pin for pin in pins if not pin.holds],
        **more,
    )
    return render(request, "inbox/rules/version.html", context, status=status)


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
