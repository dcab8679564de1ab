"""The page of a business's life with its agency: suspended, resumed, let go, kept. Thin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from inbox.agency.frame import Office, address, for_owners, office_page, show
from messaging.senders import leaving, releasing
from tenants import agencies, lifecycle, suspending
from tenants.lifecycle import LifecycleRefused
from tenants.models import AgencyEntry, Business, Departure, Stage

_SHOWN = 20
_REASON = 300
# What is in the record of a business's life, in words.
WORDS = {
    "business.suspend": gettext_lazy("Suspended"),
    "business.resume": gettext_lazy("Resumed"),
    "business.off_board": gettext_lazy("Let go"),
    "business.stay": gettext_lazy("Kept after all"),
    "business.export": gettext_lazy("Export fetched"),
    "business.gone": gettext_lazy("Deleted"),
}


@require_GET
@office_page
def page(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Where a business stands, and what may be done about it."""
    return _shown(request, office, office.business(business_id))


@require_POST
@office_page
@for_owners
def suspend(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Stop what goes out."""
    business, reason = office.business(business_id), _reason(request)
    if not reason:
        wrong = {"reason": _("Say why, for whoever asks later.")}
        return _shown(request, office, business, errors=wrong, status=422)
    return _done(
        request, office, business,
        lambda: lifecycle.suspend(
            business, suspending.AGENCY, actor=office.who, door="page", now=timezone.now(),
            reason=reason,
        ),
        _("%(business)s is suspended. Calls and texts still come in."),
    )  # fmt: skip


@require_POST
@office_page
@for_owners
def resume(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Let it send again."""
    business = office.business(business_id)
    return _done(
        request, office, business,
        lambda: lifecycle.resume(
            business, suspending.AGENCY, actor=office.who, door="page", now=timezone.now(),
            reason=_reason(request),
        ),
        _("%(business)s sends again. What was refused meanwhile stays refused."),
    )  # fmt: skip


@require_POST
@office_page
@for_owners
def off_board(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Let it go, once its name was typed."""
    business, reason = office.business(business_id), _reason(request)
    typed = " ".join(request.POST.get("name", "").split())
    wrong = {}
    if typed.casefold() != " ".join(business.name.split()).casefold():
        wrong["name"] = _("Type the name of the business as it stands above.")
    if not reason:
        wrong["leaving"] = _("Say why, for whoever asks later.")
    if wrong:
        return _shown(request, office, business, errors=wrong, typed=typed, status=422)
    return _done(
        request, office, business,
        lambda: lifecycle.off_board(
            business, actor=office.who, door="page", now=timezone.now(), reason=reason
        ),
        _("%(business)s leaves. Nothing goes out for it any more."),
    )  # fmt: skip


@require_POST
@office_page
@for_owners
def stay(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Keep it after all."""
    business = office.business(business_id)
    return _done(
        request, office, business,
        lambda: lifecycle.stay(business, actor=office.who, door="page", now=timezone.now()),
        _("%(business)s stays. Make new API keys, and switch webhooks on again."),
    )  # fmt: skip


@require_GET
@office_page
@for_owners
def export(request: HttpRequest, office: Office, business_id: int) -> HttpResponseBase:
    """The zip with everything of it."""
    business = office.business(business_id)
    departure = _newest(business)
    if departure is None or not departure.export or not default_storage.exists(departure.export):
        raise Http404
    agencies.note(
        office.agency, "business.export", actor=office.who, door="page", at=timezone.now(),
        business=business, sha256=departure.export_sha256,
    )  # fmt: skip
    name = f"{business.schema_name}-{departure.asked_at:%Y%m%d}.zip"
    answer = FileResponse(
        default_storage.open(departure.export), as_attachment=True, filename=name,
        content_type="application/zip",
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-SHA256"] = departure.export_sha256
    return answer


def _done(
    request: HttpRequest, office: Office, business: Business, act: Callable[[], Any], words: str
) -> HttpResponse:
    try:
        if act():
            messages.success(request, words % {"business": business.name})
    except LifecycleRefused as refused:
        messages.error(request, refused.sentence)
    return redirect(address("lifecycle", office, business.pk))


def _reason(request: HttpRequest) -> str:
    return " ".join(request.POST.get("reason", "").split())[:_REASON]


def _newest(business: Business) -> Departure | None:
    return Departure.objects.filter(business=business, undone_at=None).order_by("-asked_at").first()


def _shown(
    request: HttpRequest,
    office: Office,
    business: Business,
    *,
    errors: dict[str, str] | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    entries = AgencyEntry.objects.filter(business=business, action__in=WORDS)[:_SHOWN]
    departure = _newest(business)
    return show(
        request,
        office,
        "agency/lifecycle/lifecycle.html",
        "businesses",
        status=status,
        business=business,
        departure=departure,
        is_leaving=business.stage == Stage.LEAVING,
        is_gone=business.stage == Stage.GONE,
        may_lift=suspending.may_lift(suspending.AGENCY, business.suspended_by),
        numbers=releasing.under_way(business),
        is_buying=leaving.is_buying(business),
        called_off=leaving.called_off(departure) if departure is not None else [],
        grace=settings.OFF_BOARD_GRACE_DAYS,
        errors=errors or {},
        typed=typed,
        reason=_reason(request),
        entries=[(each, WORDS[each.action], each.detail.get("reason", "")) for each in entries],
    )
