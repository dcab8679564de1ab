"""The page's door to an evidence export: a form in, a zip out. Thin."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from inbox.frame import governs, not_yours
from inbox.said import said
from messaging.evidence.download import Download
from messaging.evidence.export import EvidenceError, gather, refused
from tenants.models import User

_NOT_YOURS = "Evidence is taken out by an owner or a manager. Ask one of them."


@require_POST
@login_required
def evidence(request: HttpRequest) -> HttpResponseBase:
    """Export what is held about a number (POST: number, from, to; days of UTC, empty for all).

    422 with a sentence for a number or period that cannot be used, 403 for an agent.
    """
    user, now = request.user, timezone.now()
    assert isinstance(user, User)
    actor = f"{user.name} ({user.email})" if user.name else user.email
    if not governs(request):
        refused("not allowed for this role", actor=actor, door="page", at=now)
        return not_yours(request, _NOT_YOURS)
    given = {name: request.POST.get(name, "") for name in ("number", "from", "to")}
    try:
        export = gather(
            given["number"], given["from"], given["to"], actor=actor, door="page", at=now
        )
    except EvidenceError as error:
        field = {"number": "Number", "from": "From", "to": "To"}[error.field]
        sentence = f"{said(field)}: {said(error.sentence)}."
        return render(request, "inbox/evidence_refused.html", {"sentence": sentence}, status=422)
    return Download(export)
