"""A worker's connection in the thread of a test: workers bind at the server and scan no table whole.

A statement may be fine where the web sends it and be refused by the server where a worker does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from threading import local

from django.conf import settings
from django.db import connections

_kept = local()


@contextmanager
def as_a_worker() -> Iterator[None]:
    """What is done in here goes over a connection as settings.py gives it to a worker."""
    mine = connections["default"]
    if "server_side_binding" in mine.settings_dict["OPTIONS"]:
        yield
        return
    theirs = _worker_wire()
    # Scope is the connection's: whoever works for one business in a test goes on with it.
    theirs.set_tenant(mine.tenant) if mine.tenant else theirs.set_schema(mine.schema_name)
    connections["default"] = theirs
    try:
        yield
    finally:
        connections["default"] = mine


def _worker_wire():  # type: ignore[no-untyped-def]
    if not hasattr(_kept, "wire"):
        wire = connections.create_connection("default")
        wire.settings_dict = deepcopy(wire.settings_dict)
        wire.settings_dict["OPTIONS"].update(settings.WORKER_CONNECTION)
        _kept.wire = wire
    return _kept.wire
