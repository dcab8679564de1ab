"""What a decision needs to know of a business, read in one query; and its public numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from calls.decision import Rule
from calls.hours import Span, Week
from messaging.clearance import Policy
from messaging.numbers import normalise
from messaging.outbox import Sender
from messaging.policies import POLICY_SQL, choices_from
from tenants.models import MAY_SEND

_SQL = f"""
    SELECT b.id, b.name, b.timezone, b.suspended_at IS NOT NULL, b.setup_version,
      (SELECT coalesce(json_agg(json_build_object(
           'e164', n.e164, 'staff', n.staff_numbers, 'answering', n.answering,
           'press_one', n.press_one, 'provider', a.provider, 'account_sid', a.account_sid,
           'auth_token', a.auth_token, 'registration', n.registration,
           'use_case', n.use_case) ORDER BY n.id), '[]')
       FROM public.tenants_phonenumber n
       JOIN public.tenants_provideraccount a ON a.id = n.account_id WHERE n.business_id = b.id),
      (SELECT json_build_object(
           'name', r.name, 'is_on', r.is_on, 'outcomes', r.outcomes, 'hours', r.hours,
           'callers', r.callers, 'minimum_ring', extract(epoch FROM r.minimum_ring),
           'maximum_answered', extract(epoch FROM r.maximum_answered),
           'delay', extract(epoch FROM r.delay), 'cool_down', extract(epoch FROM r.cool_down),
           'expires_after', extract(epoch FROM r.expires_after),
           'open', o.body, 'closed', c.body,
           'open_version', (SELECT o.key || '@' || max(v.version) FROM messaging_templateversion v WHERE v.key = o.key), 'closed_version', (SELECT c.key || '@' || max(v.version) FROM messaging_templateversion v WHERE v.key = c.key))
       FROM calls_textbackrule r
       JOIN messaging_messagetemplate o ON o.id = r.template_open_id
       JOIN messaging_messagetemplate c ON c.id = r.template_closed_id
       WHERE r.is_on ORDER BY r.position, r.id LIMIT 1),
      (SELECT coalesce(json_agg(json_build_array(h.weekday, h.opens, h.closes)), '[]')
       FROM calls_openinghours h),
      (SELECT coalesce(json_agg(h.date), '[]') FROM calls_holiday h),
      b.posture, a.posture_floor, b.playbook, {POLICY_SQL}
    FROM public.tenants_business b JOIN public.tenants_agency a ON a.id = b.agency_id
    WHERE b.schema_name = %s
"""
_KEEP_AT_MOST = 5_000
_kept: dict[str, Setup] = {}


@dataclass(frozen=True, slots=True)
class Number:
    """One of the business's lines as a decision sees it."""

    e164: str
    staff: tuple[str, ...]
    answering: str
    press_one: bool
    provider: str
    account_sid: str
    auth_token: str = field(repr=False)  # as stored, encrypted
    registration: str
    use_case: str

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
    version: int
    numbers: tuple[Number, ...]
    rule: Rule | None
    templates: dict[str, str]
    week: Week
    policy: Policy
    template_versions: dict[str, str]  # "open" and "closed", as key@version

    @property
    def posture(self) -> str:
        """The posture in force: the business's or its agency's, the stricter."""
        return self.policy.posture

    @property
    def own_numbers(self) -> frozenset[str]:
        """Every number that is the business's own: its lines and the phones they ring."""
        own = {n.e164 for n in self.numbers}
        own.update(normalise(s) for n in self.numbers for s in n.staff)
        return frozenset(own - {""})

    def sender(self, schema: str, e164: str) -> Sender | None:
        """Return the line as a sender of texts, or None when it is not the business's."""
        line = self.line(e164)
        if line is None:
            return None
        return Sender(
            self.business_id, schema, line.e164, line.provider, self.own_numbers, self.policy,
            line.registration in MAY_SEND, line.use_case, line.account_sid, line.auth_token,
        )  # fmt: skip

    def line(self, e164: str) -> Number | None:
        """Return one of the lines, or None."""
        return next((n for n in self.numbers if n.e164 == e164), None)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def current_setup(schema: str, version: int) -> Setup:
    """Return the set-up of a business at `version` (Business.setup_version), kept while it is current.

    The connection must be in the business's schema. Raises LookupError.
    """
    kept = _kept.get(schema)
    if kept is not None and kept.version == version:
        return kept
    if len(_kept) >= _KEEP_AT_MOST:
        _kept.clear()
    _kept[schema] = setup = load_setup(schema)
    return setup


def load_setup(schema: str) -> Setup:
    """Return the set-up of the business whose schema this connection is in. Raises LookupError."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [schema])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"no business has the schema {schema}")
    numbers, rule, spans, holidays = (_json(value) for value in row[5:9])
    zone = ZoneInfo(row[2])
    week = Week(
        zone,
        tuple(Span(int(w), time.fromisoformat(o), time.fromisoformat(c)) for w, o, c in spans),
        frozenset(date.fromisoformat(day) for day in holidays),
    )
    return Setup(
        row[0], row[1], zone, row[3], row[4],
        tuple(
            Number(
                n["e164"], tuple(n["staff"]), n["answering"], n["press_one"], n["provider"],
                n["account_sid"], n["auth_token"], n["registration"], n["use_case"],
            )
            for n in numbers
        ),
        _rule(rule) if rule else None,
        {"open": rule["open"], "closed": rule["closed"]} if rule else {},
        week,
        choices_from(
            _json(row[12]), brand=row[1], vertical=row[11], suspended=row[3], posture=row[9],
            floor=row[10],
        ),
        {"open": rule["open_version"] or "", "closed": rule["closed_version"] or ""}
        if rule
        else {},
    )  # fmt: skip


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
