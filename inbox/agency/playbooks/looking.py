"""Looking at one business before a playbook is put there: what would change, what stays, what stands against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inbox.agency.playbooks import content, pieces, planning, putting
from inbox.agency.playbooks.planning import Place, Plan
from messaging.numbers import national
from tenants.models import AgencyPlaybookVersion, Business, PlaybookUse
from tenants.playbooks import PLAYBOOKS

# What can have been put by a playbook and taken back since: the business has not changed it either.
_PUT = ("applied", "taking", "taken_back")


def place_of(business: Business) -> Place:
    """Return what of a business a plan must know beside its pieces."""
    lines = pieces.lines_of(business)
    known: dict[str, set[str]] = defaultdict(set)
    put = PlaybookUse.objects.filter(business=business, state__in=_PUT)
    for after in put.values_list("after", flat=True):
        for piece, value in after.items():
            words = value.get("body") if isinstance(value, dict) else value
            if isinstance(words, str):
                known[piece].add(words)
    packs = PLAYBOOKS.values()
    return Place(
        recorded=frozenset(line.pk for line in lines if line.greeting_recording),
        without_phones=frozenset(line.pk for line in lines if not line.staff_numbers),
        floor=business.agency.posture_floor,
        known=known,
        pack=frozenset(
            words
            for pack in packs
            for words in (*pack.texts, pack.greeting, *(reply.body for reply in pack.replies))
        ),
    )


def plan_for(
    business: Business, version: AgencyPlaybookVersion, sections: Collection[str], at: datetime,
    *, replaces_own: bool,
) -> tuple[Plan, pieces.Pieces]:  # fmt: skip
    """Return what a version would change in the current business, and its pieces now.

    Raises Unfit for a version that cannot be read any more.
    """
    try:
        held = content.read(version.content)
    except content.ContentError as wrong:
        raise putting.Unfit(wrong.problems) from None
    found = pieces.read(business)
    today = at.astimezone(ZoneInfo(business.timezone)).date()
    made = planning.plan(
        held, sections, found, place_of(business), today=today,
        replaces_own=replaces_own,
    )  # fmt: skip
    return made, found


def names_of(business: Business, found: pieces.Pieces, plan: Plan) -> dict[str, Any]:
    """Return what the business calls its lines and texts, for words that are drawn later."""
    texts = {key: value["name"] for key, value in pieces.under(found, "text")}
    new = {key: value["name"] for key, value in pieces.under(plan.wanted, "text") if value}
    lines = {str(line.pk): line.label or national(line.e164) for line in pieces.lines_of(business)}
    return {"texts": texts | new, "lines": lines}


def look(
    business: Business, version: AgencyPlaybookVersion, sections: Collection[str], by: putting.By,
    *, replaces_own: bool,
) -> dict[str, Any]:  # fmt: skip
    """Return what applying would do in the current business, as PlaybookUse.plan keeps it.

    changes: [piece, old, new]; stays: [piece, reason]; problems: [piece, sentence], as the verbs of
    the business's own pages say them; names: as inbox.agency.playbooks.words takes them.
    """
    try:
        plan, found = plan_for(business, version, sections, by.at, replaces_own=replaces_own)
    except putting.Unfit as wrong:
        told = [list(each) for each in wrong.problems]
        return {"changes": [], "stays": [], "problems": told, "names": {}}
    return {
        "changes": [[piece, old, new] for piece, (old, new) in plan.changes.items()],
        "stays": [list(each) for each in plan.stays],
        "problems": [list(each) for each in putting.problems(business, plan.wanted, by)],
        "names": names_of(business, found, plan),
    }
