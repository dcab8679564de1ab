"""Celery's side of the agenda: a message is a wake-up, never the work itself."""

from __future__ import annotations

import threading

from celery import shared_task
from celery.signals import worker_shutting_down

from tenants.drain import Drain

_stop = threading.Event()
_running: dict[str, threading.Lock] = {}
_guard = threading.Lock()


@worker_shutting_down.connect
def _on_shutdown(**_: object) -> None:
    _stop.set()


def start_here(lanes: list[str]) -> None:
    """Drain lanes in threads of this process, without waiting for the broker.

    A worker that starts while Redis is away works all the same. The threads are joined at exit, so
    what is in flight is brought to its end.
    """
    for lane in lanes:
        threading.Thread(target=drain, args=[lane], name=f"{lane}-drain").start()


@shared_task(ignore_result=True, name="tenants.drain")
def drain(lane: str) -> None:
    """Drain a lane in this process; a second wake-up for a lane being drained does nothing."""
    with _guard:
        lock = _running.setdefault(lane, threading.Lock())
    if not lock.acquire(blocking=False):
        return
    try:
        Drain(lane, stop=_stop).run()
    finally:
        lock.release()
