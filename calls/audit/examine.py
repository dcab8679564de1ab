"""What a log says: one pass over its calls in the order of time, in bounded memory. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.audit.callers import Callers
from calls.audit.shapes import ANSWERED, UNKNOWN, VOICEMAIL, Logged
from calls.audit.value import Assumptions
from calls.hours import Week, is_open

_LEVELS = 6  # "five or more conversations at once" is the last
_LONGEST = timedelta(hours=4)  # a longer conversation is a stuck line
_LINES = 20


def examine(calls: Iterable[Logged], week: Week, assumptions: Assumptions) -> dict[str, Any]:
    """Return what the calls say, as JSON. They must come in the order of started_at.

    calls, answered, missed (voicemails, short and empty ones are among them: short and empty are those the
    log calls answered), unknown (inbound, in no other figure), outbound; grid[weekday][hour] = [calls,
    missed], local, Monday first; open_hours[hour] the same of working days while open; causes; open
    and closed = [calls, missed]; levels[n] = [calls, missed] of those that came, while open, when n
    conversations were going on; lines; and of Callers.
    """
    totals: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    grid = [[[0, 0] for _ in range(24)] for _ in range(7)]
    open_hours = [[0, 0] for _ in range(24)]
    levels = [[0, 0] for _ in range(_LEVELS)]
    by_state = {True: [0, 0], False: [0, 0]}
    lines: dict[str, list[int]] = {}
    talking: list[datetime] = []  # ends of conversations going on
    callers = Callers(timedelta(hours=assumptions.window_hours))
    first = last = None
    most = 0
    for call in calls:
        first, last = first or call.started_at, call.started_at
        if call.is_inbound and call.outcome == UNKNOWN:
            totals["unknown"] += 1
            continue
        while talking and talking[0] <= call.started_at:
            heapq.heappop(talking)
        short = call.outcome == ANSWERED and (call.talk_seconds or 0) < assumptions.short_seconds
        short = short and call.talk_seconds is not None
        missed = call.outcome != ANSWERED or short
        if not call.is_inbound:
            totals["outbound"] += 1
            callers.called_back(call, reached=not missed)
        else:
            local = call.started_at.astimezone(week.zone)
            totals["calls"] += 1
            totals["missed"] += missed
            totals["voicemail"] += call.outcome == VOICEMAIL
            totals["short"] += short
            totals["empty"] += call.is_empty
            totals["withheld"] += not call.caller
            totals["timed"] += call.talk_seconds is not None and not call.is_empty
            if missed:
                known = "short" if short else "empty" if call.is_empty else call.because
                causes[known or "no_answer"] += 1
            opened = is_open(week, call.started_at)
            places = [grid[local.weekday()][local.hour], by_state[opened], _line(lines, call.line)]
            if opened:
                # At night nobody answers, whoever is on the phone.
                places.append(levels[min(len(talking), _LEVELS - 1)])
                if local.weekday() < 5:
                    places.append(open_hours[local.hour])
            for place in places:
                place[0] += 1
                place[1] += missed
            callers.called(call, missed=missed)
        if not missed and call.talk_seconds:
            busy = timedelta(seconds=(call.ring_seconds or 0) + call.talk_seconds)
            heapq.heappush(talking, call.started_at + min(busy, _LONGEST))
            most = max(most, len(talking))
    days = (last - first).total_seconds() / 86_400 if first and last else 0.0
    return {
        "calls": totals["calls"],
        "answered": totals["calls"] - totals["missed"],
        "missed": totals["missed"],
        "voicemail": totals["voicemail"],
        "unknown": totals["unknown"],
        "outbound": totals["outbound"],
        "short": totals["short"],
        "empty": totals["empty"],
        "withheld": totals["withheld"],
        "timed": totals["timed"],
        "from": first.astimezone(UTC).isoformat() if first else "",
        "to": last.astimezone(UTC).isoformat() if last else "",
        "days": round(days, 2),
        "grid": grid,
        "open_hours": open_hours,
        "causes": dict(causes.most_common()),
        "open": by_state[True],
        "closed": by_state[False],
        "levels": levels,
        "most_at_once": most,
        "lines": sorted(([line, *n] for line, n in lines.items()), key=lambda row: -row[1]),
        **callers.summary(last),
    }


def _line(lines: dict[str, list[int]], line: str) -> list[int]:
    if line not in lines and len(lines) >= _LINES:
        line = "other"
    return lines.setdefault(line, [0, 0])
