"""What the search finds, as its list shows it: a thing, its business, and where one goes on from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from inbox.support.asking import Asked
from inbox.support.things import Thing
from tenants.models import Agency, Business

# So many of one kind are shown.
MOST = 25


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. links: (what it says, address); at: where in the list it stands."""

    what: str
    title: str
    detail: str = ""
    business: Business | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Found:
    """Everything that was found, and a sentence where the search ended early.

    below: from where it was to go on; go_on: from where it may go on; 0 for neither.
    """

    asked: Asked
    hits: list[Hit] = field(default_factory=list)
    stopped: str = ""
    note: str = ""
    below: int = 0
    go_on: int = 0


def change(model: str, pk: object) -> str:
    """Return the address of a row in the admin; model: such as tenants_business."""
    return reverse(f"admin:{model}_change", args=[pk])


def business_hit(business: Business) -> Hit:
    """Return a business as it stands in the list."""
    host = business.domains.filter(is_primary=True).values_list("domain", flat=True).first()
    detail = " · ".join(
        filter(None, [business.agency.name, host or "", business.schema_name, business.external_id])
    )
    links = [
        ("Row", change("tenants_business", business.pk)),
        ("Provider health", reverse("support-provider", args=[business.pk])),
        ("Look in", reverse("support-visit", args=[business.pk])),
    ]
    return Hit("Business", business.name, detail, business, tuple(links))


def businesses_of(ids: Sequence[int] | set[int]) -> dict[int, Business]:
    """Return businesses by their ids, with their agencies."""
    return Business.objects.select_related("agency").in_bulk(list(ids))


def of_things(business: Business, things: Sequence[Thing]) -> list[Hit]:
    """Return calls and texts as hits: (call or text, its id, title, detail)."""
    return [
        Hit(
            "Call" if kind == "call" else "Text", title, detail, business,
            (("Trace", reverse(f"support-trace-{kind}", args=[business.pk, pk])),),
        )
        for kind, pk, title, detail in things
    ]  # fmt: skip


def agency_hit(agency: Agency) -> Hit:
    """Return an agency as it stands in the list."""
    row = (("Row", change("tenants_agency", agency.pk)),)
    return Hit("Agency", agency.name, f"{agency.businesses.count()} businesses", None, row)
