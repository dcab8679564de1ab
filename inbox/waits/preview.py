"""What the settings mean, told for one example: when somebody who writes then is answered, and who is told when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.hours import Week
from inbox import clock
from inbox.waits import ladder
from inbox.waits.targets import due_at

CHANNEL_WORDS = {
    "live": gettext_lazy("on the open page"),
    "push": gettext_lazy("by push"),
    "email": gettext_lazy("by e-mail"),
    "sms": gettext_lazy("by text to their phone"),
    "hook": gettext_lazy("in your firm's chat"),
}
WHOM_WORDS = {
    "owner_or_all": gettext_lazy("whoever has the conversation, his team, or everybody"),
    "all": gettext_lazy("everybody"),
    "owners": gettext_lazy("the owners"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: when, in words, and what happens."""

    at: str
    words: str
    is_due: bool = False


def story(
    steps: Sequence[ladder.Step], target_seconds: int, week: Week | None, began: datetime
) -> list[Line]:
    """Return what happens to somebody who writes at `began` (aware) and whom nobody answers, in order."""
    due = due_at(began, target_seconds, week)
    moments: list[tuple[datetime, int, Line]] = []
    for step in steps:
        at = ladder.time_of(step, began, target_seconds, week)
        ways = [str(CHANNEL_WORDS[each]) for each in step.channels]
        words = _("%(whom)s is told %(ways)s") % {
            "whom": str(WHOM_WORDS[step.whom]).capitalize(), "ways": joined(ways),
        }  # fmt: skip
        moments.append((at, 1, Line(moment(at, week, began), words)))
    due_line = Line(moment(due, week, began), _("The answer is due"), is_due=True)
    moments.append((due, 0, due_line))
    return [line for *_, line in sorted(moments, key=lambda each: each[:2])]


def joined(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def moment(at: datetime, week: Week | None, began: datetime) -> str:
    """Return a moment as "Mon 8:10 AM", in the zone of the example."""
    local = localtime(at, week.zone if week is not None else began.tzinfo)
    return f"{clock.weekday(local)} {clock.of_day(local)}"
