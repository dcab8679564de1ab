"""The search box's answers: beside the list for scripts, on a page of their own without."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inbox.frame import frame
from inbox.search import reading
from inbox.search.asking import asked
from inbox.views import member_zone


@require_GET
@login_required
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """People and words; nothing for nothing. Its own page has no thread beside it for a hit to open in."""
    member_zone(request)
    what = asked(request.GET.get("q", ""))
    people, said = reading.find(what)
    context = {"asked": what, "people": people, "said": said}
    if request.headers.get("HX-Request"):
        context["beside"] = "whole" not in request.GET
        return render(request, "inbox/search/_results.html", context)
    page = frame(request, "inbox", "search", searched=what, **context)
    return render(request, "inbox/search/page.html", page)
