"""What machines asked and were told, and what a business used and was charged, as lines of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import QuerySet

from billing.models import Invoice
from inbox.exports.tables import MOST, Line, moment, whole
from integrations.models import Delivery, Endpoint
from tenants.models import ApiRequest, Business

_AT_ONCE = 500
DELIVERIES: Line = (
    "id", "event", "type", "created_at", "state", "attempts", "status", "took_ms", "problem",
    "answer", "last_at", "next_at",
)  # fmt: skip
REQUESTS: Line = (
    "at", "method", "path", "status", "code", "took_ms", "key", "key_prefix", "request_id",
)  # fmt: skip
USAGE: Line = ("business_id", "business", "day", "text_segments", "assistant_turns")
INVOICES: Line = (
    "number", "invoice_id", "business_id", "business", "issued_at", "period_start", "period_end",
    "currency", "total_cents", "paid_cents", "state", "page", "pdf",
)  # fmt: skip
Use = tuple[int, str, date, int, int]  # a business's id and name, a day of its own, segments, turns


def deliveries(endpoint: Endpoint) -> Iterator[Line]:
    """Return what an endpoint was told or is to be told, newest first."""
    found = Delivery.objects.filter(endpoint=endpoint.pk).select_related("event").order_by("-pk")
    return whole(DELIVERIES, (_delivery(row) for row in found[: MOST + 1].iterator(_AT_ONCE)))


def _delivery(row: Delivery) -> Line:
    waits = row.state == "waiting"
    return (
        str(row.pk), str(row.event_id), row.event.type, moment(row.created_at), row.state,
        str(row.attempts), str(row.status or ""), str(row.took_ms), row.problem, row.answer,
        moment(row.last_at), moment(row.due_at) if waits else "",
    )  # fmt: skip


def requests(business: Business) -> Iterator[Line]:
    """Return what was asked with the keys of a business, newest first."""
    found = ApiRequest.objects.filter(business=business).select_related("key")
    rows = found.order_by("-at", "-pk")[: MOST + 1].iterator(_AT_ONCE)
    return whole(REQUESTS, (_request(row) for row in rows))


def _request(row: ApiRequest) -> Line:
    name, prefix = (row.key.name, row.key.prefix) if row.key else ("", "")
    return (
        moment(row.at), row.method, row.path, str(row.status), row.code, str(row.took_ms), name,
        prefix, row.request_id,
    )  # fmt: skip


def usage(used: Iterable[Use]) -> Iterator[Line]:
    """Return use by day."""
    rows = ((str(pk), name, f"{day}", str(n), str(turns)) for pk, name, day, n, turns in used)
    return whole(USAGE, rows)


def invoices(found: QuerySet[Invoice]) -> Iterator[Line]:
    """Return invoices, newest first, as Stripe last showed them; amounts in the smallest unit of their currency."""
    rows = found.select_related("business").order_by("-issued_at", "-pk")[: MOST + 1]
    return whole(INVOICES, (_invoice(row) for row in rows.iterator(_AT_ONCE)))


def _invoice(row: Invoice) -> Line:
    business = row.business
    return (
        row.number, row.invoice_id, str(row.business_id or ""), business.name if business else "",
        moment(row.issued_at), moment(row.period_start), moment(row.period_end), row.currency,
        str(row.total_cents), str(row.paid_cents), row.status, row.hosted_url,
        row.pdf_url,
    )  # fmt: skip
