"""Folders, orders and places of the queue, and what is typed into searches: pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import Span, Week
from inbox.queue import folders, snoozing
from inbox.queue.folders import (
    SORTS,
    Folder,
    Selection,
    Sort,
    after_cursor,
    cursor_of,
    from_filters,
    from_query,
    to_filters,
    to_query,
)
from inbox.search.asking import as_tsquery, asked, like
from inbox.search.excerpts import digits_marked, excerpt, marked, part_marked

MOMENTS = st.datetimes(
    datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
TAGS = st.text(
    st.characters(exclude_characters=",\x00", exclude_categories=("Cs",)), min_size=1, max_size=20
)


@st.composite
def selections(draw):
    folder = draw(st.sampled_from(Folder))
    tags = [tag.strip().casefold() for tag in draw(st.lists(TAGS, max_size=3))]
    return Selection(
        folder=folder,
        sort=draw(st.sampled_from(SORTS[folder])),
        team=draw(st.none() | st.integers(1, 10**12)),
        tags=tuple(dict.fromkeys(tag for tag in tags if tag and len(tag) <= 40)),
        assignee=draw(st.sampled_from(["", "me", "none", "7", "123456"])),
        unread=draw(st.booleans()),
        words=" ".join(draw(st.text(max_size=40)).replace("\x00", "").split()),
    )


@given(selections())
def test_a_selection_survives_an_address_and_a_saved_view(selection):
    assert from_filters(to_filters(selection)) == selection
    assert from_query(dict(parse_qsl(to_query(selection)))) == selection


@given(
    st.dictionaries(
        st.sampled_from(["folder", "sort", "team", "tag", "who", "unread", "words"]), st.text()
    )
)
def test_any_address_selects_something(query):
    assert isinstance(from_query(query), Selection)


@given(MOMENTS, st.integers(1, 10**15), st.sampled_from(Sort))
def test_a_place_survives_its_cursor(at, row, sort):
    assert after_cursor(cursor_of(sort, at, row), sort) == (at, row)


@given(st.text(), st.sampled_from(Sort))
def test_no_text_is_a_place_by_accident(text, sort):
    try:
        at, row = after_cursor(text, sort)
    except ValueError as problem:
        assert str(problem).startswith("after: ")
    else:
        assert cursor_of(sort, at, row)


@pytest.mark.parametrize("cursor", ["", "n1.2;x", "w1700000000000000.1", "n1.٣"])
def test_a_place_of_another_order_or_time_is_refused(cursor):
    with pytest.raises(ValueError, match="after: "):
        after_cursor(cursor, Sort.NEWEST)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"folder": "trash"}, "folder"),
        ({"folder": "closed", "sort": "waiting"}, "sort"),
        ({"team": "x"}, "team"),
        ({"assignee": "everyone"}, "assignee"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": "vip"}, "tags"),
        ({"tags": [str(n) for n in range(9)]}, "tags"),
        ({"words": "x" * 81}, "words"),
    ],
)
def test_a_wrong_filter_names_its_field(filters, field):
    with pytest.raises(ValueError, match=f"^{field}: "):
        from_filters(filters)


def test_home_is_what_waits_longest():
    assert from_query({}) == Selection(Folder.ACTIONABLE, Sort.WAITING)
    assert to_query(Selection()) == ""
    assert not folders.of_folder(Folder.TEAM, 3).is_filtered
    assert Selection(team=3).is_filtered


ZONE = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        (datetime(2026, 11, 25, 9, 12, tzinfo=ZONE), ["later_today", "tomorrow", "monday", "in_a_week", "in_a_month"]),
        (datetime(2026, 11, 25, 19, 30, tzinfo=ZONE), ["tomorrow", "monday", "in_a_week", "in_a_month"]),
        (datetime(2026, 11, 29, 9, 0, tzinfo=ZONE), ["later_today", "tomorrow", "in_a_week", "in_a_month"]),
        (datetime(2026, 11, 23, 9, 0, tzinfo=ZONE), ["later_today", "tomorrow", "monday", "in_a_month"]),
    ],
)  # fmt: skip
def test_a_snooze_offers_a_few_good_times(now, keys):
    offered = snoozing.presets(now.astimezone(UTC), ZONE)
    assert [key for key, _ in offered] == keys
    moments = [moment for _, moment in offered]
    assert moments == sorted(moments) and moments[0] > now
    assert all(m.hour == 8 for key, m in offered if key != "later_today")


# Monday to Friday, 7:00 to 16:00.
WEEK = Week(ZONE, tuple(Span(day, time(7), time(16)) for day in range(5)))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # In the small hours of a Wednesday: when the firm opens, not three hours on.
        (datetime(2026, 11, 25, 0, 58, tzinfo=ZONE), [
            ("later_today", "2026-11-25T07:00"), ("tomorrow", "2026-11-26T07:00"),
            ("monday", "2026-11-30T07:00"), ("in_a_week", "2026-12-02T07:00"),
            ("in_a_month", "2026-12-25T07:00"),
        ]),
        # Thirteen o'clock and three hours is closing time: nothing later that day.
        (datetime(2026, 11, 25, 13, 0, tzinfo=ZONE), [
            ("tomorrow", "2026-11-26T07:00"), ("monday", "2026-11-30T07:00"),
            ("in_a_week", "2026-12-02T07:00"), ("in_a_month", "2026-12-25T07:00"),
        ]),
        # Friday: tomorrow is closed, Monday is not; in a month is a Sunday, so the day after.
        (datetime(2026, 11, 27, 9, 0, tzinfo=ZONE), [
            ("later_today", "2026-11-27T12:00"), ("monday", "2026-11-30T07:00"),
            ("in_a_week", "2026-12-04T07:00"), ("in_a_month", "2026-12-28T07:00"),
        ]),
    ],
)  # fmt: skip
def test_a_snooze_ends_while_the_firm_is_open(now, expected):
    offered = snoozing.presets(now.astimezone(UTC), ZONE, WEEK)
    assert [(key, at.strftime("%Y-%m-%dT%H:%M")) for key, at in offered] == expected
    # The same moments for a member elsewhere, on his own clock.
    east = snoozing.presets(now.astimezone(UTC), ZoneInfo("America/New_York"), WEEK)
    assert dict(east)["in_a_month"] == dict(offered)["in_a_month"]


def test_a_firm_that_never_closes_snoozes_until_eight():
    always = Week(ZONE, tuple(Span(day, time(0), time(23, 59)) for day in range(7)))
    offered = dict(snoozing.presets(datetime(2026, 11, 25, 9, 0, tzinfo=ZONE), ZONE, always))
    assert offered["tomorrow"].hour == 8 and offered["later_today"].hour == 12
    night = snoozing.presets(datetime(2026, 11, 25, 0, 30, tzinfo=ZONE), ZONE, always)
    assert night[0][0] == "tomorrow"


def test_a_morning_is_eight_across_a_change_of_clocks():
    before = datetime(2026, 10, 31, 12, 0, tzinfo=ZONE)
    tomorrow = dict(snoozing.presets(before, ZONE))["tomorrow"]
    assert tomorrow.isoformat() == "2026-11-01T08:00:00-06:00"


def test_a_written_time_is_in_the_members_zone():
    assert snoozing.written("2026-11-24T08:30", ZONE) == datetime(2026, 11, 24, 8, 30, tzinfo=ZONE)
    assert snoozing.written("2026-11-24T08:30+00:00", ZONE).utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match=r"^until: "):
        snoozing.written("soon", ZONE)


# ---- searching ----


@given(st.text(max_size=400))
def test_whatever_is_typed_is_letters_and_digits_to_the_database(text):
    found = asked(text)
    words = found.tsquery.removesuffix(":*").split(" & ") if found.tsquery else []
    assert all(word.isalnum() or not word.isascii() for word in words)
    assert not set(found.tsquery) & set("'\"()<>|!\\\x00")
    assert len(words) <= 8 and "\x00" not in found.part + found.text


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("(312) 555-0142", "3125550142"), ("+1 312.555.0142", "13125550142"), ("0142", "0142"),
        ("55", ""), ("312 Maria", ""), ("٣١٢٥٥٥", ""), ("---", ""),
    ],
)  # fmt: skip
def test_numbers_are_found_in_any_format(typed, digits):
    assert asked(typed).digits == digits


def test_words_are_all_wanted_and_the_last_may_go_on():
    assert as_tsquery("Kitchen sink lea") == "kitchen & sink & lea:*"
    assert as_tsquery("x") == "" and as_tsquery("'; DROP TABLE x; --") == "drop & table & x:*"
    assert asked("%_%").is_empty and asked("").is_empty and asked("\x00").is_empty
    assert like("50%_\\") == "%50\\%\\_\\\\%"


def test_an_excerpt_marks_what_was_found_and_escapes_the_rest():
    text = "<script>alert(1)</script> the Wässer heater leaks"
    html = excerpt(text, ("wasser", "lea"))
    assert html == (
        "&lt;script&gt;alert(1)&lt;/script&gt; the <mark>Wässer</mark> heater <mark>leaks</mark>"
    )
    long = "word " * 60 + "zebra & co " + "tail " * 60
    cut = excerpt(long, ("zebra",))
    assert "<mark>zebra</mark> &amp; co" in cut and cut.startswith("… ") and cut.endswith(" …")
    assert len(cut) < 220
    assert marked("O'Brien <b>", ("o",)) == "<mark>O</mark>&#x27;Brien &lt;b&gt;"
    assert part_marked("ada@mail.example", "MAIL") == "ada@<mark>mail</mark>.example"
    assert part_marked("İstanbul<", "i") == "İstanbul&lt;"
    assert digits_marked("(312) 555-0142", "5550") == "(312) <mark>555-0</mark>142"
    assert digits_marked("(312) 555-0142", "999") == "(312) 555-0142"


@given(st.text(max_size=200), st.lists(st.text(max_size=10), max_size=3))
def test_nothing_typed_or_said_becomes_markup(text, words):
    for html in (excerpt(text, tuple(words)), marked(text, tuple(words))):
        plain = html.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in plain and ">" not in plain
