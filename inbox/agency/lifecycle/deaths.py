"""What an agency reads when work on a leaving was given up (settings.AGENDA_DEAD_HANDLERS)."""

from __future__ import annotations

from inbox.agency.lifecycle import dropping, export
from tenants.agenda import Item
from tenants.models import Departure

_SAID = {
    export.KIND: "Its export could not be made: something of ours failed. Support has been told; "
    "nothing is deleted before the export stands.",
    dropping.DROP: "It could not be deleted: something of ours failed. Support has been told and begins it again.",
    dropping.FORGET: "Its export is kept longer than promised: something of ours failed. "
    "Support has been told and deletes it.",
}


def died(item: Item, _error: str) -> None:
    """The leaving says what failed, unless somebody changed his mind meanwhile."""
    Departure.objects.filter(pk=item.subject, undone_at=None).update(problem=_SAID[item.kind])
