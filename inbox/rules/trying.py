"""What would happen if, and the calls whose decision is pinned. Thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import facts as call_facts
from calls import rulebook
from calls.decision import decide
from calls.models import Call, PinnedCall
from calls.rule_words import sentence
from calls.rules import Rules
from calls.setup import Setup, load_setup
from calls.what_if import Foreseen, facts_of, foresee
from calls.words import because_words
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.proof import proof_of
from inbox.rules import imagining, reading
from inbox.rules.imagining import Asked
from inbox.rules.pages import ONLY_GOVERNORS, work
from inbox.rules.reading import Work
from inbox.said import said as in_words
from inbox.timeline import Entry, call_headline
from inbox.views import member_zone
from messaging.models import Contact


def _setup(request: HttpRequest) -> Setup:
    return load_setup(str(business_of(request).schema_name))


def _rules(values: dict[str, str] | Any, mine: Work) -> Rules:
    if values.get("rules") != "in-force" and mine.draft is not None:
        return Rules(mine.based_on + 1, mine.rules)
    return rulebook.rules_of(mine.latest)


@require_GET
@login_required
@never_cache
def what_if(request: HttpRequest) -> HttpResponse:
    """An imagined call and its receipt. Nothing is written; the address says all of it."""
    member_zone(request)
    setup, mine, now = _setup(request), work(request), timezone.now()
    asked = imagining.read(_given(request.GET), setup, now)
    # Before anybody asked there is nothing to answer; the form shows the usual.
    is_asked = "line" in request.GET
    foreseen = None
    if is_asked and asked.imagined is not None:
        foreseen = foresee(asked.imagined, asked.contact, _rules(asked.values, mine), setup)
    status = 422 if is_asked and asked.errors else 200
    return _page(request, setup, mine, asked, foreseen, is_asked=is_asked, status=status)


def _given(query: QueryDict) -> dict[str, str]:
    return {name: str(query[name]) for name in imagining.FIELDS if name in query}


def _page(
    request: HttpRequest, setup: Setup, mine: Work, asked: Asked, foreseen: Foreseen | None, *,
    is_asked: bool, pin_error: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    rule = foreseen.decision.rule if foreseen else None
    context = frame(
        request,
        "rules",
        "what-if",
        asked=asked,
        errors=asked.errors if is_asked else {},
        values=asked.values,
        lines=reading.lines(business_of(request)),
        who=imagining.WHO.items(),
        happens=imagining.HAPPENS.items(),
        vouched=imagining.VOUCHED.items(),
        heard=imagining.HEARD.items(),
        zone=f"{setup.zone.key.rpartition('/')[2].replace('_', ' ')} time",
        work=mine,
        entry=entry_of(foreseen) if foreseen else None,
        foreseen=foreseen,
        rule_said=sentence(rule, mine.names, in_words) if rule else "",
        headline=_headline(asked) if foreseen else "",
        hidden=[(name, asked.values[name]) for name in imagining.FIELDS],
        pin_error=pin_error,
    )
    return render(request, "inbox/rules/what_if.html", context, status=status)


def _headline(asked: Asked) -> str:
    assert asked.imagined is not None
    one = asked.imagined
    kind = "voicemail" if one.voicemail else one.kind
    return call_headline(kind, one.because, one.ring)


def entry_of(foreseen: Foreseen) -> Entry:
    """Return what was foreseen as the timeline shows a decision."""
    decision = foreseen.decision
    receipt = decision.receipt(foreseen.asked_at)
    return Entry(
        kind="decision",
        at=foreseen.asked_at,
        action=decision.action,
        sentence=decision.sentence,
        code=decision.code,
        questions=tuple(receipt["questions"]),
        proof=proof_of(foreseen.entry),
    )


@require_GET
@login_required
@never_cache
def pinned(request: HttpRequest) -> HttpResponse:
    """The pinned calls: what must come of each, and what comes of it now, by the rules in force or the draft."""
    member_zone(request)
    return _pinned(request)


def _pinned(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    mine = work(request)
    rules = Rules(mine.based_on + 1, mine.rules) if mine.draft else rulebook.rules_of(mine.latest)
    names = {rule.id: rule.name for rule in mine.rules}
    results = rulebook.run_pins(rules)
    rows = [
        {
            "pin": result.pin,
            "result": result,
            "wanted_rule": names.get(result.pin.rule, result.pin.rule),
            "entry": _pin_entry(result),
            "what": _what(result.pin),
        }
        for result in results
    ]
    context = frame(
        request, "rules", "pinned", work=mine, rows=rows,
        broken=sum(not result.holds for result in results), **more,
    )  # fmt: skip
    return render(request, "inbox/rules/pinned.html", context, status=status)


def _what(pin: PinnedCall) -> str:
    try:
        facts = call_facts.load(pin.facts)
    except (KeyError, ValueError, TypeError):
        return ""
    return f"{because_words(facts.outcome)}, {facts.called_at:%A} {facts.called_at:%H:%M}"


def _pin_entry(result: rulebook.PinResult) -> Entry | None:
    decision = result.decision
    if decision is None:
        return None
    questions = tuple(decision.receipt(result.pin.asked_at)["questions"])
    return Entry(
        "decision", result.pin.asked_at, action=decision.action, sentence=decision.sentence,
        code=decision.code, questions=questions,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def pin_call(request: HttpRequest, call_id: int) -> HttpResponse:
    """Pin a call that was: look at what the rules in force make of it, give it a name."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    call = get_object_or_404(Call.objects.select_related("contact"), pk=call_id)
    setup = _setup(request)
    contact: Contact | None = call.contact
    facts = facts_of(call, contact, setup)
    rules = rulebook.rules_of(rulebook.latest())
    at = call.decided_at or facts.missed_at
    decision = decide(facts, rules, at)
    error, name = "", request.POST.get("name", "")
    if request.method == "POST":
        try:
            rulebook.pin_facts(facts, name, rules, by=actor(request), at=at, now=timezone.now())
        except rulebook.PinError as wrong:
            error = str(wrong)
        else:
            messages.success(request, "Pinned. It is asked again whenever the rules are published.")
            return redirect("inbox:rules-pinned")
    local = call.started_at.astimezone(setup.zone)
    headline = call_headline(call.outcome, call.missed_because, call.ring_seconds)
    receipt = decision.receipt(at)
    context = frame(
        request, "rules", "pinned",
        call=call, headline=headline, error=error,
        name=name if request.method == "POST" else f"{headline}, {local:%A %H:%M}"[:120],
        entry=Entry("decision", at, action=decision.action, sentence=decision.sentence,
                    code=decision.code, questions=tuple(receipt["questions"])),
        then=call.receipt or {},
        differs=bool(call.decision) and (call.decision, call.decision_reason) != (decision.action, decision.code),
    )  # fmt: skip
    return render(request, "inbox/rules/pin.html", context, status=422 if error else 200)


@require_POST
@login_required
def pin_imagined(request: HttpRequest) -> HttpResponse:
    """Pin an imagined call, with what the rules in force decide about it."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    setup, mine, now = _setup(request), work(request), timezone.now()
    asked = imagining.read(_given(request.POST), setup, now)
    if asked.imagined is None:
        return _page(request, setup, mine, asked, None, is_asked=True, status=422)
    rules = rulebook.rules_of(mine.latest)
    foreseen = foresee(asked.imagined, asked.contact, rules, setup)
    try:
        rulebook.pin_facts(
            foreseen.facts, request.POST.get("name", ""), rules, by=actor(request),
            at=foreseen.asked_at, now=now,
        )  # fmt: skip
    except rulebook.PinError as wrong:
        return _page(
            request, setup, mine, asked, foreseen, is_asked=True, pin_error=str(wrong), status=422
        )
    messages.success(request, "Pinned. It is asked again whenever the rules are published.")
    return redirect("inbox:rules-pinned")


@require_POST
@login_required
def unpin(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Unpin a call. Once more is no error."""
    if not governs(request):
        return not_yours(request, ONLY_GOVERNORS, "rules")
    pin = PinnedCall.objects.filter(pk=pin_id).first()
    if pin is not None:
        rulebook.unpin(pin, by=actor(request), at=timezone.now())
    return redirect("inbox:rules-pinned")
