"""What an answer means in this business: its target, its hours, its ladder. Read, kept a moment, changed."""

from __future__ import annotations

import json
import time as clock
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from calls.hours import Span, Week
from inbox.models import InboxPolicy
from inbox.models.alerting import default_ladder
from inbox.notices import morning
from inbox.waits import ladder
from messaging import audit
from tenants.scope import current_business, current_schema

KEPT_SECONDS = 5.0
MOST_MINUTES = 7 * 24 * 60
_SQL = """
    SELECT b.id, b.timezone, (SELECT row_to_json(p) FROM inbox_inboxpolicy p),
      (SELECT coalesce(json_agg(json_build_array(h.weekday, h.opens, h.closes)), '[]')
       FROM calls_openinghours h),
      (SELECT coalesce(json_agg(h.date), '[]') FROM calls_holiday h)
    FROM public.tenants_business b WHERE b.schema_name = %s
"""
_kept: dict[str, tuple[float, Answering]] = {}
_KEEP_AT_MOST = 2_000


class PolicyError(ValueError):
    """Settings that cannot be kept; `problems` has a sentence by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Answering:
    """A business's settings of answers with its clock and its hours. target: in seconds."""

    business_id: int
    zone: ZoneInfo
    hours: Week
    target_seconds: int
    in_open_hours: bool
    steps: tuple[ladder.Step, ...]
    digest_on: bool
    digest_at: time

    @property
    def week(self) -> Week | None:
        """The hours in which alone time counts; None where all of it does."""
        return self.hours if self.in_open_hours else None


def answering(*, fresh: bool = False) -> Answering:
    """Return the settings of the current business, at most a few seconds old; fresh: as they are now."""
    schema, now = current_schema(), clock.monotonic()
    kept = _kept.get(schema)
    if kept is not None and not fresh and now - kept[0] < KEPT_SECONDS:
        return kept[1]
    if len(_kept) >= _KEEP_AT_MOST:
        _kept.clear()
    found = _load(schema)
    _kept[schema] = (now, found)
    return found


def forget() -> None:
    """Forget what this process keeps of any business."""
    _kept.clear()


def save(
    *, target_minutes: int, in_open_hours: bool, steps: list[dict[str, Any]], digest_on: bool,
    digest_at: time, by: str, door: str, at: datetime,
) -> bool:  # fmt: skip
    """Keep the settings; returns whether they were others. Raises PolicyError and LadderError.

    What waits already keeps its target; its next step goes by the new ladder.
    """
    if not 1 <= target_minutes <= MOST_MINUTES:
        raise PolicyError({"target_minutes": "Choose from 1 minute to 7 days."})
    read = ladder.read(steps)
    values: dict[str, Any] = {
        "target_minutes": target_minutes, "in_open_hours": in_open_hours,
        "ladder": [step.as_dict() for step in read], "digest_on": digest_on,
        "digest_at": digest_at,
    }  # fmt: skip
    with transaction.atomic():
        row, _ = InboxPolicy.objects.select_for_update().get_or_create(one=True)
        if all(getattr(row, name) == value for name, value in values.items()):
            return False
        for name, value in values.items():
            setattr(row, name, value)
        row.changed_by = by[:120]
        row.save()
        audit.note(
            "answers.change", actor=by, door=door, at=at,
            detail={**values, "digest_at": digest_at.isoformat("minutes")},
        )  # fmt: skip
        morning.plan(current_business(), at)
    transaction.on_commit(forget)
    return True


def _load(schema: str) -> Answering:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [schema])
        business_id, zone_name, policy, spans, holidays = cursor.fetchone()
    zone, row = ZoneInfo(zone_name), _json(policy) or {}
    week = Week(
        zone,
        tuple(
            Span(int(w), time.fromisoformat(o), time.fromisoformat(c)) for w, o, c in _json(spans)
        ),
        frozenset(date.fromisoformat(day) for day in _json(holidays)),
    )
    try:
        steps = ladder.read(row.get("ladder", default_ladder()))
    except ladder.LadderError:
        # Whatever was stored, somebody is told.
        steps = ladder.read(default_ladder())
    return Answering(
        int(business_id), zone, week, int(row.get("target_minutes", 15)) * 60,
        bool(row.get("in_open_hours", True)), steps, bool(row.get("digest_on", True)),
        time.fromisoformat(row.get("digest_at", "08:00")),
    )  # fmt: skip


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
