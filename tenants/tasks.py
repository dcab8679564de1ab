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
