"""The form of answers: what was typed, kept as it was typed, read, and told as a story."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.timetable import read_time
from inbox import clock
from inbox.waits import ladder
from inbox.waits.policy import MOST_MINUTES, Answering
from inbox.waits.preview import Line
from inbox.waits.preview import story as told

UNITS = {"minutes": 1, "hours": 60}
_CHANNELS = {
    "live": gettext_lazy("Open page"),
    "push": gettext_lazy("Push"),
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("Text to their phone"),
    "hook": gettext_lazy("Firm's chat"),
}
_WHOM = {
    "owner_or_all": gettext_lazy("Whoever has it, otherwise everybody"),
    "all": gettext_lazy("Everybody"),
    "owners": gettext_lazy("Owners"),
}
# The example people know: just before the end of a Friday.
_EXAMPLE_DAY, _EXAMPLE_TIME = 4, time(16, 55)


@dataclass(frozen=True, slots=True)
class TypedStep:
    """One step as it was typed."""

    percent: str
    channels: tuple[str, ...]
    whom: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed. unit: minutes or hours."""

    target: str
    unit: str
    in_open_hours: bool
    digest_on: bool
    digest_at: str
    steps: tuple[TypedStep, ...]

    @property
    def can_grow(self) -> bool:
        """Whether there is room for one more step."""
        return len(self.steps) < ladder.MOST_STEPS


def of(rules: Answering) -> Typed:
    """Return the settings as the form shows them."""
    minutes = rules.target_seconds // 60
    is_hours = minutes >= 60 and minutes % 60 == 0
    return Typed(
        str(minutes // 60 if is_hours else minutes), "hours" if is_hours else "minutes",
        rules.in_open_hours, rules.digest_on, rules.digest_at.strftime("%H:%M"),
        tuple(TypedStep(str(s.at_percent), s.channels, s.whom) for s in rules.steps),
    )  # fmt: skip


def typed(posted: QueryDict) -> Typed:
    """Return what was posted; a step that was ticked to go is gone."""
    gone = posted.get("remove", "")
    steps = tuple(
        TypedStep(
            posted.get(f"percent-{n}", "")[:6],
            tuple(c for c in ladder.CHANNELS if c in posted.getlist(f"channels-{n}")),
            posted.get(f"whom-{n}", "")[:20],
        )
        for n in range(ladder.MOST_STEPS)
        if f"percent-{n}" in posted and str(n) != gone
    )
    return Typed(
        posted.get("target", "").strip()[:6], posted.get("unit", "minutes"),
        "in_open_hours" in posted, "digest_on" in posted, posted.get("digest_at", "").strip()[:8],
        steps,
    )  # fmt: skip


def with_a_step(form: Typed) -> Typed:
    """Return the form with one more step, later than the last."""
    if not form.can_grow:
        return form
    last = [int(s.percent) for s in form.steps if s.percent.isascii() and s.percent.isdigit()]
    step = TypedStep(str(min(ladder.MOST_PERCENT, max(last, default=0) + 50)), ("push",), "all")
    return replace(form, steps=(*form.steps, step))


def read(form: Typed) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return the values to keep, or None and what is wrong by field."""
    problems: dict[str, str] = {}
    minutes = _minutes(form)
    if minutes is None:
        problems["target_minutes"] = _("Write a whole number, such as 15.")
    elif not 1 <= minutes <= MOST_MINUTES:
        problems["target_minutes"] = _("Choose from 1 minute to 7 days.")
    at = read_time(form.digest_at)
    if at is None:
        problems["digest_at"] = _("Write a time such as 8:00 or 07:30.")
    problems |= _wrong_steps(form)
    if problems:
        return None, problems
    return {
        "target_minutes": minutes, "in_open_hours": form.in_open_hours, "steps": _steps(form),
        "digest_on": form.digest_on, "digest_at": at,
    }, {}  # fmt: skip


def story(form: Typed, rules: Answering, now: datetime) -> dict[str, Any] | None:
    """Return the example for what is typed: when they write, what follows. None while it makes no sense."""
    minutes = _minutes(form)
    try:
        steps = ladder.read(_steps(form))
    except ladder.LadderError:
        return None
    if minutes is None or not 0 < minutes <= 7 * 24 * 60:
        return None
    local = now.astimezone(rules.zone)
    day = local.date() + timedelta(days=(_EXAMPLE_DAY - local.weekday()) % 7)
    began = datetime.combine(day, _EXAMPLE_TIME, rules.zone)
    week = rules.hours if form.in_open_hours else None
    lines: list[Line] = told(steps, minutes * 60, week, began)
    return {
        "when": f"{WEEKDAYS[began.weekday()]} {clock.of_day(began)}", "lines": lines,
        "has_hours": bool(rules.hours.spans) or not form.in_open_hours,
    }  # fmt: skip


def channels() -> list[tuple[str, str]]:
    """Return the ways of telling with their words."""
    return [(name, str(words)) for name, words in _CHANNELS.items()]


def whom() -> list[tuple[str, str]]:
    """Return the circles of people with their words."""
    return [(name, str(words)) for name, words in _WHOM.items()]


def _minutes(form: Typed) -> int | None:
    if not (form.target.isascii() and form.target.isdigit()):
        return None
    return int(form.target) * UNITS.get(form.unit, 1)


def _wrong_steps(form: Typed) -> dict[str, str]:
    """Return what is wrong with the steps, by field ("step-0-at_percent")."""
    words = {
        "at_percent": _("Choose from 0 to %(most)s percent.") % {"most": ladder.MOST_PERCENT},
        "channels": _("Choose at least one way to tell them."),
        "whom": _("Choose whom to tell."),
        "steps": _("At most %(most)s steps.") % {"most": ladder.MOST_STEPS},
    }
    try:
        ladder.read(_steps(form))
    except ladder.LadderError as wrong:
        return {f"step-{place}-{name}": words[name] for place, name in wrong.problems}
    return {}


def _steps(form: Typed) -> list[dict[str, Any]]:
    return [
        {
            "at_percent": int(s.percent) if s.percent.isascii() and s.percent.isdigit() else -1,
            "channels": list(s.channels), "whom": s.whom,
        }
        for s in form.steps
    ]  # fmt: skip
