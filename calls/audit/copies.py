"""A log's file at hand while it is read turn by turn: a storage elsewhere would send it whole each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Lock, Timer
from typing import Any

from django.core.files.storage import default_storage

# Another process may read on meanwhile: a copy nobody came back for is not kept.
_KEPT_SECONDS = 60.0
# By path. The files have no names: they go with the process, and nobody finds them on its disk.
_kept: dict[str, tuple[Any, Timer]] = {}
_lock = Lock()


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """Give a stored file to read, from its beginning; a copy of one that is kept elsewhere is kept.

    Whoever holds it holds it alone: a second reader makes a copy of his own.
    """
    if _is_here(path):
        with default_storage.open(path) as file:
            yield file
        return
    copy = _taken(path)
    if copy is None:
        copy = TemporaryFile()  # noqa: SIM115 - closed by forget, or by the process's end
        with default_storage.open(path) as file:
            shutil.copyfileobj(file, copy, 1 << 20)
    copy.seek(0)
    try:
        yield copy
    except BaseException:
        copy.close()
        raise
    forget(path)  # what a second reader left meanwhile
    timer = Timer(_KEPT_SECONDS, forget, [path])
    timer.daemon = True
    with _lock:
        _kept[path] = (copy, timer)
    timer.start()


def forget(path: str) -> None:
    """Let a copy go; a file that has none is no error."""
    copy = _taken(path)
    if copy is not None:
        copy.close()


def _taken(path: str) -> Any:
    with _lock:
        copy, timer = _kept.pop(path, (None, None))
    if timer is not None:
        timer.cancel()
    return copy


def _is_here(path: str) -> bool:
    try:
        default_storage.path(path)
    except NotImplementedError:
        return False
    return True
