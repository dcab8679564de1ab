"""A text, a person and a policy that nothing stands against, for the tests of the gate to spoil."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.clearance import Clearance, Outgoing, Policy, Standing
from messaging.compliance import clear
from messaging.jurisdictions import Ruleset, current

RULES = current()
TO = "+17735561234"  # Illinois, one zone
NOON = datetime(2027, 1, 13, 18, 0, tzinfo=UTC)  # a Wednesday, noon in Chicago
NIGHT = datetime(2027, 1, 14, 5, 0, tzinfo=UTC)  # 11 PM there
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

TEXT_BACK = Outgoing(TO, frozenset({"+13125550100"}), "C1", "rule", "text_back", level=1)
MANUAL = replace(TEXT_BACK, author="person", purpose="manual", level=0)
REPLY = replace(MANUAL, author="rule", purpose="reply")
REMINDER = replace(MANUAL, author="api", purpose="reminder", category="C2")
CONFIRMATION = replace(REMINDER, purpose="confirmation")
MARKETING = replace(
    MANUAL, author="api", purpose="marketing", category="C3", use_case="MARKETING"
)  # fmt: skip
VOICE = replace(MANUAL, author="assistant", purpose="voice_callback")
NUDGE = replace(MARKETING, purpose="nudge")
REVIEW = replace(MARKETING, purpose="review")
STOP_CONFIRM = replace(MANUAL, author="system", category="C0", purpose="confirm_stop")
HELP = replace(STOP_CONFIRM, purpose="help")
RESUBSCRIBED = replace(STOP_CONFIRM, purpose="resubscribed")
CLARIFY = replace(STOP_CONFIRM, purpose="clarify")
C0 = (STOP_CONFIRM, HELP, RESUBSCRIBED, CLARIFY)

STRANGER = Standing()
# Agreed in writing last week; the lists were asked the day before yesterday.
AGREED = Standing(consent_level=5, reassigned="no")
PLAIN = Policy()
OPEN_HANDED = Policy(marketing=True, nudges=True)

# Fields whose test value may be a span: so long before (or, negative, after) now.
_TIMES = frozenset(
    {
        "asked_at", "created_at", "expires_at", "throttled_until", "paused_until", "consent_at",
        "last_text_back_at", "last_inbound_at", "helped_at", "clarified_at", "last_marketing_at",
        "dnc_checked_at", "verified_at",
    }
)  # fmt: skip


def at(now: datetime, fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with every span among them as the moment so long before `now`."""
    return {
        name: now - value if name in _TIMES and isinstance(value, timedelta) else value
        for name, value in fields.items()
    }


def ask(
    message: Outgoing,
    person: Standing = STRANGER,
    policy: Policy = PLAIN,
    *,
    now: datetime = NOON,
    rules: Ruleset = RULES,
    **spoilt: Any,
) -> Clearance:
    """Ask the gate, some facts spoilt; a text was wanted half a minute ago unless it says when."""
    fresh = {"asked_at": timedelta(seconds=30), "created_at": timedelta(seconds=5)}
    of_person: dict[str, Any] = (
        {"consent_at": 7 * DAY, "dnc_checked_at": 2 * DAY} if person.consent_level else {}
    )
    if message.purpose == "confirm_stop":
        of_person["opted_out"] = True  # what is confirmed has happened
    parts = []
    for part, usual in ((message, fresh), (person, of_person), (policy, {})):
        given = {name: spoilt.pop(name) for name in list(spoilt) if name in part.__slots__}
        parts.append(replace(part, **at(now, usual | given)))
    assert not spoilt, f"no such fact: {sorted(spoilt)}"
    return clear(*parts, rules, now)
