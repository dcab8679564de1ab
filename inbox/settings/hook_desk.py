"""Webhook endpoints as pages work on them, a business's and an agency's alike. Thin: integrations does the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.said import said
from inbox.settings.hook_words import WHEN, state_of, state_of_delivery, why_off
from integrations import catalogue, endpoints
from integrations.endpoints import EndpointError, Owner
from integrations.models import Delivery, Endpoint

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose endpoints they are, and the pages they stand on.

    note: writes down what was done (action, **detail); show: returns the page of one (status, **context);
    overview: the address of the list; one: the address of an endpoint.
    """

    owner: Owner
    note: Callable[..., None]
    show: Callable[..., HttpResponse]
    overview: str
    one: Callable[[UUID], str]

    def found(self, endpoint_id: UUID) -> Endpoint:
        """Return one of the owner's. Raises Http404: another's is as good as none."""
        return get_object_or_404(self.owner.endpoints(), pk=endpoint_id)

    def cards(self) -> list[dict[str, Any]]:
        """Return the owner's endpoints as a list shows them."""
        rows = self.owner.endpoints().defer("url", "secret", "previous_secret")
        return [
            {"endpoint": row, "state": state_of(row), "url": self.one(row.pk)}
            for row in rows.order_by("created_at")
        ]


def add(desk: Desk, wanted: dict[str, Any]) -> HttpResponse:
    """Make an endpoint; its secret is on the page that answers, and no other. Raises EndpointError."""
    with transaction.atomic():
        made = endpoints.make(
            desk.owner, wanted["url"], _chosen(wanted), description=wanted["description"]
        )
        desk.note("endpoint.add", endpoint=made.shown_url, id=str(made.pk))
    return page(desk, made, secret=made.secret)


def change(request: HttpRequest, desk: Desk, endpoint_id: UUID, act: str) -> HttpResponse:
    """Do one thing to an endpoint. A wrong choice: 422, its field named."""
    found, now = desk.found(endpoint_id), timezone.now()
    try:
        with transaction.atomic():
            if act == "rotate":
                rotated = endpoints.rotate(found, now)
                desk.note("endpoint.rotate", endpoint=found.shown_url, id=str(found.pk))
                return page(desk, rotated, secret=rotated.secret)
            if act == "remove":
                endpoints.remove(found)
                messages.success(request, _("Deleted. It hears no more."))
            else:
                messages.success(request, _act(request, found, act))
            desk.note(f"endpoint.{act}", endpoint=found.shown_url, id=str(found.pk))
    except EndpointError as wrong:
        if wrong.field == "endpoint":
            messages.error(request, said(wrong.sentence))
            return redirect(desk.one(found.pk))
        errors = {wrong.field: said(wrong.sentence)}
        return page(desk, found, wanted=typed(request), errors=errors, status=422)
    return redirect(desk.overview if act == "remove" else desk.one(found.pk))


def page(
    desk: Desk, row: Endpoint, *, secret: str = "",
    wanted: dict[str, Any] | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Return the page of one endpoint: how it does, what it was told, and what may be changed."""
    log = Delivery.objects.filter(endpoint=row.pk).select_related("event").order_by("-pk")
    kept = {"url": "", "description": row.description, "events": row.events, "all": not row.events}
    shown = wanted or kept
    return desk.show(
        status, endpoint=row, state=state_of(row), here=desk.one(row.pk), overview=desk.overview,
        secret=secret, typed=shown, errors=errors or {}, events=events(shown["events"]),
        off_because=why_off(row.disabled_why),
        log=[{"row": each, "state": state_of_delivery(each)} for each in log[:_SHOWN]],
    )  # fmt: skip


def typed(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed into the form of an endpoint."""
    post = request.POST
    return {
        "url": post.get("url", "")[:1100], "description": post.get("description", "")[:200],
        "events": post.getlist("events")[:60], "all": post.get("which", "all") == "all",
    }  # fmt: skip


def events(chosen: list[str]) -> list[dict[str, Any]]:
    """Return the events one may choose from."""
    return [
        {"name": name, "when": str(WHEN[name]), "is_chosen": name in chosen}
        for name in catalogue.CHOICES
    ]


def _act(request: HttpRequest, found: Endpoint, act: str) -> str:
    """Do it and return what to say of it. Raises EndpointError, Http404."""
    now = timezone.now()
    if act == "change":
        wanted = typed(request)
        endpoints.change(
            found, url=wanted["url"].strip() or None, events=_chosen(wanted),
            description=wanted["description"],
        )  # fmt: skip
        return _("Saved.")
    if act == "test":
        endpoints.send_test(found, now)
        return _("The test event is on its way. Load this page again to see what came of it.")
    if act == "redeliver":
        number = request.POST.get("delivery", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Http404
        row = get_object_or_404(Delivery, pk=int(number), endpoint=found.pk)
        endpoints.redeliver(row, now)
        return _("Sent again. Load this page again to see what came of it.")
    if act in ("on", "off"):
        endpoints.change(found, is_active=act == "on")
        return _("Switched on.") if act == "on" else _("Switched off.")
    raise Http404


def _chosen(wanted: dict[str, Any]) -> list[str]:
    if wanted["all"]:
        return []
    if not wanted["events"]:
        raise EndpointError("events", _("Choose at least one event, or all of them."))
    return list(wanted["events"])
