"""Webhook endpoints of an agency: they hear of all its businesses. Thin: inbox/settings/hook_desk.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, for_owners, office_page, show
from inbox.exports import machines
from inbox.exports.files import as_file
from inbox.said import said
from inbox.settings import hook_desk
from inbox.settings.hook_desk import Desk
from integrations.endpoints import EndpointError, Owner
from tenants import agencies


@require_http_methods(["GET", "POST"])
@office_page
@for_owners
def overview(request: HttpRequest, office: Office) -> HttpResponse:
    """Who hears of what happens in the agency's businesses; POST adds an address."""
    if request.method == "GET":
        return _overview(request, office, {"all": True}, {})
    typed = hook_desk.typed(request)
    try:
        return hook_desk.add(_desk(request, office), typed)
    except EndpointError as wrong:
        return _overview(request, office, typed, {wrong.field: said(wrong.sentence)}, 422)


@require_GET
@office_page
@for_owners
def endpoint(request: HttpRequest, office: Office, endpoint_id: UUID) -> HttpResponse:
    """One endpoint: how it does, what it was told, and what may be changed."""
    desk = _desk(request, office)
    return hook_desk.page(desk, desk.found(endpoint_id))


@require_POST
@office_page
@for_owners
def deliveries(request: HttpRequest, office: Office, endpoint_id: UUID) -> HttpResponse:
    """What an endpoint was told, as CSV."""
    desk = _desk(request, office)
    found = desk.found(endpoint_id)
    rows = list(machines.deliveries(found))
    desk.note("list.export", list="deliveries", rows=len(rows) - 1, endpoint=found.shown_url)
    return as_file("deliveries", rows)


@require_POST
@office_page
@for_owners
def change(request: HttpRequest, office: Office, endpoint_id: UUID, act: str) -> HttpResponse:
    """Do one thing to an endpoint."""
    return hook_desk.change(request, _desk(request, office), endpoint_id, act)


def _desk(request: HttpRequest, office: Office) -> Desk:
    def note(action: str, **detail: Any) -> None:
        agencies.note(
            office.agency, action, actor=office.who, door="page", at=timezone.now(), **detail
        )

    def shown(status: int, **context: Any) -> HttpResponse:
        frame = {"frame_template": "agency/frame.html"}
        return show(
            request, office, "inbox/settings/endpoint.html", "api", status=status, **frame, **context
        )  # fmt: skip

    return Desk(
        Owner(agency=office.agency), note, shown, address("webhooks", office),
        lambda endpoint_id: address("webhook", office, endpoint_id),
    )  # fmt: skip


def _overview(
    request: HttpRequest, office: Office, typed: dict[str, Any], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    return show(
        request, office, "agency/webhooks.html", "api", status=status,
        cards=_desk(request, office).cards(), typed=typed, errors=errors,
        events=hook_desk.events(typed.get("events", [])),
    )  # fmt: skip
