"""Forwarding: the exact code for this line, "call yourself now", and the daily look. Thin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from redis import RedisError

from calls.forwarding import carriers, checks, watch
from calls.forwarding.codes import CodeError, Instructions, compose
from calls.models import ForwardingCheck
from calls.simulator import forwarding as carrier_side
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.views import member_zone
from messaging import audit
from messaging.numbers import national, normalise
from messaging.providers import provider
from messaging.providers.base import Credentials, PlacedCall
from tenants.models import PhoneNumber

GROUPS = (("mobile", "Mobile"), ("landline", "Landline"), ("voip", "Phone system"))
FORWARDED = (
    ("missed", "Every missed call"),
    ("no_answer", "Nobody answers"),
    ("busy", "The line is busy"),
    ("unreachable", "The phone is off"),
)
_NOT_YOURS = "Forwarding is set up by an owner or a manager."


@require_GET
@login_required
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """What to dial, whether it worked, and whether it still does."""
    member_zone(request)
    number = _line(request, request.GET.get("line", ""))
    if number is None:
        return render(
            request, "inbox/trials/forwarding.html", frame(request, "lines", "forwarding", lines=[])
        )
    return _page(request, number, asked_of(request.GET, number))


@require_POST
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Keep the business's own number and its carrier. A wrong one: 422, named, what was typed kept."""
    member_zone(request)
    number = _line(request, request.POST.get("line", ""))
    if not governs(request) or number is None:
        return not_yours(request, _NOT_YOURS, "lines")
    asked = asked_of(request.POST, number)
    errors = wrong_with(number, asked)
    if errors:
        return _page(request, number, asked, errors, status=422)
    keep(number, asked, by=actor(request), at=timezone.now())
    query = {name: asked[name] for name in ("condition", "seconds", "way") if asked[name]}
    return redirect(_url(number, **query) + "#dial")


def keep(number: PhoneNumber, asked: dict[str, str], *, by: str, at: datetime) -> None:
    """Keep the number that is forwarded to a line, and its carrier. In the business's schema; at: aware."""
    own, carrier = normalise(asked["own"]), asked["carrier"]
    if (own, carrier) != (number.forwards_from, number.forwarding_carrier):
        with transaction.atomic():
            changes: dict[str, Any] = {"forwards_from": own, "forwarding_carrier": carrier}
            if own != number.forwards_from:  # what was found out was about another number
                changes |= {"forwarding": "unknown", "forwarding_checked_at": None}
                if number.account.provider != "simulator":  # nobody knows yet whose it is
                    changes["forwarding_watched"] = False
                    watch.stop(number)
            PhoneNumber.objects.filter(pk=number.pk).update(**changes)
            audit.note(
                "line.forwarding", actor=by, door="page", at=at,
                detail={"line": number.pk, "carrier": carrier},
            )  # fmt: skip


@require_POST
@login_required
def begin_check(request: HttpRequest) -> HttpResponse:
    """Wait for the member's own call; on the simulated network it can be placed for him."""
    member_zone(request)
    number = _line(request, request.POST.get("line", ""))
    if number is None:
        return not_yours(request, _NOT_YOURS, "lines")
    typed = request.POST.get("caller", "").strip()[:40]
    if not number.forwards_from:
        errors = {"caller": "First say which number you forward, in step 1."}
        return _page(request, number, asked_of(request.GET, number), errors, 422, typed)
    try:
        check = checks.begin(
            number, typed, by=actor(request), now=timezone.now(), governs=governs(request)
        )
    except checks.CheckError as wrong:
        errors = {wrong.field: wrong.sentence}
        return _page(request, number, asked_of(request.GET, number), errors, 422, typed)
    if request.POST.get("play") and number.account.provider == "simulator":
        _play(number, check)
    return redirect(_url(number) + "#check")


@require_GET
@login_required
@never_cache
def check_state(request: HttpRequest, check_id: int) -> HttpResponse:
    """How a look stands, asked every second while it waits."""
    member_zone(request)
    check = get_object_or_404(ForwardingCheck, pk=check_id)
    check = checks.look(check, timezone.now())
    number = PhoneNumber.objects.filter(e164=check.line).first()
    context = {"check": check, "number": number, "left": _left(check)}
    return render(request, "inbox/trials/_check.html", context)


@require_POST
@login_required
def set_watch(request: HttpRequest) -> HttpResponse:
    """Watch the line every day, or stop; or look at once."""
    number = _line(request, request.POST.get("line", ""))
    if not governs(request) or number is None:
        return not_yours(request, _NOT_YOURS, "lines")
    now, on = timezone.now(), request.POST.get("watched") == "on"
    if on and not number.forwards_from:
        messages.error(request, "First say which number you forward, in step 1.")
        return redirect(_url(number))
    if on and not checks.is_proven(number):
        messages.error(
            request, "First call yourself, in step 4: we call a number only once it reached us."
        )
        return redirect(_url(number) + "#check")
    with transaction.atomic():
        if on != number.forwarding_watched:
            PhoneNumber.objects.filter(pk=number.pk).update(forwarding_watched=on)
            audit.note(
                "line.watch", actor=actor(request), door="page", at=now,
                detail={"line": number.pk, "on": on},
            )  # fmt: skip
        if on:
            watch.start(number, at=now)
        else:
            watch.stop(number)
    told = "No longer watched."
    if on and not number.forwarding_watched:
        told = "Watched from now on. The first look is under way."
    elif on:
        told = "We look at once, or an hour after the last look. The answer stands here."
    messages.success(request, told)
    return redirect(_url(number) + "#watch")


@require_POST
@login_required
def set_carrier(request: HttpRequest) -> HttpResponse:
    """On the simulated network only: the carrier forwards, or it does not."""
    number = _line(request, request.POST.get("line", ""))
    if number is None or number.account.provider != "simulator" or not number.forwards_from:
        return not_yours(request, "Only the simulated carrier can be switched here.", "lines")
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    carrier_side.switch(number.forwards_from, request.POST.get("on") == "1")
    return redirect(_url(number) + "#watch")


def _play(number: PhoneNumber, check: ForwardingCheck) -> None:
    """Let the simulated network place the member's call to his own public number."""
    account = Credentials(number.account.account_sid, number.account.auth_token)
    lost = "" if _carrier_on(number) else "lost"
    provider("simulator").place_call(
        account,
        PlacedCall(
            check.caller,
            number.forwards_from,
            answer_url=f"{settings.PUBLIC_BASE_URL}/webhooks/simulator/voice/status",
            ring_seconds=6,
            rehearse=lost or "fast",
        ),
    )


def _carrier_on(number: PhoneNumber) -> bool:
    try:
        return carrier_side.is_on(number.forwards_from)
    except RedisError:
        return True


def _line(request: HttpRequest, e164: str) -> PhoneNumber | None:
    """Return the line that is meant, the first one where none is named."""
    lines = PhoneNumber.objects.filter(business=business_of(request), is_active=True)
    found = lines.select_related("account").order_by("id")
    return (found.filter(e164=e164).first() if e164 else None) or found.first()


def asked_of(form: Any, number: PhoneNumber) -> dict[str, str]:
    """Return what the form says, else what is kept; as it was typed."""
    carrier = form.get("carrier", number.forwarding_carrier)[:40]
    return {
        "own": form.get("own", number.forwards_from)[:40].strip(),
        "carrier": carrier,
        "condition": form.get("condition", "missed")[:20],
        "seconds": form.get("seconds", "")[:4].strip(),
        "way": form.get("way", "")[:40],
    }


def wrong_with(number: PhoneNumber, asked: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with a number of the business's own and its carrier, field by field."""
    errors = {}
    own = normalise(asked["own"])
    if problem := checks.problem_of(own):
        errors["own"] = problem
    elif PhoneNumber.objects.filter(e164=own).exists():
        errors["own"] = "This is one of our lines. Write the number your customers call."
    try:
        composed(number, asked)
    except CodeError as wrong:
        errors[wrong.field] = wrong.sentence
    return errors


def composed(number: PhoneNumber, asked: dict[str, str]) -> Instructions:
    """Return what is done at the carrier. Raises CodeError naming the field."""
    typed = asked["seconds"]
    seconds = None
    if typed:
        if not (typed.isascii() and typed.isdigit()):
            raise CodeError("seconds", "Expected a whole number of seconds.")
        seconds = int(typed)
    return compose(
        carriers.current(), asked["carrier"], number.e164, asked["condition"], seconds, asked["way"]
    )


def _page(
    request: HttpRequest, number: PhoneNumber, asked: dict[str, str],
    errors: dict[str, str] | None = None, status: int = 200, caller: str = "",
) -> HttpResponse:  # fmt: skip
    told = None
    if asked["carrier"] and not errors:
        try:
            told = composed(number, asked)
        except CodeError as wrong:
            errors = {wrong.field: wrong.sentence}
    book = carriers.current()
    found = ForwardingCheck.objects.filter(line=number.e164)
    mine = found.filter(kind="self").first()
    is_simulated = number.account.provider == "simulator"
    own = normalise(asked["own"])
    context = frame(
        request, "lines", "forwarding",
        number=number,
        lines=[(n.e164, n.label or national(n.e164)) for n in PhoneNumber.objects.filter(
            business=business_of(request), is_active=True).order_by("id")],
        asked=asked | {"own": national(own) if own else asked["own"]},
        errors=errors or {},
        told=told,
        groups=[(label, [c for c in book.carriers if c.kind == kind]) for kind, label in GROUPS],
        conditions=FORWARDED,
        check=checks.look(mine, timezone.now()) if mine else None,
        left=_left(mine) if mine else 0,
        caller=caller or (mine.caller if mine else ""),
        looks=list(found.exclude(kind="self")[:10]),
        can_watch=watch.caller_for(number) is not None,
        is_proven=checks.is_proven(number),
        is_simulated=is_simulated,
        carrier_on=_carrier_on(number) if is_simulated and number.forwards_from else True,
        book_version=book.version,
    )  # fmt: skip
    return render(request, "inbox/trials/forwarding.html", context, status=status)


def _left(check: ForwardingCheck) -> int:
    return max(0, int((check.deadline_at - timezone.now()).total_seconds()))


def _url(number: PhoneNumber, **query: str) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    line = number.e164.replace("+", "%2B")
    return f"{reverse('inbox:forwarding')}?line={line}{'&' if pairs else ''}{pairs}"
