"""What every test stands on: real PostgreSQL and Redis, two businesses, no network.

`world` gives both businesses and leaves nothing behind; `web` is the application over HTTP;
`stand_in` is the provider's API; `work()` does what the worker would, in this thread. The tests of
whole processes use `live` (tests/support/live.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

if os.environ.get("RINGBACK_ENV") != "test":
    raise pytest.UsageError("Run the tests with: python3 run.py test")

# The same examples each time: a change breaks a test, not the day. Looking for new ones is a door
# of its own: python3 run.py test --hypothesis-profile=searching tests/messaging
# No deadline for one example: on a busy machine any of them may wait half a second for its turn.
# Nor is a run of luck a fault: which examples are drawn also hangs on the modules imported before,
# so that a check which asks about held texts alone may meet many others first.
SPEED_AND_LUCK = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
hypothesis.register_profile(
    "searching", derandomize=False, deadline=None, suppress_health_check=SPEED_AND_LUCK
)
hypothesis.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=SPEED_AND_LUCK
)
hypothesis.load_profile("steady")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Prepare the throw-away database once. Nothing is blocked: the whole server is ours."""
    from django.core.management import call_command

    django_db_blocker.unblock()
    call_command("prepare_database")
    yield
    django_db_blocker.restore()


@pytest.fixture(scope="session")
def _snapshot(django_db_setup):  # type: ignore[no-untyped-def]
    from tests.support.world import Snapshot, create_world

    return Snapshot(create_world())


@pytest.fixture
def world(_snapshot):  # type: ignore[no-untyped-def]
    """Both businesses, fresh; what the test leaves is swept away."""
    from tenants.redis import client
    from tests.support.inprocess import settle

    client().flushdb()
    yield _snapshot.world
    settle()
    _snapshot.restore()


@pytest.fixture
def plumber(world):  # type: ignore[no-untyped-def]
    """The plumber in Chicago: rings two staff phones with press-1, then the greeting."""
    return world.plumber


@pytest.fixture
def dentist(world):  # type: ignore[no-untyped-def]
    """The dentist in Phoenix: unanswered calls are forwarded to us."""
    return world.dentist


@pytest.fixture(scope="session")
def web_url(_snapshot) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """The web application's address, in this process."""
    from tests.support.inprocess import web_server

    with web_server() as url:
        yield url


@pytest.fixture(scope="session")
def _stand_in():  # type: ignore[no-untyped-def]
    from tests.support.inprocess import stand_in_server

    with stand_in_server() as served:
        yield served


@pytest.fixture
def stand_in(_stand_in, settings):  # type: ignore[no-untyped-def]
    """The provider's API; `.requests` is what it was asked, `.control({...})` how it answers."""
    server, url = _stand_in
    server.__init__()
    server.latency = 0.0
    settings.TWILIO_API_BASE_URL = settings.TELNYX_API_BASE_URL = url
    settings.SETTLE_AFTER_SECONDS = 1
    settings.PROVIDER_TIMEOUT_SECONDS = 3
    return server


@pytest.fixture
def held(stand_in):  # type: ignore[no-untyped-def]
    """Let a business's provider account hold numbers that were not bought here."""
    from calls.simulator.office import add_known

    def hold(biz, *numbers: str) -> None:  # type: ignore[no-untyped-def]
        add_known(stand_in.office.books, [(each, biz.account_sid) for each in numbers])

    return hold


@pytest.fixture
def twilio(world, web_url, stand_in):  # type: ignore[no-untyped-def]
    """Posts the plumber's webhooks; `.biz` may be exchanged for the dentist's."""
    from tests.support.hooks import Provider

    return Provider(world.plumber, web_url)


@pytest.fixture
def telnyx(world, web_url, stand_in):  # type: ignore[no-untyped-def]
    """Posts the plumber's webhooks as Telnyx does; his account is one there for this test."""
    from tests.support.telnyx_hooks import moved_to_telnyx

    return moved_to_telnyx(world.plumber, web_url)


@pytest.fixture
def work(world) -> Callable[..., int]:  # type: ignore[no-untyped-def]
    """Do everything due on all lanes until nothing is, as a worker; returns how many rows that were."""
    from django.conf import settings

    from tenants import agenda
    from tests.support.worker_wire import as_a_worker

    def run() -> int:
        done, last = 0, -1
        with as_a_worker():
            while last != done:
                last = done
                done += sum(agenda.run_due(lane) for lane in settings.LANES)
        return done

    return run


@pytest.fixture
def pass_time(world) -> Callable[[float], None]:  # type: ignore[no-untyped-def]
    """Make everything on the agenda due so many seconds sooner, as if they had passed."""
    from django.db import connection

    def forward(seconds: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE public.tenants_agendaitem SET due_at = due_at - make_interval(secs => %s)",
                [seconds],
            )

    return forward
