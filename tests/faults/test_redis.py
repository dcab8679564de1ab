"""Redis is a bell, not a store: stopped, emptied or silent, calls are texted."""

from __future__ import annotations

import os
import signal
import time


def test_stopped_for_seconds_and_emptied(live):
    live.servers.stop_redis()
    try:
        calls = live.missed(4)
        # The drain looks by itself: nobody waits for Redis to come back.
        live.each_texted_once(calls)
    finally:
        live.servers.start_redis(empty=True)
    calls = live.missed(3)
    live.each_texted_once(calls)
    live.await_ready()


def test_emptied_while_it_runs(live):
    calls = live.missed(3)
    live.redis.flushall()
    calls += live.missed(3)
    live.each_texted_once(calls)


def test_a_worker_that_starts_while_redis_is_away(live):
    live.kill("worker-realtime")
    live.servers.stop_redis()
    try:
        calls = live.missed(3)
        live.bring_up("worker-realtime")
        time.sleep(1)
    finally:
        live.servers.start_redis(empty=True)
    live.each_texted_once(calls)


def test_silent_but_connected(live):
    """A Redis that takes connections and never answers must not hold up a webhook."""
    pid = live.servers.redis.child.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        calls = live.missed(3)
        live.each_texted_once(calls)
    finally:
        os.kill(pid, signal.SIGCONT)
    live.await_ready()


def test_stop_is_obeyed_without_redis(live):
    caller = live.twilio.call().caller
    live.servers.stop_redis()
    try:
        assert live.twilio.text(caller, "STOP").status_code == 200
    finally:
        live.servers.start_redis()
    opted_out = f"SELECT opted_out_at IS NOT NULL FROM {live.plumber.schema}.messaging_contact WHERE phone = %s"
    assert live.sql(opted_out, caller) == [(True,)]
    live.await_ready()
