"""The rulebook that ships, row by row, and rule files that are wrong, line by line."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from messaging.holiday_rules import dates
from messaging.jurisdictions import RulesetError, current, load
from messaging.places import FOLDER, Place, place_of

TODAY = date(2026, 11, 21)


def h(*edges: float) -> tuple[int, int]:
    """Return a window of whole or half hours in minutes."""
    opens, closes = edges
    return int(opens * 60), int(closes * 60)


EARLY, LATE, SHORT = h(8, 21), h(9, 21), h(8, 20)
# Typed from the table of states, apart from the file: weekdays, Saturday, Sunday, cap, confidence.
ROWS = {
    "US": (EARLY, EARLY, EARLY, None, "H"),
    "US-AL": (SHORT, SHORT, None, None, "L"),
    "US-AZ": (EARLY, EARLY, EARLY, None, "H"),
    "US-CA": (EARLY, EARLY, EARLY, None, "L"),
    "US-CT": (h(9, 20), h(9, 20), h(9, 20), None, "M"),
    "US-FL": (SHORT, SHORT, SHORT, 3, "H"),
    "US-GA": (EARLY, EARLY, EARLY, None, "H"),
    "US-IL": (LATE, LATE, LATE, None, "L"),
    "US-KY": (h(10, 21), h(10, 21), h(10, 21), None, "M"),
    "US-LA": (SHORT, SHORT, None, None, "H"),
    "US-ME": (EARLY, EARLY, EARLY, None, "L"),
    "US-MD": (SHORT, SHORT, SHORT, 3, "H"),
    "US-MA": (SHORT, SHORT, SHORT, None, "M"),
    "US-MI": (LATE, LATE, LATE, None, "M"),
    "US-MN": (LATE, LATE, LATE, None, "M"),
    "US-NM": (LATE, LATE, LATE, None, "M"),
    "US-MS": (SHORT, SHORT, None, None, "H"),
    "US-NV": (h(9, 20), h(9, 20), h(9, 20), None, "M"),
    "US-NJ": (EARLY, EARLY, EARLY, None, "H"),
    "US-NY": (EARLY, EARLY, EARLY, None, "H"),
    "US-OK": (SHORT, SHORT, SHORT, 3, "H"),
    "US-OR": (SHORT, SHORT, SHORT, 3, "H"),
    "US-PA": (EARLY, EARLY, h(13.5, 21), None, "L"),
    "US-RI": (h(9, 18), h(10, 17), None, None, "H"),
    "US-SC": (EARLY, EARLY, EARLY, None, "H"),
    "US-SD": (LATE, LATE, None, None, "L"),
    "US-TN": (EARLY, EARLY, EARLY, None, "H"),
    "US-TX": (LATE, LATE, h(12, 21), None, "H"),
    "US-UT": (EARLY, EARLY, None, None, "H"),
    "US-VA": (EARLY, EARLY, EARLY, None, "H"),
    "US-WA": (SHORT, SHORT, SHORT, None, "H"),
    "US-WY": (SHORT, SHORT, SHORT, None, "L"),
    "US-default": (h(9, 20), h(9, 20), h(12, 20), None, "H"),
    "US-unknown": (h(10, 18), h(10, 17), None, 1, "H"),
    "CA": (h(9, 21.5), h(10, 18), h(10, 18), None, "M"),
}


@pytest.mark.parametrize("code", ROWS)
def test_every_row_of_the_table(code):
    weekdays, saturday, sunday, cap, confidence = ROWS[code]
    row = current().named(code, TODAY)
    assert row.hours == (*[weekdays] * 5, saturday, sunday)
    assert (row.cap, row.confidence) == (cap, confidence)


def test_there_are_no_other_rows_and_they_are_sorted():
    codes = [row.code for row in current().rows]
    assert codes == sorted(ROWS)


def test_every_row_says_who_read_what_and_when():
    for row in current().rows:
        assert row.reviewer == "Ringback compliance" and row.reviewed_on == TODAY
        assert len(row.source) > 15 and row.name and row.consent and row.reply_carve_out
        assert row.texts_count in ("yes", "unclear")
        assert row.effective_from <= TODAY and row.effective_to is None
        assert row.confidence != "L" or row.note or "vendor" in row.source


def test_holidays_and_clocks_of_states():
    rows = {row.code: row for row in current().rows}
    with_holidays = {code: row.holidays for code, row in rows.items() if row.holidays}
    assert with_holidays == {
        "US-AL": ("federal", "alabama"),
        "US-LA": ("federal", "louisiana"),
        "US-PA": ("federal", "pennsylvania"),
        "US-RI": ("federal", "rhode island"),
        "US-UT": ("federal", "utah"),
        "US-unknown": (
            "federal", "alabama", "louisiana", "pennsylvania", "rhode island", "utah",
        ),
    }  # fmt: skip
    assert {code: row.zone for code, row in rows.items() if row.zone} == {
        "US-MS": "America/Chicago"
    }
    assert current().emergency == frozenset()


def test_the_strictest_rule_is_legal_under_every_row_on_every_day():
    """R-ST-2: what an unknown state allows, every state allows."""
    rules = current()
    strict = rules.named("US-unknown", TODAY)
    for n in range(366 * 3):
        day = date(2026, 1, 1) + timedelta(days=n)
        window = strict.window(day.weekday(), marketing=True)
        if window is None or rules.holiday(strict, day):
            continue
        for row in rules.rows:
            theirs = row.window(day.weekday(), marketing=True)
            assert theirs is not None and not rules.holiday(row, day), (row.code, day)
            assert theirs[0] <= window[0] < window[1] <= theirs[1], (row.code, day)


def test_a_banned_day_does_not_ban_answers():
    rhode_island = current().named("US-RI", TODAY)
    assert rhode_island.window(6, marketing=True) is None
    assert rhode_island.window(6, marketing=False) == h(10, 17)
    assert current().named("US-AL", TODAY).window(6, marketing=False) == SHORT


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (place_of("TX", "America/Chicago"), "US-TX"),
        (place_of("MT"), "US-default"),
        (place_of("DC"), "US-default"),
        (place_of("PR"), "US-default"),
        (Place("US", "", "America/Chicago"), "US-unknown"),
        (Place("US", "XX", "America/Chicago"), "US-unknown"),
        (Place("CA", "ON", "America/Toronto"), "CA"),
        (Place("CA", "", "America/Toronto"), "CA"),
        (Place("GB", "", "Europe/London"), "US-unknown"),
    ],
)
def test_whose_rules_a_place_has(place, code):
    assert current().at(place, TODAY).code == code


@pytest.mark.parametrize(
    ("state", "begins"),
    [
        ("TX", date(2025, 9, 1)),
        ("OR", date(2026, 1, 1)),
        ("AZ", date(2023, 4, 12)),
        ("GA", date(2024, 7, 1)),
        ("TN", date(2023, 7, 1)),
    ],
)
def test_a_law_holds_from_its_first_day(state, begins):
    place = Place("US", state, "America/Chicago")
    assert current().at(place, begins).code == f"US-{state}"
    assert current().at(place, begins - timedelta(days=1)).code == "US-default"
    assert current().at(place, date(1980, 1, 1)).code == "US"


@pytest.mark.parametrize(
    ("calendar", "day", "name"),
    [
        ("federal", date(2026, 7, 4), "Independence Day"),
        ("federal", date(2026, 7, 3), "Independence Day"),  # a Saturday is made up on Friday
        ("federal", date(2027, 7, 5), "Independence Day"),  # a Sunday on Monday
        ("federal", date(2027, 12, 31), "New Year's Day"),  # in the year before
        ("federal", date(2026, 11, 26), "Thanksgiving Day"),
        ("federal", date(2027, 5, 31), "Memorial Day"),
        ("federal", date(2026, 11, 27), ""),
        ("alabama", date(2027, 4, 26), "Confederate Memorial Day"),
        ("louisiana", date(2027, 1, 8), "Battle of New Orleans"),
        ("louisiana", date(2027, 2, 9), "Mardi Gras"),
        ("louisiana", date(2027, 3, 26), "Good Friday"),
        ("louisiana", date(2026, 11, 3), "General Election Day"),
        ("louisiana", date(2027, 11, 2), ""),  # an odd year
        ("louisiana", date(2026, 11, 27), "Acadian Day"),
        ("pennsylvania", date(2027, 11, 2), "Election Day"),
        ("rhode island", date(2027, 8, 9), "Victory Day"),
        ("utah", date(2027, 7, 24), "Pioneer Day"),
        ("utah", date(2026, 6, 15), "Juneteenth"),  # kept on the Monday of its week
        ("utah", date(2026, 6, 19), "Juneteenth"),
        ("utah", date(2027, 6, 21), "Juneteenth"),
    ],
)
def test_holidays(calendar, day, name):
    assert current().calendars[calendar].on(day) == name


@pytest.mark.parametrize(
    ("rule", "year", "expected"),
    [
        ("February 29", 2028, (date(2028, 2, 29),)),
        ("February 29", 2027, ()),
        ("0 days before Easter", 2027, (date(2027, 3, 28),)),
        ("0 days before Easter", 2038, (date(2038, 4, 25),)),
        ("0 days before Easter", 1954, (date(1954, 4, 18),)),
        ("last Monday of December", 2026, (date(2026, 12, 28),)),
        ("2026-12-24", 2026, (date(2026, 12, 24),)),
        ("2026-12-24", 2027, ()),
    ],
)
def test_rules_of_holidays(rule, year, expected):
    assert dates(rule, year) == expected


def test_the_version_names_the_files_and_changes_with_any_of_them(tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "rulebook")
    content = b"".join(
        path.read_bytes() for path in sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*.csv")])
    )
    assert current().version == f"2026.11-{hashlib.sha256(content).hexdigest()[:8]}"
    assert load(folder).version == current().version
    with (folder / "area_codes.csv").open("a") as table:
        table.write("# one more\n")
    assert load(folder).version != current().version
    assert current() is current()


US = """jurisdictions:
  - code: US
    name: the United States
    hours: mon-sun 8:00-21:00
    texts_count: yes
    consent: asked for
    reply_carve_out: none
    source: 47 CFR 64.1200
    confidence: H
    reviewer: Ann
    reviewed_on: 2026-11-21
    effective_from: 2020-01-01
"""


def row(code: str, begins: str = "2020-01-01") -> str:
    return US.replace("jurisdictions:\n", "").replace("US\n", f"{code}\n").replace(
        "2020-01-01", begins
    )  # fmt: skip


GOOD = US + row("US-default") + row("US-unknown") + row("US-TX")
TEXAS = 35  # the line of "- code: US-TX"
HEAD = (
    'version: "2026.11"\nholidays:\n  federal:\n    source: law\n    days: {New Year: January 1}\n'
)


def folder_with(tmp_path: Path, us: str = GOOD, head: str = HEAD) -> Path:
    (tmp_path / "us.yaml").write_text(us)
    (tmp_path / "rulebook.yaml").write_text(head)
    return tmp_path


def test_a_small_rulebook_loads(tmp_path):
    rules = load(folder_with(tmp_path))
    assert [r.code for r in rules.rows] == ["US", "US-TX", "US-default", "US-unknown"]
    assert GOOD.splitlines()[TEXAS - 1] == "  - code: US-TX"


def texas(before: str, after: str) -> str:
    start = GOOD.index("  - code: US-TX")
    assert before in GOOD[start:]
    return GOOD[:start] + GOOD[start:].replace(before, after, 1)


@pytest.mark.parametrize(
    ("us", "line", "complaint"),
    [
        (texas("US-TX", "US-XX"), TEXAS, "US-XX: unknown state"),
        (texas("US-TX", "FR"), TEXAS, "FR: unknown country"),
        (texas("US-TX", "''"), TEXAS, "nothing: unknown country"),
        (texas("code: US-TX", "name: Texas"), TEXAS + 1, "jurisdictions: name: stands twice"),
        (texas("code: US-TX\n    ", ""), TEXAS, "code is missing"),
        (texas("8:00-21:00", "9:00-8:00"), TEXAS + 2, "US-TX: hours: mon-sun 9:00-8:00: closes"),
        (texas("8:00-21:00", "9:00-9:00"), TEXAS + 2, "closes before it opens"),
        (texas("8:00-21:00", "9:00-25:00"), TEXAS + 2, "US-TX: hours: 25:00 is no time of day"),
        (texas("8:00-21:00", "9:00-24:01"), TEXAS + 2, "24:01 is no time of day"),
        (texas("8:00-21:00", "9:60-20:00"), TEXAS + 2, "9:60 is no time of day"),
        (texas("8:00-21:00", "7:00-21:00"), TEXAS + 2, "hours: wider than federal law"),
        (texas("8:00-21:00", "8:00-22:00"), TEXAS + 2, "hours: wider than federal law"),
        (texas("8:00-21:00", "8:00-8:30"), TEXAS + 2, "shorter than 60 minutes"),
        (texas("mon-sun", "mon-sat"), TEXAS + 2, "nothing is said of sun"),
        (texas("21:00", "21:00, sun 9:00-10:00"), TEXAS + 2, "sun stands twice"),
        (texas("mon-sun", "sun-mon"), TEXAS + 2, "the days run backwards"),
        (texas("mon-sun 8:00-21:00", "mon-sun banned"), TEXAS + 2, "every day is banned"),
        (texas("mon-sun 8:00-21:00", "always"), TEXAS + 2, "expected days with hours"),
        (texas("mon-sun 8:00-21:00", "xyz-sun 8:00-21:00"), TEXAS + 2, "expected days with hours"),
        (texas("mon-sun 8:00-21:00", "[8, 21]"), TEXAS + 2, "US-TX: hours: expected words"),
        (texas("mon-sun 8:00-21:00", ""), TEXAS + 2, "US-TX: hours: is empty"),
        (texas("    source: 47 CFR 64.1200\n", ""), TEXAS, "US-TX: source is missing"),
        (texas("47 CFR 64.1200", "' '"), TEXAS + 6, "US-TX: source: is empty"),
        (texas("    reviewer: Ann\n", ""), TEXAS, "US-TX: reviewer is missing"),
        (texas("reviewer: Ann", "reviewer:"), TEXAS + 8, "US-TX: reviewer: is empty"),
        (texas("2026-11-21", "2026-11-31"), TEXAS + 9, "US-TX: reviewed_on: expected a date"),
        (texas("2020-01-01", "soon"), TEXAS + 10, "US-TX: effective_from: expected a date"),
        (
            texas("2020-01-01", "2020-01-01\n    effective_to: 2019-12-31"),
            TEXAS + 11,
            "effective_to: lies before effective_from",
        ),
        (texas("confidence: H", "confidence: X"), TEXAS + 7, "confidence: expected H, M, L, not X"),
        (texas("count: yes", "count: maybe"), TEXAS + 3, "texts_count: expected yes, no, unclear"),
        (texas("name:", "nmae:"), TEXAS + 1, "US-TX: unknown key nmae"),
        (texas("name:", "cap: 0\n    name:"), TEXAS + 1, "US-TX: cap: expected a count from 1"),
        (texas("name:", "cap: 3.5\n    name:"), TEXAS + 1, "US-TX: cap: expected a count from 1"),
        (texas("name:", "zone: UTC\n    name:"), TEXAS + 1, "US-TX: zone: unknown time zone UTC"),
        (
            texas("name:", "holidays: [lunar]\n    name:"),
            TEXAS + 1,
            "US-TX: holidays: there is no list of holidays named lunar",
        ),
        (texas("name:", "holidays: federal\n    name:"), TEXAS + 1, "holidays: expected a list"),
        (texas("name:", "? [a]\n    : b\n    name:"), TEXAS + 1, "expected words"),
        (GOOD + row("US-TX", "2026-01-01"), TEXAS + 21, "US-TX: effective_from: overlaps"),
        (GOOD + "  - [US]\n", TEXAS + 11, "expected keys and values"),
        (GOOD + "extra: 1\n", TEXAS + 11, "unknown key extra"),
        (GOOD + "  - {code: 'US-TX\n", TEXAS + 12, "found unexpected end of stream"),
        (GOOD + "\t- x\n", TEXAS + 11, "found character"),
        ("", 1, "is empty"),
        ("- US\n", 1, "expected keys and values"),
        ("jurisdictions: *nothing\n", 1, "found undefined alias"),
        ("jurisdictions: \x07\n", 1, "is no readable text"),
    ],
)
def test_a_bad_rule_is_refused_with_file_and_line(tmp_path, us, line, complaint):
    with pytest.raises(RulesetError) as refused:
        load(folder_with(tmp_path, us=us))
    assert str(refused.value).startswith(f"us.yaml:{line}: ")
    assert complaint in str(refused.value)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("head", "line", "complaint"),
    [
        (HEAD.replace('"2026.11"', "latest"), 1, "version: expected a version such as 2026.11"),
        (HEAD.replace("January 1", "Smarch 1"), 5, "federal: days: New Year: expected a rule"),
        (HEAD.replace("January 1", "February 30"), 5, "federal: days: New Year: "),
        (HEAD.replace("January 1", "'January 1, odd years'"), 5, "expected even years"),
        (HEAD.replace("    source: law\n", ""), 4, "federal: source is missing"),
        (HEAD + "emergency: [US-LA, US-ZZ]\n", 6, "emergency: unknown state US-ZZ"),
        (HEAD + "emergency: US-LA\n", 6, "emergency: expected a list"),
        (HEAD + "  federal: {}\n", 6, "holidays: federal: stands twice"),
    ],
)
def test_a_bad_head_is_refused_with_file_and_line(tmp_path, head, line, complaint):
    with pytest.raises(RulesetError) as refused:
        load(folder_with(tmp_path, head=head))
    assert str(refused.value).startswith(f"rulebook.yaml:{line}: ")
    assert complaint in str(refused.value)


@pytest.mark.parametrize("missing", ["US", "US-default", "US-unknown"])
def test_a_book_without_its_foundations_is_refused(tmp_path, missing):
    us = GOOD.replace(f"code: {missing}\n", "code: US-NY\n", 1)
    with pytest.raises(RulesetError, match=f"{missing}: rules without an end are missing"):
        load(folder_with(tmp_path, us=us))


def test_a_book_without_a_version_or_with_two_is_refused(tmp_path):
    with pytest.raises(RulesetError, match="version is missing"):
        load(folder_with(tmp_path, head=HEAD.partition("\n")[2]))
    (tmp_path / "rulebook.yaml").write_text(HEAD)
    (tmp_path / "us.yaml").write_text(GOOD + 'version: "2026.12"\n')
    with pytest.raises(RulesetError, match=r"us\.yaml:46: version: declared twice"):
        load(tmp_path)


def test_a_law_that_changes_has_two_rows(tmp_path):
    first = row("US-OK").rstrip("\n") + "\n    effective_to: 2026-12-31\n"
    second = row("US-OK", "2027-01-01").replace("8:00-21:00", "9:00-20:00")
    rules = load(folder_with(tmp_path, us=GOOD + second + first))
    place = place_of("OK")
    assert rules.at(place, date(2026, 12, 31)).hours[0] == EARLY
    assert rules.at(place, date(2027, 1, 1)).hours[0] == h(9, 20)
    assert [r.effective_from.year for r in rules.rows if r.code == "US-OK"] == [2020, 2027]


def test_words_stay_words(tmp_path):
    """Ontario is not a truth value, nor is a time of day a number."""
    us = GOOD + row("CA-ON").replace("8:00-21:00", "9:30-10:30")
    ontario = load(folder_with(tmp_path, us=us)).at(
        Place("CA", "ON", "America/Toronto"), TODAY
    )  # fmt: skip
    assert ontario.code == "CA-ON" and ontario.hours[0] == (570, 630)
    assert ontario.texts_count == "yes"


def test_the_switch_for_emergencies_is_read_from_the_file(tmp_path):
    rules = load(folder_with(tmp_path, head=HEAD + "emergency: [US-LA, US-NY]\n"))
    assert rules.emergency == {"US-LA", "US-NY"}
    assert load(folder_with(tmp_path)).version != rules.version
