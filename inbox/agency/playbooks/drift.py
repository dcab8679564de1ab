"""Which businesses run which version of a playbook, and what there differs from it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from inbox.agency.playbooks import looking, pieces
from inbox.agency.playbooks.planning import Plan
from tenants import agencies
from tenants.models import AgencyPlaybook, Business, PlaybookUse, Stage
from tenants.scope import business_scope


@dataclass(frozen=True, slots=True)
class Drift:
    """A business that runs a version. differs: piece -> (as the playbook put it, as it is now)."""

    business: Business
    use: PlaybookUse
    differs: dict[str, tuple[Any, Any]]
    names: dict[str, Any]


def runs(playbook: AgencyPlaybook) -> list[PlaybookUse]:
    """Return the latest use of a playbook at each business that runs it, by the business's name."""
    return list(rows(playbook).order_by("business__name", "pk"))


def rows(playbook: AgencyPlaybook) -> QuerySet[PlaybookUse]:
    """Return the latest use of a playbook at each business that runs it."""
    newest = (
        PlaybookUse.objects.filter(version__playbook=playbook, state__in=("applied", "kept"))
        .order_by("business_id", "-applied_at", "-id")
        .distinct("business_id")
    )
    found = PlaybookUse.objects.select_related("business__agency", "version").filter(
        pk__in=newest.values("pk")
    )
    return found.exclude(business__stage=Stage.GONE)


def of(uses: Sequence[PlaybookUse]) -> list[Drift]:
    """Return what differs at each of these businesses. Enters their schemas, one after the other."""
    return [_one(use) for use in uses]


def _one(use: PlaybookUse) -> Drift:
    business = use.business
    with business_scope(str(business.schema_name)):
        found = pieces.read(business)
        names = looking.names_of(business, found, Plan())
    put = _put(use)
    differs = {
        piece: (value, found.get(piece))
        for piece, value in put.items()
        if found.get(piece) != value
    }
    return Drift(business, use, differs, names)


def _put(use: PlaybookUse) -> dict[str, Any]:
    """Return how the playbook left the pieces: each by its last use there, or as it was accepted since."""
    put: dict[str, Any] = {}
    earlier = PlaybookUse.objects.filter(
        business=use.business_id, version__playbook=use.version.playbook_id,
        state__in=("applied", "kept"),
    ).order_by("applied_at", "pk")  # fmt: skip
    for after, accepted in earlier.values_list("after", "accepted"):
        put |= after | accepted
    return put


def accept(use: PlaybookUse, *, by: str, door: str, at: datetime) -> int:
    """Leave what differs at a business as it is: it counts as drift no more. Returns how many pieces."""
    with transaction.atomic():
        use = (
            PlaybookUse.objects.select_for_update(of=("self",))
            .select_related("business__agency", "version__playbook")
            .get(pk=use.pk)
        )  # fmt: skip
        differs = _one(use).differs
        if differs:
            use.accepted = use.accepted | {piece: now for piece, (_put_, now) in differs.items()}
            use.save(update_fields=["accepted"])
            agencies.note(
                use.business.agency, "playbook.accept", actor=by, door=door, at=at,
                business=use.business, playbook=use.version.playbook.name, pieces=len(differs),
            )  # fmt: skip
    return len(differs)
