"""The thread's pure rules: quick replies and hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.thread import hours, new, quick
from inbox.thread.foretold import price_words
from inbox.thread.hours import BadHour, hour_of
from inbox.thread.sending import signed
from messaging.models import Contact

CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")
NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # 2:30 PM in Chicago


def test_fields_are_filled_and_a_missing_name_closes_its_gap():
    known = quick.values(name="Maria Lopez", business="Lakeside", member="Dana")
    assert quick.fill("Hi {first_name} / { name }: {business}, {member}", known) == (
        "Hi Maria / Maria Lopez: Lakeside, Dana"
    )
    nobody = quick.values(name="", business="Lakeside", member="Dana")
    assert quick.fill("Hi {first_name}, it is {business}.", nobody) == "Hi, it is Lakeside."
    # A value is never read as a template, and what is no field stays.
    sly = quick.values(name="{member}", business="a\nb", member="Dana")
    assert quick.fill("{name} {business} {price}", sly) == "{member} a b {price}"


@pytest.mark.parametrize(
    ("shortcut", "title", "body", "code", "found"),
    [
        ("Has Space", "T", "B", "shortcut_shape", "Has Space"),
        ("", "T", "B", "shortcut_shape", ""),
        ("ok", " ", "B", "title_missing", ""),
        ("ok", "T" * 81, "B", "title_long", ""),
        ("ok", "T", " \n", "body_missing", ""),
        ("ok", "T", "x" * 1601, "body_long", ""),
        ("ok", "T", "Hi {frist_name}", "unknown_field", "frist_name"),
        ("ok", "T", "Hi {name} {}", "unknown_field", ""),
    ],
)
def test_a_quick_reply_that_cannot_be_kept_says_why(shortcut, title, body, code, found):
    assert [(each.code, each.found) for each in quick.problems(shortcut, title, body)] == [
        (code, found)
    ]
    assert quick.problems("eta", "On our way", "Hi {first_name}, {business}, {member}") == []


def test_a_quick_reply_says_all_that_is_wrong_with_it():
    wrong = quick.problems("", "", "{nobody} {name}")
    assert {each.field: each.code for each in wrong} == {
        "title": "title_missing", "shortcut": "shortcut_shape", "body": "unknown_field",
    }  # fmt: skip


def test_hours_are_theirs_or_one_s_own():
    ask = {"now": NOW, "mine": CHICAGO, "theirs": PHOENIX}
    assert hour_of("", "", **ask) is None
    assert hour_of("hour", "", **ask) == NOW + timedelta(hours=1)
    assert hour_of("tomorrow", "", **ask) == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    own = hour_of("tomorrow", "", now=NOW, mine=CHICAGO, theirs=None)
    assert own == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    assert hour_of("at", "2026-11-20T15:00", **ask) == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "shape"), ("soon", "shape"), ("2026-11-20T14:31", "past"), ("2026-11-20T14:30", "past"),
        ("2027-11-20T14:30", "far"), ("0001-01-01T00:00", "past"), ("9999-12-31T23:59", "far"),
    ],
)  # fmt: skip
def test_hours_nobody_can_send_at(typed, code):
    with pytest.raises(BadHour) as refused:
        hour_of("at", typed, now=NOW, mine=CHICAGO, theirs=None)
    assert refused.value.code == code


def test_a_morning_across_a_change_of_clocks_is_eight():
    night = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # the night the clocks go back
    assert hours.tomorrow(night, CHICAGO).isoformat() == "2026-11-01T08:00:00-06:00"


def test_what_a_text_costs_and_its_signature():
    assert price_words(2, 120) == "2 segments, about 2.4 ¢"
    assert price_words(1, 100) == "1 segment, about 1 ¢"
    assert signed("Hi ", "– Ana") == "Hi\n– Ana" and signed("Hi\n– Ana", "– Ana") == "Hi\n– Ana"
    assert signed("", "– Ana") == "" and signed("Hi", " ") == "Hi"


def test_the_next_morning_is_today_after_midnight_and_by_day_nobody_is_warned():
    night = datetime(2026, 11, 22, 8, 54, tzinfo=UTC)  # 2:54 AM in Chicago
    assert hours.morning(night, CHICAGO).isoformat() == "2026-11-22T08:00:00-06:00"
    evening = night.replace(hour=23)
    assert hours.morning(evening, CHICAGO).isoformat() == "2026-11-23T08:00:00-06:00"
    someone = Contact(phone="+13125550177", zone="America/Chicago")
    assert new.night_words(someone, night) == "It is 2:54 AM there. They may be asleep."
    assert new.night_words(someone, evening) == ""
    assert "what you write to them yourself" in new._standing(someone)["sentence"]
