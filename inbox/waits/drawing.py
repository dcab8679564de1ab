"""The figures as pictures: where each bar and square lies, and what it says in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inbox.waits.figures import Cell, Day, busy_hours

WIDTH, HEIGHT, BASE = 720, 160, 132
SIZE, GAP, LABEL = 28, 3, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: x and width of its column, top and height of its two parts, and its words."""

    x: float
    width: float
    in_time_y: float
    in_time_height: float
    late_y: float
    late_height: float
    label: str
    words: str
    day: Day


def bars(days: Sequence[Day]) -> list[Bar]:
    """Return the columns of the days, those answered in time below and the others on top of them."""
    most = max((day.in_time + day.late for day in days), default=0) or 1
    step = WIDTH / max(1, len(days))
    every = max(1, round(len(days) / 10))
    drawn = []
    for position, day in enumerate(days):
        low, high = ((BASE - 12) * count / most for count in (day.in_time, day.late))
        name = date_format(day.day, "D j M")
        words = _("%(day)s: %(good)d in time, %(late)d late") % {
            "day": name, "good": day.in_time, "late": day.late,
        }  # fmt: skip
        drawn.append(
            Bar(
                round(position * step + step * 0.12, 2), round(step * 0.76, 2),
                round(BASE - low, 2), round(low, 2), round(BASE - low - high, 2), round(high, 2),
                date_format(day.day, "j M") if position % every == 0 else "", words, day,
            )
        )  # fmt: skip
    return drawn


def heat(cells: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    """Return the week of hours as squares, the hours nobody ever writes in left out."""
    hours = busy_hours(cells)
    days = [
        {
            "name": str(WEEKDAYS[weekday]),
            "short": str(WEEKDAYS_ABBR[weekday]),
            "y": 24 + weekday * (SIZE + GAP) + SIZE / 2,
            "cells": [
                {
                    "cell": row[hour],
                    "x": LABEL + index * (SIZE + GAP),
                    "y": 24 + weekday * (SIZE + GAP),
                    "tx": LABEL + index * (SIZE + GAP) + SIZE / 2,
                    "words": _("%(day)s %(hour)s: %(late)d of %(count)d late")
                    % {
                        "day": str(WEEKDAYS[weekday]), "hour": clock(hour),
                        "late": row[hour].late, "count": row[hour].count,
                    },
                }
                for index, hour in enumerate(hours)
            ],
        }
        for weekday, row in enumerate(cells)
    ]  # fmt: skip
    return {
        "days": days,
        "size": SIZE,
        "width": LABEL + len(hours) * (SIZE + GAP),
        "height": 24 + 7 * (SIZE + GAP),
        "hours": [
            {"x": LABEL + index * (SIZE + GAP) + SIZE / 2, "words": clock(hour)}
            for index, hour in enumerate(hours)
        ],
        "steps": [
            (0, _("all in time")), (1, _("less than a quarter late")), (2, _("a quarter or more")),
            (3, _("half or more")), (4, _("three quarters or more")),
        ],
    }  # fmt: skip


def clock(hour: int) -> str:
    """Return an hour of the day as a short label: 8a, 12p, 5p."""
    return f"{hour % 12 or 12}{'a' if hour < 12 else 'p'}"
