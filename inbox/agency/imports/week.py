"""Opening hours in one cell: "Mon-Fri 8:00-17:00; Sat 9-12", "24/7", "Sun closed". Pure."""

from __future__ import annotations

import re

from calls.timetable import BadHours, Opening, read_week

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = re.compile(r"24\s*/\s*7|24 hours(?: a day)?|always(?: open)?", re.IGNORECASE)
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
_PART = re.compile(rf"({_DAY})(?:\s*(?:-|–|to)\s*({_DAY}))?\s*:?\s*(.*)", re.IGNORECASE)
_SPAN = re.compile(r"(.+?)\s*(?:-|–|\bto\b)\s*(.+)", re.IGNORECASE)
_SAYS = "Write hours such as: Mon-Fri 8:00-17:00; Sat 9:00-12:00"


class BadWeek(ValueError):
    """Hours that cannot be read; the text says why."""


def read(cell: str) -> list[Opening]:
    """Return the week a cell says; parts are divided by ; or a new line, spans of a day by a comma or +.

    Raises BadWeek.
    """
    if _ALWAYS.fullmatch(cell.strip()):
        return read_week([[]] * 7, range(7))
    typed: list[list[tuple[str, str]]] = [[] for _ in _DAYS]
    all_day: set[int] = set()
    for part in re.split(r"[;\n|]", cell):
        if not part.strip():
            continue
        for days, said in _days(part.strip()):
            spans = [each.strip() for each in re.split(r"[,+&]", said) if each.strip()]
            if not spans:
                raise BadWeek(f"{_SAYS}.")
            for each in spans:
                if each.casefold() == "closed":
                    continue
                if _ALWAYS.fullmatch(each) or each.casefold() == "24h":
                    all_day |= set(days)
                    continue
                found = _SPAN.fullmatch(each)
                if found is None:
                    raise BadWeek(f"“{each[:30]}” is no span of hours. {_SAYS}.")
                for day in days:
                    typed[day].append((found[1], found[2]))
    try:
        return read_week(typed, all_day)
    except BadHours as wrong:
        raise BadWeek(" ".join(wrong.problems.values())) from None


def _days(part: str) -> list[tuple[list[int], str]]:
    """Return the weekdays of a part with what is said of them; a comma may begin another day."""
    found: list[tuple[list[int], str]] = []
    for piece in re.split(rf",\s*(?={_DAY})", part, flags=re.IGNORECASE):
        matched = _PART.fullmatch(piece.strip())
        if matched is None:
            raise BadWeek(f"“{piece.strip()[:30]}” names no weekday. {_SAYS}.")
        first = _DAYS.index(matched[1][:3].casefold())
        last = _DAYS.index(matched[2][:3].casefold()) if matched[2] else first
        days = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
        found.append((days, matched[3].strip()))
    # "Sat, Sun 9-12": a day without hours takes those of the next.
    for place in range(len(found) - 2, -1, -1):
        if not found[place][1]:
            found[place] = (found[place][0], found[place + 1][1])
    return found
