"""The worker's loop over one lane of the agenda: claim in batches, work with many calls in flight.

Three kinds of threads: the loop itself claims and finishes rows; a few database threads run
handlers (each with its own lasting connection); many outside threads make provider calls and
hold no connection. A row goes database -> outside -> database, or just through the first.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from tenants import agenda
from tenants.agenda import Item, Later, Next, Outside
from tenants.redis import client as redis_client
from tenants.scope import reside

log = structlog.get_logger(__name__)

BATCH = 100
LOOK_AGAIN_SECONDS = 0.5
# While work is in flight the loop keeps a pace, so that claims and finishes come in batches.
PACE_SECONDS = 0.005
FINISH_WITHIN_SECONDS = 0.05
# How many rows more than for the idlest may wait for a business's own thread before that one takes them.
OWN_QUEUE = 4
RENEW_SECONDS = settings.AGENDA_LEASE_SECONDS / 4
HEARTBEAT_KEY = "ringback:worker:{lane}"
HEARTBEAT_SECONDS = 6
STUCK_SECONDS = 10.0
COME_BACK = timedelta(seconds=0.3)


class _DatabaseThread:
    """One thread with one lasting connection, and how many rows wait for it."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)
        self._lock = threading.Lock()
        self.waiting = 0

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        """Queue a piece of work. Raises RuntimeError once closed."""
        with self._lock:
            self.waiting += 1
        self._pool.submit(self._run, work, arguments)

    def _run(self, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        with self._lock:
            self.waiting -= 1
        work(*arguments)

    def close(self) -> None:
        """Let go of the connection and the thread, when what is queued is done."""
        # A lambda: which connection is meant is decided in the thread that closes it.
        self._pool.submit(lambda: connection.close())
        self._pool.shutdown(wait=True)


class Drain:
    """Drains one lane until told to stop."""

    def __init__(self, lane: str, *, stop: threading.Event) -> None:
        self.lane = lane
        self.me = agenda.whoami()
        self._stop = stop
        self._in_flight: dict[int, Item] = {}
        self._finished: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._finished_at = 0.0
        self._signal = threading.Event()
        self._counting = threading.Lock()
        self._waiting = 0  # rows that wait for a database thread
        self._progress_at = time.monotonic()
        self._served = 0  # the business a fair claim ended with
        hooks = lane == "hooks"
        io_threads = settings.HOOKS_IO_THREADS if hooks else settings.DRAIN_IO_THREADS
        self._room = 2 * io_threads
        self._was_full = self._fair = False
        self._db = [_DatabaseThread(f"{lane}-db") for _ in range(settings.DRAIN_DB_THREADS)]
        self._io = ThreadPoolExecutor(io_threads, f"{lane}-io")
        self._listener = threading.Thread(target=self._listen, name=f"{lane}-listen", daemon=True)

    def run(self) -> None:
        """Work until stopped; rows in flight are brought to their end first."""
        agenda._local_wakes[self.lane] = self._signal.set
        self._listener.start()
        self._forget_safely()
        renewed = beat = 0.0
        try:
            while not self._stop.is_set():
                now = time.monotonic()
                try:
                    self._finish(now)
                    if now - renewed > RENEW_SECONDS:
                        renewed = now
                        self._renew()
                    self._claim()
                    # A heart that beats says that calls are texted: only after a look at the
                    # agenda, and not while what was claimed gets no thread.
                    if now - beat > 1 and not self._is_stuck(now):
                        beat = now
                        self._heartbeat()
                except (OperationalError, InterfaceError) as error:
                    # PostgreSQL is away; the rows are safe there. Come back on a new connection.
                    log.warning("agenda_waits_for_database", lane=self.lane, error=str(error)[:120])
                    connection.close()
                    time.sleep(0.3)
                    self._forget_safely()
                busy = bool(self._in_flight) or not self._finished.empty()
                self._signal.wait(FINISH_WITHIN_SECONDS if busy else LOOK_AGAIN_SECONDS)
                self._signal.clear()
                if busy:
                    time.sleep(PACE_SECONDS)
        finally:
            self._db_then_io_shutdown()
            agenda._local_wakes.pop(self.lane, None)

    @staticmethod
    def _forget_safely() -> None:
        """Claims and finishes need not survive a crash of PostgreSQL: handlers bear being repeated."""
        with contextlib.suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")

    def _is_stuck(self, now: float) -> bool:
        return self._waiting > 0 and now - self._progress_at > STUCK_SECONDS

    def _renew(self) -> None:
        mine = list(self._in_flight.values())
        ours = agenda.renew(mine)
        for item in mine:
            if item.id not in ours and self._in_flight.get(item.id) is item:
                # Finished meanwhile, or lost: whoever has it now works on it.
                self._in_flight.pop(item.id, None)

    def _thread_for(self, item: Item) -> _DatabaseThread:
        """Return the thread whose connection knows the business's schema; the idlest when that one is busier.

        A connection that meets a schema for the first time reads its catalog, which costs more than
        the work itself: where all are as busy, waiting for one's own is sooner done.
        """
        own = self._db[(item.business_id or 0) % len(self._db)]
        idlest = min(self._db, key=lambda thread: thread.waiting)
        return own if own.waiting < idlest.waiting + OWN_QUEUE else idlest

    def _claim(self) -> None:
        limit = min(BATCH, self._room - len(self._in_flight))
        # What waits for a database thread is better left to others, and claimed in one go later.
        if limit <= 0 or self._waiting > 2 * settings.DRAIN_DB_THREADS:
            return
        # A claim that came back full says that there is a backlog: then be fair across businesses.
        # The oldest of all get their turn in between, whoever they belong to.
        self._fair = self._was_full and not self._fair
        items = agenda.claim(self.lane, self.me, limit, fair=self._fair, after=self._served)
        if self._fair:
            served = max((item.business_id or 0 for item in items), default=0)
            self._served = served if len(items) >= limit // 2 else 0
        self._was_full = len(items) >= limit // 2
        for item in items:
            self._in_flight[item.id] = item
            with self._counting:
                self._waiting += 1
            self._thread_for(item).submit(self._start, item)
        if len(items) >= limit:
            self._signal.set()

    def _start(self, item: Item) -> None:
        with self._counting:
            self._waiting -= 1
            has_room = self._waiting == settings.DRAIN_DB_THREADS
        self._progress_at = time.monotonic()
        if has_room:
            self._signal.set()
        try:
            connection.close_if_unusable_or_obsolete()
            reside(item.schema)
            answer = agenda.handler_of(item.kind)(item)
            if isinstance(answer, Next):
                self._in_flight[answer.item.id] = answer.item
                self._io.submit(self._outside, answer.item, answer.work)
                self._end(item, None)
            elif isinstance(answer, Outside):
                self._io.submit(self._outside, item, answer)
            else:
                self._end(item, answer)
        except BaseException as error:
            self._failed(item, error)

    def _outside(self, item: Item, work: Outside) -> None:
        try:
            result = work.act()
            self._thread_for(item).submit(self._settle, item, work, result)
        except BaseException as error:
            # No connection is held here; the lease brings the row back and its handler settles it.
            log.error(
                "outside_failed", kind=item.kind, subject=item.subject, error=repr(error)[:200]
            )
            self._in_flight.pop(item.id, None)

    def _settle(self, item: Item, work: Outside, result: object) -> None:
        try:
            reside(item.schema)
            answer = work.settle(result)
            self._end(item, answer)
        except BaseException as error:
            self._failed(item, error)

    def _end(self, item: Item, answer: Later | None) -> None:
        if isinstance(answer, Later):
            agenda.postpone(item, answer.at)
            self._in_flight.pop(item.id, None)
            return
        self._finished.put(item)

    def _failed(self, item: Item, error: BaseException) -> None:
        try:
            if isinstance(error, OperationalError | InterfaceError):
                # The database was away, or chose this one in a deadlock: no fault of the row.
                log.warning("agenda_row_comes_back", kind=item.kind, error=str(error)[:120])
                connection.close()
                agenda.postpone(item, datetime.now(UTC) + COME_BACK)
                return
            log.exception("agenda_failed", kind=item.kind, subject=item.subject, schema=item.schema)
            agenda.fail(item, error)
        except Exception:
            log.exception("agenda_fail_failed", kind=item.kind, subject=item.subject)
            connection.close()  # the lease brings it back
        finally:
            self._in_flight.pop(item.id, None)

    def _finish(self, now: float) -> None:
        many = self._finished.qsize() >= BATCH // 2
        if not many and now - self._finished_at < FINISH_WITHIN_SECONDS:
            return
        self._finished_at = now
        done: list[Item] = []
        with contextlib.suppress(queue.Empty):
            while True:
                done.append(self._finished.get_nowait())
        if not done:
            return
        try:
            agenda.finish(done)
        except (OperationalError, InterfaceError):
            for item in done:
                self._finished.put(item)
            raise
        for item in done:
            self._in_flight.pop(item.id, None)

    def _listen(self) -> None:
        key = agenda.WAKE_KEY.format(lane=self.lane)
        while not self._stop.is_set():
            try:
                if redis_client().blpop([key], timeout=1):
                    self._signal.set()
                    # One look serves every wake-up of the next moment; a row whose wake-up is
                    # dropped here is found by the look that follows the work in flight.
                    time.sleep(PACE_SECONDS)
                    redis_client().delete(key)
                    self._signal.set()
            except Exception:
                time.sleep(0.5)  # Redis is away; the loop looks by itself meanwhile

    def _heartbeat(self) -> None:
        try:
            redis_client().set(
                HEARTBEAT_KEY.format(lane=self.lane),
                datetime.now(UTC).isoformat(),
                ex=HEARTBEAT_SECONDS,
            )
        except Exception:
            return  # /readyz says that Redis is away

    def _db_then_io_shutdown(self) -> None:
        # Rows in flight may hop between the two pools, so wait for them, not for the pools.
        patience = time.monotonic() + settings.PROVIDER_TIMEOUT_SECONDS + 5
        while self._in_flight and time.monotonic() < patience:
            try:
                self._finish(time.monotonic() + 1)
            except (OperationalError, InterfaceError):
                connection.close()
            time.sleep(0.02)
        self._io.shutdown(wait=False, cancel_futures=True)
        for thread in self._db:
            thread.close()
        connection.close()
