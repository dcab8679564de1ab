"""CPU of processes and of the machine, from /proc."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float] | None:
    """Return parent and CPU seconds of a process, its reaped children included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / _TICK


def parent_of(pid: int) -> int:
    """Return the parent's pid, 0 when there is no such process to be seen."""
    found = _stat(pid)
    return found[0] if found else 0


def spent(roots: dict[str, int]) -> dict[str, float]:
    """Return CPU seconds so far of each root process and all that descend from it.

    What a child used is counted while it lives and, by its parent, after its end: the difference
    of two readings loses nothing.
    """
    children: dict[int, list[int]] = defaultdict(list)
    seconds: dict[int, float] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (found := _stat(int(entry))):
            seconds[int(entry)] = found[1]
            children[found[0]].append(int(entry))
    totals = {}
    for name, root in roots.items():
        waiting, total = [root], 0.0
        while waiting:
            pid = waiting.pop()
            total += seconds.get(pid, 0.0)
            waiting += children[pid]
        totals[name] = total
    return totals


def machine() -> float:
    """Return the seconds all cores have been busy since the machine started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / _TICK


@dataclass
class Meter:
    """Reads at start and at stop; `roots` maps names to process ids of the product."""

    roots: dict[str, int]
    cpu: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    load: float = 0.0
    others: float = 0.0

    def __enter__(self) -> Meter:
        self._before = spent({**self.roots, "bench": os.getpid()})
        self._busy, self._at = machine(), time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the second reading."""
        after = spent({**self.roots, "bench": os.getpid()})
        self.seconds = time.monotonic() - self._at
        # The product's processes are children of the bench, so they are in both trees.
        used = {name: after[name] - self._before[name] for name in after}
        ours = used.pop("bench")
        tree = {n for n, pid in self.roots.items() if _descends(pid, os.getpid())}
        outside = sum(seconds for name, seconds in used.items() if name not in tree)
        self.cpu = used
        self.load = os.getloadavg()[0]
        busy = machine() - self._busy
        self.others = max(0.0, (busy - ours - outside) / self.seconds) if self.seconds else 0.0

    @property
    def total(self) -> float:
        """CPU seconds of all of the product's processes."""
        return sum(self.cpu.values())


def _descends(pid: int, ancestor: int) -> bool:
    for _ in range(64):
        if pid == ancestor:
            return True
        if pid <= 1:
            return False
        pid = parent_of(pid)
    return False
