"""Click to call back: which phone rings first, and the call itself."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from calls import placing
from calls.placing import PlacingError
from inbox import views
from inbox.frame import actor
from inbox.models import StaffPhone
from inbox.thread import context, pages, reading
from messaging.numbers import national, normalise


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def call(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The question before a call, and the call. What is wrong comes back with 422."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    known = placing.phones()
    mine = (
        StaffPhone.objects.filter(user=request.user.pk or 0).values_list("phone", flat=True).first()
    )
    numbers = list(dict.fromkeys(phone for _line, staff in known for phone in staff))
    # Whoever has told us his own phone finds it first.
    numbers.sort(key=lambda phone: phone != mine)
    found = {
        "selected": conversation, "thread": reading.head(conversation, zone),
        "phones": [(phone, national(phone), phone == mine) for phone in numbers],
        "token": request.POST.get("token", "")[:40] or uuid.uuid4().hex, "error": "",
    }  # fmt: skip
    if request.method == "POST":
        try:
            placing.place(
                conversation.contact, normalise(request.POST.get("phone", "")), by=actor(request),
                user=request.user.pk or 0, token=f"{request.user.pk}:{found['token']}",
            )  # fmt: skip
        except PlacingError as problem:
            found["error"] = problem.sentence
            return render(request, "inbox/thread/_call.html", found, status=422)
        if not request.headers.get("HX-Request"):
            return pages.redirected(conversation)
        return render(request, "inbox/thread/_call.html", found | {"placed": True})
    return render(request, "inbox/thread/_call.html", found)
