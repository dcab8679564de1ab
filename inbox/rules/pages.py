"""The list of rules and one rule at a time. Thin: reading reads, calls.rulebook writes."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import rulebook
from calls import rules as shape
from calls.matching import WEEKDAYS
from calls.models import RuleDraft
from calls.rule_words import sentence
from calls.rules import (
    ACTIONS,
    ATTESTATIONS,
    CALLERS,
    MAX_RULES,
    OUTCOMES,
    STATES,
    Rule,
    RulesError,
)
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.rules import reading
from inbox.rules.form import (
    CLAUSES,
    UNITS,
    RuleForm,
    form_of,
    moved,
    problems_of,
    raw_of,
    replaced,
    typed,
)
from inbox.rules.reading import Work
from inbox.rules.starts import STARTS, placed, start
from inbox.said import said as in_words
from inbox.views import member_zone
from tenants.models import Business, User

ONLY_GOVERNORS = "The rules are changed by an owner or a manager. You can read and try them."


def user_id(request: HttpRequest) -> int:
    """Return who looks."""
    assert isinstance(request.user, User)
    return int(request.user.pk)


def work(request: HttpRequest) -> Work:
    """Return what this member works on."""
    return reading.work_of(business_of(request), user_id(request))


def keep(request: HttpRequest, rules: tuple[Rule, ...], based_on: int | None = None) -> None:
    """Keep changed rules as the member's draft."""
    rulebook.save_draft(
        user_id(request), rules, by=actor(request), at=timezone.now(), based_on=based_on
    )


@require_GET
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """The rules in their order, as sentences."""
    member_zone(request)
    mine = work(request)
    context = frame(
        request,
        "rules",
        "list",
        work=mine,
        rows=reading.rows(mine),
        changes=mine.changes if mine.draft else [],
        starts=[(key, *words) for key, words in STARTS.items()],
        is_full=len(mine.rules) >= MAX_RULES,
        suggested=reading.audit_drafts() if governs(request) else [],
    )
    return render(request, "inbox/rules/list.html", context)


@require_POST
@login_required
def change(request: HttpRequest) -> HttpResponse:
    """One small change of the list, by button: switch, up, down or remove a rule. Into the draft."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    mine = work(request)
    verb, _, ident = request.POST.get("act", "").partition(" ")
    rule = mine.rule(ident)
    if rule is None:
        messages.error(request, "That rule is not there any more.")
        return redirect("inbox:rules")
    rules = mine.rules
    if verb == "switch":
        rules = replaced(rules, replace(rule, is_on=not rule.is_on))
    elif verb in ("up", "down"):
        rules = moved(rules, ident, -1 if verb == "up" else 1)
    elif verb == "remove":
        rules = tuple(each for each in rules if each.id != ident)
    keep(request, rules)
    place = "" if verb == "remove" else f"#rule-{ident}"
    return redirect(f"{reverse('inbox:rules')}{place}")


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Put a new rule into the draft and open it."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    mine, business = work(request), business_of(request)
    key = request.POST.get("start", "")
    if len(mine.rules) >= MAX_RULES:
        messages.error(request, f"At most {MAX_RULES} rules can be kept. Remove one first.")
        return redirect("inbox:rules")
    usual = [rule.then.template for rule in mine.rules if rule.then.template]
    known = [*usual, *(key for key, _ in reading.text_names() if key not in usual)]
    known = [name for name in known if name in mine.names.templates]
    numbers = [number for number, _ in reading.lines(business)]
    rule = start(key, f"{key}-{secrets.token_hex(3)}", numbers, known)
    if rule is None:
        raise Http404
    taken = {each.name for each in mine.rules}
    number = next(n for n in range(1, MAX_RULES + 2) if _numbered(rule.name, n) not in taken)
    rule = replace(rule, name=_numbered(rule.name, number))
    keep(request, placed(mine.rules, rule, key))
    return redirect("inbox:rules-edit", rule.id)


def _numbered(name: str, number: int) -> str:
    return f"{name} {number}" if number > 1 else name


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def edit(request: HttpRequest, ident: str) -> HttpResponse:
    """One rule as a sentence with choices in it. What is wrong: 422, named, with what was typed kept."""
    member_zone(request)
    mine = work(request)
    rule = mine.rule(ident)
    if rule is None:
        messages.error(request, "That rule is not there any more.")
        return redirect("inbox:rules")
    if request.method == "GET":
        return _page(request, mine, form_of(rule), rule)
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    form = typed(rule.id, rule.is_on, lambda name: request.POST.get(name, ""), request.POST.getlist)
    act = request.POST.get("act", "")
    read, errors = _read(request, form)
    if act == "look" or act.startswith(("add ", "drop ")):
        return _page(request, mine, form, read or rule, opened=act.partition(" ")[2])
    if read is None:
        if act == "preview":
            return _page(request, mine, form, None)
        return _page(request, mine, form.with_errors(errors), None, status=422)
    if act == "preview":
        return _page(request, mine, form, read)
    keep(request, replaced(mine.rules, read))
    if act.startswith("text"):
        # To a ready text and back: what was typed here is kept first.
        key = act.removeprefix("text").strip()
        known = key in mine.names.templates
        url = reverse("inbox:rules-text", args=[key]) if known else reverse("inbox:rules-text-new")
        return redirect(f"{url}?after={ident}")
    return redirect(f"{reverse('inbox:rules')}#rule-{ident}")


def _read(request: HttpRequest, form: RuleForm) -> tuple[Rule | None, dict[str, str]]:
    raw, errors = raw_of(form)
    try:
        rules = rulebook.checked(business_of(request).pk, [raw])
    except RulesError as error:
        errors = problems_of(error) | errors
        rules = ()
    return (rules[0] if rules and not errors else None), errors


def _page(
    request: HttpRequest, mine: Work, form: RuleForm, rule: Rule | None, *, opened: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    business = business_of(request)
    context = frame(
        request,
        "rules",
        "list",
        work=mine,
        form=form,
        said=sentence(rule, mine.names, in_words) if rule is not None else "",
        clauses=[c for c in CLAUSES if c.key in form.shows],
        to_add=[c for c in CLAUSES if c.key not in form.shows],
        opened=opened,
        choices={
            "lines": reading.lines(business),
            "outcomes": list(OUTCOMES.items()),
            "states": list(STATES.items()),
            "callers": list(CALLERS.items()),
            "attestations": list(ATTESTATIONS.items()),
            "weekdays": [(str(number), name[:3]) for number, name in enumerate(WEEKDAYS)],
            "actions": list(ACTIONS.items()),
            "voicemail": [("left", "a voicemail is left"), ("none", "no voicemail is left")],
            "units": UNITS,
        },
        texts=reading.text_names(),
        texts_shown=reading.texts(business, form.texts),
        arms=reading.arms(rule, mine.names) if rule is not None else [],
        enough=reading.ENOUGH,
        follow_up_warning=_follow_up_warning(business, form),
    )  # fmt: skip
    return render(request, "inbox/rules/edit.html", context, status=status)


@require_POST
@login_required
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the member's draft away."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    if rulebook.discard_draft(user_id(request)):
        messages.success(
            request, "Your changes are thrown away. Nothing of what is in force changed."
        )
    return redirect("inbox:rules")


@require_POST
@login_required
def take(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Take what an audit suggests as the member's draft, to be looked at and published."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    found = RuleDraft.objects.exclude(source="page").filter(pk=draft_id).first()
    if found is None:
        raise Http404
    try:
        rules = shape.load(found.rules)
    except RulesError:
        messages.error(request, "This suggestion cannot be read any more.")
        return redirect("inbox:rules")
    keep(request, rules, found.based_on)
    return redirect("inbox:rules-review")


@require_POST
@login_required
def dismiss(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Put away what an audit suggests. Once more is no error; the audit can suggest it again."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    RuleDraft.objects.exclude(source="page").filter(pk=draft_id).delete()
    return redirect("inbox:rules")


def said_problems(error: RulesError, rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """Return what keeps rules from being published, each with the rule it concerns."""
    told = []
    for where, what in error.problems:
        digits = where.removeprefix("rules[").partition("]")[0]
        rule = rules[int(digits)] if digits.isdigit() and int(digits) < len(rules) else None
        told.append({"rule": rule, "what": what})
    return told


def _follow_up_warning(business: Business, form: RuleForm) -> str:
    """What stands against a follow-up by text; a reminder to phone needs nobody's leave."""
    by_text = "follow" in form.shows and form.values.get("follow_up_template")
    return reading.follow_up_warning(business) if by_text else ""
