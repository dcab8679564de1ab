"""What a decision needs to know of a business, read in one query; and its public numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from billing.standing import STANDING_SQL, standing_from
from calls import trying
from calls.hours import Span, Week
from calls.rules import Rules, load
from calls.trying import TRIED_SQL, Tried
from messaging.clearance import Policy
from messaging.numbers import normalise
from messaging.outbox import Sender
from messaging.policies import POLICY_SQL, choices_from
from tenants import postures
from tenants.models import MAY_SEND

_SQL = f"""
    SELECT b.id, b.name, b.timezone, b.suspended_at IS NOT NULL, b.setup_version,
      (SELECT coalesce(json_agg(json_build_object(
           'e164', n.e164, 'staff', n.staff_numbers, 'answering', n.answering,
           'posture', n.posture, 'on_call', n.emergency_number,
           'press_one', n.press_one, 'provider', a.provider, 'account_sid', a.account_sid,
           'auth_token', a.auth_token, 'registration', n.registration,
           'use_case', n.use_case) ORDER BY n.id), '[]')
       FROM public.tenants_phonenumber n
       JOIN public.tenants_provideraccount a ON a.id = n.account_id WHERE n.business_id = b.id),
      (SELECT json_build_object('version', r.version, 'rules', r.rules)
       FROM calls_ruleset r ORDER BY r.version DESC LIMIT 1),
      (SELECT coalesce(json_object_agg(t.key, json_build_array(t.body,
           (SELECT max(v.version) FROM messaging_templateversion v WHERE v.key = t.key))), '{{}}')
       FROM messaging_messagetemplate t),
      (SELECT coalesce(json_agg(json_build_array(h.weekday, h.opens, h.closes)), '[]')
       FROM calls_openinghours h),
      (SELECT coalesce(json_agg(h.date), '[]') FROM calls_holiday h),
      b.posture, a.posture_floor, b.playbook, {POLICY_SQL},
      EXISTS (SELECT 1 FROM public.tenants_callsource s WHERE s.business_id = b.id), {TRIED_SQL},
      {STANDING_SQL}, b.stage
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
    posture: str = ""  # the line's own, stricter than the business's or ''
    on_call: str = ""

    @property
    def is_screened(self) -> bool:
        """Whether a call to this line is answered only by a pressed 1."""
        return self.press_one and self.answering != "greeting" and bool(self.staff)


@dataclass(frozen=True, slots=True)
class Setup:
    """A business's rules, templates, hours and numbers at one moment."""

    business_id: int
    name: str
    zone: ZoneInfo
    is_suspended: bool
    version: int
    numbers: tuple[Number, ...]
    rules: Rules
    templates: dict[str, str]  # key -> body
    template_versions: dict[str, str]  # key -> key@version
    week: Week
    policy: Policy
    counts_calls: bool  # whether a rule asks how often somebody called
    waits_for_opening: bool  # whether a rule holds a text until the business opens
    hears_reports: bool = False  # whether another phone system reports its calls
    tried: tuple[Tried, ...] = ()  # who tries a line just now

    @property
    def posture(self) -> str:
        """The posture in force: the business's or its agency's, the stricter."""
        return self.policy.posture

    @property
    def own_numbers(self) -> frozenset[str]:
        """Every number that is the business's own: its lines and the phones they ring."""
        own = {n.e164 for n in self.numbers}
        own.update(normalise(s) for n in self.numbers for s in (*n.staff, n.on_call))
        return frozenset(own - {""})

    def sender(self, schema: str, e164: str) -> Sender | None:
        """Return the line as a sender of texts, or None when it is not the business's."""
        line = self.line(e164)
        if line is None:
            return None
        return Sender(
            self.business_id, schema, line.e164, line.provider, self.own_numbers,
            self.policy_of(e164),
            line.registration in MAY_SEND, line.use_case, line.account_sid, line.auth_token,
        )  # fmt: skip

    def policy_of(self, e164: str) -> Policy:
        """Return the policy as it holds for calls to this line, whose posture may be stricter."""
        line = self.line(e164)
        if line is None or not line.posture:
            return self.policy
        return replace(self.policy, posture=postures.stricter(self.policy.posture, line.posture))

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
    numbers, stored, texts, spans, holidays = (_json(value) for value in row[5:10])
    zone = ZoneInfo(row[2])
    week = Week(
        zone,
        tuple(Span(int(w), time.fromisoformat(o), time.fromisoformat(c)) for w, o, c in spans),
        frozenset(date.fromisoformat(day) for day in holidays),
    )
    # What is in force was right when it was published; a line given up since covers no call.
    rules = Rules(stored["version"], load(stored["rules"])) if stored else Rules()
    return Setup(
        row[0], row[1], zone, row[3], row[4],
        tuple(
            Number(
                n["e164"], tuple(n["staff"]), n["answering"], n["press_one"], n["provider"],
                n["account_sid"], n["auth_token"], n["registration"], n["use_case"], n["posture"],
                n["on_call"],
            )
            for n in numbers
        ),
        rules,
        {key: body for key, (body, _) in texts.items()},
        {key: f"{key}@{version}" if version else "" for key, (_, version) in texts.items()},
        week,
        choices_from(
            _json(row[13]), brand=row[1], vertical=row[12], suspended=row[3], posture=row[10],
            floor=row[11], billing=standing_from(row[16]), stage=row[17],
        ),
        any(rule.when.counts_calls for rule in rules.in_force),
        any(rule.then.action == "hold" for rule in rules.in_force),
        row[14],
        trying.read(_json(row[15])),
    )  # fmt: skip
