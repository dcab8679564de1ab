"""What /healthz, /readyz and /metrics say, above all when something is away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from config import probes
from config.health import HealthMiddleware
from tenants.drain import HEARTBEAT_KEY
from tenants.models import AgendaItem
from tenants.redis import client as redis_client


@pytest.fixture(autouse=True)
def _fresh_probes(world):
    probes._complete.clear()
    probes._redis.cache_clear()
    yield
    probes._complete.clear()
    probes._redis.cache_clear()


@pytest.fixture
def workers(world):
    """Workers that drain the lanes a missed call needs."""
    for lane in ("realtime", "bulk"):
        redis_client().set(HEARTBEAT_KEY.format(lane=lane), datetime.now(UTC).isoformat(), ex=60)


def ready(host: str = "localhost", path: str = "/readyz"):
    started = time.monotonic()
    answer = Client().get(path, headers={"host": host})
    assert time.monotonic() - started < 2.5
    body = answer.json()
    assert answer.status_code == (200 if body["ready"] else 503)
    assert answer.headers["Cache-Control"] == "no-store"
    return body["ready"], {n for n, c in body["checks"].items() if not c["ok"]}, body["checks"]


def late(lane: str, seconds: float, **more):
    due = timezone.now() - timedelta(seconds=seconds)
    more = {"kind": "calls.voice_event", "subject": "1", "unique_key": f"t{lane}{seconds}", **more}
    return AgendaItem.objects.create(lane=lane, due_at=due, **more)


@contextmanager
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_all_is_well(workers, plumber):
    for host in ("localhost", "127.0.0.1", plumber.host):
        is_ready, failed, checks = ready(host)
        assert is_ready and not failed, checks
    assert set(checks) == {
        "database", "migrations", "agenda", "redis", "worker_realtime", "worker_bulk",
    }  # fmt: skip


@pytest.mark.parametrize("lane", ["realtime", "bulk"])
def test_not_ready_without_a_worker_on_a_lane(lane, workers):
    redis_client().delete(HEARTBEAT_KEY.format(lane=lane))
    assert ready()[:2] == (False, {f"worker_{lane}"})


def test_not_ready_while_due_work_waits(workers, plumber):
    late("realtime", 29)
    late("realtime", -3600)
    late("bulk", 300)
    late("realtime", 400, state="dead")
    assert ready()[0]
    late("realtime", 31)
    assert ready()[:2] == (False, {"agenda"})


def test_not_ready_with_an_unapplied_migration(workers, monkeypatch):
    more = frozenset({("messaging", "0099_later")})
    wanted = probes._on_disk() | more
    monkeypatch.setattr(probes, "_on_disk", lambda: wanted)
    _, failed, checks = ready()
    assert failed == {"migrations"}
    assert "messaging.0099_later" in checks["migrations"]["detail"]
    monkeypatch.setattr(probes, "_on_disk", lambda: wanted - more)
    assert ready()[0]
    monkeypatch.setattr(probes, "_on_disk", lambda: wanted)
    assert ready()[0]  # once complete, it is not looked at again


def test_not_ready_without_the_template_schema(workers, settings):
    settings.TENANT_BASE_SCHEMA = "nowhere"
    _, failed, checks = ready()
    assert failed == {"migrations"}
    assert "prepare_database" in checks["migrations"]["detail"]


def test_postgresql_away(workers, monkeypatch):
    where = connections["default"].settings_dict
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setitem(where, "PORT", closed.getsockname()[1])
        assert ready()[:2] == (False, {"database", "migrations", "agenda"})
    with silent_port() as port:
        monkeypatch.setitem(where, "PORT", port)
        assert ready()[:2] == (False, {"database", "migrations", "agenda"})
        time.sleep(2.1)  # its connection attempt gives up


def test_redis_away(workers, settings):
    gone = {"redis", "worker_realtime", "worker_bulk"}
    for open_port in (False, True):
        with silent_port() as port:
            listening = port
            if open_port:
                settings.REDIS_URL = f"redis://127.0.0.1:{listening}/0"
                probes._redis.cache_clear()
                assert ready()[:2] == (False, gone)
        if not open_port:
            settings.REDIS_URL = f"redis://127.0.0.1:{listening}/0"
            probes._redis.cache_clear()
            assert ready()[:2] == (False, gone)


def test_healthz_asks_nobody(plumber, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", headers={"host": "localhost"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert Client().get("/healthz", headers={"host": plumber.host}).status_code == 200


def test_the_middleware_answers_before_a_host_is_looked_up(
    workers, plumber, rf, django_assert_num_queries
):
    answer = HealthMiddleware(lambda request: pytest.fail("asked further"))
    with django_assert_num_queries(0):
        for path in ("/healthz", "/readyz"):
            for host in (plumber.host, "nobody.localhost", "localhost"):
                assert answer(rf.get(path, headers={"host": host})).status_code == 200
    passed_on = HealthMiddleware(lambda request: "page")
    assert passed_on(rf.get("/", headers={"host": "localhost"})) == "page"


def test_a_probe_is_answered_by_whatever_address_it_comes(workers, settings):
    settings.HOSTS = ["ringback.example", ".ringback.example"]
    settings.PUBLIC_HOSTS = {"ringback.example"}
    for path in ("/healthz", "/readyz"):
        for host in ("127.0.0.1:8000", "10.0.0.7", "bad_host/", ""):
            assert Client().get(path, headers={"host": host}).status_code == 200, host
    assert Client().get("/login/", headers={"host": "10.0.0.7"}).status_code == 400


def scrape(remote: str = "127.0.0.1", host: str = "localhost", **headers: str):
    return Client(REMOTE_ADDR=remote).get("/metrics", headers={"host": host, **headers})


def test_metrics_show_the_agenda_as_it_stands(workers, plumber):
    late("realtime", 12)
    late("bulk", 0, state="dead")
    text = scrape().content.decode()
    assert 'ringback_agenda_rows{lane="realtime",state="waiting"} 1.0' in text
    assert 'ringback_agenda_rows{lane="bulk",state="dead"} 1.0' in text
    assert 'ringback_agenda_lag_seconds{lane="realtime"} 1' in text
    assert 'ringback_worker_alive{lane="bulk"} 1.0' in text
    assert 'ringback_worker_alive{lane="housekeeping"} 0.0' in text
    assert "ringback_webhooks_total" in text


def test_metrics_say_nothing_of_an_agenda_nobody_could_count(workers, monkeypatch):
    assert "ringback_agenda_lag_seconds{" in scrape().content.decode()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setitem(connections["default"].settings_dict, "PORT", closed.getsockname()[1])
        text = scrape().content.decode()
    assert "ringback_agenda_lag_seconds{" not in text
    assert 'ringback_worker_alive{lane="realtime"} 1.0' in text


def test_metrics_are_for_the_inside_or_for_the_token(world, settings, plumber):
    assert scrape("10.1.2.3").status_code == 200
    assert scrape("::1").status_code == 200
    assert scrape("10.0.0.1", **{"X-Forwarded-For": "192.168.1.5, 10.0.0.9"}).status_code == 200
    assert scrape("8.8.8.8").status_code == 403
    # Our own proxy has a private address; whom it speaks for counts.
    assert scrape("10.0.0.1", **{"X-Forwarded-For": "8.8.8.8"}).status_code == 403
    assert scrape("10.0.0.1", **{"X-Forwarded-For": "127.0.0.1, 8.8.8.8"}).status_code == 403
    assert scrape("10.0.0.1", **{"X-Forwarded-For": "junk"}).status_code == 403
    assert scrape("8.8.8.8", authorization="Bearer ").status_code == 403
    settings.METRICS_TOKEN = "a-long-secret"
    assert scrape("8.8.8.8", authorization="Bearer a-long-secret").status_code == 200
    assert scrape("8.8.8.8", authorization="Bearer a-long-secreT").status_code == 403
    assert scrape("8.8.8.8", authorization="Bearer é").status_code == 403
    assert scrape(host=plumber.host).status_code == 404
