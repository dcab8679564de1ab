"""The lines: how each answers, and setting it. Thin: reading reads, calls.lines writes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import greeting_files, lines
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.lines import reading
from inbox.views import member_zone
from tenants.models import PhoneNumber

_NOT_YOURS = "How lines answer is set by an owner or a manager."


@require_GET
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Every line with how it answers, in one sentence."""
    member_zone(request)
    business = business_of(request)
    cards = reading.cards(business.pk, timezone.now())
    return render(
        request, "inbox/lines/overview.html", frame(request, "lines", "lines", cards=cards)
    )


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """How one line answers. A wrong value: 422, its field named and what was typed kept."""
    member_zone(request)
    number = _line(request, line_id)
    if request.method == "GET":
        return _page(request, number, reading.typed_of(number), {})
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "lines")
    typed = reading.typed_in(request.POST)
    values, problems = reading.read(typed)
    file = request.FILES.get("recording")
    upload: bytes | None = None
    if file is not None:
        # One byte more than is taken tells a file that is too large.
        upload = file.read(greeting_files.MAX_BYTES + 1)
    try:
        if problems:
            raise lines.LineError(lines.check(number, values) | problems)
        changed = lines.save(
            number.pk, business_of(request), values, upload=upload,
            drop_recording=typed["drop_recording"], by=actor(request), door="page",
            at=timezone.now(),
        )  # fmt: skip
    except lines.LineError as wrong:
        return _page(request, number, typed, wrong.problems, status=422)
    messages.success(
        request,
        "Saved. The next call is answered this way." if changed else "Nothing was changed.",
    )
    return redirect("inbox:line", line_id=number.pk)


@require_POST
@login_required
@never_cache
def preview(request: HttpRequest, line_id: int) -> HttpResponse:
    """What a caller would hear with what is typed so far; nothing is kept."""
    number = _line(request, line_id)
    typed = reading.typed_in(request.POST)
    return render(request, "inbox/lines/_story.html", {"stories": _stories(number, typed)})


def _line(request: HttpRequest, line_id: int) -> PhoneNumber:
    found = PhoneNumber.objects.select_related("business__agency")
    return get_object_or_404(found, pk=line_id, business=business_of(request))


def _stories(number: PhoneNumber, typed: dict[str, Any]) -> Any:
    values, _ = reading.read(typed)
    values["greeting_recording"] = "" if typed["drop_recording"] else number.greeting_recording
    return reading.story(number, values, timezone.now())


def _page(
    request: HttpRequest, number: PhoneNumber, typed: dict[str, Any], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = frame(
        request,
        "lines",
        "lines",
        number=number,
        typed=typed,
        errors=errors,
        stories=_stories(number, typed),
        **reading.choices(number, typed),
    )
    return render(request, "inbox/lines/line.html", context, status=status)
