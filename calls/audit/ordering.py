"""Calls of any number in the order of time, in bounded memory: sorted runs on disk, then merged. Pure."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import BinaryIO

from calls.audit.shapes import ANSWERED, MISSED, UNKNOWN, VOICEMAIL, Logged
from calls.rules import OUTCOMES

RUN = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = struct.Struct("<qIqqBBii?")
_KINDS = (ANSWERED, MISSED, VOICEMAIL, UNKNOWN)
_WHYS = ("", *OUTCOMES)
_BLOCK = 1_000


def ordered(calls: Iterable[Logged]) -> Iterator[Logged]:
    """Yield the calls in the order of started_at and row."""
    run: list[bytes] = []
    runs: list[BinaryIO] = []
    # Packed, times are little-endian: sorting goes by the numbers, not the bytes.
    for call in calls:
        run.append(_packed(call))
        if len(run) >= RUN:
            runs.append(_written(run))
            run = []
    run.sort(key=_order)
    if not runs:
        yield from map(_unpacked, run)
        return
    try:
        yield from map(_unpacked, heapq.merge(*map(_read, runs), run, key=_order))
    finally:
        for file in runs:
            file.close()


_HEAD = struct.Struct("<qI")


def _order(packed: bytes) -> tuple[int, ...]:
    return _HEAD.unpack_from(packed)


def _written(run: list[bytes]) -> BinaryIO:
    run.sort(key=_order)
    file = TemporaryFile()  # noqa: SIM115 - closed by whoever merges
    file.writelines(run)
    file.seek(0)
    return file


def _read(file: BinaryIO) -> Iterator[bytes]:
    size = _FORMAT.size
    while block := file.read(size * _BLOCK):
        for at in range(0, len(block), size):
            yield block[at : at + size]


def _packed(call: Logged) -> bytes:
    delta = call.started_at - _EPOCH
    return _FORMAT.pack(
        delta // timedelta(microseconds=1),
        call.row,
        int(call.caller[1:] or 0) if call.caller else 0,
        int(call.line[1:] or 0) if call.line else 0,
        _KINDS.index(call.outcome),
        _WHYS.index(call.because) if call.because in _WHYS else 1,
        -1 if call.ring_seconds is None else min(call.ring_seconds, 2**31 - 1),
        -1 if call.talk_seconds is None else min(call.talk_seconds, 2**31 - 1),
        call.is_inbound,
    )


def _unpacked(packed: bytes) -> Logged:
    at, row, caller, line, kind, why, ring, talk, inbound = _FORMAT.unpack(packed)
    return Logged(
        row,
        _EPOCH + timedelta(microseconds=at),
        f"+{caller}" if caller else "",
        f"+{line}" if line else "",
        _KINDS[kind],
        _WHYS[why],
        None if ring < 0 else ring,
        None if talk < 0 else talk,
        inbound,
    )
