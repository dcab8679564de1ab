"""What a member chose about being told, read from a form and checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

WAYS = ("push", "email", "sms")
WANTS = ("mine", "team", "unassigned", "mentions")
NOTHING = "nothing"
DAYS = range(7)
UNDO_SECONDS = (0, 5, 10, 20, 30)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Wrong(ValueError):
    """What was entered cannot be kept; `field` names what is wrong, `errors` everything that is."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence
        self.errors = {field: sentence}


def refuse(errors: Mapping[str, str]) -> None:
    """Raise Wrong with every wrong field at once; nothing where there is none."""
    if errors:
        wrong = Wrong(*next(iter(errors.items())))
        wrong.errors = dict(errors)
        raise wrong


def notices(ways: Mapping[str, Mapping[str, Any]], digest: bool) -> dict[str, Any]:
    """Return MemberSettings.notices of each way's {"on", "from", "to", "days"}.

    Hours are "HH:MM" in the member's zone, equal ends are the whole day; days 0 is Monday.
    Raises Wrong naming `push-from` and so on, each as "time" or "days".
    """
    kept: dict[str, Any] = {"digest": digest}
    wrong: dict[str, str] = {}
    for way in WAYS:
        said = ways[way]
        for end in ("from", "to"):
            if not _CLOCK.fullmatch(str(said[end])):
                wrong[f"{way}-{end}"] = "time"
        days = sorted({int(day) for day in said["days"] if str(day) in map(str, DAYS)})
        if said["on"] and not days:
            wrong[f"{way}-days"] = "days"
        kept[way] = {"on": bool(said["on"]), "from": said["from"], "to": said["to"], "days": days}
    refuse(wrong)
    return kept


def wants(kinds: Iterable[str]) -> list[str]:
    """Return MemberSettings.wants: all of them is no choice, none of them is "nothing"."""
    given = set(kinds)
    kept = [kind for kind in WANTS if kind in given]
    if not kept:
        return [NOTHING]
    return [] if len(kept) == len(WANTS) else kept


def wanted(stored: Iterable[str]) -> set[str]:
    """Return the kinds a stored choice means."""
    given = list(stored)
    return set(WANTS) & set(given) if given else set(WANTS)
