"""The ledger, legal holds, erasing and the audit log. Every look at evidence is written down."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.compliance.ledger_rows import LedgerRow, rows_of_mark
from inbox.frame import actor, business_of, frame, governs, not_yours, owns
from inbox.said import said
from inbox.views import member_zone
from inbox.wording import LISTS, action_words
from messaging import audit, holds
from messaging.holds import HoldError
from messaging.ledger_check import check
from messaging.ledger_roots import roots
from messaging.marks import mark_here
from messaging.models import AuditEntry, Contact, LedgerHead, LegalHold
from messaging.numbers import normalise
from tenants.models import LedgerRoot

_A_PAGE = 50
_NO_NUMBER = "That is no phone number. Write it like (312) 555-0142 or +13125550142."
_FOR_MANAGERS = "This is done by an owner or a manager."


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def ledger(request: HttpRequest) -> HttpResponse:
    """The consent ledger of a number. The number is posted: addresses are kept by browsers and logs."""
    member_zone(request)
    typed, error = request.POST.get("number", "").strip()[:40], ""
    rows: list[LedgerRow] | None = None
    if request.method == "POST":
        number = normalise(typed) if typed else ""
        if number:
            mark = mark_here(number)
            rows = rows_of_mark(mark)
            audit.note(
                "ledger.search", actor=actor(request), door="page", at=timezone.now(),
                subject=mark, detail={"rows": len(rows)},
            )  # fmt: skip
        else:
            error = _NO_NUMBER
    return _ledger_page(request, typed=typed, error=error, rows=rows, status=422 if error else 200)


@require_POST
@login_required
def ledger_check(request: HttpRequest) -> HttpResponse:
    """Check the whole chain now, and say what came of it."""
    member_zone(request)
    began = time.perf_counter()
    found = check(business_of(request).pk)
    seconds = time.perf_counter() - began
    audit.note(
        "ledger.check", actor=actor(request), door="page", at=timezone.now(),
        detail={"rows": found.rows, "problems": found.total},
    )  # fmt: skip
    return _ledger_page(request, checked=found, took=seconds)


@require_GET
@login_required
@never_cache
def ledger_roots(request: HttpRequest) -> HttpResponse:
    """The daily roots as a file: kept elsewhere, they show that the ledger was not written anew."""
    business = business_of(request)
    found = roots(business.pk)
    audit.note(
        "ledger.roots", actor=actor(request), door="page", at=timezone.now(),
        detail={"roots": len(found)},
    )  # fmt: skip
    answer = JsonResponse({"business": str(business.schema_name), "roots": found})
    answer["Content-Disposition"] = 'attachment; filename="ledger-roots.json"'
    return answer


@require_GET
@login_required
@never_cache
def privacy(request: HttpRequest) -> HttpResponse:
    """Legal holds, erasing on request, and who looked at or changed what."""
    member_zone(request)
    return _privacy_page(request)


@require_POST
@login_required
def hold_place(request: HttpRequest) -> HttpResponse:
    """Place a legal hold on a number, or on everybody."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _FOR_MANAGERS)
    everybody = request.POST.get("who") == "everybody"
    number = request.POST.get("number", "").strip()[:40]
    # A NUL is the one character the database does not take.
    reason = request.POST.get("reason", "").replace("\x00", "")[:400]
    typed = {"who": "everybody" if everybody else "number", "number": number, "reason": reason}
    try:
        if not everybody and not number:
            raise HoldError("number", "write the number, or choose everybody")
        holds.place(
            "" if everybody else number, reason, actor(request), timezone.now(), door="page"
        )
    except HoldError as wrong:
        errors = {wrong.field: wrong.sentence}
        if not reason.strip():
            errors["reason"] = "expected 1 to 300 characters, such as the name of the matter"
        return _privacy_page(request, hold=typed, hold_errors=errors, status=422)
    messages.success(request, "The hold is on. Nothing it covers is deleted until it is lifted.")
    return redirect("inbox:compliance-privacy")


@require_POST
@login_required
def hold_lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Lift a legal hold."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _FOR_MANAGERS)
    try:
        holds.lift(hold_id, actor(request), timezone.now(), door="page")
    except HoldError as wrong:
        return _privacy_page(
            request, hold_errors={"lift": f"Not lifted: {wrong.sentence}."}, status=422
        )
    messages.success(request, "The hold is lifted. Retention goes on as the policy says.")
    return redirect("inbox:compliance-privacy")


@require_POST
@login_required
def find_person(request: HttpRequest) -> HttpResponse:
    """Lead to the page of the person behind a number, where he may be erased."""
    member_zone(request)
    if not owns(request):
        return not_yours(request, "A person is erased by an owner.")
    typed = request.POST.get("number", "").strip()[:40]
    number = normalise(typed) if typed else ""
    contact = Contact.objects.filter(phone=number).first() if number else None
    if contact is None:
        error = "Nobody with this number has called or texted." if number else _NO_NUMBER
        return _privacy_page(request, find={"number": typed, "error": error}, status=422)
    response = redirect("inbox:contact", contact.pk)
    response["Location"] += "#privacy"
    return response


def _ledger_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    context = frame(
        request,
        "compliance",
        "ledger",
        head=LedgerHead.objects.first(),
        last_root=LedgerRoot.objects.filter(business=business_of(request)).order_by("-day").first(),
        now=timezone.now(),
        **more,
    )
    return render(request, "inbox/compliance/ledger.html", context, status=status)


def _privacy_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    before = request.GET.get("before", "")
    entries = AuditEntry.objects.order_by("-at", "-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        # Entries are appended only, so their ids are in the order of their times.
        entries = entries.filter(pk__lt=int(before)).order_by("-pk")
    found = list(entries[: _A_PAGE + 1])
    context = frame(
        request,
        "compliance",
        "privacy",
        holds=list(LegalHold.objects.filter(lifted_at=None).order_by("-placed_at")),
        lifted=list(LegalHold.objects.exclude(lifted_at=None).order_by("-lifted_at")[:5]),
        entries=[(entry, action_words(entry.action), _detail(entry)) for entry in found[:_A_PAGE]],
        older=found[_A_PAGE - 1].pk if len(found) > _A_PAGE else None,
        is_older=bool(before),
        **more,
    )
    return render(request, "inbox/compliance/privacy.html", context, status=status)


def _detail(entry: AuditEntry) -> str:
    """Return what belongs to an audit entry in one line: "posture: press_one"."""
    detail = entry.detail if isinstance(entry.detail, dict) else {}
    failed = str(detail.get("failed") or "")
    why = said(failed.partition(": ")[2] or failed)
    words = {
        "failed": _("failed: %(why)s") % {"why": why},
        "list": said(LISTS.get(str(detail.get("list")), "")),
    }
    parts = [
        words.get(name) or f"{name}: {value}"
        for name, value in detail.items()
        if value not in ("", None, [], {})
    ]
    return ", ".join(parts)[:200]
