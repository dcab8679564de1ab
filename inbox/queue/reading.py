"""The rows of the queue: a page by key-set, and single rows for open screens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from inbox import staff
from inbox.models import Tag, Team
from inbox.queue import said
from inbox.queue.around import Around
from inbox.queue.folders import ME, NOBODY, Folder, Selection, Sort, after_cursor, cursor_of
from inbox.templatetags.ringback import exact_time, initials
from messaging.models import Conversation
from messaging.numbers import national

PAGE = 50
MOST = 200  # rows a screen asks for again at once
# Which columns say what waits, in the order their marks stand.
REASONS = (
    ("escalated_at", "alert"),
    ("failed_at", "failed"),
    ("voicemail_at", "voicemail"),
    ("promise_at", "promise"),
    ("waiting_since", "reply"),
)
_AT = {Sort.WAITING: "actionable_at", Sort.NEWEST: "last_at", Sort.SOONEST: "snoozed_until"}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list. `reasons`: what waits (REASONS) and since when, earliest first."""

    id: int
    title: str
    last_line: str
    last_at: datetime
    unread: bool
    last_direction: str
    opted_out: bool
    state: str
    reasons: tuple[tuple[str, datetime], ...]
    actionable_at: datetime | None
    snoozed_until: datetime | None
    assignee: int | None
    assignee_name: str
    team: int | None
    team_name: str
    tags: tuple[tuple[str, str], ...]  # name, colour
    url: str
    selected: bool = False

    @property
    def letters(self) -> str:
        """Its person's initials, '' for a number."""
        return initials(self.title)

    @property
    def select_words(self) -> str:
        """What ticking it is called."""
        return _("Select %(name)s") % {"name": self.title}

    @property
    def waits_words(self) -> str:
        """Since when it waits, to the minute."""
        return _("Waits since %(when)s") % {"when": exact_time(self.actionable_at)}

    @property
    def owner_words(self) -> str:
        """Who sees to it; '' for nobody."""
        name = self.assignee_name
        return _("Assigned to %(name)s") % {"name": name} if name else ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and where the next ones begin ('' after the last).

    There may be none here and more behind, where words are looked for in a long list.
    """

    rows: list[Row]
    after: str


def page(
    selection: Selection,
    me: int,
    *,
    cursor: str = "",
    selected: int | None = None,
    size: int = PAGE,
    around: Around | None = None,
) -> Page:
    """Return a page of a selection, after a cursor. Raises ValueError for what is no cursor.

    me: the user whose own folder it may be; selected: the conversation that is open beside it;
    around: names that are known already.
    """
    found = found_in(selection, me)
    at = _AT[selection.sort]
    falls = selection.sort == Sort.NEWEST
    if cursor:
        moment, pk = after_cursor(cursor, selection.sort)
        # The first half is what an index can begin at.
        beyond, same = ("lt", "lte") if falls else ("gt", "gte")
        found = found.filter(**{f"{at}__{same}": moment}).filter(
            Q(**{f"{at}__{beyond}": moment}) | Q(**{at: moment, f"pk__{beyond}": pk})
        )
    order = [f"-{at}", "-pk"] if falls else [at, "pk"]
    size = min(size, MOST)
    after = ""
    if selection.words:
        having = said.find(found, at, falls=falls, words=selection.words, most=size + 1)
        found = found.filter(pk__in=having.ids)
        after = cursor_of(selection.sort, *having.end) if having.end else ""
    conversations = list(found.order_by(*order)[: size + 1])
    if len(conversations) > size:
        last = conversations[size - 1]
        after = cursor_of(selection.sort, getattr(last, at), last.pk)
    return Page(rows(conversations[:size], selected, around), after)


def found_in(selection: Selection, me: int) -> QuerySet[Conversation]:
    """Return what a selection holds; each folder's condition is that of its index."""
    found = Conversation.objects.select_related("contact")
    is_open = Q(hidden="", state="open")
    folder = selection.folder
    if folder == Folder.SNOOZED:
        found = found.filter(hidden="", state="snoozed", snoozed_until__isnull=False)
    elif folder == Folder.CLOSED:
        found = found.filter(hidden="", state="closed")
    elif folder == Folder.ALL and not selection.only_waiting:
        found = found.filter(is_open)
    elif folder == Folder.MINE:
        found = found.filter(is_open, assignee__isnull=False, assignee=me)
    elif folder == Folder.UNASSIGNED:
        found = found.filter(is_open, assignee=None, team=None)
    elif folder == Folder.TEAM:
        found = found.filter(is_open, team__isnull=False, team=selection.team or 0)
    if selection.only_waiting:
        found = found.filter(actionable_at__isnull=False)  # open and shown, by its expression
    return _narrowed(found, selection, me)


def _narrowed(
    found: QuerySet[Conversation], selection: Selection, me: int
) -> QuerySet[Conversation]:
    if selection.team is not None and selection.folder != Folder.TEAM:
        found = found.filter(team=selection.team)
    if selection.assignee == NOBODY:
        found = found.filter(assignee=None)
    elif selection.assignee:
        found = found.filter(assignee=me if selection.assignee == ME else int(selection.assignee))
    if selection.unread:
        found = found.filter(unread__gt=0)
    if selection.tags:
        found = found.filter(contact__tags__contains=list(selection.tags))
    return found


def rows(
    conversations: Sequence[Conversation],
    selected: int | None = None,
    around: Around | None = None,
) -> list[Row]:
    """Return conversations (their contacts read with them) as rows; names nobody knows yet are asked for."""
    assignees = {c.assignee for c in conversations if c.assignee}
    team_ids = {c.team for c in conversations if c.team}
    names, teams = {}, {}
    if around is not None:
        names = {each.id: each.name for each in around.colleagues if each.id in assignees}
        teams = {each.id: each.name for each in around.teams if each.id in team_ids}
    names |= staff.names_of(assignees - names.keys())
    teams |= _team_names(team_ids - teams.keys())
    colours = around.tags if around else _colours(c.contact.tags for c in conversations)
    return [_row(each, names, teams, colours, selected) for each in conversations]


def has_any() -> bool:
    """Whether any conversation stands in the queue, in whichever folder."""
    shown = Conversation.objects.filter(hidden="").order_by("-last_at", "-pk")
    return bool(shown.values_list("pk")[:1])  # in an index's order, which alone is read


def rows_of(ids: Iterable[int], selected: int | None = None) -> list[Row]:
    """Return single conversations that stand in the queue; hidden ones and unknown ids are left out."""
    found = Conversation.objects.select_related("contact").filter(pk__in=list(ids), hidden="")
    return rows(list(found), selected)


def _team_names(ids: Collection[int]) -> dict[int, str]:
    return dict(Team.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _colours(tags: Iterable[list[str]]) -> dict[str, str]:
    wanted = {tag for each in tags for tag in each}
    if not wanted:
        return {}
    return dict(Tag.objects.filter(name__in=wanted).values_list("name", "colour"))


def _row(
    conversation: Conversation,
    names: dict[int, str],
    teams: dict[int, str],
    colours: dict[str, str],
    selected: int | None,
) -> Row:
    contact: Any = conversation.contact
    waits = [
        (kind, getattr(conversation, column))
        for column, kind in REASONS
        if getattr(conversation, column) is not None
    ]
    if conversation.state != "open":
        waits = []
    return Row(
        id=conversation.pk,
        title=contact.name or national(contact.phone),
        last_line=conversation.last_line,
        last_at=conversation.last_at,
        unread=conversation.unread > 0,
        last_direction=conversation.last_direction,
        opted_out=contact.opted_out_at is not None,
        state=conversation.state,
        reasons=tuple(waits),
        actionable_at=conversation.actionable_at,
        snoozed_until=conversation.snoozed_until if conversation.state == "snoozed" else None,
        assignee=conversation.assignee,
        assignee_name=names.get(conversation.assignee or 0, ""),
        team=conversation.team,
        team_name=teams.get(conversation.team or 0, ""),
        tags=tuple((tag, colours.get(tag, "grey")) for tag in contact.tags),
        url=reverse("inbox:conversation", args=[conversation.pk]),
        selected=conversation.pk == selected,
    )
