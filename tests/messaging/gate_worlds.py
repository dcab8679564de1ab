"""Everybody the gate may be asked about, as strategies; and its windows reckoned anew, the slow way.

The reckoning reads the rule files' rows and the table of area codes for itself and asks each
candidate's clock one by one; it shares nothing with messaging.windows but the data.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from messaging.clearance import PURPOSES, Outgoing, Policy, Standing
from messaging.numbers import textable
from messaging.places import ANYWHERE, FOLDER, Place, states
from tenants import postures
from tests.messaging.gate_facts import DAY, HOUR, MINUTE, RULES

GUARD = 15
ROW_OF = {row.code: row for row in RULES.rows}


# -- Places, out of the table itself.


@cache
def codes() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return country, states and zones of every area code whose numbers can be texted."""
    found = {}
    with (FOLDER / "area_codes.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            if row and not row[0].startswith("#"):
                code, country, in_states, in_zones, _ = row
                zones = ANYWHERE if in_zones == "*" else tuple(in_zones.split())
                found[code] = (country, tuple(in_states.split()), zones)
    return {code: where for code, where in found.items() if not textable(number(code)).problem}


@cache
def number(code: str) -> str:
    """Return a number of an area code; not every exchange is one everywhere."""
    each = [f"+1{code}{exchange}1234" for exchange in (556, 633, 234, 256, 483, 777)]
    return next((n for n in each if not textable(n).problem), each[0])


def zones_of(country: str, state: str) -> list[str]:
    """Return every zone that any area code of a state may mean."""
    return sorted(
        {z for c, in_states, zones in codes().values() if c == country and state in in_states
         for z in zones}
    )  # fmt: skip


def naive_places(
    message: Outgoing, person: Standing, now: datetime, *, marketing: bool
) -> tuple[list[tuple[str, str]], bool]:
    """Return (jurisdiction, zone) of every place a person may be in, and whether all states are known."""
    country, in_states, zones = codes()[message.to[2:5]]
    by_number = [(f"{country}-{s}" if s else country, z) for s in in_states or [""] for z in zones]
    addresses = [person.stated] if person.stated else []
    if person.verified and person.verified_at and now - person.verified_at < 729 * DAY:
        addresses.append(person.verified)
    spread = [
        [(a.code, z) for z in ([a.zone] if a.zone else zones_of(a.country, a.state))]
        for a in addresses
    ]
    known = bool(in_states)
    if not addresses:
        return by_number, known
    if not marketing:
        return spread[0], bool(addresses[0].state)
    return [*by_number, *(p for each in spread for p in each)], known and all(
        a.state for a in addresses
    )


def naive_open(kind: str, place: tuple[str, str], known: bool, now: datetime) -> bool:
    """Say whether one place's clock, under its rule, allows a text now."""
    code, zone = place
    if kind == "informational":
        return _within("US", zone, kind, now)
    if not known or "-" not in code:
        return _within("US-unknown", zone, kind, now)
    if code.startswith("CA"):
        return _within("CA", zone, kind, now)
    if code not in ROW_OF:
        return _within("US-default" if kind == "marketing" else "US", zone, kind, now)
    own = ROW_OF[code].zone
    if own and own != zone:
        return _within(code, own, kind, now) and _within("US", zone, kind, now)
    return _within(code, zone, kind, now)


def _within(code: str, zone: str, kind: str, now: datetime) -> bool:
    row, wall = ROW_OF[code], now.astimezone(ZoneInfo(zone))
    window = row.hours[wall.weekday()]
    if kind == "marketing":
        if window is None or any(RULES.calendars[c].on(wall.date()) for c in row.holidays):
            return False
    elif window is None:  # a banned day binds marketing alone: then the week's narrowest hours
        others = [w for w in row.hours if w is not None]
        window = (max(w[0] for w in others), min(w[1] for w in others))
    minute = wall.hour * 60 + wall.minute
    return window[0] + GUARD <= minute < window[1] - GUARD


def naive_allowed(kind: str, message: Outgoing, person: Standing, now: datetime) -> bool:
    """Say whether every place a person may be in allows a text now."""
    places, known = naive_places(message, person, now, marketing=kind == "marketing")
    return all(naive_open(kind, place, known, now) for place in places)


# -- Moments: three years, and thickly around whatever clocks and calendars do.

_TURNS = [
    "2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07", "2028-03-12", "2028-11-05",  # clocks
    "2028-02-29", "2026-12-31", "2027-01-01", "2027-12-31", "2028-12-31",
    "2026-12-25", "2027-02-09", "2027-07-04", "2026-11-26", "2028-11-07",  # holidays
]  # fmt: skip
_EDGES = [0, 120, 180, 480, 495, 540, 555, 600, 615, 720, 735, 1005, 1065, 1185, 1200, 1245, 1260]
_WALLS = [
    *ANYWHERE, "America/Phoenix", "America/Adak", "America/Puerto_Rico", "Pacific/Guam",
    "Pacific/Pago_Pago", "America/St_Johns", "America/Toronto", "America/Regina",
]  # fmt: skip


def _at_an_edge(day: datetime, minute: int, zone: str, off: int) -> datetime:
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone))
    return wall.astimezone(UTC) + timedelta(seconds=off)


_DAYS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 31))  # noqa: DTZ001
_TURN_DAYS = st.builds(
    lambda day, n: datetime.fromisoformat(day) + n * DAY,
    st.sampled_from(_TURNS),
    st.integers(-2, 1),
)
MOMENTS = (
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001
    | st.builds(
        _at_an_edge, _DAYS | _TURN_DAYS, st.sampled_from(_EDGES), st.sampled_from(_WALLS),
        st.sampled_from([-60, -1, 0, 1, 60]) | st.integers(-7200, 7200),
    )
    | st.builds(lambda d, m: d.replace(tzinfo=UTC) + m * MINUTE, _TURN_DAYS, st.integers(0, 2000))
)  # fmt: skip


def ago(most: timedelta, least: timedelta = timedelta(0)) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(least, most)


def _when(now: datetime, span: timedelta | None) -> datetime | None:
    return None if span is None else now - span


# -- People, texts, policies.

NUMBERS = st.sampled_from(sorted(codes())).map(number) | st.sampled_from(
    # straddling, far away, without clock changes, Washington, unknown, Canadian
    ["850", "928", "605", "208", "541", "775", "907", "808", "602", "787", "671", "206", "509",
     "729", "357", "807", "867", "306"]
).map(number)  # fmt: skip
PLACES = (
    st.sampled_from(sorted(states())).map(lambda code: Place(*code.split("-"), ""))
    | st.builds(
        lambda code, zone: Place(*code.split("-"), zone),
        st.sampled_from(sorted(states())),
        st.sampled_from(_WALLS),
    )
    | st.sampled_from(_WALLS).map(lambda zone: Place("US", "", zone))
).filter(lambda place: place.zone or zones_of(place.country, place.state))
POLICIES = st.builds(
    Policy,
    posture=st.sampled_from(list(postures.POSTURES)),
    washington_needs_notice=st.booleans(),
    strict_quiet_hours=st.booleans(),
    first_text_links=st.booleans(),
    marketing=st.booleans(),
    nudges=st.booleans(),
    countries=st.sampled_from([frozenset({"US", "CA"}), frozenset({"US"}), frozenset({"CA"})]),
    suspended=st.booleans(),
)
NOTHING = st.none()


@st.composite
def people(draw: st.DrawFn, now: datetime, *, agreed: bool = False) -> Standing:
    """Anybody; with `agreed` somebody whom nothing but the clock keeps from a marketing text."""
    spans: dict[str, Any] = {
        "last_inbound_at": draw(NOTHING | ago(3 * DAY)),
        "last_text_back_at": draw(NOTHING | ago(3 * DAY)),
        "helped_at": draw(NOTHING | ago(2 * DAY)),
        "clarified_at": draw(NOTHING | ago(2 * DAY)),
        "last_marketing_at": draw(NOTHING | ago(2 * DAY)),
        "consent_at": draw(NOTHING | ago(60 * DAY)),
        "dnc_checked_at": draw(NOTHING | ago(60 * DAY)),
        # 24 months are a matter of the calendar; a day or so of them is left to its own tests.
        "verified_at": draw(NOTHING | ago(720 * DAY) | ago(900 * DAY, 740 * DAY)),
    }
    chances = st.sampled_from([False] * 7 + [True])
    more: dict[str, Any] = {
        "opted_out": draw(chances),
        "untextable": draw(chances),
        "refused": draw(chances),
        "consent_level": draw(st.integers(0, 5)),
        "marketing_today": draw(st.integers(0, 1)),
        "exchanges_last_minute": draw(st.sampled_from([0, 0, 0, 4, 5])),
        "reassigned": draw(st.sampled_from(["", "no", "no", "yes", "no_data"])),
        "stated": draw(NOTHING | PLACES),
        "verified": draw(NOTHING | PLACES),
        "paused_until": now + draw(ago(9 * DAY)) if draw(chances) else None,
    }
    if agreed:
        spans |= {
            "consent_at": draw(ago(20 * DAY)), "dnc_checked_at": draw(ago(20 * DAY)),
            "verified_at": draw(NOTHING | ago(700 * DAY)), "last_text_back_at": None,
        }  # fmt: skip
        more |= dict.fromkeys(("opted_out", "untextable", "refused"), False)
        more |= {"consent_level": 5, "reassigned": draw(st.sampled_from(["", "no", "no_data"]))}
        more |= {"paused_until": None, "exchanges_last_minute": 0, "marketing_today": 0}
    return Standing(**more, **{name: _when(now, span) for name, span in spans.items()})


@st.composite
def texts(draw: st.DrawFn, now: datetime, *, fit: bool = False) -> Outgoing:
    """Any text; with `fit` one whom nothing but the clock, the person and the policy keep."""
    purpose = draw(st.sampled_from(list(PURPOSES)))
    category = PURPOSES[purpose]
    chances = st.sampled_from([False] * 7 + [True])
    created = draw(ago(2 * HOUR))
    asked = created + draw(ago(10 * MINUTE) | ago(13 * HOUR))
    text = Outgoing(
        draw(NUMBERS),
        frozenset({"+13125550100"}),
        category,
        draw(st.sampled_from(["rule", "person", "api", "system", "assistant"])),
        purpose,
        asked_at=now - asked,
        created_at=now - created,
        expires_at=draw(NOTHING | st.builds(lambda s: now + s, ago(2 * DAY))),
        level=draw(st.integers(0, 3)),
        promo=draw(st.sampled_from(["", "", "", "20% off"])),
        use_case=draw(st.sampled_from(["MIXED", "MARKETING", "MARKETING", "CUSTOMER_CARE"])),
    )
    if fit:
        return replace(text, level=3)
    return replace(
        text,
        category=draw(st.sampled_from([category] * 5 + ["C0", "C1", "C2", "C3"])),
        asked_at=None if draw(chances) else text.asked_at,
        blocking=("R-CAR-1",) if draw(chances) else (),
        attestation=draw(st.sampled_from(["", "A", "B", "C", "failed"])),
        elsewhere=draw(st.sampled_from([0, 0, 2, 3])),
        confirmed_by_provider=draw(chances),
        is_missed=not draw(chances),
        gave_up_after=draw(st.sampled_from([None, None, 2, 4, 30])),
        may_send=not draw(chances),
        lacks_disclosure=draw(chances),
        throttled_until=draw(NOTHING | st.builds(lambda s: now + s, ago(HOUR))),
    )


@st.composite
def worlds(draw: st.DrawFn, *, steady: bool = False) -> tuple[Any, ...]:
    """A text, a person, a policy and a moment; `steady`: nothing but clocks may keep it."""
    now = draw(MOMENTS)
    message = draw(texts(now, fit=steady))
    person = draw(people(now, agreed=steady))
    policy = draw(POLICIES)
    if steady:
        # Strict hours are the clock's; everything else is switched as mildly as it can be.
        policy = Policy(strict_quiet_hours=policy.strict_quiet_hours, marketing=True, nudges=True)
        if message.use_case == "CUSTOMER_CARE":
            message = replace(message, promo="", use_case="MIXED")
    return message, person, policy, now
