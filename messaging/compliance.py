"""The gate: may this text leave, now? Pure; asked when a text is queued and again before it is sent.

The decision table of compliance.md section 8, row by row, first match wins. Each row is a function
of messaging/gate that answers or passes; `ROWS` is the order of the table. Where the product's
default differs from the rulebook (the posture "implied by the call"), the stricter choice is one
switch of the business's policy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from messaging.clearance import PURPOSES, Clearance, Outgoing, Policy, Standing
from messaging.gate import calls, others, person, sender
from messaging.gate.asked import ASK_AGAIN, STALE_AFTER, Asked
from messaging.jurisdictions import Ruleset

__all__ = ["PURPOSES", "ROWS", "Clearance", "Outgoing", "Policy", "Standing", "clear"]

_A_YEAR = timedelta(days=365)
# The table's order, with rows 2a and 47a of our own, the latter before what our own words are asked. Row 48 (a retry) is asking all of them again; row 49 is in `clear`.
ROWS: tuple[Callable[[Asked], Clearance | None], ...] = (
    person.country,
    person.business,
    person.is_textable,
    person.spoofed,
    person.confirmations,
    person.opted_out,
    person.paused,
    person.unreachable,
    person.billing,
    sender.registration,
    sender.staff,
    sender.campaign,
    sender.content,
    sender.machine,
    calls.text_back,
    others.expired,
    others.unasked,
    others.marketing,
    others.voice,
    others.conversation,
)


def unreachable(
    message: Outgoing, standing: Standing, policy: Policy, rules: Ruleset, now: datetime
) -> str:
    """Say why a number gets no texts from this business whatever they say; '' when it may.

    The rows about country, suspension and the number alone, for a receipt that asks them apart.
    """
    asked = Asked(message, standing, policy, rules, now)
    try:
        for row in (person.country, person.business, person.is_textable, person.unreachable):
            clearance = row(asked)
            if clearance is not None:
                return clearance.sentence
    except Exception:
        return ""  # the gate itself is asked next, and holds the text (row 49)
    return ""


def clear(
    message: Outgoing, standing: Standing, policy: Policy, rules: Ruleset, now: datetime
) -> Clearance:
    """Decide whether a text may leave at `now` (aware): SEND, HOLD until/expires, or NEVER.

    Never raises: an error in the gate itself holds the text (row 49, fail closed), and whoever asks
    alerts on its code FAIL_CLOSED.
    """
    asked = Asked(message, standing, policy, rules, now)
    try:
        for row in ROWS:
            clearance = row(asked)
            if clearance is not None:
                held = sender.braked(asked) if clearance.may_send else None
                return held or clearance
        error = f"nothing in the table fits {message.purpose} {message.category}"
    except Exception as problem:
        error = type(problem).__name__
    return fail_closed(error, message.created_at or message.asked_at, now, message.expires_at)


def fail_closed(
    error: str, since: datetime | None, now: datetime, expires_at: datetime | None = None
) -> Clearance:
    """Row 49: asked again every few minutes, as long as the text is wanted; not a minute longer."""
    # Reckoned from its beginning: an expiry that moved with each question would never come.
    began = _moment(since, now) or now
    expires = max(_moment(expires_at, now) or began, began + STALE_AFTER)
    sentence = f"the check before sending could not be made ({error}). Support has been told."
    if expires <= now:
        sentence = f"No text: {sentence} It would come too late."
        return Clearance("never", "FAIL_CLOSED", "49", ("8.49",), sentence)
    until = min(now + ASK_AGAIN, expires)
    return Clearance(
        "hold", "FAIL_CLOSED", "49", ("8.49",), f"Waits: {sentence}", until, expires
    )  # fmt: skip


def _moment(value: object, now: datetime) -> datetime | None:
    """Return a moment that can be reckoned with; what broke the gate must not break this too."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    return value if abs(value - now) < _A_YEAR else None
