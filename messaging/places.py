"""Where the person behind a number may be: every candidate, never the first. Pure.

An area code is a guess about a place, so it answers with a set; what the person said beats what a
business knows, which beats the area code. Source: compliance.md 5 (R-TZ-1 to R-TZ-8), R-ST-1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

import phonenumbers
from phonenumbers import timezone as library_zones

from messaging import zones

FOLDER = Path(__file__).resolve().parent / "rulebook"
# All four zones of the mainland with Alaska and Hawaii (R-TZ-5).
ANYWHERE = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
VERIFIED_MONTHS = 24  # R-TZ-2: an address older than this is no evidence
_NANP = re.compile(r"\+1([2-9][0-9]{2})[2-9][0-9]{6}\Z")
# The library answers an unknown area code with all zones of +1; no real answer is that long.
_TOO_MANY = 20


@dataclass(frozen=True, slots=True)
class Place:
    """One place a person may be in.

    country: 'US', 'CA', …; state: 'FL', 'ON', '' when unknown; zone: an IANA name, '' for a stated
    state whose zone is not known (`resolve` makes all its zones of it).
    """

    country: str
    state: str
    zone: str

    @property
    def code(self) -> str:
        """The jurisdiction as rules name it: 'US-FL', or 'US' when the state is unknown."""
        return f"{self.country}-{self.state}" if self.state else self.country


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every place a person may be in; what is not allowed in one of them is not allowed.

    state_known: False for an unknown area code, a toll-free number or a place without a state: the
    strictest rules hold; source: 'area code', 'stated address', 'verified address' or 'area code
    and address'.
    """

    places: frozenset[Place]
    state_known: bool
    source: str

    @property
    def zones(self) -> tuple[str, ...]:
        """The candidate zones, sorted."""
        return tuple(sorted({place.zone for place in self.places}))

    @property
    def states(self) -> tuple[str, ...]:
        """The candidate states, sorted, such as 'US-FL'; empty where none is known."""
        return tuple(sorted({place.code for place in self.places if place.state}))


@cache
def states() -> MappingProxyType[str, str]:
    """Return the names of all states, territories and provinces by code, such as 'US-FL'."""
    return MappingProxyType(
        {f"{country}-{code}": name for country, code, name in _rows("states.csv", 3)}
    )


@cache
def area_codes() -> MappingProxyType[str, Candidates]:
    """Return the table of area codes; raises ValueError with file and line for a bad line."""
    table: dict[str, Candidates] = {}
    for code, country, in_states, in_zones, _ in _rows("area_codes.csv", 5):
        known = in_states.split()
        zone_names = ANYWHERE if in_zones == "*" else tuple(in_zones.split())
        unknown = [s for s in known if f"{country}-{s}" not in states()]
        unknown += [z for z in zone_names if z not in zones.names()]
        if unknown or not zone_names or code in table or not re.fullmatch("[2-9][0-9]{2}", code):
            raise ValueError(f"area_codes.csv: {code}: {', '.join(unknown) or 'a bad line'}")
        places = frozenset(Place(country, s, z) for s in known or [""] for z in zone_names)
        table[code] = Candidates(places, bool(known), "area code")
    return MappingProxyType(table)


@lru_cache(maxsize=50_000)
def of_number(e164: str) -> Candidates:
    """Return where a number's area code may be; an unknown one may be anywhere in the US.

    Never raises: a number that means nothing is unknown too (R-TZ-5).
    """
    nanp = _NANP.match(e164)
    listed = area_codes().get(nanp.group(1)) if nanp else None
    return listed or _of_library(e164) or _unknown()


def resolve(
    e164: str,
    *,
    stated: Place | None,
    verified: Place | None,
    verified_at: datetime | None,
    marketing: bool,
    now: datetime,
) -> Candidates:
    """Weigh the evidence of where a person is (R-TZ-2); times are aware.

    What the person stated beats an address verified within 24 months, which beats the area code.
    For marketing nothing is beaten: every address and the area code must allow the text.
    """
    fresh = verified_at is not None and verified_at >= _months_before(now, VERIFIED_MONTHS)
    address = verified if fresh else None
    by_number = of_number(e164)
    if not marketing:
        best = stated or address
        if best is None:
            return by_number
        return Candidates(
            frozenset(_spread(best)),
            bool(best.state),
            "stated address" if stated else "verified address",
        )
    known = [place for place in (stated, address) if place is not None]
    if not known:
        return by_number
    return Candidates(
        by_number.places.union(*(_spread(place) for place in known)),
        by_number.state_known and all(place.state for place in known),
        "area code and address",
    )


def place_of(state: str, zone: str = "", country: str = "US") -> Place:
    """Return the place of an address as people enter it: a state by code or name, a zone, or both.

    A state in one zone needs none. Raises ValueError naming country, state or zone. A zone foreign
    to the state may stand: a person's law and a person's clock are two things.
    """
    country, state, zone = country.strip().upper(), state.strip(), zone.strip()
    if country not in {code.partition("-")[0] for code in states()}:
        raise ValueError("country: expected US or CA")
    if not state and not zone:
        raise ValueError("state: give a state or a time zone")
    if zone and zone not in zones.names():
        raise ValueError("zone: expected a time zone such as America/Chicago")
    code = _state_code(country, state) if state else ""
    if code and not zone:
        own = _zones_of(country, code)
        zone = own[0] if len(own) == 1 else ""
    return Place(country, code, zone)


def _state_code(country: str, state: str) -> str:
    if f"{country}-{state.upper()}" in states():
        return state.upper()
    for code, name in states().items():
        if code.startswith(f"{country}-") and state.casefold() in (
            name.casefold(),
            name.removeprefix("the ").casefold(),
        ):
            return code.partition("-")[2]
    raise ValueError(f"state: expected a state of {country}, such as {_example(country)}")


def _example(country: str) -> str:
    return next(code for code in states() if code.startswith(f"{country}-")).partition("-")[2]


@cache
def _zones_of(country: str, state: str) -> tuple[str, ...]:
    """Return the zones of a state: those of its area codes."""
    found = {
        place.zone
        for candidates in area_codes().values()
        for place in candidates.places
        if (place.country, place.state) == (country, state)
    }
    return tuple(sorted(found))


def _spread(place: Place) -> Iterator[Place]:
    for zone in [place.zone] if place.zone else _zones_of(place.country, place.state) or ANYWHERE:
        yield Place(place.country, place.state, zone)


@cache
def _unknown() -> Candidates:
    return Candidates(frozenset(Place("US", "", z) for z in ANYWHERE), False, "area code")


def _of_library(e164: str) -> Candidates | None:
    """Ask the library about a number that is neither of the US nor of Canada."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    country = phonenumbers.region_code_for_number(number)
    if country in (None, "", "001", "US", "CA"):
        return None
    found = set(library_zones.time_zones_for_number(number)) & zones.names()
    if not found or len(found) > _TOO_MANY:
        found = set(ANYWHERE)
    return Candidates(frozenset(Place(country, "", z) for z in found), False, "area code")


def _months_before(now: datetime, months: int) -> datetime:
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    month += 1
    for day in (now.day, 28):  # 29 February has no sister two years earlier
        try:
            return now.replace(year=years, month=month, day=day)
        except ValueError:
            continue
    raise ValueError("now: too early")


def _rows(file: str, width: int) -> Iterator[list[str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.reader(lines), start=1):
            if not row or row[0].startswith("#"):
                continue
            if len(row) != width:
                raise ValueError(f"{file}:{number}: expected {width} fields")
            yield row
