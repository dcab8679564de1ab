"""`python3 run.py eval [--json]`: how well replies are read, on labelled examples, by kind of mistake.

Two sets: ../shared/datasets/optout/dev.jsonl, which stands beside the checkout and may be absent,
and our own bench/replies/authored.jsonl. Targets are those of compliance.md section 6, tightened.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from bench.figures import median
from messaging import optout

ROOT = Path(__file__).resolve().parent.parent
LABELS: tuple[str, ...] = get_args(optout.Label)
SETS = {
    "dev": ROOT.parent / "shared" / "datasets" / "optout" / "dev.jsonl",
    "authored": ROOT / "bench" / "replies" / "authored.jsonl",
    "second": ROOT / "bench" / "replies" / "second.jsonl",
    "third": ROOT / "bench" / "replies" / "third.jsonl",
}
SHOWN = 100  # characters of a misread text


@dataclass(frozen=True, slots=True)
class Reply:
    """One labelled text and how it was read."""

    set: str
    text: str
    label: str
    predicted: str
    matched: str
    by: str
    us: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its target. ``value`` is None where no text could be counted."""

    name: str
    value: float | None
    unit: str
    target: str
    counted: str

    @property
    def met(self) -> bool:
        """Whether the target is met; nothing counted meets none."""
        sign, limit = self.target.split()
        if self.value is None:
            return False
        return self.value >= float(limit) if sign == ">=" else self.value <= float(limit)


def load(path: Path) -> list[dict[str, str]]:
    """Return a set's lines. Raises ValueError naming file and line for one that is no labelled text."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise ValueError(f"{path.name} line {number}: no text")
        if row.get("label") not in LABELS:
            raise ValueError(f"{path.name} line {number}: label is none of {', '.join(LABELS)}")
        rows.append(row)
    return rows


def read_all(name: str, rows: Iterable[dict[str, str]]) -> list[Reply]:
    """Read a set's texts. The time of each is the least of three readings: the machine is shared."""
    replies = []
    for row in rows:
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            reading = optout.read(row["text"])
            taken.append((time.perf_counter() - start) * 1e6)
        found = (reading.label, reading.matched, reading.by, min(taken))
        replies.append(Reply(name, row["text"], row["label"], *found))
    return replies


def per_se_forms() -> Iterator[str]:
    """Yield every per-se word in the forms people send it: none may be missed (R-REV-2)."""
    wide = {ord(c): ord(c) + 0xFEE0 for c in "abcdefghijklmnopqrstuvwxyz"}
    bold = {ord(c): 0x1D5EE + n for n, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
    look = str.maketrans("aceopxs", "асеорхѕ")  # Cyrillic
    around = [
        "{}",
        " {} ",
        "{}.",
        "{}!!!",
        '"{}"',
        "({})",
        "*{}*",
        "“{}”",
        "{}\n",
        "{}?",
        "\u200b{}",
    ]
    around += [
        "please {}",
        "{} please",
        "pls {}",
        "{} thanks",
        "{} now",
        "ok {}",
        "hi, {}",
        "{} 🛑",
    ]
    around += ["{}\n\nSent from my iPhone", "{} - Jim", "{} {}"]
    for word in sorted(optout.PER_SE):
        shapes = [word, word.upper(), word.title(), word.translate(wide), word.translate(bold)]
        shapes += [
            word.translate(look),
            " ".join(word),
            ".".join(word),
            "-".join(word.replace(" ", "")),
        ]
        shapes += [
            "\u200b".join(word),
            word[:-1] + word[-1] * 3,
            "".join(c + "\u0336" for c in word),
        ]
        for shape in shapes:
            for form in around:
                yield form.replace("{}", shape)


def share(part: int, whole: int) -> float | None:
    """Return a percentage, None of nothing."""
    return 100 * part / whole if whole else None


def figures(replies: Sequence[Reply]) -> list[Figure]:
    """Return the five figures over these readings."""
    count = Counter((reply.label, reply.predicted) for reply in replies)
    out = sum(number for (label, _), number in count.items() if label == "opt_out")
    innocent = sum(number for (label, _), number in count.items() if label == "not_opt_out")
    kept = count["opt_out", "opt_out"] + count["opt_out", "ambiguous"]
    exact, wrong = count["opt_out", "opt_out"], count["not_opt_out", "opt_out"]
    forms = list(per_se_forms())
    missed = sum(optout.read(form).label != "opt_out" for form in forms)
    mean = sum(reply.us for reply in replies) / len(replies) if replies else None
    return [
        Figure("opt-outs read as opt_out or ambiguous", share(kept, out), "%", ">= 99.5", f"{kept} of {out}"),
        Figure("opt-outs read as opt_out", share(exact, out), "%", ">= 97", f"{exact} of {out}"),
        Figure(
            "innocent texts read as opt_out", share(wrong, innocent), "%", "<= 1", f"{wrong} of {innocent}"
        ),
        Figure("per-se words missed, in any form", missed, "forms", "<= 0", f"{missed} of {len(forms)}"),
        Figure("time per text, mean", mean, "µs", "<= 200", f"{len(replies)} texts"),
    ]  # fmt: skip


def table(replies: Sequence[Reply]) -> list[str]:
    """Return a confusion table: a row for each label, a column for each reading."""
    count = Counter((reply.label, reply.predicted) for reply in replies)
    lines = [
        "    " + "labelled".ljust(14) + "".join(label.rjust(13) for label in LABELS) + "   right"
    ]
    for label in LABELS:
        row = [count[label, other] for other in LABELS]
        right = share(count[label, label], sum(row))
        shown = "" if right is None else f"{right:6.1f} %"
        lines.append("    " + label.ljust(14) + "".join(f"{n:13}" for n in row) + f"  {shown}")
    return lines


def one_line(text: str) -> str:
    """Return a text fit for one line of a terminal, hidden characters shown as escapes."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


def report(
    sets: dict[str, list[Reply]], found: Sequence[Figure], absent: Sequence[str]
) -> list[str]:
    """Return the report for people, line by line."""
    lines = [f"How well replies are read. Reader of {optout.VERSION}."]
    lines += [f"Absent, so not counted: {where}" for where in absent]
    for name, replies in sets.items():
        wrong = [reply for reply in replies if reply.label != reply.predicted]
        times = [reply.us for reply in replies]
        mean = sum(times) / len(times) if times else 0.0
        lines += ["", f"{name}: {len(replies)} texts, {len(wrong)} misread; "
                  f"{mean:.0f} µs a text (median {median(times):.0f}, longest {max(times, default=0):.0f})"]  # fmt: skip
        lines += ["  Rows are what a text is, columns what it was read as.", *table(replies)]
        for reply in sorted(wrong, key=lambda reply: (reply.label, reply.predicted)):
            because = f" ({reply.by}: {one_line(reply.matched)})" if reply.by else ""
            lines.append(
                f"  {reply.label} read as {reply.predicted}: {one_line(reply.text)}{because}"
            )
    lines += ["", "Over all of them:"]
    for figure in found:
        value = "none" if figure.value is None else f"{figure.value:.1f}"
        verdict = "met" if figure.met else "MISSED"
        lines.append(
            f"  {figure.name:<40}{value:>8} {figure.unit:<6} target {figure.target:<8} {verdict:<7}({figure.counted})"
        )
    return lines


def main(arguments: Sequence[str]) -> int:
    """Evaluate and print. Returns 0 when every target is met, 1 when one is missed, 2 for a bad set."""
    parser = argparse.ArgumentParser(prog="run.py eval", description="How well replies are read.")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    absent = [str(path.relative_to(ROOT.parent)) for path in SETS.values() if not path.exists()]
    try:
        sets = {name: read_all(name, load(path)) for name, path in SETS.items() if path.exists()}
    except ValueError as error:
        print(f"A set cannot be used: {error}", file=sys.stderr)
        return 2
    replies = [reply for kept in sets.values() for reply in kept]
    found = figures(replies)
    met = all(figure.met for figure in found)
    if options.json:
        print(
            json.dumps(
                {
                    "version": optout.VERSION,
                    "met": met,
                    "absent": absent,
                    "figures": [asdict(figure) | {"met": figure.met} for figure in found],
                    "sets": {
                        name: {
                            "texts": len(kept),
                            "confusion": {
                                label: Counter(r.predicted for r in kept if r.label == label)
                                for label in LABELS
                            },
                            "misread": [asdict(r) for r in kept if r.label != r.predicted],
                        }
                        for name, kept in sets.items()
                    },
                },
                indent=1,
            )
        )
    else:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        print("\n".join(report(sets, found, absent)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
