"""A file of evidence on disk: under its name it is whole or not there, and nothing is written over."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class NewFile:
    """Room for a file that is still to be written, under a passing name beside its own.

    As a context it takes the passing name away at the end, whatever came of it. One who is killed
    leaves a `.evidence-….part` and nothing under the final name.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        """Make the passing file. name: checked when it is known by now.

        Raises OSError where nothing can be made, FileExistsError where the name is taken.
        """
        self._part = folder / f".evidence-{secrets.token_hex(8)}.part"
        if name:
            _check_free(folder / name)
        self._out = self._part.open("xb")

    def __enter__(self) -> Self:
        return self

    def write(self, source: IO[bytes], path: Path) -> None:
        """Copy `source` to its end and give it its name, in the same folder. Raises OSError."""
        shutil.copyfileobj(source, self._out)
        self._out.flush()
        os.fsync(self._out.fileno())  # a full disk may only tell now
        self._out.close()
        try:
            os.link(self._part, path)  # unlike a rename it never takes another's place
        except FileExistsError:
            raise
        except OSError:  # a disk that knows no links
            _check_free(path)
            self._part.rename(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        with suppress(OSError):
            self._out.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)


def _check_free(path: Path) -> None:
    """Raise FileExistsError where something has this name, OSError where nothing can have it."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    raise FileExistsError(errno.EEXIST, "the file exists, and evidence is not written over")
