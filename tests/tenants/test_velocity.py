"""One number that calls many businesses, one range that calls one: counted, and never in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import velocity
from tenants.velocity import Away, Ledger, Wish

NUMBER = "+17735550111"


def wish(business: int, number: str = NUMBER, member: str = "1", cost: int = 100) -> Wish:
    return Wish(number, business, "+13125550100", member, cost, counts_elsewhere=True)


def elsewhere(business: int, now, number: str = NUMBER) -> int:
    return velocity.ask(wish(business, number), now).elsewhere


def test_other_businesses_are_counted_for_a_day_and_each_once(world):
    now = timezone.now()
    assert elsewhere(1, now) == 0
    assert elsewhere(2, now) == 1
    assert elsewhere(2, now) == 1
    assert elsewhere(2, now, "+17735550112") == 0
    assert elsewhere(3, now + timedelta(hours=23)) == 2
    assert elsewhere(4, now + timedelta(hours=25)) == 1


def test_who_is_vouched_for_is_not_counted_across_businesses(world):
    now = timezone.now()
    vouched = Wish(NUMBER, 1, "+13125550100", "1", 100, counts_elsewhere=False)
    assert velocity.ask(vouched, now).elsewhere == 0
    assert elsewhere(2, now) == 0


def test_callers_of_one_range_are_counted_for_a_quarter_of_an_hour(world):
    now = timezone.now()
    for n in range(4):
        seen = velocity.ask(wish(1, f"+1773555010{n}"), now + timedelta(minutes=n))
    assert (seen.here, seen.anywhere) == (4, 4)
    seen = velocity.ask(wish(2, "+17735550104"), now + timedelta(minutes=4))
    assert (seen.here, seen.anywhere) == (1, 5)
    other = velocity.ask(wish(1, "+17735551104"), now + timedelta(minutes=4))
    assert (other.here, other.anywhere) == (1, 1)
    seen = velocity.ask(wish(1, "+17735550100"), now + timedelta(minutes=17))
    assert (seen.here, seen.anywhere) == (2, 3)


def test_the_number_itself_is_not_in_redis(world):
    from tenants.redis import client

    elsewhere(1, timezone.now())
    keys = client().keys("*")
    assert keys and not [key for key in keys if b"7735550111" in key]
    members = [
        m for key in keys if client().type(key) == b"zset" for m in client().zrange(key, 0, -1)
    ]
    assert members and not [member for member in members if b"5550111" in member]


def test_an_unknown_business_is_read_first_and_counts_nothing_meanwhile(world):
    now = timezone.now()
    assert velocity.ask(wish(1), now).verdict == "unknown"
    end = now + timedelta(hours=3)
    velocity.remember(1, Ledger(2, 1_000, ("7",), 0, end, end), now)
    assert velocity.ask(wish(1, member="7"), now).verdict == "ok"  # counted before, by the database
    assert velocity.ask(wish(1, member="8"), now).verdict == "ok"
    assert velocity.ask(wish(1, member="8"), now).verdict == "ok"
    assert velocity.ask(wish(1, member="9"), now).verdict == "day"
    velocity.give_back(wish(1, member="8"), now)
    assert velocity.ask(wish(1, member="9"), now).verdict == "ok"
    assert velocity.ask(wish(1, member="9"), end).verdict == "unknown"  # another day began


def test_money_is_counted_with_each_text_and_given_back_with_it(world):
    now = timezone.now()
    end = now + timedelta(hours=3)
    velocity.remember(1, Ledger(100, 250, (), 0, end, end), now)
    assert [velocity.ask(wish(1, member=str(n)), now).verdict for n in range(3)] == [
        "ok", "ok", "month",
    ]  # fmt: skip
    velocity.give_back(wish(1, member="0"), now)
    velocity.give_back(wish(1, member="0"), now)
    assert [velocity.ask(wish(1, member=str(n)), now).verdict for n in (3, 4)] == ["ok", "month"]


def test_the_platform_is_held_at_five_times_its_usual_hour_and_told_of_once(world, settings):
    settings.PLATFORM_BRAKE_FLOOR = 2
    now = timezone.now()
    end = now + timedelta(days=3)
    hour = int(now.timestamp()) // 3600
    assert velocity.ask(wish(1), now).platform_limit is None
    velocity.begin_history({hour - 1: (168, 0), hour - 200: (1_000_000, 0)}, now)
    velocity.remember(1, Ledger(100, 10_000, (), 0, end, end), now)
    said = [velocity.ask(wish(1, member=str(n)), now) for n in range(7)]
    assert said[0].platform_limit == 5  # five times one an hour
    assert [each.verdict for each in said] == ["ok"] * 5 + ["platform"] * 2
    assert [each.news for each in said] == [""] * 5 + ["texts", ""]
    velocity.remember(1, Ledger(100, 10_000, (), 0, end, end), now)
    later = velocity.ask(wish(1, member="x"), now + timedelta(hours=1))
    assert (later.verdict, later.platform_limit) == ("ok", 5)  # 173 of the week, in whole texts


def test_what_all_businesses_spend_is_held_by_the_hour_and_by_the_day(world, settings):
    settings.PLATFORM_CENTS_AN_HOUR, settings.PLATFORM_CENTS_A_DAY = 3, 5
    now = timezone.now().replace(minute=1)
    end = now + timedelta(days=3)
    hour = int(now.timestamp()) // 3600
    velocity.begin_history({hour - 30: (1, 900)}, now)

    def ask(n: int, at):
        business = n % 2 + 1
        velocity.remember(business, Ledger(100, 100_000, (), 0, end, end), at)
        return velocity.ask(wish(business, member=str(n)), at)

    said = [ask(n, now) for n in range(5)]
    assert [each.verdict for each in said] == ["ok"] * 3 + ["platform"] * 2
    assert [each.news for each in said] == ["", "", "", "money", ""]
    velocity.give_back(wish(1, member="0"), now)
    assert ask(9, now).verdict == "ok"  # what did not leave is not spent
    later = now + timedelta(hours=1)
    assert [ask(n, later).verdict for n in range(10, 13)] == ["ok", "ok", "platform"]  # the day's
    assert ask(13, now + timedelta(hours=24)).verdict == "ok"
    # A usual week raises both: five times its hour, twice its day.
    settings.PLATFORM_CENTS_AN_HOUR, settings.PLATFORM_CENTS_A_DAY = 1, 1
    velocity.begin_history({hour - 100: (1, 168 * 300)}, now)
    assert [ask(n, now).verdict for n in range(20, 30)] == ["ok"] * 10


def test_one_business_alone_makes_no_crowd_for_the_others(world, settings):
    settings.CROWD_HERE = 4
    now = timezone.now()
    for n in range(30):
        seen = velocity.ask(wish(1, f"+177355501{n:02}"), now)
    assert (seen.here, seen.anywhere) == (30, 4)
    vouched = Wish("+17735550188", 2, "+13125550100", "1", 100, counts_elsewhere=False)
    assert velocity.ask(vouched, now).anywhere == 4
    again = Wish("+17735550199", 2, "+13125550100", "1", 100, True, is_asked_again=True)
    seen = velocity.ask(again, now + timedelta(minutes=14))
    assert (seen.here, seen.anywhere) == (1, 4)  # asking again makes it no longer
    seen = velocity.ask(again, now + timedelta(minutes=16))
    assert (seen.here, seen.anywhere) == (0, 0)


def test_a_throttled_number_of_ours_is_remembered_until_its_time(world):
    now = timezone.now()
    until = (now + timedelta(minutes=10)).replace(microsecond=0)
    velocity.throttled("+13125550100", until, now)
    assert velocity.ask(wish(1), now).throttled_until == until
    other = Wish(NUMBER, 1, "+13125550101", "1", 1, counts_elsewhere=False)
    assert velocity.ask(other, now).throttled_until is None


def test_without_redis_it_says_so_and_leaves_it_alone_for_a_while(world, monkeypatch):
    now, asked = timezone.now(), []

    def away():
        asked.append(1)
        raise ConnectionError

    monkeypatch.setattr(velocity, "client", away)
    monkeypatch.setattr(velocity, "_not_before", [now - timedelta(seconds=1)])
    for _ in range(5):
        with pytest.raises(Away):
            velocity.ask(wish(1), now)
    assert len(asked) == 1
    with pytest.raises(Away):
        velocity.ask(wish(1), now + timedelta(seconds=31))
    assert len(asked) == 2
