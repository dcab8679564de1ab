"""The pages of call audits. Thin: calls.audit reads and counts, seeing shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls.audit import fetching, logs
from calls.audit.columns import MappingError
from calls.audit.files import FileRefused, too_large
from calls.audit.findings import percent
from calls.audit.logs import LogError
from calls.audit.value import AssumptionError
from inbox.audits import forms, seeing
from inbox.audits.desk import Desk, desk_of
from inbox.frame import not_yours
from tenants.models import AGENCY_ROLES, CallLog

_FOR_MANAGERS = "Call logs are brought in and changed by an owner or a manager."


def refused(desk: Desk) -> HttpResponse:
    """Answer 403 to a member who may only look."""
    return not_yours(desk.request, _FOR_MANAGERS, section="audits")


@require_GET
@login_required
@never_cache
def audits(request: HttpRequest) -> HttpResponse:
    """The audits there are; none yet: what one is good for."""
    desk = desk_of(request)
    # Two figures of the results, which may be large.
    found = desk.logs.defer("result", "mapping").annotate(
        calls_read=KeyTransform("calls", "result"), calls_missed=KeyTransform("missed", "result")
    )
    context = desk.context(
        "list",
        logs=[
            (log, percent(log.calls_missed, log.calls_read) if _is_done(log) else None)
            for log in found.order_by("-created_at")[:200]
        ],
        prospects=_prospects(desk),
    )
    return render(request, "inbox/audits/list.html", context)


@csrf_exempt
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Bring in a log. The length is looked at before the body is: that is why it stands here first."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    # A form's other fields take a few hundred bytes beside the file.
    if length.isdigit() and int(length) > settings.CALL_LOG_MAX_BYTES + 100_000:
        desk = desk_of(request)
        return _new_page(desk, {}, {"file": too_large(settings.CALL_LOG_MAX_BYTES)}, 413)
    answer: HttpResponse = _new(request)
    return answer


@csrf_protect
@require_http_methods(["GET", "POST"])
def _new(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    if not desk.may_change:
        return refused(desk)
    if request.method == "GET":
        return _new_page(desk, {}, {})
    from_account = request.POST.get("from") == "account"
    try:
        log = (_from_account if from_account else _from_file)(desk)
    except FileRefused as wrong:
        return _new_page(desk, request.POST.dict(), {"file": wrong.sentence}, 422)
    except LogError as wrong:
        return _new_page(desk, request.POST.dict(), {wrong.field: wrong.sentence}, 422)
    desk.note("call_log.bring_in", log, source=log.source)
    return redirect("inbox:audit", log.pk)


def _from_file(desk: Desk) -> CallLog:
    upload = desk.request.FILES.get("file")
    if upload is None or not upload.name:
        raise LogError("file", "choose the file with the call log")
    return logs.receive(upload.file, upload.name, **_about(desk))  # type: ignore[arg-type]


def _from_account(desk: Desk) -> CallLog:
    post = desk.request.POST
    account = next((a for a in desk.accounts() if str(a.pk) == post.get("account")), None)
    if account is None:
        raise LogError("account", "choose the account whose calls you want to see")
    about = _about(desk)
    since, until = forms.period(post, about["timezone"], about["now"])
    return logs.from_account(account, since, until, **about | {"agency": account.agency})


def _about(desk: Desk) -> dict[str, Any]:
    """Return whose log it is, as far as the page does not ask."""
    post, business = desk.request.POST, desk.business
    return {
        "agency": desk.agency(post.get("agency", "")),
        "business": business,
        "name": post.get("name", "").strip() or (business.name if business else ""),
        "timezone": business.timezone if business else post.get("timezone", ""),
        "hours": desk.hours() if business else forms.spans(forms.typed_hours(post)),
        "by": desk.who,
        "now": timezone.now(),
    }


def _new_page(
    desk: Desk, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    context = desk.context(
        "new",
        typed=typed,
        errors=errors,
        days=forms.typed_hours(typed) if "opens_0" in typed else forms.shown_hours(desk.hours()),
        accounts=desk.accounts(),
        limit_mb=settings.CALL_LOG_MAX_BYTES // 1_000_000,
        today=timezone.localdate().isoformat(),
        ninety_days_ago=(timezone.localdate() - timedelta(days=90)).isoformat(),
    )
    return render(desk.request, "inbox/audits/new.html", context, status=status)


@require_GET
@login_required
@never_cache
def audit(request: HttpRequest, log_id: int) -> HttpResponse:
    """One audit: how its file is read, how far that is, or what came of it."""
    desk = desk_of(request)
    return show(desk, desk.log(log_id))


def show(
    desk: Desk, log: CallLog, *, typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Render an audit as its state is; typed and errors are those of its form."""
    request, errors = desk.request, errors or {}
    if log.state == CallLog.State.READY:
        context = desk.context(
            "list",
            log=log,
            report=seeing.report(log),
            asked=seeing.asked(typed or log.assumptions, errors),
            days=forms.typed_hours(typed) if typed else forms.shown_hours(log.hours),
            errors=errors,
            counting=log.result.get("counting", False),
        )
        return render(request, "inbox/audits/report.html", context, status=status)
    if log.state == CallLog.State.IMPORTING:
        return render(request, "inbox/audits/reading.html", desk.context("list", log=log))
    if log.source == "csv" and log.file and default_storage.exists(log.file):
        context = desk.context("list", log=log, errors=errors, **seeing.layout(log, typed))
        return render(request, "inbox/audits/mapping.html", context, status=status)
    return render(request, "inbox/audits/failed.html", desk.context("list", log=log))


@require_GET
@login_required
@never_cache
def progress(request: HttpRequest, log_id: int) -> HttpResponse:
    """How far the reading is, asked for every second while somebody looks."""
    desk = desk_of(request)
    log = desk.log(log_id)
    if log.state != CallLog.State.IMPORTING and not log.result.get("counting"):
        answer = HttpResponse(status=200)
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "inbox/audits/_progress.html", {"log": log})


@require_POST
@login_required
def mapping(request: HttpRequest, log_id: int) -> HttpResponse:
    """Choose what the columns mean; look again, or read the whole file so."""
    desk = desk_of(request)
    log = desk.log(log_id)
    if not desk.may_change:
        return refused(desk)
    typed, now = request.POST.dict(), timezone.now()
    name = typed.get("name", "").strip() or log.name
    zone = log.timezone if desk.business else typed.get("timezone", log.timezone)
    try:
        logs.choose(
            log, forms.typed_mapping(typed), typed.get("order", ""), name=name, timezone=zone,
            hours=log.hours,
        )  # fmt: skip
        if request.POST.get("act") == "read":
            logs.begin(log, now)
    except (LogError, MappingError) as wrong:
        return show(desk, log, typed=typed, errors={wrong.field: wrong.sentence}, status=422)
    return redirect("inbox:audit", log.pk)


@require_POST
@login_required
def assume(request: HttpRequest, log_id: int) -> HttpResponse:
    """Change what is assumed; the value changes at once, and what must be counted again is."""
    desk = desk_of(request)
    log = desk.log(log_id)
    if not desk.may_change:
        return refused(desk)
    if log.state != CallLog.State.READY:
        return redirect("inbox:audit", log.pk)
    typed = request.POST.dict()
    hours = forms.spans(forms.typed_hours(typed)) if "opens_0" in typed else None
    try:
        logs.assume(log, forms.typed_assumptions(typed), hours, timezone.now())
    except AssumptionError as wrong:
        return show(desk, log, typed=typed, errors=wrong.problems, status=422)
    except LogError as wrong:
        return show(desk, log, typed=typed, errors={wrong.field: wrong.sentence}, status=422)
    answer = redirect("inbox:audit", log.pk)
    answer["Location"] += "#value"
    return answer


@require_POST
@login_required
def again(request: HttpRequest, log_id: int) -> HttpResponse:
    """Go on with an account's calls where fetching them failed."""
    desk = desk_of(request)
    log = desk.log(log_id)
    if not desk.may_change:
        return refused(desk)
    fetching.try_again(log, timezone.now())
    return redirect("inbox:audit", log.pk)


@require_POST
@login_required
def delete(request: HttpRequest, log_id: int) -> HttpResponse:
    """Delete an audit with its calls and files, also while it is being read."""
    desk = desk_of(request)
    log = desk.log(log_id)
    if not desk.may_change:
        return refused(desk)
    desk.note("call_log.delete", log)
    logs.delete(log.pk)
    messages.success(request, f"The audit of {log.name} is deleted, with its calls and files.")
    return redirect("inbox:audits")


@require_POST
@login_required
def attach(request: HttpRequest) -> HttpResponse:
    """Give a prospect's audit to the business the prospect has become; an agency does this."""
    desk = desk_of(request)
    log = next((p for p in _prospects(desk) if str(p.pk) == request.POST.get("log")), None)
    if log is None or desk.business is None:
        return refused(desk) if desk.business else redirect("inbox:audits")
    logs.attach(log, desk.business)
    desk.note("call_log.attach", log)
    messages.success(request, "The audit is here now, with the rules it suggests.")
    return redirect("inbox:audit", log.pk)


def _prospects(desk: Desk) -> list[CallLog]:
    """Return the agency's audits of prospects' files, for its members at a business's own host."""
    membership = getattr(desk.request, "membership", None)
    if desk.business is None or membership is None or membership.role not in AGENCY_ROLES:
        return []
    found = CallLog.objects.filter(
        source="csv", business=None, agency=desk.business.agency_id, state=CallLog.State.READY
    )
    return list(found.order_by("-created_at")[:50])


def _is_done(log: CallLog) -> bool:
    return log.state == CallLog.State.READY
