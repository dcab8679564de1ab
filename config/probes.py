"""The questions behind /readyz and /metrics, each on a connection of its own."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from tenants.drain import HEARTBEAT_KEY

NEEDED_LANES = ("realtime", "bulk")
AGENDA_LAG_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: whether it is fine, and a few words an operator can act on."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class AgendaCount:
    """rows by (lane, state); lag: seconds since the oldest due, unclaimed row of a lane was due."""

    rows: dict[tuple[str, str], int]
    lag: dict[str, float]


def ask_database() -> dict[str, Check]:
    """Ask PostgreSQL whether it answers, is migrated, and whether realtime work is waiting.

    Raises psycopg.Error when it does not answer.
    """
    started = time.monotonic()
    with _connect() as database:
        lag = _lag(database, "realtime") if _has(database, "tenants_agendaitem") else 0.0
        found = {
            "migrations": _migrations(database),
            "agenda": Check(
                lag < AGENDA_LAG_SECONDS,
                f"oldest due work in realtime waits {lag:.1f} s, less than {AGENDA_LAG_SECONDS:g} s wanted",
            ),
        }
    took = (time.monotonic() - started) * 1000
    return {"database": Check(True, f"answered in {took:.0f} ms"), **found}


def ask_redis() -> dict[str, Check]:
    """Ask Redis whether it answers, and for the heartbeats of the workers. Raises redis.RedisError."""
    started = time.monotonic()
    beats = _redis().mget([HEARTBEAT_KEY.format(lane=lane) for lane in NEEDED_LANES])
    took = (time.monotonic() - started) * 1000
    found = {"redis": Check(True, f"answered in {took:.0f} ms")}
    for lane, beat in zip(NEEDED_LANES, beats, strict=True):
        found[f"worker_{lane}"] = _heartbeat(beat)
    return found


def count_agenda() -> AgendaCount:
    """Count the agenda by lane and state, and how late each lane is. Raises psycopg.Error."""
    with _connect() as database:
        rows = {(lane, state): 0 for lane in settings.LANES for state in ("waiting", "dead")}
        counted = database.execute(
            "SELECT lane, state, count(*) FROM public.tenants_agendaitem GROUP BY lane, state"
        )
        rows.update({(lane, state): count for lane, state, count in counted})
        return AgendaCount(rows, {lane: _lag(database, lane) for lane in settings.LANES})


def living_lanes() -> set[str]:
    """Return the lanes that a worker drains. Raises redis.RedisError."""
    beats = _redis().mget([HEARTBEAT_KEY.format(lane=lane) for lane in settings.LANES])
    return {lane for lane, beat in zip(settings.LANES, beats, strict=True) if beat}


def _connect() -> psycopg.Connection[Any]:
    # Not Django's connection: its pool waits ten seconds, and a probe must find the pool's faults too.
    where = connections["default"].settings_dict
    asked: dict[str, Any] = {
        **settings.DATABASE_QUERY,  # sslmode and the like
        "dbname": where["NAME"],
        "user": where["USER"],
        "password": where["PASSWORD"],
        "host": where["HOST"],
        "port": where["PORT"],
        "connect_timeout": 2,
        "application_name": "ringback-probe",
        "options": "-c search_path=public -c statement_timeout=1500",
    }
    return psycopg.connect(autocommit=True, **asked)


@functools.cache
def _redis() -> redis.Redis:
    # No retries: whether it answers at the first attempt is the question.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )


def _heartbeat(beat: bytes | str | None) -> Check:
    if beat is None:
        return Check(False, "no worker drains this lane")
    age = (
        datetime.now(UTC) - datetime.fromisoformat(beat if isinstance(beat, str) else beat.decode())
    ).total_seconds()
    return Check(True, f"a worker was there {max(age, 0):.1f} s ago")


def _lag(database: psycopg.Connection[Any], lane: str) -> float:
    # A claim moves due_at forward, so whatever is due is in nobody's hands.
    row = database.execute(
        "SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0) FROM public.tenants_agendaitem "
        "WHERE lane = %s AND state = 'waiting' AND due_at <= now()",
        [lane],
    ).fetchone()
    return float(row[0]) if row else 0.0


def _has(database: psycopg.Connection[Any], table: str, schema: str = "public") -> bool:
    row = database.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{schema}.{table}"]).fetchone()
    return bool(row and row[0])


# Databases (by name) found complete: migrations do not become unapplied under a running process.
_complete: set[str] = set()


def _migrations(database: psycopg.Connection[Any]) -> Check:
    name = database.info.dbname
    if name in _complete:
        return Check(True, "all applied")
    wanted = _on_disk()
    for schema in ("public", settings.TENANT_BASE_SCHEMA):
        if not _has(database, "django_migrations", schema):
            return Check(False, f"schema {schema} is not there: run manage.py prepare_database")
        missing = sorted(wanted - _applied(database, schema))
        if missing:
            app, migration = missing[0]
            return Check(
                False,
                f"{len(missing)} not applied in schema {schema}, first {app}.{migration}: "
                "run manage.py prepare_database",
            )
    _complete.add(name)
    return Check(True, "all applied")


@functools.cache
def _on_disk() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.graph.nodes)


def _applied(database: psycopg.Connection[Any], schema: str) -> set[tuple[str, str]]:
    query = sql.SQL("SELECT app, name FROM {}.django_migrations").format(sql.Identifier(schema))
    return {(app, name) for app, name in database.execute(query)}
