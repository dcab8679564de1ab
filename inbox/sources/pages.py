"""Phone systems that report calls: connected, watched, given new secrets. Thin: calls.intake does the work."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls.intake import pace, reading, receiving, sources, threecx
from calls.intake.mappings import KEYED, MAPPINGS, system_of
from calls.intake.sources import SourceError
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.sources import words
from inbox.views import member_zone
from tenants.models import CallSource, PhoneNumber

_SHOWN = 25
_NOT_YOURS = "Phone systems are connected by an owner or a manager."


@require_GET
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """What is connected and whether it is alive; and how Zapier, Make and CRMs report with a key."""
    member_zone(request)
    business = business_of(request)
    found = CallSource.objects.filter(business=business).select_related("line").order_by("pk")
    found = found.defer("secret", "previous_secret")
    context = frame(
        request,
        "lines",
        "systems",
        sources=[_card(source) for source in found],
        keyed_address=_keyed_address(),
        curl=words.curl(_keyed_address()),
        example=words.example(),
    )
    return render(request, "inbox/sources/overview.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Connect one. Its secret is on the page that answers, and on no other."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    if request.method == "GET":
        return _form(request, {"mapping": request.GET.get("system", "")}, {})
    typed = {name: request.POST.get(name, "")[:200] for name in ("name", "mapping", "line")}
    if not typed["name"].strip():
        typed["name"] = words.TITLES.get(typed["mapping"], "")
    try:
        source = sources.add(business_of(request), **typed, by=actor(request), at=timezone.now())
    except SourceError as wrong:
        return _form(request, typed, {wrong.field: wrong.sentence}, status=422)
    return _page(request, source, secret="" if system_of(source.mapping).theirs else source.secret)


@require_GET
@login_required
@never_cache
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """One phone system: how it is set up, and what it reported lately."""
    member_zone(request)
    return _page(request, _found(request, source_id))


@require_POST
@login_required
@never_cache
def change(request: HttpRequest, source_id: int, act: str) -> HttpResponse:
    """Do one thing to a phone system. A wrong choice: 422, its field named."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    found, by, at = _found(request, source_id), actor(request), timezone.now()
    try:
        if act == "rotate" and not system_of(found.mapping).theirs:
            return _page(request, found, secret=sources.rotate(found, by=by, at=at))
        if act == "paste":
            sources.paste(found, request.POST.get("secret", ""), by=by, at=at)
            messages.success(request, "Kept. Events are checked against it from now on.")
        elif act == "retire":
            sources.retire(found, by=by, at=at)
            messages.success(request, "The secret before proves nothing any more.")
        elif act in ("pause", "resume"):
            sources.set_active(found, act == "resume", by=by, at=at)
        elif act == "line":
            sources.change_line(found, request.POST.get("line", ""), by=by, at=at)
            messages.success(request, "Saved. Texts about its calls leave from this line.")
        elif act == "remove":
            name = found.name
            sources.remove(found, by=by, at=at)
            messages.success(request, f"{name} was removed. Its address answers no more.")
            return redirect("inbox:sources")
        elif act == "test" and found.mapping == "generic":
            receiving.try_out(found, at)
            messages.success(request, "The test event arrived and was understood. See below.")
        else:
            raise Http404
    except SourceError as wrong:
        return _page(request, found, errors={wrong.field: wrong.sentence}, status=422)
    return redirect("inbox:source", source_id)


@require_GET
@login_required
@never_cache
def template(request: HttpRequest, source_id: int) -> HttpResponse:
    """The CRM template for 3CX with this source's address; it holds no secret."""
    found = _found(request, source_id)
    if found.mapping != "3cx":
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="missed-calls-3cx.xml"'}
    return HttpResponse(
        threecx.template(_address(found)), content_type="application/xml", headers=headers
    )


def _found(request: HttpRequest, source_id: int) -> CallSource:
    mine = CallSource.objects.filter(business=business_of(request)).select_related("line")
    return get_object_or_404(mine.defer("secret", "previous_secret"), pk=source_id)


def _address(source: CallSource) -> str:
    if source.mapping == KEYED:
        return _keyed_address()
    return f"{settings.PUBLIC_BASE_URL}{reverse('call-events-signed', args=[source.token])}"


def _keyed_address() -> str:
    return f"{settings.PUBLIC_BASE_URL}/api/v1/call-events/"


def _card(source: CallSource) -> dict[str, Any]:
    problem = pace.last_unproven(source.pk)
    state, words_of_state = "good", "Reporting"
    if not source.is_active:
        state, words_of_state = "", "Paused"
    elif problem:
        state, words_of_state = "bad", "Not proven"
    elif source.last_event_at is None:
        state, words_of_state = "warn", "Nothing heard yet"
    return {
        "source": source,
        "title": words.TITLES.get(source.mapping, source.mapping),
        "state": state,
        "state_words": words_of_state,
        "problem": problem,
    }


def _lines(request: HttpRequest) -> list[PhoneNumber]:
    mine = PhoneNumber.objects.filter(business=business_of(request), is_active=True)
    return list(mine.order_by("pk"))


def _form(
    request: HttpRequest, typed: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    systems = [
        {"key": key, "title": words.TITLES[key], "about": words.GUIDES[key].about}
        for key in (*(k for k in MAPPINGS if k != "generic"), "generic")
    ]
    context = frame(
        request, "lines", "systems", systems=systems, lines=_lines(request), typed=typed,
        errors=errors,
    )  # fmt: skip
    return render(request, "inbox/sources/add.html", context, status=status)


def _page(
    request: HttpRequest, source: CallSource, *, secret: str = "",
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    events = list(reading.events_of(source.business_id, source.pk)[:_SHOWN])
    context = frame(
        request,
        "lines",
        "systems",
        card=_card(source),
        source=source,
        guide=words.GUIDES.get(source.mapping, words.GUIDES["generic"]),
        address=_address(source),
        secret=secret,
        overlaps=CallSource.objects.filter(pk=source.pk).exclude(previous_secret="").exists(),
        is_theirs=system_of(source.mapping).theirs,
        lines=_lines(request),
        events=[_event(row) for row in reading.told(events)],
        errors=errors or {},
        curl=words.curl(_keyed_address()),
        keyed=source.mapping == KEYED,
    )
    return render(request, "inbox/sources/source.html", context, status=status)


def _event(row: dict[str, Any]) -> dict[str, Any]:
    what = words.OUTCOME_WORDS.get(row["outcome"]) or words.TYPE_WORDS.get(row["type"], "Event")
    return row | {"what": what, "status_words": words.STATUS_WORDS[row["status"]]}
