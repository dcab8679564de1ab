"""Where a number may be: every candidate, from our own table and from what people say."""

from __future__ import annotations

from datetime import UTC, datetime

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from messaging import zones
from messaging.places import ANYWHERE, Place, area_codes, of_number, place_of, resolve, states

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
E, C, M, P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
NEW_YORKER = "+12125551234"
HERE = {"US", "CA", "PR", "GU", "VI", "MP", "AS"}


def number(area_code: str) -> str:
    return f"+1{area_code}2345678"


def library_knows() -> list[str]:
    """Area codes that the library calls ordinary numbers of the US, its territories or Canada."""
    found = []
    for area_code in range(200, 1000):
        parsed = [phonenumbers.parse(f"+1{area_code}{x}2345") for x in (234, 733)]
        if any(
            phonenumbers.is_valid_number(n)
            and phonenumbers.number_type(n) in (0, 1, 2)
            and phonenumbers.region_code_for_number(n) in HERE
            for n in parsed
        ):
            found.append(str(area_code))
    return found


def library_zones(area_code: str) -> set[str]:
    """All zones the library has under any prefix of an area code."""
    prefix = f"1{area_code}"
    return {z for key, found in TIMEZONE_DATA.items() if key.startswith(prefix) for z in found}


def test_every_area_code_the_library_knows_is_in_the_table():
    known = library_knows()
    assert len(known) > 410
    assert [code for code in known if code not in area_codes()] == []


@pytest.mark.parametrize("area_code", library_knows())
def test_the_table_has_every_zone_the_library_has(area_code):
    candidates = area_codes()[area_code]
    assert candidates.state_known and candidates.states
    assert library_zones(area_code) <= set(candidates.zones)


def test_every_zone_of_the_table_exists_and_every_state_is_one():
    for candidates in area_codes().values():
        assert set(candidates.zones) <= zones.names()
        assert set(candidates.states) <= set(states())
        assert all(zones.zone(name).utcoffset(NOW) is not None for name in candidates.zones)


def test_every_state_is_reached_by_an_area_code():
    reached = {state for candidates in area_codes().values() for state in candidates.states}
    assert reached == set(states())


STRADDLING = {
    "219 574 812 930 270 364 606 423 850 448 906 334": {E, C},
    "308 402 531 605 620 785 701 432": {C, M},
    "208 986 541 458 775": {M, P},
    "928": {"America/Phoenix", M},
    "907": {"America/Anchorage", "America/Adak"},
    "236 250 672 778": {"America/Vancouver", "America/Edmonton"},
    "807": {"America/Toronto", "America/Winnipeg"},
    "306 639 474": {"America/Regina", "America/Edmonton"},
    "418 581 367": {"America/Toronto", "America/Halifax"},
    "709 879": {"America/St_Johns", "America/Halifax"},
    "867": {"America/Whitehorse", "America/Edmonton", "America/Iqaluit", "America/Winnipeg"},
}


@pytest.mark.parametrize(
    ("area_code", "expected"),
    [(code, zs) for codes, zs in STRADDLING.items() for code in codes.split()],
)
def test_a_straddling_area_code_has_all_its_zones(area_code, expected):
    candidates = of_number(number(area_code))
    assert expected <= set(candidates.zones) and candidates.state_known


@pytest.mark.parametrize(
    ("area_code", "state", "zone"),
    [
        ("212", "US-NY", E),
        ("305", "US-FL", E),
        ("202", "US-DC", E),
        ("915", "US-TX", M),
        ("214", "US-TX", C),
        ("602", "US-AZ", "America/Phoenix"),
        ("808", "US-HI", "Pacific/Honolulu"),
        ("201", "US-NJ", E),
        ("787", "US-PR", "America/Puerto_Rico"),
        ("684", "US-AS", "Pacific/Pago_Pago"),
        ("671", "US-GU", "Pacific/Guam"),
        ("340", "US-VI", "America/St_Thomas"),
        ("670", "US-MP", "Pacific/Saipan"),
        ("604", "CA-BC", "America/Vancouver"),
        ("416", "CA-ON", "America/Toronto"),
    ],
)
def test_an_area_code_in_one_zone(area_code, state, zone):
    candidates = of_number(number(area_code))
    assert (candidates.states, candidates.zones) == ((state,), (zone,))
    assert candidates.source == "area code"


def test_one_area_code_may_mean_two_provinces():
    assert of_number(number("902")).states == ("CA-NS", "CA-PE")


@pytest.mark.parametrize(
    "unknown",
    [
        *(number(c) for c in ("729", "837", "357", "436", "457", "471", "483", "624", "679")),
        number("999"),
        number("861"),
        "+18005551234",
        "+18885551234",
        "+15005550006",
        "+19005551234",
        "+16005551234",
        "+1212",
        "+12125551234 ",
        "+1２125551234",
        "",
        "anonymous",
        "sip:a@b",
    ],
)
def test_an_unknown_number_may_be_anywhere(unknown):
    """R-TZ-5: nobody is dropped; all four zones of the mainland with Alaska and Hawaii."""
    candidates = of_number(unknown)
    assert not candidates.state_known and candidates.states == ()
    assert set(candidates.zones) == set(ANYWHERE) and len(ANYWHERE) == 6


@pytest.mark.parametrize(
    ("foreign", "country", "zone"),
    [
        ("+442071234567", "GB", "Europe/London"),
        ("+61291234567", "AU", "Australia/Sydney"),
        ("+18769271234", "JM", "America/Jamaica"),
    ],
)
def test_a_foreign_number_keeps_its_country_and_the_strictest_rules(foreign, country, zone):
    candidates = of_number(foreign)
    assert {p.country for p in candidates.places} == {country}
    assert zone in candidates.zones and not candidates.state_known


@given(st.text(max_size=20) | st.from_regex(r"\+1[0-9]{10}", fullmatch=True))
def test_any_text_gets_zones_that_exist(text):
    candidates = of_number(text)
    assert candidates.places and set(candidates.zones) <= zones.names()


def resolved(number=NEW_YORKER, **evidence):
    evidence = {
        "stated": None,
        "verified": None,
        "verified_at": None,
        "marketing": False,
    } | evidence
    return resolve(number, now=NOW, **evidence)


TEXAS, UTAH = place_of("TX", C), place_of("UT")
FRESH, STALE = datetime(2024, 11, 21, 12, tzinfo=UTC), datetime(2024, 11, 21, 11, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("evidence", "states_", "source"),
    [
        ({}, ("US-NY",), "area code"),
        ({"verified": UTAH, "verified_at": FRESH}, ("US-UT",), "verified address"),
        ({"verified": UTAH, "verified_at": STALE}, ("US-NY",), "area code"),
        ({"verified": UTAH, "verified_at": None}, ("US-NY",), "area code"),
        (
            {"stated": TEXAS, "verified": UTAH, "verified_at": FRESH},
            ("US-TX",),
            "stated address",
        ),
    ],
)
def test_stronger_evidence_replaces_weaker(evidence, states_, source):
    """R-TZ-2 for answers and what was asked for; an address is verified for 24 months."""
    candidates = resolved(**evidence)
    assert (candidates.states, candidates.source) == (states_, source)
    assert candidates.state_known


@pytest.mark.parametrize(
    ("evidence", "states_", "source"),
    [
        ({}, ("US-NY",), "area code"),
        ({"stated": TEXAS}, ("US-NY", "US-TX"), "area code and address"),
        (
            {"stated": TEXAS, "verified": UTAH, "verified_at": FRESH},
            ("US-NY", "US-TX", "US-UT"),
            "area code and address",
        ),
        ({"verified": UTAH, "verified_at": STALE}, ("US-NY",), "area code"),
    ],
)
def test_for_marketing_every_place_must_allow(evidence, states_, source):
    candidates = resolved(**evidence, marketing=True)
    assert (candidates.states, candidates.source) == (states_, source)
    assert candidates.state_known


def test_an_address_does_not_make_an_unknown_area_code_known_for_marketing():
    candidates = resolved("+17295551234", stated=TEXAS, marketing=True)
    assert not candidates.state_known
    assert set(candidates.zones) == set(ANYWHERE) and candidates.states == ("US-TX",)
    assert resolved("+17295551234", stated=TEXAS).places == {TEXAS}


def test_a_stated_zone_without_a_state_leaves_the_state_unknown():
    pacific = place_of("", P)
    assert resolved(stated=pacific).zones == (P,)
    assert not resolved(stated=pacific).state_known
    assert not resolved(stated=pacific, marketing=True).state_known


def test_a_state_without_a_zone_means_all_its_zones():
    assert place_of("FL") == Place("US", "FL", "")
    assert resolved(stated=place_of("FL")).places == {Place("US", "FL", E), Place("US", "FL", C)}
    assert resolved(stated=place_of("FL"), marketing=True).zones == (C, E)


@pytest.mark.parametrize("leap", [datetime(2028, 2, 29, 12, tzinfo=UTC)])
def test_two_years_before_a_leap_day(leap):
    def at(day: datetime) -> str:
        given = {"stated": None, "verified": UTAH, "verified_at": day, "marketing": False}
        return resolve(NEW_YORKER, now=leap, **given).source

    assert at(datetime(2026, 2, 28, 12, tzinfo=UTC)) == "verified address"
    assert at(datetime(2026, 2, 28, 11, 59, tzinfo=UTC)) == "area code"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("TX", C), Place("US", "TX", C)),
        ((" tx ", f" {C} "), Place("US", "TX", C)),
        (("texas", M), Place("US", "TX", M)),
        (("Utah",), Place("US", "UT", M)),
        (("District of Columbia",), Place("US", "DC", E)),
        (("FL", P), Place("US", "FL", P)),  # a person's law and a person's clock are two things
        (("", "US/Eastern"), Place("US", "", "US/Eastern")),
        (("ON", "America/Toronto", "CA"), Place("CA", "ON", "America/Toronto")),
        (("Alberta", "", "ca"), Place("CA", "AB", "America/Edmonton")),
    ],
)
def test_a_place_as_people_enter_it(given, expected):
    assert place_of(*given) == expected


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("XX", C), "state"),
        (("ON", C), "state"),
        (("TX", C, "CA"), "state"),
        (("", ""), "state"),
        (("TX", "America/Atlantis"), "zone"),
        (("TX", "Etc/Unknown"), "zone"),
        (("TX", "../../etc/passwd"), "zone"),
        (("TX", "America/Chicago\x00"), "zone"),
        (("TX", "America"), "zone"),
        (("TX", "UTC"), "zone"),
        (("TX", "Etc/GMT+6"), "zone"),
        (("TX", C, "GB"), "country"),
    ],
)
def test_a_bad_place_is_refused_by_name(given, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        place_of(*given)


def test_zones_come_from_the_pinned_database():
    """Alberta, British Columbia and Manitoba stopped changing their clocks in 2026."""
    assert zones.VERSION >= "2026f"
    for name, hours in (
        ("America/Vancouver", -7),
        ("America/Edmonton", -6),
        ("America/Winnipeg", -5),
    ):
        shown = datetime(2027, 1, 15, 12, tzinfo=UTC).astimezone(zones.zone(name))
        assert shown.utcoffset().total_seconds() == hours * 3600


def test_times_in_words():
    shown = [zones.time_in_words(minute) for minute in (0, 59, 720, 721, 1300, 1440)]
    assert shown == ["12:00 AM", "12:59 AM", "12:00 PM", "12:01 PM", "9:40 PM", "midnight"]
    assert zones.in_words(E) == "Eastern time"
    assert zones.in_words("America/Cambridge_Bay") == "Cambridge Bay time"
