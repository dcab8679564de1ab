"""What an audit says in sentences, and the rules it suggests. Pure.

Rules are in the one shape of calls/rules.py. They are a draft somebody looks at, never in force by
themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from calls.rules import OUTCOMES, Rule, Then, When

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CAUSES = {
    "no_answer": "Nobody answered",
    "busy": "The line was busy",
    "unreachable": "The phone could not be reached",
    "declined": "The call was declined",
    "caller_hung_up": "The caller hung up",
    "forwarded": "Forwarded unanswered",
    "not_accepted": "A voicemail picked up",
    "short": "Answered too briefly to be a talk",
    "empty": "Answered for 0 seconds",
}
# What the texts of suggested rules are called before a business has its own.
SUGGESTED_TEXTS = {
    "missed-open": "your text for missed calls",
    "missed-closed": "your text while closed",
}
_FEW = 20  # calls below which a share says nothing


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the log says. tone: good, warn or bad; headline and detail are whole sentences."""

    code: str
    tone: str
    headline: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that would help, and what in the log speaks for it."""

    rule: Rule
    why: str


def percent(part: float, whole: float) -> int:
    """Return a share in whole percent, 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def spell(seconds: float | None) -> str:
    """Return a duration as people say it: "4 minutes", "2 hours", "3 days"."""
    if seconds is None:
        return "–"
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "under a minute"


def findings(result: Mapping[str, Any]) -> list[Finding]:
    """Return what matters most in a result, weightiest first. Not the value: that is assumed."""
    calls, missed = result["calls"], result["missed"]
    unknown = _unknown(result)
    if not calls and unknown is not None:
        return [unknown]
    if not calls:
        return [Finding("empty", "bad", "There is no incoming call in this log.", "Check which column says incoming or outgoing, and bring the log in again.")]  # fmt: skip
    found = [_rate(result)]
    found += [each for each in (unknown, _empty(result)) if each is not None]
    closed, missed_closed = result["closed"]
    if missed and missed_closed:
        found.append(
            Finding(
                "after_hours",
                "warn" if percent(missed_closed, missed) >= 25 else "good",
                f"{percent(missed_closed, missed)}% of the missed calls came while you were closed.",
                f"{missed_closed:,} of {missed:,}. Of the {closed:,} calls outside your hours, "
                f"{percent(missed_closed, closed)}% reached nobody.",
            )
        )
    if (busy := _busy(result)) is not None:
        found.append(busy)
    if result["gave_up"]:
        found.append(
            Finding(
                "gave_up",
                "bad",
                f"{_people(result['gave_up'])} called more than once and gave up.",
                f"They tried {result['gave_up_calls']:,} times in all, and nobody answered or called back.",
            )
        )
    found.append(_call_back(result))
    if not missed:
        found.append(
            Finding(
                "no_missed",
                "warn",
                "This log has no missed call at all.",
                "Phone bills list only calls that were connected. Ask the carrier or the phone "
                "system for a call log that lists missed calls too.",
            )
        )
    return found


def _unknown(result: Mapping[str, Any]) -> Finding | None:
    """Return what must be said where a log does not tell who took its calls."""
    unknown = result.get("unknown", 0)
    if not unknown:
        return None
    every = result["calls"] + unknown
    return Finding(
        "unknown",
        "warn" if percent(unknown, every) < 50 else "bad",
        f"Of {percent(unknown, every) or 'under 1'}% of the incoming calls the log cannot tell whether anybody talked.",
        f"{unknown:,} of {every:,}. The provider lists them as taken by the number itself, which a "
        "greeting does too, and names no phone that was answered. They are in none of these figures. "
        "The phone system’s own log says more.",
    )


def _empty(result: Mapping[str, Any]) -> Finding | None:
    """Return what must be said where a log's word "answered" was not believed."""
    empty = result.get("empty", 0)
    if not empty:
        return None
    return Finding(
        "empty_answers",
        "bad" if not result["answered"] else "warn",
        f"{empty:,} {'call the log calls answered lasts' if empty == 1 else 'calls the log calls answered last'} 0 seconds.",
        f"{'It counts' if empty == 1 else 'They count'} as missed here, for nobody can have talked. If the "
        "log’s duration is something else, bring it in again and choose another column for it, or none.",
    )


def _rate(result: Mapping[str, Any]) -> Finding:
    calls, missed = result["calls"], result["missed"]
    share = percent(missed, calls)
    tone = "bad" if share >= 20 else "warn" if share >= 8 else "good"
    words = f"{share}% of incoming calls reached nobody."
    return Finding("missed", tone, words, f"{missed:,} of {calls:,} calls in {round(result['days']) or 1} days.")  # fmt: skip


def _busy(result: Mapping[str, Any]) -> Finding | None:
    free, busy = result["levels"][0], [sum(n) for n in zip(*result["levels"][1:], strict=True)]
    if not result["timed"] or busy[0] < _FEW or free[0] < _FEW:
        return None
    idle, taken = percent(free[1], free[0]), percent(busy[1], busy[0])
    if taken <= idle:
        return None
    return Finding(
        "busy",
        "warn",
        f"While somebody is already on the phone, {taken}% of calls are missed.",
        f"When nobody is, {idle}%. {busy[0]:,} calls came during another conversation; at most "
        f"{result['most_at_once']} went on at once.",
    )


def _call_back(result: Mapping[str, Any]) -> Finding:
    back = result["call_back"]
    if not result["outbound"]:
        return Finding("no_outbound", "warn", "Whether people were called back cannot be seen.", "The log has no outgoing calls. Callers who were called back from another phone are counted as lost here.")  # fmt: skip
    if not back["count"]:
        return Finding("never_called_back", "bad", "Nobody who was missed was called back.", "The log has outgoing calls, but none to a caller who had been missed.")  # fmt: skip
    slow = (back["median"] or 0) > 900
    return Finding(
        "call_back",
        "warn" if slow else "good",
        f"Half of the call-backs came within {spell(back['median'])}.",
        f"{back['count']:,} of {result['people']:,} missed callers were called back, "
        f"{back['within_5_minutes']:,} of them within five minutes.",
    )


def _people(count: int) -> str:
    return "One person" if count == 1 else f"{count:,} people"


def worst_hours(result: Mapping[str, Any]) -> tuple[frozenset[int], int, int, int, int] | None:
    """Return the two neighbouring open hours in which most calls of working days are missed.

    As (weekdays, from hour, to hour, calls, missed); None when no hours stand out.
    """
    hours = result["open_hours"]
    days = frozenset(d for d in range(5) if any(cell[0] for cell in result["grid"][d]))
    best: tuple[int, int, int] | None = None
    for hour in range(23):
        calls = hours[hour][0] + hours[hour + 1][0]
        missed = hours[hour][1] + hours[hour + 1][1]
        if (
            min(hours[hour][0], hours[hour + 1][0])
            and calls >= _FEW
            and (best is None or missed > best[2])
        ):
            best = (hour, calls, missed)
    every, all_missed = (sum(column) for column in zip(*hours, strict=True))
    if best is None or not days:
        return None
    hour, calls, missed = best
    usual = percent(all_missed, every)
    if percent(missed, calls) < max(10, usual * 1.25):
        return None
    return days, hour, hour + 2, calls, missed


def suggestions(result: Mapping[str, Any]) -> list[Suggestion]:
    """Return rules that answer what the log shows, in the order they should stand."""
    calls, missed = result["calls"], result["missed"]
    if not missed:
        return []
    every = frozenset(OUTCOMES)
    found = []
    if result["gave_up"] or result["reached_later"]:
        again = result["gave_up"]
        found.append(
            Suggestion(
                Rule(
                    "audit-second-call", "Second missed call in a day: text and tell the staff", True,
                    When(outcomes=every, nth_from=2),
                    Then(template="missed-open", template_closed="missed-closed", cool_down=4 * 3600, notify=True),
                ),
                f"{_people(again)} called more than once and gave up."
                if again
                else f"{_people(result['reached_later'])} had to call again to reach you.",
            )
        )  # fmt: skip
    if (worst := worst_hours(result)) is not None:
        days, begins, ends, came, lost = worst
        found.append(
            Suggestion(
                Rule(
                    "audit-worst-hours", f"{_clock(begins)} to {_clock(ends)}: text at once", True,
                    When(outcomes=every, states=frozenset({"open"}), ring_at_least=4, weekdays=days,
                         from_time=time(begins), to_time=time(ends)),
                    Then(template="missed-open", template_closed="missed-closed", notify=True),
                ),
                f"On working days {percent(lost, came)}% of the {came:,} calls between "
                f"{_clock(begins)} and {_clock(ends)} are missed, more than in your other hours.",
            )
        )  # fmt: skip
    missed_closed = result["closed"][1]
    if percent(missed_closed, missed) >= 10:
        found.append(
            Suggestion(
                Rule(
                    "audit-closed", "While closed: say when you open", True,
                    When(outcomes=every, states=frozenset({"closed", "holiday"}), ring_at_least=4),
                    Then(template="missed-closed"),
                ),
                f"{percent(missed_closed, missed)}% of the missed calls came while you were closed.",
            )
        )  # fmt: skip
    found.append(
        Suggestion(
            Rule(
                "audit-all", "Every other missed call: text back", True,
                When(outcomes=every, ring_at_least=4),
                Then(template="missed-open", template_closed="missed-closed"),
            ),
            f"{missed:,} of {calls:,} calls reached nobody.",
        )
    )  # fmt: skip
    return found


def _clock(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour % 24 < 12 else 'PM'}"
