"""What must have happened before a missed call may be texted back, in plain words. Pure.

compliance.md 1.2 (the ladder) and 8, rows 24a and 25. A business chooses its posture; its agency may
set a floor for all of its businesses. The stricter of the two rules.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Posture:
    """One choice. level: the least step of the consent ladder it accepts for a text-back."""

    key: str
    name: str
    sentence: str
    level: int


IMPLIED = "implied"
NOTICE = "notice"
PRESS_ONE = "press_one"

# Mildest first.
POSTURES: dict[str, Posture] = {
    posture.key: posture
    for posture in (
        Posture(
            IMPLIED,
            "Implied by the call",
            "Whoever called and was missed gets one informational text. "
            "The greeting says that we may text. Callers from Washington get none.",
            1,
        ),
        Posture(
            NOTICE,
            "Spoken notice required",
            "Every caller first hears that we may text. Only those who stayed on the line after it "
            "are texted.",
            2,
        ),
        Posture(
            PRESS_ONE,
            "Press 1 required",
            "The greeting offers a text. Only those who press 1 for it are texted.",
            3,
        ),
    )
}
CHOICES = [(posture.key, posture.name) for posture in POSTURES.values()]


def stricter(one: str, other: str) -> str:
    """Return the stricter of two postures; an unknown one counts as the strictest there is."""
    return strictest(one or "unknown", other or "unknown")


def strictest(*keys: str) -> str:
    """Return the strictest of several; '' stands for whoever chose none."""
    order = list(POSTURES)
    known = [order.index(key) if key in POSTURES else len(order) - 1 for key in keys if key]
    return order[max(known, default=0)]
