"""What stands in which folder and in which order, as addresses and saved views say it. Pure.

A folder is read by key-set: a page begins after the last row of the one before, whatever came or
went meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode


class Folder(StrEnum):
    """Where a conversation stands; one that is hidden stands in none."""

    ACTIONABLE = "actionable"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    TEAM = "team"
    ALL = "all"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Sort(StrEnum):
    """In which order: who waits longest, what happened last, who comes back soonest."""

    WAITING = "waiting"
    NEWEST = "newest"
    SOONEST = "soonest"


# The sorts of a folder, its own first.
SORTS: dict[Folder, tuple[Sort, ...]] = {
    Folder.ACTIONABLE: (Sort.WAITING, Sort.NEWEST),
    Folder.MINE: (Sort.NEWEST, Sort.WAITING),
    Folder.UNASSIGNED: (Sort.NEWEST, Sort.WAITING),
    Folder.TEAM: (Sort.NEWEST, Sort.WAITING),
    Folder.ALL: (Sort.NEWEST, Sort.WAITING),
    Folder.SNOOZED: (Sort.SOONEST,),
    Folder.CLOSED: (Sort.NEWEST,),
}
MAX_TAGS = 5
MAX_WORDS = 80
ME, NOBODY = "me", "none"
_ID = re.compile(r"[1-9][0-9]{0,17}")
_CURSOR = re.compile(r"([wns])(-?[0-9]{1,17})\.([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list shows.

    team: a team's id, for the folder of a team or as a filter; assignee: '' for anybody, 'me',
    'none' or a user's id as text; words: what somebody said in it.
    """

    folder: Folder = Folder.ACTIONABLE
    sort: Sort = Sort.WAITING
    team: int | None = None
    tags: tuple[str, ...] = ()
    assignee: str = ""
    unread: bool = False
    words: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether it shows less than its folder holds."""
        narrowed = self.team is not None and self.folder != Folder.TEAM
        return bool(narrowed or self.tags or self.assignee or self.unread or self.words)

    @property
    def only_waiting(self) -> bool:
        """Whether conversations nobody waits in are left out."""
        return self.folder == Folder.ACTIONABLE or self.sort == Sort.WAITING


def of_folder(folder: Folder, team: int | None = None) -> Selection:
    """Return a whole folder in its own order."""
    return Selection(folder=folder, sort=SORTS[folder][0], team=team)


def from_query(query: Mapping[str, Any]) -> Selection:
    """Return what an address asks for; what it says wrongly is left out, as an old link must still open.

    query: one value a name (`tag` may be several, parted by commas).
    """
    try:
        return from_filters(
            {
                "folder": query.get("folder") or Folder.ACTIONABLE,
                "sort": query.get("sort") or "",
                "team": query.get("team") or None,
                "tags": [tag for tag in str(query.get("tag") or "").split(",") if tag.strip()],
                "assignee": query.get("who") or "",
                "unread": query.get("unread") in ("1", True) or query.get("filter") == "unread",
                "words": query.get("words") or "",
            },
            strict=False,
        )
    except ValueError:
        return Selection()


def to_query(selection: Selection) -> str:
    """Return the selection as the query of an address; '' for what stands at home."""
    parts: list[tuple[str, str]] = []
    if selection.folder != Folder.ACTIONABLE:
        parts.append(("folder", selection.folder))
    if selection.sort != SORTS[selection.folder][0]:
        parts.append(("sort", selection.sort))
    if selection.team is not None:
        parts.append(("team", str(selection.team)))
    if selection.tags:
        parts.append(("tag", ",".join(selection.tags)))
    if selection.assignee:
        parts.append(("who", selection.assignee))
    if selection.unread:
        parts.append(("unread", "1"))
    if selection.words:
        parts.append(("words", selection.words))
    return urlencode(parts)


def to_filters(selection: Selection) -> dict[str, Any]:
    """Return the selection as a saved view keeps it."""
    return {
        "folder": str(selection.folder),
        "sort": str(selection.sort),
        "team": selection.team,
        "tags": list(selection.tags),
        "assignee": selection.assignee,
        "unread": selection.unread,
        "words": selection.words,
    }


def from_filters(filters: Mapping[str, Any], *, strict: bool = True) -> Selection:
    """Return the selection of a saved view. Raises ValueError naming the field.

    strict: whether a wrong filter is refused rather than left out; a wrong folder always is.
    """

    def wrong(field: str, sentence: str) -> None:
        if strict:
            raise ValueError(f"{field}: {sentence}")

    try:
        folder = Folder(str(filters.get("folder") or Folder.ACTIONABLE))
    except ValueError:
        raise ValueError("folder: there is no such folder") from None
    sort = SORTS[folder][0]
    asked = str(filters.get("sort") or "")
    if asked in set(SORTS[folder]):
        sort = Sort(asked)
    elif asked:
        wrong("sort", "this folder has no such order")
    team = filters.get("team")
    if team is not None and not _ID.fullmatch(str(team)):
        wrong("team", "no such team")
        team = None
    assignee = str(filters.get("assignee") or "")
    if assignee not in ("", ME, NOBODY) and not _ID.fullmatch(assignee):
        wrong("assignee", "nobody of that name")
        assignee = ""
    words = " ".join(str(filters.get("words") or "").replace("\x00", "").split())
    if len(words) > MAX_WORDS:
        wrong("words", f"at most {MAX_WORDS} characters")
        words = words[:MAX_WORDS]
    return Selection(
        folder=folder,
        sort=sort,
        team=int(team) if team is not None else None,
        tags=_tags(filters.get("tags"), wrong),
        assignee=assignee,
        unread=filters.get("unread") is True,
        words=words,
    )


def _tags(given: Any, wrong: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        wrong("tags", "a list of tags is needed")
        return ()
    kept: list[str] = []
    for each in given:
        tag = str(each).replace("\x00", "").strip().casefold()
        if not tag or len(tag) > 40 or "," in tag:
            wrong("tags", "a tag has 1 to 40 characters and no comma")
        elif tag not in kept:
            kept.append(tag)
    if len(kept) > MAX_TAGS:
        wrong("tags", f"at most {MAX_TAGS} tags")
    return tuple(kept[:MAX_TAGS])


def narrowed(selection: Selection, **changes: Any) -> Selection:
    """Return the selection with some of its filters changed."""
    return replace(selection, **changes)


def cursor_of(sort: Sort, at: datetime, row_id: int) -> str:
    """Return where a page ended: the sort, the moment (aware) its last row stands at, and its id."""
    return f"{sort[0]}{(at - _EPOCH) // _MICRO}.{row_id}"


def after_cursor(cursor: str, sort: Sort) -> tuple[datetime, int]:
    """Return the moment (UTC) and id a page begins after. Raises ValueError for what is no cursor of this sort."""
    found = _CURSOR.fullmatch(cursor) if cursor.isascii() else None
    if found is None or found[1] != sort[0]:
        raise ValueError("after: the list has no such place")
    try:
        return _EPOCH + timedelta(microseconds=int(found[2])), int(found[3])
    except OverflowError:
        raise ValueError("after: the list has no such place") from None
