"""Taking a list out as a file: by whoever governs, and written down, since numbers leave the house. Thin."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from inbox.exports import answering, tables
from inbox.exports.files import sent
from inbox.frame import governs, not_yours
from inbox.people import reading
from inbox.queue import folders
from inbox.views import member_zone
from inbox.waits.pages import PERIODS
from tenants.models import User


@require_POST
@login_required
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """The people the list shows, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "contacts")
    return sent(request, "contacts", tables.people(reading.choice_of(request.GET)))


@require_POST
@login_required
@never_cache
def conversations(request: HttpRequest) -> HttpResponse:
    """The conversations of a folder with its filters, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "inbox")
    assert isinstance(request.user, User)
    selection = folders.from_query(request.GET)
    return sent(request, "conversations", tables.conversations(selection, request.user.pk))


@require_POST
@login_required
@never_cache
def calls(request: HttpRequest) -> HttpResponse:
    """The calls of 7, 30 or 90 days, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "answers")
    since, now, _zone = _period(request)
    return sent(request, "calls", tables.calls(since, now))


@require_POST
@login_required
@never_cache
def waits(request: HttpRequest) -> HttpResponse:
    """Who waits now; with `days`, who began to wait in 7, 30 or 90 days; as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "answers")
    since, now, _zone = _period(request)
    return sent(request, "waits", answering.waits(since if "days" in request.GET else None, now))


@require_POST
@login_required
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """One table of the figures as CSV. of: days (also where it says nothing), hours or members."""
    if not governs(request):
        return not_yours(request, _not_yours(), "answers")
    since, now, zone = _period(request)
    table = request.GET.get("of", "")
    chosen = table if table in answering.FIGURES else "days"
    return sent(
        request, f"answers-by-{chosen}", answering.figures(chosen, since, now, zone)
    )  # fmt: skip


@require_POST
@login_required
@never_cache
def promises(request: HttpRequest) -> HttpResponse:
    """What is promised, and what was due in the last ninety days, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "answers")
    since = timezone.now() - timedelta(days=max(PERIODS))
    return sent(request, "promises", answering.promises(since))


def _period(request: HttpRequest) -> tuple[datetime, datetime, ZoneInfo]:
    """Return from when to when the page shows figures, and in which zone it counts days."""
    zone, now = member_zone(request), timezone.now()
    days = next((n for n in PERIODS if str(n) == request.GET.get("days", "30")), 30)
    first = now.astimezone(zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, datetime.min.time(), zone), now, zone


def _not_yours() -> str:
    return _("An owner or a manager takes lists out.")
