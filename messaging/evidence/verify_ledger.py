"""Offline verifier of a consent ledger. One file, Python's standard library alone.

    python3 verify_ledger.py ledger.jsonl [roots.json]

Each line of ledger.jsonl is one row of the ledger as a JSON object. What is checked, row by row:

  1. `seq` follows on the row before without a gap (the first row of a whole ledger is 1);
  2. `prev_hash` is the `row_hash` of the row before (64 zeros before the first);
  3. `row_hash` is SHA-256(prev_hash || canonical), where canonical is the row without its two hash
     fields, and without `detail`, as JSON: keys sorted, no spaces, non-ASCII characters escaped;
  4. where a row still carries its `detail` (number, exact words), `detail_hash` is the SHA-256 of
     the detail's canonical JSON. An erased detail is gone, its hash stays part of the chain;
  5. where roots.json is given, each day's root names a row of this ledger with just that hash.
     It is a list of objects with `day`, `seq` and `row_hash`, or a page of them under `results`.

A row that was changed, removed, inserted or moved breaks one of these, and is named. An export of
one number leaves out other people's rows: for each of them it carries a line with only `seq`,
`prev_hash`, `row_hash` and `"redacted": true`, whose links are checked and whose words are not there.

Whoever could write every row anew from some point on, or drop the last ones, would leave a chain
that holds. Roots that were kept elsewhere show that too; nothing else does.

Exit code: 0 the ledger is intact, 1 it is not, 2 the files cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

GENESIS = "0" * 64
MOST = 1000  # so many breaks are told; those beyond are counted
_CLOSELY = 100  # so many changed rows are asked whether they are others, moved
_CHANGED = "row {}: changed: its words are not those its hash was made of"
_LEFT_OUT = frozenset({"seq", "prev_hash", "row_hash", "redacted"})
_OUTSIDE = frozenset({"prev_hash", "row_hash", "detail", "redacted"})
# One encoder for all rows: making one for each costs more than the encoding.
as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def canonical(row: Mapping[str, Any]) -> str:
    """Return the JSON text of a row that its hash covers."""
    return as_json({name: value for name, value in row.items() if name not in _OUTSIDE})


def chained(prev_hash: str, text: str) -> str:
    """Return the hexadecimal SHA-256 of a row's canonical text behind the hash before it."""
    return hashlib.sha256((prev_hash + text).encode("ascii", "backslashreplace")).hexdigest()


def row_hash(prev_hash: str, row: Mapping[str, Any]) -> str:
    """Return the hexadecimal SHA-256 that chains a row to the one before it."""
    return chained(prev_hash, canonical(row))


def detail_hash(detail: Mapping[str, Any]) -> str:
    """Return the hexadecimal SHA-256 of a row's erasable detail; its salt is part of it."""
    return hashlib.sha256(as_json(dict(detail)).encode("ascii")).hexdigest()


@dataclass
class Run:
    """Rows that stand together and follow on one another by number and by hash.

    at: the number its first row carries; first, last: the numbers its rows were written with.
    """

    place: int
    at: int
    first: int
    prev: str
    last: int = 0
    hash: str = ""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.last - self.first + 1


class Walk:
    """Goes through a ledger once, and knows at the end what was done to it.

    A ledger that stands is one run. One that does not is a puzzle of several: put together by
    number and hash, what is missing was removed, what fits nowhere was inserted, and what fits
    elsewhere was moved.
    """

    def __init__(self, *, whole: bool = True) -> None:
        """Begin before row 1; `whole` False: before whatever row comes first."""
        self.count = self.left_out = self.more = 0
        self.seq, self.hash = 0, GENESIS  # of the last row, as it was written
        self._before_first = (0, GENESIS)
        self.runs = [Run(0, 1, 1, GENESIS)] if whole else []
        self._changed: dict[int, Mapping[str, Any]] = {}
        self._told: list[tuple[int, str]] = []  # by number, what is wrong with single rows

    def follows(self, seq: int, prev_hash: str) -> bool:
        """Whether a row of this number and link belongs behind the last one."""
        return seq == self.seq + 1 and prev_hash == self.hash

    def step(self, seq: int, told: str) -> None:
        """Go on to a row; `seq`: the number it was written with, `told`: the hash it carries."""
        self.seq, self.hash = seq, told
        self.count += 1

    def take(self, row: Mapping[str, Any]) -> None:
        """Check a row with everything it says, and go on to it."""
        seq, prev, told = row.get("seq"), str(row.get("prev_hash")), str(row.get("row_hash"))
        if type(seq) is not int:
            self._say(self.seq, f"the row behind row {self.seq}: changed: it has no number")
            self.count += 1
            return
        left_out = row.get("redacted") is True
        self.left_out += left_out
        number: int = seq
        if left_out:
            if set(row) != _LEFT_OUT:
                self._say(seq, f"row {seq}: changed: said to be left out, yet it carries words")
        elif row_hash(prev, row) != told:
            number = self._number_of(row, seq)
            if number == seq:
                self._say(seq, _CHANGED.format(seq))
                if len(self._changed) < MOST:
                    self._changed[seq] = row
        detail = row.get("detail")
        if detail is not None and not (
            isinstance(detail, dict) and detail_hash(detail) == row.get("detail_hash")
        ):
            self._say(seq, f"row {seq}: changed: its detail is not the one its hash was made of")
        if not self.runs:
            self._before_first = (number - 1, prev)
        if not self.runs or not self.follows(number, prev) or seq - number != self._shift():
            self._begin(seq, number, prev)
        self.step(number, told)

    def problems(self) -> list[str]:
        """Return a sentence for each thing that is wrong, by the rows it is about. Ends the walk."""
        self._close()
        self._find_moved()
        told = list(self._told)
        order, strays = self._in_order()
        told += _gaps(order, self._before_first, set(self._changed))
        told += [_twice(run, order) for run in strays]
        moved = _moved(order)
        for run in order:
            if run in moved or run.at != run.first:
                name = _rows(run.at, run.at + run.rows - 1)
                what = "reordered" if run in moved else "renumbered"
                was = f"written as {_rows(run.first, run.last)}"
                was = was if run.at != run.first else "not in its place"
                told.append((run.at, f"{name}: {what}: {was}"))
        sentences = [sentence for _, sentence in sorted(told, key=lambda pair: pair[0])]
        if self.more:
            sentences.append(f"and {self.more} more that were not looked into")
        return sentences

    def _say(self, number: int, sentence: str) -> None:
        if len(self._told) < MOST:
            self._told.append((number, sentence))
        else:
            self.more += 1

    def _shift(self) -> int:
        return self.runs[-1].at - self.runs[-1].first if self.runs else 0

    def _number_of(self, row: Mapping[str, Any], seq: int) -> int:
        """Return the number under which a row's words are those of its hash; `seq` if none is found."""
        near = [seq - self._shift(), self.seq + 1]
        if len(self._changed) < _CLOSELY:
            near += [n for step in range(1, 11) for n in (seq + step, seq - step)]
        return next((number for number in near if _written_as(row, number)), seq)

    def _close(self) -> None:
        if self.runs:
            self.runs[-1].last, self.runs[-1].hash = self.seq, self.hash

    def _begin(self, at: int, first: int, prev: str) -> None:
        self._close()
        if len(self.runs) < MOST:
            self.runs.append(Run(len(self.runs), at, first, prev))
        else:
            self.more += 1
            self.runs[-1] = Run(len(self.runs) - 1, at, first, prev)

    def _find_moved(self) -> None:
        """Find the numbers of rows that changed places over a distance: one is written as another."""
        alone = [r for r in self.runs if r.rows == 1 and r.at == r.first and r.at in self._changed]
        numbers = [run.first for run in alone[:_CLOSELY]]
        known = sorted((run.first, run.last) for run in self.runs if run.rows > 0)
        for (_, last), (first, _) in pairwise(known):
            numbers += range(last + 1, min(first, last + 1 + _CLOSELY))
        moved = set()
        for run in alone[:_CLOSELY]:
            row = self._changed[run.at]
            others = (number for number in numbers[: 2 * _CLOSELY] if number != run.at)
            number = next((other for other in others if _written_as(row, other)), None)
            if number is not None:
                run.first = run.last = number
                moved.add(run.at)
        for at in moved:
            del self._changed[at]
            self._told = [told for told in self._told if told != (at, _CHANGED.format(at))]

    def _in_order(self) -> tuple[list[Run], list[Run]]:
        """Return the runs as they were written, and those that find no place among them."""
        waiting = [run for run in self.runs if run.rows > 0]
        order: list[Run] = []
        number, before = self._before_first
        while True:
            ahead = [run for run in waiting if run.first > number]
            linked = [run for run in ahead if (run.first, run.prev) == (number + 1, before)]
            if not ahead:
                return order, waiting
            chosen = linked[0] if linked else min(ahead, key=lambda run: (run.first, run.place))
            waiting.remove(chosen)
            order.append(chosen)
            number, before = chosen.last, chosen.hash


def _written_as(row: Mapping[str, Any], number: int) -> bool:
    return row_hash(str(row.get("prev_hash")), {**row, "seq": number}) == row.get("row_hash")


def _rows(first: int, last: int) -> str:
    return f"row {first}" if first == last else f"rows {first} to {last}"


def _gaps(order: list[Run], start: tuple[int, str], changed: set[int]) -> Iterator[tuple[int, str]]:
    """Yield what stands between runs that should follow on one another."""
    number, before = start
    for run in order:
        if run.first > number + 1:
            name = _rows(number + 1, run.first - 1)
            yield number + 1, f"{name}: removed: row {run.at} is what comes next"
        elif run.prev != before and not changed & {number, run.first}:
            if number:
                why = f"hashed anew, or another in its place: row {run.at} links to another hash"
                yield number, f"row {number}: changed: {why}"
            else:
                yield run.at, f"row {run.at}: changed: it is not linked to the ledger's beginning"
        number, before = run.last, run.hash


def _twice(run: Run, order: list[Run]) -> tuple[int, str]:
    """Return what to say of a run whose numbers are taken: of those that two rows claim."""
    last = min(run.last, max(other.last for other in order))
    each = "there are two of it" if last == run.first else "there are two of each"
    return run.first, f"{_rows(run.first, last)}: inserted: {each}"


def _moved(order: list[Run]) -> list[Run]:
    """Return the fewest rows that would have to be put elsewhere to make the order right."""
    best: list[tuple[int, list[Run]]] = []
    for run in order:
        kept, chain = max(
            ((rows, runs) for rows, runs in best if runs[-1].place < run.place),
            key=lambda pair: pair[0],
            default=(0, []),
        )
        best.append((kept + run.rows, [*chain, run]))
    stay = {run.place for run in max(best, key=lambda pair: pair[0], default=(0, []))[1]}
    return [run for run in order if run.place not in stay]


def problems(rows: Iterable[Mapping[str, Any]], *, whole: bool = True) -> Iterator[str]:
    """Yield one sentence for each thing that was done to a ledger since it was written.

    rows: in the order of the file; whole: whether the first of them must be number 1.
    """
    walk = Walk(whole=whole)
    for row in rows:
        walk.take(row)
    yield from walk.problems()


def root_problems(hashes: Mapping[int, str], roots: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one sentence for every daily root that this ledger does not bear out.

    hashes: of the rows by number; those that a root names are enough.
    """
    holds = 0
    for root in sorted(roots, key=lambda root: int(root["seq"])):
        seq, day = root["seq"], root["day"]
        if seq not in hashes:
            yield f"root of {day}: row {seq} is not in this ledger: removed, or everything behind row {holds} was"
        elif hashes[seq] != root["row_hash"]:
            yield (
                f"root of {day}: row {seq} has another hash than on that day: rows behind row "
                f"{holds} were changed and hashed anew"
            )
        else:
            holds = seq


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a field twice: who reads it would not know which one counts."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a field stands twice")
    return row


def _unreadable(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def read_rows(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file. Ends the program with code 2 at what is none."""
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    row = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
                except (ValueError, RecursionError) as error:
                    _unreadable(f"{path}: line {number} is not a JSON object: {error}")
                if not isinstance(row, dict):
                    _unreadable(f"{path}: line {number} is not a JSON object")
                yield row


def read_roots(path: str) -> list[dict[str, Any]]:
    """Return the roots of a file. Ends the program with code 2 when it holds something else."""
    with open(path, "rb") as file:
        try:
            told = json.loads(file.read().decode("utf-8"), object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            _unreadable(f"{path}: not JSON: {error}")
    roots: Any = told.get("results") if isinstance(told, dict) else told
    for root in roots if isinstance(roots, list) else [None]:
        if (
            not isinstance(root, dict)
            or type(root.get("seq")) is not int
            or not {"day", "row_hash"} <= set(root)
        ):
            _unreadable(f"{path}: expected a list of objects with day, seq and row_hash")
    return list(roots)


def main(arguments: list[str]) -> int:
    """Verify the files named on the command line. Returns 0 when all stands, 1 when not, 2 for misuse."""
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    try:
        roots = read_roots(arguments[1]) if len(arguments) == 2 else []
        wanted = {root["seq"] for root in roots}
        hashes: dict[int, str] = {}
        walk = Walk()
        for row in read_rows(arguments[0]):
            walk.take(row)
            if type(row.get("seq")) is int and row["seq"] in wanted:
                hashes[row["seq"]] = str(row.get("row_hash"))
    except OSError as error:
        _unreadable(f"{error.filename}: {error.strerror}")
    found = [*walk.problems(), *root_problems(hashes, roots)]
    for sentence in found:
        print(sentence)
    rows = f"{walk.count} rows" + (f", {walk.left_out} of them left out" if walk.left_out else "")
    if found:
        print(f"BROKEN: {len(found)} problems in {rows}")
        return 1
    print(f"INTACT: {rows}, the last with hash {walk.hash}")
    print(
        f"{len(roots)} daily roots stand"
        if roots
        else "No roots given: an end cut off would not show"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
