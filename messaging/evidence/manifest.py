"""A zip with the SHA-256 of each of its files, written as it grows. Pure but for the file given.

The same contents and time give the same bytes, so that two exports can be compared.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

MANIFEST = "MANIFEST.sha256"


class Member:
    """One file of the zip while it is written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._digest = out, hashlib.sha256()

    def write(self, content: bytes) -> int:
        """Append bytes; returns how many."""
        self._digest.update(content)
        return self._out.write(content)

    def text(self, words: str) -> None:
        """Append text as UTF-8."""
        self.write(words.encode("utf-8", "backslashreplace"))

    def line(self, value: Any, *, ascii_only: bool = False) -> None:
        """Append a value as one line of JSON."""
        self.text(json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")) + "\n")

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of what was written so far."""
        return self._digest.hexdigest()


class Bundle:
    """Writes files into a zip one after the other, none of them whole in memory."""

    def __init__(self, out: IO[bytes], at: datetime) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        moment = at.astimezone(UTC)
        self._at = (max(moment.year, 1980), *moment.timetuple()[1:6])
        self.digests: dict[str, str] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[Member]:
        """Open a file for writing; one at a time."""
        about = zipfile.ZipInfo(name, self._at)
        about.compress_type = zipfile.ZIP_DEFLATED
        about.create_system = 3  # the same on every machine
        about.external_attr = 0o644 << 16
        with self._zip.open(about, "w", force_zip64=True) as out:
            member = Member(out)
            yield member
        self.digests[name] = member.sha256

    def put(self, name: str, content: bytes | str) -> None:
        """Write a whole file."""
        with self.member(name) as member:
            member.write(content) if isinstance(content, bytes) else member.text(content)

    def put_json(self, name: str, value: Any) -> None:
        """Write a value as JSON for people to read."""
        self.put(name, json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def put_lines(self, name: str, values: Iterable[Any]) -> int:
        """Write values as lines of JSON; returns how many."""
        count = 0
        with self.member(name) as member:
            for value in values:
                member.line(value)
                count += 1
        return count

    def finish(self) -> None:
        """Write the manifest over all files (as `sha256sum -c` reads it) and end the zip."""
        self.put(MANIFEST, manifest(self.digests))
        self._zip.close()


def manifest(digests: dict[str, str]) -> str:
    """Return the lines of a manifest, by file name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
