"""PostgreSQL restarts in the middle of everything: what was acknowledged is done, and done once."""

from __future__ import annotations

import threading
import time


def test_restarted_while_webhooks_arrive(live):
    live.control(mode="ok", latency=0.2)
    acknowledged, refused, over = [], [], threading.Event()

    def ring() -> None:
        while not over.is_set():
            call = live.twilio.call()
            answer = call.dial_ends("no-answer")
            (acknowledged if answer.status_code == 200 else refused).append(call)
            time.sleep(0.05)

    callers = [threading.Thread(target=ring) for _ in range(3)]
    for caller in callers:
        caller.start()
    time.sleep(0.5)
    live.servers.restart_postgres()
    time.sleep(1.5)
    over.set()
    for caller in callers:
        caller.join()
    assert not refused  # a provider gives a voice webhook 15 s; a restart takes less
    live.each_texted_once(acknowledged)


def test_stop_during_and_right_after_a_restart(live):
    senders = [live.twilio.call().caller for _ in range(8)]
    for sender in senders[:3]:  # several connections are open in the web process
        assert live.twilio.text(sender, "STOP").status_code == 200
    answers = []
    texting = threading.Thread(
        target=lambda: answers.extend(live.twilio.text(s, "STOP").status_code for s in senders[3:6])
    )
    live.servers.postgres.stop()
    texting.start()
    time.sleep(0.3)
    live.servers.postgres.start()
    texting.join()
    answers += [live.twilio.text(sender, "STOP").status_code for sender in senders[6:]]
    assert answers == [200] * 5
    schema = live.plumber.schema
    assert live.sql(
        f"SELECT count(*) FROM {schema}.messaging_contact WHERE opted_out_at IS NOT NULL AND phone = ANY(%s)",
        senders,
    ) == [(8,)]
    live.await_ready()


def test_killed_with_texts_on_their_way(live):
    live.control(mode="ok", latency=0.8)
    calls = live.missed(4)
    live.until(lambda: len(live.requests()) == 4)
    live.servers.postgres.kill()
    live.servers.postgres.start()
    live.each_texted_once(calls)
    assert len(live.requests()) == 4
