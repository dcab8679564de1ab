"""What a run found: figures, how they are judged and how they are printed. Pure but for printing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

COLUMNS = ("name", "value", "unit", "target", "floor", "met", "load")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    name: scenario, what, businesses present; target: '' (informational) or such as '<= 40' or
    '>= 45'; floor: the figure it is compared with, measured in the same run, or None;
    load: the machine's one-minute load average; others: cores kept busy meanwhile by processes
    that are neither the product nor the bench; cpu: CPU seconds by process during the measurement.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    floor: float | None = None
    load: float = 0.0
    others: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        if not self.target:
            return None
        sign, limit = self.target.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)

    def as_dict(self) -> dict[str, object]:
        """Return what --json prints for this figure."""
        return {**asdict(self), "met": self.met}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie (nearest rank); NaN for none."""
    if not values:
        return float("nan")
    rank = math.ceil(share * len(values) - 1e-9)  # 0.95 * 100 is a little more than 95
    return sorted(values)[max(0, rank - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value, the mean of the two middle ones for an even count; NaN for none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def number(value: float | None) -> str:
    """Return a figure with three significant digits or so, '' for None."""
    if value is None:
        return ""
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )


def row(figure: Figure) -> list[str]:
    """Return a figure's cells in the order of COLUMNS."""
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    load = f"{figure.load:.1f} (others {figure.others:.1f})"
    return [
        figure.name,
        number(figure.value),
        figure.unit,
        figure.target,
        number(figure.floor),
        met,
        load,
    ]


WIDTHS = (44, 9, 16, 8, 9, 4, 18)


def line(cells: Iterable[str]) -> str:
    """Return one aligned line."""
    name, value, unit, target, floor, met, load = cells
    parts = zip((name, value, unit, target, floor, met, load), WIDTHS, strict=True)
    return "  ".join(
        text.rjust(width) if place in (1, 3, 4) else text.ljust(width)
        for place, (text, width) in enumerate(parts)
    ).rstrip()


def cpu_line(figure: Figure) -> str:
    """Return a figure's CPU by process, greatest first, and its note; '' when it has neither."""
    spent = sorted(figure.cpu.items(), key=lambda pair: -pair[1])
    parts = [f"{name} {seconds:.2f} s" for name, seconds in spent if seconds >= 0.005]
    text = "CPU " + ", ".join(parts) if parts else ""
    return "; ".join(part for part in (figure.note, text) if part)


def to_json(figures: Sequence[Figure]) -> str:
    """Return the report for machines."""
    return json.dumps([figure.as_dict() for figure in figures], indent=1)
