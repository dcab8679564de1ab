"""What a batch looks like: made once for each language and zone among those who may see it.

Runs in one of the hub's two rendering threads. Who may see is asked first, in the same breath: what
happened after somebody was removed is not even made for him.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import structlog
from django.db import connection

from inbox.live import frames
from inbox.live.entries import Batch
from inbox.live.positions import write
from inbox.live.roll import Ticket, holding
from inbox.models import Team
from inbox.queue.counts import counts
from inbox.queue.drawing import rows_html
from inbox.thread.reading import tail_html
from tenants.scope import business_scope, give_back

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

# With more conversations changed at once than this, an open thread asks for its own end.
MOST_TIMELINES = 3
Seen = Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made: a batch of one business for these people, with the folders' counts or without.

    seen: which of the changed conversations are open on whose screens (by user): their ends go along.
    """

    schema: str
    tickets: tuple[Ticket, ...]
    batch: Batch
    counts: bool
    seen: Seen = field(default_factory=dict)

    def sees(self, ticket: Ticket) -> tuple[int, ...]:
        """Return the changed conversations that this member has open."""
        return tuple(each for each in self.seen if ticket.user_id in self.seen[each])


@dataclass(slots=True)
class Composed:
    """What was made of a task. `holding`: the tickets that may see it; the rest by language and zone."""

    task: Task
    holding: set[int]
    parts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    ends: dict[tuple[tuple[str, str], int], str] = field(default_factory=dict)
    _pieces: dict[Any, bytes] = field(default_factory=dict)

    def news(self, ticket: Ticket) -> dict[str, Any]:
        """Return what one member is told; empty where nothing is for him."""
        found = dict(self.parts.get(ticket.look, {}))
        if sees := self.task.sees(ticket):
            found["timelines"] = {str(each): self.ends[ticket.look, each] for each in sees}
        if told := self.task.batch.told(ticket.user_id):
            found["events"] = told
        return found

    def piece(self, ticket: Ticket, spread_ms: int, *, caught_up: bool = False) -> bytes:
        """Return the same as it is sent, b"" where nothing is for him. Made once for all who get it."""
        marks = tuple(each["mark"] for each in self.task.batch.told(ticket.user_id))
        key = (ticket.look, marks, self.task.sees(ticket), caught_up)
        if key not in self._pieces:
            self._pieces[key] = self._made(ticket, spread_ms, caught_up)
        return self._pieces[key]

    def _made(self, ticket: Ticket, spread_ms: int, caught_up: bool) -> bytes:
        batch = self.task.batch
        news, last_id = self.news(ticket), write(batch.last)
        if caught_up and news:
            news["caught_up"] = True
        if batch.too_many:
            # The events are told before the page stands where it then is.
            said = frames.frame("news", frames.dumps(news)) if news else b""
            return said + frames.reset(last_id, spread_ms)
        return frames.frame("news", frames.dumps(news), last_id) if news else b""


def compose(task: Task) -> Composed:
    """Return who may see a batch and what it looks like. Raises what the database raises."""
    made = Composed(task, holding(task.tickets))
    batch = task.batch
    shown = [ticket for ticket in task.tickets if ticket.number in made.holding]
    if batch.too_many or not shown or not (batch.changed or task.counts):
        return made
    with business_scope(task.schema):
        changed = _with_kept(batch.changed)
        for look in {ticket.look for ticket in shown}:
            made.parts[look] = _part(changed, *look) if changed else {}
        for look, each in {(ticket.look, each) for ticket in shown for each in task.sees(ticket)}:
            made.ends[look, each] = tail_html(each, *look)
        if task.counts:
            counted = _counts()
            for part in made.parts.values():
                part["counts"] = counted
    return made


def give_back_after(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Do something with this thread's connection and give it back, however it ends."""
    try:
        return work(*arguments, **named)
    except BaseException:
        connection.close()  # it may be what failed
        raise
    finally:
        give_back()


def _with_kept(ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return conversations with those in which some of them are shown, their people being merged."""
    if not ids:
        return ids
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept.id FROM messaging_conversation own "
            "JOIN messaging_contact c ON c.id = own.contact_id "
            "JOIN messaging_conversation kept ON kept.contact_id = c.merged_into_id "
            "WHERE own.id = ANY(%s) AND own.hidden = 'merged'",
            [list(ids)],
        )
        return tuple(dict.fromkeys([*ids, *(pk for (pk,) in cursor.fetchall())]))


def _part(ids: tuple[int, ...], language: str, zone: str) -> dict[str, Any]:
    """Return the rows of conversations, and which of them stand in no queue."""
    html = rows_html(ids, language, zone)
    gone = [each for each in ids if f'data-key="c{each}"' not in html]
    return {"changed": list(ids), "rows": html, "gone": gone}


def _counts() -> dict[str, int]:
    """Return what stands in the folders that are the same for everybody; his own each page asks for."""
    teams = list(Team.objects.filter(archived_at=None).values_list("pk", flat=True))
    found = counts(None, teams).as_json()
    found.pop("mine", None)
    return found
