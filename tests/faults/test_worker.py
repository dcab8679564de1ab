"""The worker dies at every moment there is: each missed call is one text all the same."""

from __future__ import annotations

import time

WORKER = "worker-realtime"


def test_killed_before_the_provider_was_asked(live):
    live.kill(WORKER)
    calls = live.missed(5)
    time.sleep(0.5)
    assert not live.texts()
    live.bring_up(WORKER)
    live.each_texted_once(calls)


def test_killed_while_the_provider_is_asked(live):
    live.control(mode="ok", latency=1.5)
    calls = live.missed(4)
    live.until(lambda: len(live.requests()) == 4)
    live.restart(WORKER)
    live.each_texted_once(calls)
    assert len(live.requests()) == 4


def test_killed_right_after_the_provider_took_it(live):
    live.control(mode="accept_then_timeout", times=3)
    calls = live.missed(3)
    live.until(lambda: len(live.texts()) == 3)
    live.restart(WORKER)
    live.each_texted_once(calls)
    assert len(live.requests()) == 3


def test_killed_again_and_again_under_load(live):
    live.control(mode="ok", latency=0.3)
    calls = []
    for _ in range(3):
        calls += live.missed(8)
        time.sleep(0.3)
        live.restart(WORKER)
        calls += live.missed(4)
        time.sleep(0.7)
    live.each_texted_once(calls)


def test_asked_to_stop_it_brings_its_work_to_an_end(live):
    live.control(mode="ok", latency=1.0)
    calls = live.missed(3)
    live.until(lambda: len(live.requests()) == 3)
    worker = live.children.pop(WORKER)
    worker.terminate()
    assert worker.wait(20) == 0
    statuses = live.sql(
        f"SELECT status FROM {live.plumber.schema}.messaging_message WHERE their_number = ANY(%s)",
        [call.caller for call in calls],
    )
    assert statuses == [("sent",)] * 3
    live.bring_up(WORKER)
    live.each_texted_once(calls)


def test_both_workers_and_beat_at_once(live):
    calls = live.missed(3)
    for name in (WORKER, "worker-bulk", "beat"):
        live.kill(name)
    calls += live.missed(3)
    for name in (WORKER, "worker-bulk"):
        live.bring_up(name)
    live.each_texted_once(calls)
