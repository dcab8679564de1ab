"""Offline verifier of a Ringback consent ledger. One file, Python's standard library alone.

    python3 verify_ledger.py ledger.jsonl [roots.json]

Each line of ledger.jsonl is one row of the ledger as a JSON object. What is checked, row by row:

  1. `seq` follows on the row before without a gap (the first row of a whole ledger is 1);
  2. `prev_hash` is the `row_hash` of the row before (64 zeros before the first);
  3. `row_hash` is SHA-256(prev_hash || canonical), where canonical is the row without its two hash
     fields, and without `detail`, as JSON: keys sorted, no spaces, non-ASCII characters escaped;
  4. where a row still carries its `detail` (number, exact words), `detail_hash` is the SHA-256 of
     the detail's canonical JSON. An erased detail is gone, its hash stays part of the chain;
  5. where roots.json is given, each day's root names a row of this ledger with just that hash.

A row that was changed, removed, inserted or moved breaks one of these, and is named. An export of
one number leaves out other people's rows: for each of them it carries a line with only `seq`,
`prev_hash`, `row_hash` and `"redacted": true`, whose links are checked and whose words are not there.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

GENESIS = "0" * 64
_OUTSIDE = frozenset({"prev_hash", "row_hash", "detail", "redacted"})
# One encoder for all rows: making one for each costs more than the encoding.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def canonical(row: Mapping[str, Any]) -> str:
    """Return the JSON text of a row that its hash covers."""
    return _encode({name: value for name, value in row.items() if name not in _OUTSIDE})


def row_hash(prev_hash: str, row: Mapping[str, Any]) -> str:
    """Return the hexadecimal SHA-256 that chains a row to the one before it."""
    return hashlib.sha256((prev_hash + canonical(row)).encode("ascii")).hexdigest()


def detail_hash(detail: Mapping[str, Any]) -> str:
    """Return the hexadecimal SHA-256 of a row's erasable detail; its salt is part of it."""
    return hashlib.sha256(_encode(dict(detail)).encode("ascii")).hexdigest()


def problems(rows: Iterable[Mapping[str, Any]], *, whole: bool = True) -> Iterator[str]:
    """Yield one sentence for every row that does not stand as it was written.

    rows: in the order of the file; whole: whether the first of them must be number 1.
    """
    before_seq, before_hash = (0, GENESIS) if whole else (None, None)
    for row in rows:
        seq, told = row.get("seq"), row.get("row_hash")
        if before_seq is not None and seq != before_seq + 1:
            yield f"row {seq}: follows row {before_seq}; rows are missing, added or out of order"
        if before_hash is not None and row.get("prev_hash") != before_hash:
            yield f"row {seq}: does not link to the row before it"
        if not row.get("redacted"):
            if row_hash(str(row.get("prev_hash")), row) != told:
                yield f"row {seq}: its words are not those its hash was made of"
            detail = row.get("detail")
            if detail is not None and detail_hash(detail) != row.get("detail_hash"):
                yield f"row {seq}: its detail is not the one its hash was made of"
        before_seq = seq if isinstance(seq, int) else None
        before_hash = told if isinstance(told, str) else None


def root_problems(hashes: Mapping[int, str], roots: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one sentence for every daily root that this ledger does not bear out."""
    for root in roots:
        seq, day = root.get("seq"), root.get("day")
        if seq not in hashes:
            yield f"root of {day}: row {seq} is not in this ledger"
        elif hashes[seq] != root.get("row_hash"):
            yield f"root of {day}: row {seq} has another hash than the one anchored that day"


def _rows(path: str) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict):
                    sys.exit(f"{path}: line {number} is not a JSON object")
                yield row


def main(arguments: list[str]) -> int:
    """Verify the files named on the command line. Returns 0 when all stands, else 1."""
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    hashes: dict[int, str] = {}

    def watched() -> Iterator[dict[str, Any]]:
        for row in _rows(arguments[0]):
            hashes[row.get("seq", 0)] = str(row.get("row_hash"))
            yield row

    found = list(problems(watched()))
    if len(arguments) == 2:
        with open(arguments[1], encoding="utf-8") as file:
            found += root_problems(hashes, json.load(file))
    for sentence in found:
        print(sentence)
    count = len(hashes)
    if found:
        print(f"BROKEN: {len(found)} problems in {count} rows")
        return 1
    last = hashes[max(hashes)] if hashes else GENESIS
    print(f"INTACT: {count} rows, the last with hash {last}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
