"""How many conversations stand in each folder: one statement, each count stopping where it says 999+."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from inbox.queue.folders import Folder

CAP = 999
# In the order of the index: rows that match stand together at the end of the table, and a scan
# without an order, expecting them everywhere, would read it whole for them.
_UP_TO = "(SELECT count(*) FROM (SELECT 1 FROM messaging_conversation WHERE {} ORDER BY {} LIMIT %(most)s) x)"
_OPEN = "hidden = '' AND state = 'open'"
_NEWEST = "last_at DESC, id DESC"
# Each condition, and the order, is the one of a partial index, which alone is read.
_COUNTED = {
    Folder.ACTIONABLE: ("actionable_at IS NOT NULL", "actionable_at, id"),
    Folder.MINE: (f"{_OPEN} AND assignee IS NOT NULL AND assignee = %(me)s", _NEWEST),
    Folder.UNASSIGNED: (f"{_OPEN} AND assignee IS NULL AND team IS NULL", _NEWEST),
    Folder.ALL: (_OPEN, _NEWEST),
    Folder.SNOOZED: ("hidden = '' AND state = 'snoozed'", "snoozed_until, id"),
    Folder.CLOSED: ("hidden = '' AND state = 'closed'", _NEWEST),
}
_UNREAD = ("unread > 0 AND hidden = ''", "last_at DESC")
_TEAM = (f"{_OPEN} AND team IS NOT NULL AND team = t.id", _NEWEST)
_STATEMENT = (
    "SELECT "
    + ", ".join(_UP_TO.format(*each) for each in [*_COUNTED.values(), _UNREAD])
    + ", (SELECT count(*) FROM messaging_alert WHERE resolved_at IS NULL)"
    + ", (SELECT count(*) FROM messaging_alert WHERE resolved_at IS NULL AND contact_id IS NULL)"
    # As inbox/notices/pages.py `unseen`, in this statement: the rail of every page says it.
    + ", (SELECT count(*) FROM (SELECT 1 FROM inbox_notice WHERE \"user\" = %(me)s AND channel = 'live' "
    "AND seen_at IS NULL AND state = 'sent' LIMIT %(most)s) x)"
    + f", (SELECT jsonb_object_agg(t.id, {_UP_TO.format(*_TEAM)}) FROM unnest(%(teams)s::bigint[]) t(id))"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of the folders, at most CAP + 1; `teams` by a team's id.

    alerts: all that are open; house_alerts: those about nobody in particular, which no row shows;
    notices: what `me` was told and has not seen.
    """

    folders: dict[str, int]
    unread: int = 0
    alerts: int = 0
    house_alerts: int = 0
    notices: int = 0
    teams: dict[int, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, int]:
        """Return what screens are told: folders by name, teams as `team-ID`, `unread`."""
        teams = {f"team-{team}": count for team, count in self.teams.items()}
        return {**self.folders, **teams, "unread": self.unread}


def counts(me: int | None, teams: Collection[int] = ()) -> Counts:
    """Count the folders of the current business; `me` is whose own are counted, none without one."""
    values: dict[str, Any] = {"me": me or 0, "teams": sorted(teams), "most": CAP + 1}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, values)
        *numbers, by_team = cursor.fetchone()
    *folders, unread, alerts, house_alerts, unseen = numbers
    if isinstance(by_team, str):  # JSON comes as text by a bare cursor
        by_team = json.loads(by_team)
    return Counts(
        {str(folder): number for folder, number in zip(_COUNTED, folders, strict=True)},
        unread,
        alerts,
        house_alerts,
        unseen,
        {int(team): number for team, number in (by_team or {}).items()},
    )


def capped(number: int) -> str:
    """Return a count as it is shown: 999+ for more than that."""
    return f"{CAP}+" if number > CAP else str(number)
