"""Hours and days in every candidate place: edges, clock changes, bans, and the next moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging import windows
from messaging.jurisdictions import current, load
from messaging.places import ANYWHERE, FOLDER, Candidates, Place, of_number, states
from messaging.windows import blocked, local_times, next_ok

E, C, M, P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
ALASKA, HAWAII, ARIZONA = "America/Anchorage", "Pacific/Honolulu", "America/Phoenix"
RULES = current()
KINDS = ("delayed", "informational", "marketing")
DAYS = timedelta(days=1)


def at(words: str, name: str = E) -> datetime:
    """Return a moment written as a clock in a zone shows it."""
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(name))


def people(*places: tuple[str, str], known: bool = True) -> Candidates:
    spread = (
        Place(*(code.split("-") if "-" in code else (code, "")), name) for code, name in places
    )
    return Candidates(frozenset(spread), known, "area code")


def ask(candidates, kind, moment, rules=RULES):
    """Return the code of the refusal, '' when it may go; what blocks also has a next moment."""
    refusal = blocked(candidates, kind, moment, rules)
    return refusal.code if refusal else ""


FLORIDA, TEXAS, MONTANA = people(("US-FL", E)), people(("US-TX", C)), people(("US-MT", M))
NOWHERE = of_number("+17295551234")


# -- Edges, with a quarter of an hour off both.

EDGES = [  # candidates, kind, first and last allowed minute on a Wednesday
    (FLORIDA, "informational", E, "08:15", "20:44"),
    (FLORIDA, "delayed", E, "08:15", "19:44"),
    (FLORIDA, "marketing", E, "08:15", "19:44"),
    (TEXAS, "delayed", C, "09:15", "20:44"),
    (TEXAS, "marketing", C, "09:15", "20:44"),
    (MONTANA, "delayed", M, "08:15", "20:44"),  # unlisted: federal hours for answers
    (MONTANA, "marketing", M, "09:15", "19:44"),  # and our own for marketing
    (people(("US-KY", E)), "marketing", E, "10:15", "20:44"),
    (people(("US-RI", E)), "delayed", E, "09:15", "17:44"),
    (people(("CA-ON", "America/Toronto")), "marketing", E, "09:15", "21:14"),
    (people(("CA-ON", "America/Toronto")), "delayed", E, "09:15", "21:14"),
    (people(("CA-ON", "America/Toronto")), "informational", E, "08:15", "20:44"),
    (people(("US-FL", E), ("US-FL", C)), "informational", E, "09:15", "20:44"),
    (people(("US-FL", E), ("US-FL", C)), "marketing", E, "09:15", "19:44"),
    (people(("US-NY", E), ("US-KY", C)), "marketing", E, "11:15", "20:44"),
    (NOWHERE, "informational", E, "13:15", "20:44"),
    (NOWHERE, "delayed", E, "15:15", "17:44"),
    (NOWHERE, "marketing", E, "15:15", "17:44"),
]


@pytest.mark.parametrize(("candidates", "kind", "name", "first", "last"), EDGES)
def test_the_edges_of_a_day(candidates, kind, name, first, last):
    opens, closes = at(f"2027-01-13 {first}", name), at(f"2027-01-13 {last}", name)
    shut = "UNKNOWN_STATE_STRICT" if candidates is NOWHERE else "STATE_HOURS"
    shut = shut if kind == "marketing" else "QUIET_HOURS"
    minute = timedelta(minutes=1)
    moments = [opens - timedelta(microseconds=1), opens, closes + minute * 0.999, closes + minute]
    assert [ask(candidates, kind, moment) for moment in moments] == [shut, "", "", shut]
    night = at("2027-01-13 01:00", name)
    assert next_ok(candidates, kind, night, RULES, until=night + DAYS) == opens
    assert next_ok(candidates, kind, closes + minute, RULES, until=opens + DAYS) is None
    assert next_ok(candidates, kind, closes + minute, RULES, until=opens + DAYS + minute) == (
        opens + DAYS
    )


def test_every_state_keeps_its_own_hours():
    """Every listed row, weekdays and Saturdays, for answers and marketing alike."""
    for row in RULES.rows:
        if row.code not in states():
            continue
        there = people((row.code, C))
        for day in (date(2027, 1, 13), date(2027, 1, 16)):
            opens, closes = row.hours[day.weekday()]
            for minute in (opens, opens + 14, opens + 15, closes - 16, closes - 15, closes):
                moment = at(f"{day} 00:00", C) + timedelta(minutes=minute)
                allowed = opens + 15 <= minute < closes - 15
                for kind in ("delayed", "marketing"):
                    assert (ask(there, kind, moment) == "") is allowed, (row.code, day, minute)


# -- Days.


@pytest.mark.parametrize("state", ["AL", "LA", "MS", "RI", "UT", "SD"])
def test_sundays_are_banned_for_marketing_alone(state):
    there = people((f"US-{state}", C))
    sunday = at("2027-01-17 12:00", C)
    assert ask(there, "marketing", sunday) == "STATE_DAY_BANNED"
    assert ask(there, "delayed", sunday) == ask(there, "informational", sunday) == ""
    refusal = blocked(there, "marketing", sunday, RULES)
    assert refusal.rule == f"US-{state}"
    assert refusal.sentence == (
        f"It is Sunday in {states()[f'US-{state}']}; no marketing texts go there on Sundays."
    )


@pytest.mark.parametrize(
    ("state", "clock", "code"),
    [
        ("TX", "10:30", "STATE_DAY_BANNED"),
        ("TX", "11:59", "STATE_DAY_BANNED"),
        ("TX", "12:14", "STATE_HOURS"),
        ("TX", "12:15", ""),
        ("TX", "20:45", "STATE_HOURS"),
        ("PA", "13:00", "STATE_DAY_BANNED"),
        ("PA", "13:45", ""),
        ("MT", "11:30", "STATE_DAY_BANNED"),
        ("MT", "12:15", ""),
        ("NY", "09:00", ""),
    ],
)
def test_sundays_that_begin_late(state, clock, code):
    there = people((f"US-{state}", C))
    assert ask(there, "marketing", at(f"2027-01-17 {clock}", C)) == code


@pytest.mark.parametrize(
    ("state", "day", "banned"),
    [
        ("AL", "2027-04-26", True),
        ("LA", "2027-01-08", True),
        ("LA", "2027-02-09", True),
        ("RI", "2027-08-09", True),
        ("UT", "2026-07-24", True),
        ("PA", "2026-12-25", True),
        ("MS", "2026-12-25", False),  # its holiday ban fell
        ("NY", "2026-12-25", False),
        ("TX", "2027-01-08", False),
    ],
)
def test_holidays_are_banned_where_the_law_says_so(state, day, banned):
    there = people((f"US-{state}", C))
    noon = at(f"{day} 12:30", C)
    assert ask(there, "marketing", noon) == ("STATE_DAY_BANNED" if banned else "")
    assert ask(there, "delayed", noon) == ""


def test_a_holiday_is_named():
    refusal = blocked(people(("US-LA", C)), "marketing", at("2027-02-09 12:00", C), RULES)
    assert refusal.sentence == (
        "It is a holiday in Louisiana (Mardi Gras); no marketing texts go there then."
    )


@pytest.mark.parametrize("moment", ["2027-01-17 16:30", "2027-01-18 16:30", "2027-01-08 16:30"])
def test_an_unknown_state_keeps_every_ban(moment):
    """R-ST-2: a Sunday, a federal holiday, a holiday of Louisiana alone."""
    assert ask(NOWHERE, "marketing", at(moment)) == "UNKNOWN_STATE_STRICT"
    assert ask(NOWHERE, "marketing", at("2027-01-19 16:30")) == ""


def test_an_unknown_area_code_beside_an_address_keeps_the_strictest():
    mixed = people(("US-TX", C), *(("US", name) for name in ANYWHERE), known=False)
    for hour in range(24):
        moment = at("2027-01-13 00:30") + timedelta(hours=hour)
        assert ask(mixed, "marketing", moment) == ask(NOWHERE, "marketing", moment)


def test_no_candidates_at_all_are_anywhere():
    nobody = Candidates(frozenset(), True, "area code")
    moment = at("2027-01-13 11:00")
    assert ask(nobody, "informational", moment) == "QUIET_HOURS"
    assert ask(nobody, "marketing", moment) == "UNKNOWN_STATE_STRICT"


def test_a_country_without_rules_keeps_the_strictest():
    london = people(("GB", "Europe/London"))
    noon = at("2027-01-13 12:00", "Europe/London")
    assert [ask(london, "marketing", noon + timedelta(hours=n)) for n in (-3, 0, 6)] == [
        "UNKNOWN_STATE_STRICT",
        "",
        "UNKNOWN_STATE_STRICT",
    ]


def test_mississippi_counts_by_central_time_whatever_the_clock():
    there = people(("US-MS", P))
    # 18:00 in Los Angeles is 20:00 in Mississippi; 8:00 in Mississippi is 6:00 in Los Angeles.
    assert ask(there, "marketing", at("2027-01-13 17:44", P)) == ""
    assert ask(there, "marketing", at("2027-01-13 17:45", P)) == "STATE_HOURS"
    assert ask(there, "delayed", at("2027-01-13 07:00", P)) == "QUIET_HOURS"
    assert ask(there, "delayed", at("2027-01-13 08:15", P)) == ""


# -- Emergencies.


def test_an_emergency_bars_marketing_and_nothing_else():
    rules = replace(RULES, emergency=frozenset({"US-LA"}))
    louisiana, noon = people(("US-LA", C)), at("2027-01-13 12:00", C)
    refusal = blocked(louisiana, "marketing", noon, rules)
    assert (refusal.code, refusal.rule) == ("STATE_EMERGENCY_BAN", "R-ST-4")
    assert refusal.sentence == (
        "A declared emergency in Louisiana bars marketing texts there until it is lifted."
    )
    assert next_ok(louisiana, "marketing", noon, rules, until=noon + 3 * DAYS) is None
    assert ask(louisiana, "delayed", noon, rules) == ""
    assert ask(TEXAS, "marketing", noon, rules) == ""
    both = people(("US-LA", C), ("US-TX", C))
    assert blocked(both, "marketing", noon, rules).places == tuple(louisiana.places)
    assert ask(louisiana, "marketing", noon) == ""


def test_whoever_may_be_anywhere_may_be_in_the_emergency():
    rules = replace(RULES, emergency=frozenset({"US-NY"}))
    moment = at("2027-01-13 16:30")
    refusal = blocked(NOWHERE, "marketing", moment, rules)
    assert refusal.code == "STATE_EMERGENCY_BAN" and len(refusal.places) == 6
    assert "New York" in refusal.sentence and "not known" in refusal.sentence


# -- What people read.


@pytest.mark.parametrize(
    ("candidates", "kind", "moment", "rule", "sentence"),
    [
        (
            TEXAS, "marketing", at("2027-01-13 21:40", C), "US-TX",
            "It is 9:40 PM in Texas; texts may go from 9:00 AM to 9:00 PM there.",
        ),
        (
            TEXAS, "informational", at("2027-01-13 21:40", C), "R-HRS-1",
            "It is 9:40 PM in Texas; texts may go from 8:00 AM to 9:00 PM there.",
        ),
        (
            MONTANA, "delayed", at("2027-01-13 07:59", M), "R-HRS-1",
            "It is 7:59 AM in Montana; texts may go from 8:00 AM to 9:00 PM there.",
        ),
        (
            MONTANA, "marketing", at("2027-01-13 08:59", M), "R-ST-3",
            "It is 8:59 AM in Montana; texts may go from 9:00 AM to 8:00 PM there.",
        ),
        (
            TEXAS, "marketing", at("2027-01-13 20:50", C), "R-HRS-4",
            "It is 8:50 PM in Texas; texts may go from 9:00 AM to 9:00 PM there, less 15 minutes"
            " at both ends.",
        ),
        (
            TEXAS, "marketing", at("2027-01-17 10:30", C), "US-TX",
            "It is 10:30 AM in Texas; on a Sunday texts may go from 12:00 PM to 9:00 PM there.",
        ),
        (
            people(("US-FL", E), ("US-FL", C)), "delayed", at("2027-01-13 08:30", E), "US-FL",
            "It is 7:30 AM in Florida (Central time); texts may go from 8:00 AM to 8:00 PM there.",
        ),
        (
            NOWHERE, "marketing", at("2027-01-13 13:30", E), "R-ST-2",
            "The state is not known, so the strictest hours hold. It is 9:30 AM Alaska time;"
            " texts may go from 10:00 AM to 6:00 PM there.",
        ),
        (
            NOWHERE, "informational", at("2027-01-13 12:30", E), "R-HRS-1",
            "It is 7:30 AM Hawaii time; texts may go from 8:00 AM to 9:00 PM there.",
        ),
    ],
)  # fmt: skip
def test_sentences(candidates, kind, moment, rule, sentence):
    refusal = blocked(candidates, kind, moment, RULES)
    assert (refusal.rule, refusal.sentence) == (rule, sentence)


def test_all_places_that_refuse_are_named_and_a_banned_day_is_told_first():
    two = people(("US-NY", E), ("US-UT", M), ("US-TX", C))
    refusal = blocked(two, "marketing", at("2027-01-17 21:30", E), RULES)
    assert [place.code for place in refusal.places] == ["US-NY", "US-UT"]
    assert (refusal.code, refusal.rule) == ("STATE_DAY_BANNED", "US-UT")


def test_local_times():
    moment = datetime(2026, 11, 22, 3, 40, tzinfo=UTC)
    assert local_times(people(("US-TX", C), ("US-TX", M)), moment) == (
        (C, "Sat 9:40 PM"),
        (M, "Sat 8:40 PM"),
    )
    assert local_times(people(("US-HI", HAWAII)), moment) == ((HAWAII, "Sat 5:40 PM"),)


@pytest.mark.parametrize("kind", KINDS)
def test_a_moment_without_a_zone_is_refused(kind):
    naive = datetime(2026, 11, 22, 3, 40)  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs a zone"):
        blocked(TEXAS, kind, naive, RULES)
    with pytest.raises(ValueError, match="needs a zone"):
        next_ok(TEXAS, kind, naive, RULES, until=at("2027-01-01"))


# -- Clock changes.

CHANGES = ["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07", "2028-03-12", "2028-11-05"]
CHANGING = {E: -5, C: -6, M: -7, P: -8, ALASKA: -9, "America/Adak": -10}
STEADY = {ARIZONA: -7, HAWAII: -10, "America/Puerto_Rico": -4, "Pacific/Guam": 10}


def naive_offset(name: str, moment: datetime) -> timedelta:
    """Return a zone's offset by the rule of 2007 in plain arithmetic, without a zone database."""
    if name in STEADY:
        return timedelta(hours=STEADY[name])
    standard = timedelta(hours=CHANGING[name])
    march = datetime(moment.year, 3, 8, tzinfo=UTC)
    spring = march + DAYS * ((6 - march.weekday()) % 7) + timedelta(hours=2) - standard
    november = datetime(moment.year, 11, 1, tzinfo=UTC)
    autumn = november + DAYS * ((6 - november.weekday()) % 7) + timedelta(hours=1) - standard
    return standard + timedelta(hours=1 if spring <= moment < autumn else 0)


@pytest.mark.parametrize("name", [*CHANGING, *STEADY])
@pytest.mark.parametrize("day", CHANGES)
def test_mornings_before_and_after_clocks_change(name, day):
    """The Saturday before, the Sunday and the Monday after: 8:15 on the wall, in each zone."""
    someone = people(("US-NY", name))
    for n in (-1, 0, 1):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC) + n * DAYS
        wall = midnight + timedelta(hours=8, minutes=15)
        opens = wall - naive_offset(name, wall - naive_offset(name, wall))
        assert ask(someone, "informational", opens) == ""
        assert ask(someone, "informational", opens - timedelta(seconds=1)) == "QUIET_HOURS"
        night = opens - timedelta(hours=7)
        assert next_ok(someone, "informational", night, RULES, until=opens + DAYS) == opens


def test_the_night_of_the_change_is_an_hour_longer_or_shorter():
    evening = at("2026-10-31 21:00")
    morning = next_ok(FLORIDA, "informational", evening, RULES, until=evening + DAYS)
    assert morning - evening.astimezone(UTC) == timedelta(hours=12, minutes=15)
    evening = at("2027-03-13 21:00")
    morning = next_ok(FLORIDA, "informational", evening, RULES, until=evening + DAYS)
    assert morning - evening.astimezone(UTC) == timedelta(hours=10, minutes=15)


def test_arizona_parts_from_the_navajo_nation_in_summer():
    state = of_number("+19285551234")
    assert state.zones == (M, ARIZONA)
    # Winter: one clock. Summer: the Nation is an hour ahead, so evenings end early for both.
    assert ask(state, "informational", at("2027-01-13 20:44", ARIZONA)) == ""
    assert ask(state, "informational", at("2027-07-14 20:30", ARIZONA)) == "QUIET_HOURS"
    assert ask(state, "informational", at("2027-07-14 19:44", ARIZONA)) == ""
    assert ask(of_number("+16025551234"), "informational", at("2027-07-14 20:30", ARIZONA)) == ""


def test_leap_day():
    tuesday = at("2028-02-29 08:15")
    assert ask(FLORIDA, "marketing", tuesday) == ""
    assert next_ok(
        FLORIDA, "marketing", at("2028-02-28 20:00"), RULES, until=tuesday + DAYS
    ) == tuesday.astimezone(UTC)
    assert local_times(FLORIDA, tuesday) == ((E, "Tue 8:15 AM"),)
    wednesday = at("2028-03-01 08:15")
    assert next_ok(
        FLORIDA, "marketing", at("2028-02-29 20:00"), RULES, until=wednesday + DAYS
    ) == wednesday.astimezone(UTC)


def test_provinces_that_stopped_changing_their_clocks():
    vancouver = of_number("+16045551234")
    # 8:15 there is 15:15 UTC in winter too, from 2026 on.
    opens = datetime(2027, 1, 13, 15, 15, tzinfo=UTC)
    assert ask(vancouver, "informational", opens) == ""
    assert ask(vancouver, "informational", opens - timedelta(minutes=1)) == "QUIET_HOURS"


@pytest.fixture(scope="module")
def nightly(tmp_path_factory):
    """A rulebook whose Canadian window lies across the hours that clocks skip and repeat."""

    @cache
    def with_hours(hours: str):
        folder = tmp_path_factory.mktemp("rulebook")
        for path in FOLDER.glob("*.yaml"):
            (folder / path.name).write_text(path.read_text())
        ca = (FOLDER / "ca.yaml").read_text()
        before = "mon-fri 9:00-21:30, sat-sun 10:00-18:00"
        assert before in ca
        (folder / "ca.yaml").write_text(ca.replace(before, f"mon-sun {hours}"))
        return load(folder)

    return with_hours


@pytest.mark.parametrize(
    "hours", ["1:15-4:00", "2:15-4:00", "0:00-1:30", "1:00-2:30", "0:00-24:00"]
)
@pytest.mark.parametrize("day", ["2027-03-14", "2027-11-07"])
def test_windows_across_the_skipped_and_the_repeated_hour(nightly, hours, day):
    """Minute by minute over two nights: the next moment is the first that is allowed."""
    rules, there = nightly(hours), people(("CA-ON", "America/Toronto"))
    start = at(f"{day} 00:00", E).astimezone(UTC) - timedelta(hours=6)
    minutes = [start + timedelta(minutes=n) for n in range(36 * 60)]
    allowed = [blocked(there, "marketing", m, rules) is None for m in minutes]
    assert True in allowed and False in allowed
    following = None
    for moment, ok in reversed(list(zip(minutes, allowed, strict=True))):
        following = moment if ok else following
        found = next_ok(there, "marketing", moment, rules, until=minutes[-1] + timedelta(minutes=1))
        assert found == following, moment


# -- Against an independent reckoning.


def naive_allowed(place: Place, known: bool, kind: str, moment: datetime) -> bool:
    """Say what one place says, by table and plain arithmetic."""
    code = place.code if any(r.code == place.code for r in RULES.rows) else "US-default"
    if not known or not place.state:
        code = "US-unknown"
    elif code == "US-default" and kind == "delayed":
        code = "US"
    if kind == "informational":
        code = "US"
    row = next(r for r in RULES.rows if r.code == code)
    wall = moment.astimezone(timezone(naive_offset(place.zone, moment)))
    window = row.hours[wall.weekday()]
    if kind == "marketing":
        if window is None or any(RULES.calendars[c].on(wall.date()) for c in row.holidays):
            return False
    elif window is None:
        window = {"US-RI": (600, 1020), "US-unknown": (600, 1020)}.get(code) or row.hours[0]
    opens, closes = window
    return opens + 15 <= wall.hour * 60 + wall.minute < closes - 15


LISTED = [row.code for row in RULES.rows if row.code in states() and row.code != "US-MS"]
MOMENTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)  # noqa: DTZ001
) | st.builds(
    lambda day, minutes: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-24 * 60, 48 * 60),
)  # fmt: skip
PLACES = st.builds(
    Place,
    st.just("US"),
    st.sampled_from([*(c[3:] for c in LISTED if c.startswith("US-")), "MT", "DC", "MO"]),
    st.sampled_from([*CHANGING, *STEADY]),
)
ANYBODY = st.builds(
    Candidates,
    st.frozensets(PLACES, min_size=1, max_size=4),
    st.just(True),
    st.just("area code"),
) | st.just(NOWHERE)


@given(candidates=ANYBODY, kind=st.sampled_from(KINDS), moment=MOMENTS)
@settings(max_examples=600, deadline=None)
def test_allowed_is_what_each_place_allows_for_itself(candidates, kind, moment):
    says = {
        place: naive_allowed(place, candidates.state_known, kind, moment)
        for place in candidates.places
    }
    refusal = blocked(candidates, kind, moment, RULES)
    assert (refusal is None) is all(says.values())
    if refusal:
        assert set(refusal.places) == {place for place, ok in says.items() if not ok}
        assert refusal.sentence.endswith(".") and "{" not in refusal.sentence


@given(
    candidates=ANYBODY,
    kind=st.sampled_from(KINDS),
    after=MOMENTS,
    hours=st.integers(0, 120),
    samples=st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=25),
)
@example(NOWHERE, "marketing", at("2026-12-24 17:00"), 120, [0.0])
@settings(max_examples=400, deadline=None)
def test_the_next_moment_is_allowed_and_none_before_it(candidates, kind, after, hours, samples):
    until = after + timedelta(hours=hours)
    found = next_ok(candidates, kind, after, RULES, until=until)
    if found is None:
        end = until
    else:
        end = found
        assert after <= found < until and found.tzinfo is UTC
        assert ask(candidates, kind, found) == ""
        assert found == after or found.second == found.microsecond == 0
    gap = end - after
    before = [after + gap * share for share in samples]
    before += [after + timedelta(minutes=15) * n for n in range(gap // timedelta(minutes=15))]
    before.append(end - timedelta(microseconds=1))
    for moment in before:
        if after <= moment < end:
            assert ask(candidates, kind, moment) != "", moment


def test_places_that_never_agree_have_no_next_moment():
    guam, atlantic = ("US-RI", "Pacific/Guam"), ("US-RI", "America/Puerto_Rico")
    after = at("2027-01-13 12:00")
    assert (
        next_ok(people(guam, atlantic), "marketing", after, RULES, until=after + 9 * DAYS) is None
    )
    far = datetime.max.replace(tzinfo=UTC)
    assert next_ok(people(guam, atlantic), "marketing", after, RULES, until=far) is None
    assert windows.HORIZON >= 30 * DAYS


def test_a_rule_that_begins_at_midnight_holds_from_local_midnight():
    """Texas texts count from 1 September 2025: the evening before, our own default still holds."""
    before, since = at("2025-08-31 20:30", C), at("2025-09-01 20:30", C)
    assert blocked(TEXAS, "marketing", before, RULES).rule == "R-ST-3"
    assert ask(TEXAS, "marketing", since) == ""


def test_what_is_remembered_is_forgotten_again():
    """Long runs over many days and people answer alike, and keep no more than their share."""
    rules, moment = replace(RULES), at("2027-01-13 12:00")
    for n in range(5_100):
        someone = Candidates(frozenset({Place("US", f"X{n}", E)}), True, "area code")
        assert ask(someone, "informational", moment, rules) == ""
    assert len(rules.plans) <= 5_000
    for n in range(1_000):
        assert ask(FLORIDA, "informational", moment + n * DAYS, rules) == ""
    plan = rules.plans[(FLORIDA.places, True, "informational")]
    assert len(plan.clocks[0].days) <= 402
