"""One number that calls many businesses: counted across them for a day, and never in the way."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tenants import velocity

NUMBER = "+17735550111"


def test_other_businesses_are_counted_for_a_day_and_each_once(world):
    now = timezone.now()
    assert velocity.elsewhere(NUMBER, 1, now) == 0
    assert velocity.elsewhere(NUMBER, 2, now) == 1
    assert velocity.elsewhere(NUMBER, 2, now) == 1
    assert velocity.elsewhere("+17735550112", 2, now) == 0
    assert velocity.elsewhere(NUMBER, 3, now + timedelta(hours=23)) == 2
    assert velocity.elsewhere(NUMBER, 4, now + timedelta(hours=25)) == 1


def test_the_number_itself_is_not_in_redis(world):
    from tenants.redis import client

    velocity.elsewhere(NUMBER, 1, timezone.now())
    assert not [key for key in client().keys("*") if b"7735550111" in key]


def test_without_redis_nobody_is_held_back_and_it_is_left_alone_for_a_while(world, monkeypatch):
    now, asked = timezone.now(), []

    def away():
        asked.append(1)
        raise ConnectionError

    monkeypatch.setattr(velocity, "client", away)
    monkeypatch.setattr(velocity, "_not_before", [now - timedelta(seconds=1)])
    assert [velocity.elsewhere(NUMBER, n, now) for n in range(5)] == [0] * 5
    assert len(asked) == 1
    velocity.elsewhere(NUMBER, 6, now + timedelta(seconds=31))
    assert len(asked) == 2
