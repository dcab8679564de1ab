"""Celery's side of the agenda: a message is a wake-up, never the work itself."""

from __future__ import annotations

import threading

from celery import shared_task
from celery.signals import worker_shutdown, worker_shutting_down
from django.conf import settings

from tenants.drain import Drain

_stop = threading.Event()
_running: dict[str, threading.Lock] = {}
_guard = threading.Lock()
_threads: list[threading.Thread] = []


@worker_shutting_down.connect
def _on_shutdown(**_: object) -> None:
    _stop.set()


@worker_shutdown.connect
def _await_the_end(**_: object) -> None:
    """Let the drains bring what is in flight to its end while threads can still be started."""
    _stop.set()
    for thread in _threads:
        thread.join(timeout=settings.PROVIDER_TIMEOUT_SECONDS + 10)


def start_here(lanes: list[str]) -> None:
    """Drain lanes in threads of this process, without waiting for the broker.

    A worker that starts while Redis is away works all the same. The threads are joined when the
    worker shuts down.
    """
    for lane in lanes:
        thread = threading.Thread(target=drain, args=[lane], name=f"{lane}-drain", daemon=True)
        _threads.append(thread)
        thread.start()


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
