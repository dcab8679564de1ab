"""`run.py eval`: how well replies are read, on labelled examples: confusion table, figures, misread texts."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from messaging import keywords, optout

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT.parent / "shared" / "datasets" / "optout" / "dev.jsonl"
OURS = sorted((ROOT / "bench" / "replies").glob("*.jsonl"))
LABELS = ("opt_out", "ambiguous", "help", "opt_in", "not_opt_out")


@dataclass(slots=True)
class Judged:
    """One labelled set and what became of its texts."""

    name: str
    table: Counter[tuple[str, str]] = field(default_factory=Counter)
    misread: list[tuple[str, str, str]] = field(default_factory=list)
    per_se_missed: list[str] = field(default_factory=list)
    microseconds: float = 0.0

    def count(self, label: str) -> int:
        """Return how many texts of the set have this label."""
        return sum(number for (wanted, _), number in self.table.items() if wanted == label)

    def share(self, label: str, *read_as: str) -> float:
        """Return which share (0 to 1) of the texts of a label were read as one of these."""
        return sum(self.table[label, read] for read in read_as) / max(1, self.count(label))

    def figures(self) -> list[tuple[str, float, str, bool]]:
        """Return each figure with its target in words and whether it is met."""
        either = self.share("opt_out", "opt_out", "ambiguous") * 100
        exact = self.share("opt_out", "opt_out") * 100
        false = self.share("not_opt_out", "opt_out") * 100
        missed = len(self.per_se_missed)
        return [
            ("opt_out read as opt_out or ambiguous, %", either, ">= 99.5", either >= 99.5),
            ("opt_out read as opt_out, %", exact, ">= 97", exact >= 97),
            ("not_opt_out read as opt_out, %", false, "<= 1", false <= 1),
            ("per-se words missed", missed, "0", not missed),
            ("microseconds a text", self.microseconds, "<= 200", self.microseconds <= 200),
        ]


def judge(name: str, rows: Iterable[dict[str, str]]) -> Judged:
    """Read every text of a set and compare."""
    judged, texts = Judged(name), list(rows)
    for row in texts[:50]:
        optout.read(row["text"])  # tables that are made at first use are made
    started = time.perf_counter()
    readings = [optout.read(row["text"]) for row in texts]
    judged.microseconds = (time.perf_counter() - started) / max(1, len(texts)) * 1e6
    for row, reading in zip(texts, readings, strict=True):
        judged.table[row["label"], reading.label] += 1
        if row["label"] != reading.label:
            judged.misread.append((row["label"], reading.label, row["text"]))
        if keywords.normalise(row["text"]) in optout.PER_SE and reading.label != "opt_out":
            judged.per_se_missed.append(row["text"])
    return judged


def load(path: Path) -> list[dict[str, str]]:
    """Return the rows of a set. Raises ValueError naming the line that is no labelled text."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        row: Any = json.loads(line)
        if not isinstance(row, dict) or row.get("label") not in LABELS:
            raise ValueError(f"{path.name}, line {number}: expected text and a known label")
        rows.append(row)
    return rows


def show(judged: Judged, *, texts: bool) -> None:
    """Print one set's table, figures and (with `texts`) every misread text."""
    print(f"\n{judged.name}: {sum(judged.table.values())} texts")
    print(f"  {'labelled':<14}" + "".join(f"{'as ' + label:>16}" for label in LABELS))
    for wanted in LABELS:
        cells = "".join(f"{judged.table[wanted, read] or '·':>16}" for read in LABELS)
        print(f"  {wanted:<14}{cells}")
    for name, value, target, met in judged.figures():
        print(f"  {name:<44}{value:>8.1f}   {target:<8} {'met' if met else 'MISSED'}")
    for wanted, read, text in judged.misread if texts else ():
        print(f"    {wanted} read as {read}: {text[:100]!r}")


def main(arguments: list[str] | None = None) -> int:
    """Judge every set there is. Returns 0 when the development set's targets (else ours) are met."""
    parser = argparse.ArgumentParser(prog="run.py eval", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    chosen = parser.parse_args(arguments)
    sets = [path for path in (DEV, *OURS) if path.exists()]
    results = [judge(path.name, load(path)) for path in sets]
    deciding = results[:1] if DEV.exists() else results
    if chosen.json:
        print(json.dumps({r.name: _as_dict(r) for r in results}, ensure_ascii=False))
    else:
        if not DEV.exists():
            print(
                "The shared development set is not beside this checkout; our own sets judge alone."
            )
        for result in results:
            show(result, texts=True)
    return 0 if all(met for result in deciding for *_, met in result.figures()) else 1


def _as_dict(judged: Judged) -> dict[str, Any]:
    return {
        "texts": sum(judged.table.values()),
        "table": {f"{wanted} as {read}": n for (wanted, read), n in sorted(judged.table.items())},
        "figures": {
            name: {"value": value, "target": target, "met": met}
            for name, value, target, met in judged.figures()
        },
        "misread": [
            {"label": wanted, "predicted": read, "text": text}
            for wanted, read, text in judged.misread
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
