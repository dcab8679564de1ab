"""Integrations: the business's webhook endpoints, their deliveries, and its CRM. Thin: integrations does the work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.api import letters
from inbox.frame import actor, business_of, governs
from inbox.notices import services as notices
from inbox.said import said
from inbox.settings import hook_desk
from inbox.settings.common import not_for_you, note, show
from inbox.settings.hook_desk import Desk
from inbox.settings.hook_words import why_off
from inbox.settings.key_words import SCOPES
from integrations.crm import CONNECTORS, connections
from integrations.crm.connections import CannotConnect
from integrations.endpoints import EndpointError, Owner
from integrations.models import CrmConnection, Endpoint
from integrations.oauth import connections as apps
from tenants import agencies
from tenants.members import OWNING
from tenants.models import Business, Membership
from tenants.scope import business_scope


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Who hears of what happens here; a new endpoint's secret is on the page that answers, and no other."""
    if not governs(request):
        return not_for_you(request)
    if request.method == "GET":
        return _overview(request, {"all": True}, {})
    typed = hook_desk.typed(request)
    try:
        return hook_desk.add(_desk(request), typed)
    except EndpointError as wrong:
        return _overview(request, typed, {wrong.field: said(wrong.sentence)}, 422)


@require_GET
@login_required
@never_cache
def endpoint(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """One endpoint: how it does, what it was told, and what may be changed."""
    if not governs(request):
        return not_for_you(request)
    desk = _desk(request)
    return hook_desk.page(desk, desk.found(endpoint_id))


@require_POST
@login_required
@never_cache
def change(request: HttpRequest, endpoint_id: UUID, act: str) -> HttpResponse:
    """Do one thing to an endpoint. A wrong choice: 422, its field named."""
    if not governs(request):
        return not_for_you(request)
    return hook_desk.change(request, _desk(request), endpoint_id, act)


def switched_off(endpoint: Endpoint) -> None:
    """An endpoint was switched off by what it answered (settings.ENDPOINT_OFF_HANDLERS): owners are told.

    An agency's hear of it by letter, and it stands in its record.
    """
    business, agency = endpoint.business, endpoint.agency
    if agency is not None:
        agencies.note(
            agency, "endpoint.off", actor="Ringback", door="agenda", at=timezone.now(),
            endpoint=endpoint.shown_url, why=endpoint.disabled_why,
        )  # fmt: skip
        letters.tell_owners(endpoint)
    if business is None:
        return
    where, key = endpoint.shown_url, f"endpoint:{endpoint.pk}:{endpoint.disabled_at}"
    with business_scope(str(business.schema_name)):
        notices.tell(
            "alert", user_ids=_owners(business), channels=("live", "email"), key=key,
            title=lambda: _("%(address)s is told no more events") % {"address": where},
            body=lambda: why_off(endpoint.disabled_why),
            url=f"/settings/integrations/{endpoint.pk}/",
        )  # fmt: skip


@require_POST
@login_required
@never_cache
def crm(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect a CRM by a token, or end the connection. A token that is not taken: 422."""
    if not governs(request):
        return not_for_you(request)
    business = business_of(request)
    if "remove" in request.POST:
        row = get_object_or_404(CrmConnection, business=business, kind=kind)
        with transaction.atomic():
            connections.disconnect(row)
            note(request, "crm.remove", kind=kind)
        messages.success(request, _("Disconnected. Its token is forgotten."))
        return redirect("inbox:settings-integrations")
    try:
        made = connections.connect(business, kind, request.POST.get("token", ""))
    except CannotConnect as wrong:
        if wrong.field == "kind":
            raise Http404 from None
        return _overview(request, {"all": True}, {f"crm_{kind}": wrong.sentence}, 422)
    note(request, "crm.connect", kind=kind, account=made.account)
    messages.success(request, _("Connected. What happens from now on stands there too."))
    return redirect("inbox:settings-integrations")


@require_POST
@login_required
@never_cache
def disconnect(request: HttpRequest, key_id: int) -> HttpResponse:
    """End the connection to an app, with all its tokens."""
    if not governs(request):
        return not_for_you(request)
    key = get_object_or_404(apps.connected(business_of(request)), pk=key_id)
    apps.end(key, apps.By(actor(request), "page"), timezone.now())
    messages.success(request, _("Disconnected. Its requests are refused from now on."))
    return redirect("inbox:settings-integrations")


def crm_off(connection: CrmConnection) -> None:
    """A CRM takes its token no more (settings.CRM_OFF_HANDLERS): owners are told."""
    business, title = connection.business, CONNECTORS[connection.kind].title
    problem, key = connection.last_problem, f"crm:{connection.pk}:{timezone.now().isoformat()}"
    with business_scope(str(business.schema_name)):
        notices.tell(
            "alert", user_ids=_owners(business), channels=("live", "email"), key=key,
            title=lambda: _("%(crm)s is no longer connected") % {"crm": title},
            body=lambda: said(problem), url="/settings/integrations/",
        )  # fmt: skip


def _owners(business: Business) -> list[int]:
    found = Membership.objects.filter(business=business, is_active=True, role__in=OWNING)
    return list(found.values_list("user_id", flat=True))


def _desk(request: HttpRequest) -> Desk:
    def shown(status: int, **context: Any) -> HttpResponse:
        frame = {"frame_template": "inbox/section.html"}
        return show(request, "integrations", "endpoint", status, **frame, **context)

    return Desk(
        Owner(business=business_of(request)),
        lambda action, **detail: note(request, action, **detail),
        shown,
        reverse("inbox:settings-integrations"),
        lambda endpoint_id: reverse("inbox:settings-endpoint", args=[endpoint_id]),
    )


def _connections(request: HttpRequest) -> list[CrmConnection]:
    return list(CrmConnection.objects.filter(business=business_of(request)).defer("token"))


def _overview(
    request: HttpRequest, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    connected = {row.kind: row for row in _connections(request)}
    crms = [
        {
            "kind": kind, "title": each.title, "row": connected.get(kind),
            "error": errors.get(f"crm_{kind}", ""),
        }
        for kind, each in CONNECTORS.items()
    ]  # fmt: skip
    return show(
        request, "integrations", "integrations", status, crms=crms,
        apps=[
            {"key": key, "scopes": [SCOPES.get(name, name) for name in key.scopes]}
            for key in apps.connected(business_of(request))
        ],
        cards=_desk(request).cards(), typed=typed, errors=errors,
        events=hook_desk.events(typed.get("events", [])), api=f"{settings.PUBLIC_BASE_URL}/api/v1/",
    )  # fmt: skip
