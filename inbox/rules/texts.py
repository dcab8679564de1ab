"""Ready texts: written and changed where the rules use them. Thin: messaging.ready_texts keeps them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.rules import reading
from inbox.rules.pages import work
from inbox.views import member_zone
from inbox.waits.warning import promise_warning
from messaging import ready_texts
from messaging.models import MessageTemplate
from messaging.ready_texts import TextError
from messaging.text import FIELDS

ONLY_GOVERNORS = "Ready texts are changed by an owner or a manager."


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def text(request: HttpRequest, key: str = "") -> HttpResponse:
    """One ready text, or a new one. What is wrong: 422, named, with what was typed kept."""
    member_zone(request)
    stored = MessageTemplate.objects.filter(key=key).first() if key else None
    if key and stored is None:
        raise Http404
    after = request.POST.get("after") or request.GET.get("after", "")
    after = after if work(request).rule(after) is not None else ""
    name, body = (stored.name, stored.body) if stored else ("", "")
    errors: dict[str, str] = {}
    if request.method == "POST":
        if not governs(request):
            return not_yours(request, ONLY_GOVERNORS, "rules")
        name, body = request.POST.get("name", "")[:200], request.POST.get("body", "")[:5_000]
        if request.POST.get("act") != "look":
            try:
                ready_texts.save(
                    business_of(request), key, name, body, by=actor(request), door="page",
                    at=timezone.now(),
                )  # fmt: skip
            except TextError as wrong:
                errors = wrong.problems
            else:
                messages.success(
                    request, f"“{' '.join(name.split())}” is kept. It holds from the next text on."
                )
                return redirect(
                    reverse("inbox:rules-edit", args=[after]) if after else "inbox:rules"
                )
    context = frame(
        request,
        "rules",
        "list",
        stored=stored,
        name=name,
        body=body,
        after=after,
        errors=errors,
        shown=reading.shown(business_of(request), key, name, body.replace("\x00", "")),
        used_by=reading.used_by(key) if key else [],
        promise=promise_warning(body.replace("\x00", "")),
        fields=[("{" + field + "}", what) for field, what in FIELDS.items()],
    )
    return render(request, "inbox/rules/text.html", context, status=422 if errors else 200)
