"""Calls placed to try a line, known at their arrival by who calls and when.

A set-up carries who tries which line just now (calls.setup), so an ordinary call asks nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from calls.models import Call
from calls.trials.conditions import CONDITIONS
from messaging.providers.base import VoiceEvent

# A provider's clock and ours differ a little.
_SLACK = timedelta(seconds=5)
# Who tries a line, for Setup.tried: looks begun lately, with the caller they wait for.
TRIED_SQL = """
    (SELECT coalesce(json_agg(json_build_array(t.line, t.caller, t.since, t.until, t.condition)), '[]')
     FROM (SELECT line, caller, started_at AS since, coalesce(ended_at, deadline_at) AS until,
                  '' AS condition
           FROM calls_forwardingcheck
           WHERE caller <> '' AND deadline_at > now() - interval '20 minutes'
           UNION ALL
           SELECT line, caller, started_at, coalesce(ended_at, started_at + interval '5 minutes'),
                  condition
           FROM calls_testcall
           WHERE caller <> '' AND started_at > now() - interval '20 minutes') t)
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """Somebody tries `line` from `caller` between two aware times.

    is_probe: all that is asked is whether calls arrive: nobody is texted, nobody becomes a contact.
    Otherwise it is a test call that goes every step, with `facts` played on top of what happens.
    """

    line: str
    caller: str
    since: datetime
    until: datetime
    is_probe: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def read(rows: Iterable[list[Any]]) -> tuple[Tried, ...]:
    """Return what TRIED_SQL gave."""
    tried = []
    for line, caller, since, until, condition in rows:
        played = CONDITIONS[condition].facts if condition in CONDITIONS else {}
        span = (datetime.fromisoformat(since), datetime.fromisoformat(until))
        tried.append(Tried(line, caller, *span, not condition, played))
    return tuple(tried)


def trial_of(
    voice: VoiceEvent, phone: str, provider_name: str, tried: tuple[Tried, ...]
) -> Tried | None:
    """Return what an event's call tries, None for the calls of customers.

    phone: the caller in E.164, '' when withheld. A call that arrived in time stays what it was when
    its last events come late; one that arrives afterwards is a call like any other.
    """
    if phone and phone == settings.WATCH_NUMBER:
        # Whatever came too late for the look it belonged to: it is never a customer.
        return Tried(voice.our_number, phone, voice.at, voice.at, is_probe=True)
    for trial in tried:
        if (trial.line, trial.caller) != (voice.our_number, phone):
            continue
        known = Call.objects.filter(provider=provider_name, provider_id=voice.call_id)
        was = known.values_list("is_test", flat=True).first()
        if was or (was is None and trial.since - _SLACK <= voice.at <= trial.until + _SLACK):
            return trial
    return None


def mark(call: Call, trial: Tried) -> dict[str, Any]:
    """Say on a call's row that it tries the line; return the facts that are played."""
    if not call.is_test:
        call.is_test = True
        Call.objects.filter(pk=call.pk).update(is_test=True)
    return {"probe": True} if trial.is_probe else dict(trial.facts)
