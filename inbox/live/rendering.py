"""What a batch looks like: made once for each language and zone among those who may see it.

Runs in one of the hub's two rendering threads. Who may see is asked first, in the same breath: what
happened after somebody was removed is not even made for him.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import structlog
from django.db import connection
from django.template import TemplateDoesNotExist

from inbox.live import frames
from inbox.live.entries import Batch
from inbox.live.positions import write
from inbox.live.roll import Ticket, holding
from tenants.scope import business_scope, give_back

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

# With more conversations changed at once than this, an open thread asks for its own end.
MOST_TIMELINES = 3


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made: a batch of one business for these people, with the folders' counts or without."""

    schema: str
    tickets: tuple[Ticket, ...]
    batch: Batch
    counts: bool


@dataclass(slots=True)
class Composed:
    """What was made. `holding`: the tickets that may see it; `parts`: by language and zone."""

    holding: set[int]
    parts: dict[tuple[str, str], dict[str, Any]]
    _pieces: dict[Any, bytes] = field(default_factory=dict)

    def news(self, ticket: Ticket, batch: Batch) -> dict[str, Any]:
        """Return what one member is told; empty where nothing is for him."""
        told = batch.told(ticket.user_id)
        return {**self.parts.get(ticket.look, {}), **({"events": told} if told else {})}

    def piece(
        self, ticket: Ticket, batch: Batch, spread_ms: int, *, caught_up: bool = False
    ) -> bytes:
        """Return the same as it is sent, b"" where nothing is for him. Made once for all who get it."""
        marks = tuple(each["mark"] for each in batch.told(ticket.user_id))
        key = (ticket.look, marks, caught_up)
        if key not in self._pieces:
            self._pieces[key] = self._made(ticket, batch, spread_ms, caught_up)
        return self._pieces[key]

    def _made(self, ticket: Ticket, batch: Batch, spread_ms: int, caught_up: bool) -> bytes:
        news, last_id = self.news(ticket, batch), write(batch.last)
        if caught_up and news:
            news["caught_up"] = True
        if batch.too_many:
            # The events are told before the page stands where it then is.
            said = frames.frame("news", frames.dumps(news)) if news else b""
            return said + frames.reset(last_id, spread_ms)
        return frames.frame("news", frames.dumps(news), last_id) if news else b""


def compose(task: Task) -> Composed:
    """Return who may see a batch and what it looks like. Raises what the database raises."""
    held = holding(task.tickets)
    looks = {ticket.look for ticket in task.tickets if ticket.number in held}
    batch = task.batch
    if not batch.changed or batch.too_many:
        return Composed(held, {})
    with business_scope(task.schema):
        counted = _counts() if task.counts and looks else None
        parts = {look: _part(batch.changed, *look) for look in looks}
    if counted is not None:
        for part in parts.values():
            part["counts"] = counted
    return Composed(held, parts)


def give_back_after(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Do something with this thread's connection and give it back, however it ends."""
    try:
        return work(*arguments, **named)
    except BaseException:
        connection.close()  # it may be what failed
        raise
    finally:
        give_back()


def _part(ids: tuple[int, ...], language: str, zone: str) -> dict[str, Any]:
    try:
        from inbox.queue.reading import rows_html

        html = rows_html(ids, language, zone)
    except (ImportError, TemplateDoesNotExist):
        return {"changed": list(ids)}
    part: dict[str, Any] = {
        "changed": list(ids),
        "rows": html,
        "gone": [each for each in ids if f'data-key="c{each}"' not in html],
    }
    if len(ids) <= MOST_TIMELINES:
        part["timelines"] = _timelines(ids, language, zone)
    return part


def _timelines(ids: tuple[int, ...], language: str, zone: str) -> dict[str, str]:
    try:
        from inbox.thread.reading import tail_html
    except ImportError:
        return {}
    return {str(each): tail_html(each, language, zone) for each in ids}


def _counts() -> dict[str, int]:
    """Return what stands in the folders that are the same for everybody; his own each page asks for."""
    try:
        from inbox.models import Team
        from inbox.queue.counts import counts
    except ImportError:
        return {}

    teams = list(Team.objects.filter(archived_at=None).values_list("pk", flat=True))
    found = counts(None, teams).as_json()
    found.pop("mine", None)
    return found
