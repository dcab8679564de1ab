"""A list on its way out of the house: a file no spreadsheet calculates in, and a line in the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from inbox.exports.tables import Line
from inbox.frame import actor
from messaging import audit
from messaging.people_files import written


def sent(
    request: HttpRequest, name: str, lines: Iterable[Line], *, subject: str = "", **detail: Any
) -> HttpResponse:
    """Answer with a list of the current business, and write down that it left, with how many rows.

    subject, detail: what of it was asked for; never a number in clear.
    """
    rows = list(lines)
    audit.note(
        "list.export", actor=actor(request), door="page", at=timezone.now(), subject=subject,
        detail={"list": name, "rows": len(rows) - 1} | detail,
    )  # fmt: skip
    return as_file(name, rows)


def as_file(name: str, lines: Iterable[Line]) -> HttpResponse:
    """Answer with lines as CSV in which no cell is a formula to a spreadsheet."""
    answer = HttpResponse(written(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
