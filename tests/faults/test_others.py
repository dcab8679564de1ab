"""Beat, the web process and the provider: each fails in its own way, and no call is lost to it."""

from __future__ import annotations

import threading

import httpx
import pytest


def test_beat_is_dead(live):
    live.kill("beat")
    live.each_texted_once(live.missed(4))
    live.restart("worker-realtime")
    live.each_texted_once(live.missed(2))


def test_the_web_process_is_killed_while_webhooks_arrive(live):
    acknowledged = []

    def ring() -> None:
        for _ in range(25):
            call = live.twilio.call()
            try:
                if call.dial_ends("no-answer").status_code == 200:
                    acknowledged.append(call)
            except httpx.HTTPError:
                continue

    callers = [threading.Thread(target=ring) for _ in range(3)]
    for caller in callers:
        caller.start()
    live.until(lambda: len(acknowledged) > 5)
    live.restart("web")
    for caller in callers:
        caller.join()
    live.await_web()
    again = live.missed(2)
    live.each_texted_once([*acknowledged, *again])


@pytest.mark.parametrize(
    "mode", ["429", "500", "timeout", "accept_then_timeout", "accept_then_close"]
)
def test_the_provider_misbehaves(mode, live):
    live.control(mode=mode, times=3)
    live.each_texted_once(live.missed(5))


def test_a_webhook_repeated_across_deaths_is_one(live):
    call = live.twilio.call()
    fields = call.fields(CallStatus="in-progress", DialCallStatus="no-answer", DialBridged="false")
    for name in ("worker-realtime", "web"):
        assert live.twilio.post("voice/dial", fields).status_code == 200
        live.restart(name)
        live.await_web()
    assert live.twilio.post("voice/dial", fields).status_code == 200
    live.each_texted_once([call])
    assert live.sql("SELECT count(*) FROM tenants_providerevent WHERE subject = %s", call.sid) == [
        (1,)
    ]
