"""A number's registration with the carriers: what may follow on what, and what it means. Pure.

Source: compliance.md 3.3 (carriers block a 10DLC number that is not registered, and a toll-free one
that is not verified or still pending) and section 8, rows 15 and 16. The states are those of
tenants.models.Registration, the kinds those of tenants.models.SenderKind.
"""

from __future__ import annotations

import re

# Area codes of toll-free numbers in service (North American plan).
TOLL_FREE_CODES = frozenset({"800", "833", "844", "855", "866", "877", "888"})
# How a number can be when it comes to us.
FIRST_STATES = ("declared", "approved", "pending", "unregistered")
# What the agency filed its campaign for; '' when that is not known (compliance.md 8, row 17).
USE_CASES = ("CUSTOMER_CARE", "LOW_VOLUME", "MIXED", "MARKETING")

# Carriers may refuse and suspend at any time. Once a filing is with them, only their word ends it:
# nobody declares what they are still reviewing, have rejected or have suspended.
_AFTER: dict[str, frozenset[str]] = {
    "declared": frozenset({"approved", "pending", "unregistered", "suspended"}),
    "approved": frozenset({"pending", "unregistered", "suspended"}),
    "pending": frozenset({"approved", "rejected", "unregistered", "suspended"}),
    "unregistered": frozenset({"declared", "approved", "pending", "suspended"}),
    "rejected": frozenset({"pending", "unregistered", "suspended"}),
    "suspended": frozenset({"approved", "pending", "unregistered"}),
}
_THING = {
    "local": "registration for business texts (10DLC)",
    "toll_free": "toll-free verification",
}
_WAITS = {
    "pending": "its {thing} is pending",
    "unregistered": "it has no {thing}",
    "rejected": "the carriers rejected its {thing}",
    "suspended": "the carriers suspended its {thing}",
}
_FIX = {
    "pending": "Nothing to do here: texts go out once the carriers approve it.",
    "unregistered": "Ask your agency to file the {thing} of this number.",
    "rejected": "Ask your agency to put right what the carriers named, and to file it again.",
    "suspended": "Ask your agency to settle it with the provider.",
}
_MEANWHILE = "Call people back meanwhile."


def may_follow(state: str) -> frozenset[str]:
    """Return the states a number may go to from `state`. Raises ValueError for an unknown one."""
    if state not in _AFTER:
        raise ValueError(f"registration: expected one of: {', '.join(_AFTER)}")
    return _AFTER[state]


def check(before: str, after: str) -> None:
    """Raise ValueError naming `registration` when `after` is no state or cannot follow on `before`."""
    may_follow(after)
    if after not in may_follow(before):
        allowed = ", ".join(sorted(may_follow(before)))
        raise ValueError(f"registration: {after} cannot follow on {before}; expected: {allowed}")


def sender_kind_of(e164: str) -> str:
    """Return which registration a number needs: toll_free for a toll-free number, else local."""
    found = re.fullmatch(r"\+1([0-9]{3})[0-9]{7}", e164)
    return "toll_free" if found and found[1] in TOLL_FREE_CODES else "local"


def explain(state: str, kind: str) -> tuple[str, str]:
    """Say to a receptionist what a state means for a number of this kind, and what to do about it.

    The second sentence is '' when nothing need be done. Raises ValueError naming what is unknown.
    """
    may_follow(state)
    if kind not in _THING:
        raise ValueError(f"sender_kind: expected one of: {', '.join(_THING)}")
    thing = _THING[kind]
    if state == "approved":
        return f"Texts from this number go out: its {thing} is confirmed.", ""
    if state == "declared":
        return f"Texts from this number go out: it has its {thing}, as the agency says.", ""
    why = _WAITS[state].format(thing=thing)
    return (
        f"Texts from this number wait: {why}. Calls and incoming texts work.",
        f"{_FIX[state].format(thing=thing)} {_MEANWHILE}",
    )
