"""Guessing a password is slow, on every door; and it is said so."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.test import Client

from tenants import throttle
from tenants.models import User
from tenants.redis import client
from tests.support.world import PASSWORD

DOORS = {"page": "/login/", "admin": "/admin/login/"}
TOO_MANY = "Too many tries with this email."


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Passwords are compared as they are: hashing so many would take half a minute."""
    monkeypatch.setattr(User, "check_password", lambda self, given: given == PASSWORD)


@pytest.fixture
def person(plumber) -> User:
    """The plumber's owner, who for once may enter the admin too."""
    User.objects.filter(pk=plumber.owner.pk).update(is_staff=True)
    yield plumber.owner
    User.objects.filter(pk=plumber.owner.pk).update(is_staff=False)


def tries(email, password, door="page", host="localhost", address="203.0.113.7"):
    visitor = Client(REMOTE_ADDR=address)
    answer = visitor.post(
        DOORS[door], {"username": email, "password": password}, headers={"host": host}
    )
    return answer.status_code == 302, answer.content.decode()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("where", ["public", "business"])
def test_ten_failures_are_enough(door, where, person, plumber):
    host = "localhost" if where == "public" else plumber.host
    for attempt in range(throttle.FAILURES):
        email = person.email.upper() if attempt % 2 else person.email
        came_in, page = tries(email, "wrong", door, host)
        assert not came_in and TOO_MANY not in page
    came_in, page = tries(person.email, PASSWORD, door, host)
    assert not came_in and TOO_MANY in page
    assert tries(person.email, PASSWORD, door, host, address="198.51.100.1")[0]
    assert TOO_MANY not in tries("somebody@else.example", "x", door, host)[1]
    (key,) = [k for k in client().keys("sign-in:*") if int(client().get(k)) > throttle.FAILURES]
    assert 0 < client().ttl(key) <= 15 * 60


def test_a_refused_try_costs_no_hashing(person, monkeypatch):
    for _ in range(throttle.FAILURES):
        throttle.admit("203.0.113.7", person.email)
    monkeypatch.setattr(
        User, "check_password", lambda *_: pytest.fail("the password was looked at")
    )
    monkeypatch.setattr(User, "set_password", lambda *_: pytest.fail("a password was hashed"))
    assert TOO_MANY in tries(person.email, PASSWORD)[1]


def test_who_comes_in_is_counted_anew(person):
    for _ in range(2):
        for _ in range(throttle.FAILURES - 1):
            throttle.admit("203.0.113.7", person.email)
        assert tries(person.email, PASSWORD)[0]


def test_many_at_once_are_no_way_around(world):
    admitted = [throttle.admit("203.0.113.7", "a@b.example") for _ in range(30)]
    assert admitted == [True] * 10 + [False] * 20


def test_a_customer_s_ipv6_network_is_one_place(person):
    for number in range(throttle.FAILURES):
        tries(person.email, "wrong", address=f"2001:db8:1:2::{number + 1:x}")
    assert TOO_MANY in tries(person.email, PASSWORD, address="2001:db8:1:2:ffff::1")[1]
    assert tries(person.email, PASSWORD, address="2001:db8:1:3::1")[0]


def test_without_redis_everybody_may_try(person, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    client.cache_clear()
    try:
        for _ in range(throttle.FAILURES + 1):
            assert throttle.admit("203.0.113.7", person.email)
        assert tries(person.email, PASSWORD)[0]
    finally:
        client.cache_clear()


def test_signed_in_people_stay_signed_in(person, plumber, rf):
    visitor = Client()
    visitor.force_login(person)
    assert visitor.session["_auth_user_backend"] == "django.contrib.auth.backends.ModelBackend"
    request = rf.get("/")
    request.session = visitor.session
    assert get_user(request) == person
