"""When a text may go, in every place its recipient may be in. Pure.

The question is put to each candidate's own clock on the wall; the answer is yes when all say yes
(R-TZ-7). Between the edges nothing is stepped through: the next moment is the latest of the
candidates' next openings, asked again until they agree. Source: compliance.md 1.4, 2, 4, R-ST-1
to R-ST-4, section 8 rows 27, 28, 33-35, 38-44.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from messaging import zones
from messaging.clocks import GUARD, Clock, Kind
from messaging.jurisdictions import DEFAULT, FEDERAL, UNKNOWN, Jurisdiction, Ruleset
from messaging.places import ANYWHERE, Candidates, Place, states

__all__ = ["Blocked", "Kind", "blocked", "local_times", "next_ok"]

Code = Literal[
    "QUIET_HOURS",
    "STATE_HOURS",
    "STATE_DAY_BANNED",
    "UNKNOWN_STATE_STRICT",
    "STATE_EMERGENCY_BAN",
]

# Beyond this nothing is looked for; the longest gap of any rule is a few days.
HORIZON = timedelta(days=60)
_NOON = 12 * 60
_REMEMBERED = 5_000  # sets of candidates, before they are forgotten again
_RULES = {FEDERAL: "R-HRS-1", DEFAULT: "R-ST-3", UNKNOWN: "R-ST-2"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a text may not go now.

    places: every candidate that says no, sorted; rule: such as 'R-HRS-1', 'R-HRS-4', 'US-TX';
    sentence: for people, about the first of them.
    """

    code: Code
    places: tuple[Place, ...]
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be asked about one set of candidates; banned: places under an emergency."""

    clocks: tuple[Clock, ...]
    banned: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One candidate's no. words: a sentence with {here}; near: only the guard band says no."""

    code: Code
    clock: Clock
    row: Jurisdiction
    words: str
    near: bool


def blocked(candidates: Candidates, kind: Kind, at: datetime, rules: Ruleset) -> Blocked | None:
    """Return why a text may not go at `at` (aware), or None when every candidate allows it.

    kind: 'informational' keeps 8:00-21:00, 'delayed' (an answer more than 5 minutes after the
    call) the hours of the state, 'marketing' also its banned days, defaults and emergencies.
    """
    if at.tzinfo is None:
        raise ValueError("at: a moment needs a zone")
    plan = _plan(candidates, kind, rules)
    if plan.banned:
        return _emergency(plan, rules)
    for clock in plan.clocks:
        local = at.astimezone(clock.zone)
        day = clock.days.get(local.toordinal()) or clock.day(local.date())
        if not day.low <= local.hour * 60 + local.minute < day.high:
            return _explain(plan, at)
    return None


def next_ok(
    candidates: Candidates, kind: Kind, after: datetime, rules: Ruleset, *, until: datetime
) -> datetime | None:
    """Return the first moment from `after` on (both aware, answer in UTC) at which nothing blocks.

    `after` itself when it is allowed, else the minute in which the last candidate opens; None when
    that is not before `until`, or further away than 60 days.
    """
    if after.tzinfo is None or until.tzinfo is None:
        raise ValueError("after, until: a moment needs a zone")
    plan = _plan(candidates, kind, rules)
    moment = after.astimezone(UTC)
    until = min(until.astimezone(UTC), moment + HORIZON)
    if plan.banned:
        return None
    while moment < until:
        asked = moment
        for clock in plan.clocks:
            opening = clock.next_opening(moment, until)
            if opening is None:
                return None
            moment = opening
        if moment == asked:
            return moment
    return None


def local_times(candidates: Candidates, at: datetime) -> tuple[tuple[str, str], ...]:
    """Return what clocks show in each candidate zone, such as ('America/Chicago', 'Sat 9:40 PM')."""
    return tuple((name, _shown(at.astimezone(zones.zone(name)))) for name in candidates.zones)


def _shown(local: datetime) -> str:
    return f"{_WEEKDAYS[local.weekday()][:3]} {zones.time_in_words(zones.minute_of_day(local))}"


def _plan(candidates: Candidates, kind: Kind, rules: Ruleset) -> _Plan:
    key = (candidates.places, candidates.state_known, kind)
    plan: _Plan | None = rules.plans.get(key)
    if plan is None:
        if len(rules.plans) >= _REMEMBERED:
            rules.plans.clear()
        plan = rules.plans[key] = _draw_up(candidates, kind, rules)
    return plan


def _draw_up(candidates: Candidates, kind: Kind, rules: Ruleset) -> _Plan:
    places = sorted(
        candidates.places or {Place("US", "", zone) for zone in ANYWHERE},
        key=lambda p: (p.country, p.state, p.zone),
    )
    known = candidates.state_known and bool(candidates.places)
    code = FEDERAL if kind == "informational" else "" if known else UNKNOWN
    clocks = []
    for place in places:
        own = _own_zones(place, rules) if not code else ()
        for name in {place.zone, *own}:
            applied = code or (FEDERAL if own and name not in own else "")
            clocks.append(Clock(place, zones.zone(name), name, kind, applied, rules))
    banned: tuple[Place, ...] = ()
    if kind == "marketing" and rules.emergency:
        # A person who may be anywhere may be where the emergency is.
        anywhere = {p for p in places if not p.state or not known}
        banned = tuple(p for p in places if p.code in rules.emergency or p in anywhere)
    return _Plan(tuple(clocks), banned)


def _own_zones(place: Place, rules: Ruleset) -> tuple[str, ...]:
    """Return the zone on whose clock a state insists (Mississippi), if any."""
    return tuple({row.zone for row in rules.rows if row.code == place.code and row.zone})


def _emergency(plan: _Plan, rules: Ruleset) -> Blocked:
    named = [p for p in plan.banned if p.code in rules.emergency]
    where = states()[named[0].code if named else min(rules.emergency)]
    sentence = f"A declared emergency in {where} bars marketing texts there until it is lifted."
    if not named:
        sentence = f"{sentence[:-1]}, and the state of this number is not known."
    return Blocked("STATE_EMERGENCY_BAN", plan.banned, "R-ST-4", sentence)


def _explain(plan: _Plan, at: datetime) -> Blocked:
    """Return the refusal of the candidates that say no; a banned day is told before an hour."""
    refusals = [r for r in (_refusal(clock, at) for clock in plan.clocks) if r is not None]
    told = min(refusals, key=lambda r: r.code != "STATE_DAY_BANNED")
    place, zone_name = told.clock.place, told.clock.zone_name
    name = states().get(place.code)
    here = f"in {name}" if name else zones.in_words(zone_name)
    if name and len({c.zone_name for c in plan.clocks if c.place.code == place.code}) > 1:
        here = f"in {name} ({zones.in_words(zone_name)})"
    unknown = told.row.code == UNKNOWN
    strict = "The state is not known, so the strictest hours hold. " if unknown else ""
    return Blocked(
        told.code,
        tuple(dict.fromkeys(each.clock.place for each in refusals)),
        "R-HRS-4" if told.near else _RULES.get(told.row.code, told.row.code),
        strict + told.words.format(here=here),
    )


def _refusal(clock: Clock, at: datetime) -> _Refusal | None:
    local = at.astimezone(clock.zone)
    day, minute = clock.day(local.date()), zones.minute_of_day(local)
    if day.low <= minute < day.high:
        return None
    marketing, weekday = clock.kind == "marketing", _WEEKDAYS[local.weekday()]
    code: Code = "STATE_HOURS" if marketing else "QUIET_HOURS"
    near = False
    if day.window is None:
        code = "STATE_DAY_BANNED"
        words = f"It is {weekday} {{here}}; no marketing texts go there on {weekday}s."
        if day.holiday:
            words = f"It is a holiday {{here}} ({day.holiday}); no marketing texts go there then."
    else:
        opens, closes = day.window
        near = opens <= minute < closes
        since, until = zones.time_in_words(opens), zones.time_in_words(closes)
        now = zones.time_in_words(minute)
        # Each a sentence of its own: said in another language it is found whole.
        words = f"It is {now} {{here}}; texts may go from {since} to {until} there."
        if near:
            words = f"It is {now} {{here}}; texts may go from {since} to {until} there, less {GUARD} minutes at both ends."
        if marketing and minute < opens and opens >= _NOON:
            # A Sunday that begins at noon: its morning is banned as other states ban the day.
            code = "STATE_DAY_BANNED"
            words = words.replace("; texts", f"; on a {weekday} texts")
    if marketing and day.row.code == UNKNOWN:
        code = "UNKNOWN_STATE_STRICT"
    return _Refusal(code, clock, day.row, words, near)
