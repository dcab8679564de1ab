"""What a decision needs to know of a business, read in one query; and its public numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from calls.decision import Rule
from calls.hours import Span, Week
from messaging.numbers import normalise

_SQL = """
    SELECT b.id, b.name, b.timezone, b.suspended_at IS NOT NULL,
      (SELECT coalesce(json_agg(json_build_object(
           'e164', n.e164, 'staff', n.staff_numbers, 'answering', n.answering,
           'press_one', n.press_one) ORDER BY n.id), '[]')
       FROM public.tenants_phonenumber n WHERE n.business_id = b.id),
      (SELECT json_build_object(
           'name', r.name, 'is_on', r.is_on, 'outcomes', r.outcomes, 'hours', r.hours,
           'callers', r.callers, 'minimum_ring', extract(epoch FROM r.minimum_ring),
           'maximum_answered', extract(epoch FROM r.maximum_answered),
           'delay', extract(epoch FROM r.delay), 'cool_down', extract(epoch FROM r.cool_down),
           'expires_after', extract(epoch FROM r.expires_after),
           'open', o.body, 'closed', c.body)
       FROM calls_textbackrule r
       JOIN messaging_messagetemplate o ON o.id = r.template_open_id
       JOIN messaging_messagetemplate c ON c.id = r.template_closed_id
       WHERE r.is_on ORDER BY r.position, r.id LIMIT 1),
      (SELECT coalesce(json_agg(json_build_array(h.weekday, h.opens, h.closes)), '[]')
       FROM calls_openinghours h),
      (SELECT coalesce(json_agg(h.date), '[]') FROM calls_holiday h)
    FROM public.tenants_business b WHERE b.schema_name = %s
"""


@dataclass(frozen=True, slots=True)
class Number:
    """One of the business's lines as a decision sees it."""

    e164: str
    staff: tuple[str, ...]
    answering: str
    press_one: bool

    @property
    def is_screened(self) -> bool:
        """Whether a call to this line is answered only by a pressed 1."""
        return self.press_one and self.answering == "staff_first" and bool(self.staff)


@dataclass(frozen=True, slots=True)
class Setup:
    """A business's rule, templates, hours and numbers at one moment."""

    business_id: int
    name: str
    zone: ZoneInfo
    is_suspended: bool
    numbers: tuple[Number, ...]
    rule: Rule | None
    templates: dict[str, str]
    week: Week

    @property
    def own_numbers(self) -> frozenset[str]:
        """Every number that is the business's own: its lines and the phones they ring."""
        own = {n.e164 for n in self.numbers}
        own.update(normalise(s) for n in self.numbers for s in n.staff)
        return frozenset(own - {""})

    def line(self, e164: str) -> Number | None:
        """Return one of the lines, or None."""
        return next((n for n in self.numbers if n.e164 == e164), None)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def load_setup(schema: str) -> Setup:
    """Return the set-up of the business whose schema this connection is in. Raises LookupError."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [schema])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"no business has the schema {schema}")
    numbers, rule, spans, holidays = (_json(value) for value in row[4:])
    zone = ZoneInfo(row[2])
    week = Week(
        zone,
        tuple(Span(int(w), time.fromisoformat(o), time.fromisoformat(c)) for w, o, c in spans),
        frozenset(date.fromisoformat(day) for day in holidays),
    )
    return Setup(
        row[0],
        row[1],
        zone,
        row[3],
        tuple(
            Number(n["e164"], tuple(n["staff"]), n["answering"], n["press_one"]) for n in numbers
        ),
        _rule(rule) if rule else None,
        {"open": rule["open"], "closed": rule["closed"]} if rule else {},
        week,
    )


def _rule(raw: dict[str, Any]) -> Rule:
    def span(name: str) -> timedelta:
        return timedelta(seconds=float(raw[name]))

    return Rule(
        raw["name"],
        raw["is_on"],
        frozenset(raw["outcomes"]),
        raw["hours"],
        raw["callers"],
        span("minimum_ring"),
        span("maximum_answered"),
        span("delay"),
        span("cool_down"),
        span("expires_after"),
    )


@dataclass(frozen=True, slots=True)
class History:
    """What went before between the business and one person, as a decision asks it."""

    last_text_back_at: datetime | None
    person_wrote_at: datetime | None
    is_known: bool


_HISTORY = """
    SELECT
      (SELECT max(m.created_at) FROM messaging_message m JOIN messaging_conversation v
         ON v.id = m.conversation_id WHERE v.contact_id = %(contact)s AND m.author = 'rule'
         AND m.status NOT IN ('cancelled', 'failed', 'undelivered')),
      (SELECT max(m.created_at) FROM messaging_message m JOIN messaging_conversation v
         ON v.id = m.conversation_id WHERE v.contact_id = %(contact)s
         AND m.author IN ('person', 'api') AND m.status NOT IN ('cancelled', 'failed')),
      EXISTS (SELECT 1 FROM calls_call k WHERE k.contact_id = %(contact)s AND k.id <> %(call)s)
        OR EXISTS (SELECT 1 FROM messaging_conversation v JOIN messaging_message m
           ON m.conversation_id = v.id WHERE v.contact_id = %(contact)s)
"""


def load_history(contact_id: int, call_id: int) -> History:
    """Return what went before with a contact, this call left out."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"contact": contact_id, "call": call_id})
        return History(*cursor.fetchone())
