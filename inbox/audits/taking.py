"""What one takes from an audit: its PDF, the rows that could not be read, a draft of rules."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from calls.audit import heat, report_pdf
from calls.audit.drafts import open_draft
from calls.audit.logs import LogError
from calls.audit.sample import HEADING, sample
from calls.rulebook import draft_of
from inbox.audits.desk import desk_of
from inbox.audits.pages import refused
from inbox.exports.files import as_file
from inbox.rules.pages import take
from tenants.models import CallLog, User

_SAMPLE_ROWS = 3_000
_SAMPLE_DAYS = 60


@require_GET
@login_required
@never_cache
def pdf(request: HttpRequest, log_id: int) -> HttpResponse:
    """The report on paper, with the agency's name on it."""
    desk = desk_of(request)
    log = _done(desk.log(log_id))
    content = report_pdf.write(log, made_at=timezone.now())
    answer = HttpResponse(content, content_type="application/pdf")
    name = slugify(log.name) or "business"
    answer["Content-Disposition"] = f'attachment; filename="call-audit-{name}.pdf"'
    desk.note("call_log.pdf", log)
    return answer


@require_GET
@login_required
@never_cache
def hours(request: HttpRequest, log_id: int) -> HttpResponse:
    """Calls and missed calls by weekday (Monday is 1) and hour, as CSV."""
    desk = desk_of(request)
    log = _done(desk.log(log_id))
    cells = [cell for row in heat.cells(log.result["grid"]) for cell in row]
    desk.note("list.export", log, list="missed-by-hour", rows=len(cells))
    return as_file("missed-by-hour", [
        ("weekday", "hour", "calls", "missed"),
        *((str(c.weekday + 1), str(c.hour), str(c.calls), str(c.missed)) for c in cells),
    ])  # fmt: skip


@require_GET
@login_required
@never_cache
def malformed(request: HttpRequest, log_id: int) -> HttpResponseBase:
    """The rows that could not be read, each with its line and why."""
    log = desk_of(request).log(log_id)
    if not log.bad_file:
        raise Http404
    return FileResponse(
        default_storage.open(log.bad_file), as_attachment=True,
        filename="rows-not-read.csv", content_type="text/csv; charset=utf-8",
    )  # fmt: skip


@require_GET
@login_required
@never_cache
def example(request: HttpRequest) -> HttpResponse:
    """A made-up log to try an audit with."""
    desk_of(request)
    zone = ZoneInfo("America/Chicago")
    today = timezone.now().astimezone(zone)
    begin = datetime(today.year, today.month, today.day, tzinfo=zone) - timedelta(days=_SAMPLE_DAYS)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADING)
    writer.writerows(row for row in sample(_SAMPLE_ROWS, begin) if row[0] < f"{today:%Y-%m-%d}")
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="example-call-log.csv"'
    return answer


@require_POST
@login_required
def draft(request: HttpRequest, log_id: int) -> HttpResponse:
    """Open one suggested rule, or all of them, in the rule editor as a draft."""
    desk = desk_of(request)
    log = _done(desk.log(log_id))
    if not desk.may_change:
        return refused(desk)
    if desk.business is None:
        messages.error(
            request, "Rules belong to a business. Take this audit over once there is one."
        )
        return redirect("inbox:audit", log.pk)
    wanted = request.POST.get("rule", "")
    index = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else None
    try:
        made = open_draft(log, index, by=desk.who, at=timezone.now())
    except LogError as wrong:
        messages.error(request, f"No draft was made: {wrong.sentence}.")
        return redirect("inbox:audit", log.pk)
    desk.note("call_log.draft", log, draft=made.pk)
    assert isinstance(request.user, User)
    if draft_of(request.user.pk) is None:
        answer: HttpResponse = take(request, made.pk)
        return answer
    messages.success(request, "The rules are suggested below; your own draft is still there.")
    return redirect("inbox:rules")


def _done(log: CallLog) -> CallLog:
    if log.state != CallLog.State.READY:
        raise Http404
    return log
