"""An agency's own account at Stripe: what Stripe shows of it, read, and where it stands. Pure.

telephony.md 5.7. `requirements` of Stripe's account object has what it wants: `currently_due` by its own
names (such as business_profile.url), `past_due`, and `disabled_reason`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# none: not begun; unfinished: the agency has not said all; checking: Stripe looks at it; held: it may not
# charge; on: it charges; wanted: it charges, and Stripe wants to know more.
State = Literal["none", "unfinished", "checking", "held", "on", "wanted"]
_MOST = 60
# Stripe is looking itself: there is nothing an agency could do.
_LOOKING = frozenset({"", "requirements.pending_verification", "under_review"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What Stripe shows of an account. wants: names of Stripe's; held_for: its reason, "" for none."""

    charges_enabled: bool = False
    details_submitted: bool = False
    wants: tuple[str, ...] = ()
    held_for: str = ""


def read(account: Mapping[str, Any]) -> Shown:
    """Return what Stripe's object says; what is missing or of another kind counts as nothing."""
    asked = account.get("requirements")
    asked = asked if isinstance(asked, Mapping) else {}
    wants: dict[str, None] = {}
    for part in ("past_due", "currently_due"):
        for name in asked.get(part) or ():
            wants[str(name)[:120]] = None
    return Shown(
        account.get("charges_enabled") is True, account.get("details_submitted") is True,
        tuple(wants)[:_MOST], str(asked.get("disabled_reason") or "")[:60],
    )  # fmt: skip


def state(is_begun: bool, shown: Shown) -> State:
    """Return where an account stands. is_begun: whether there is one at all."""
    if not is_begun:
        return "none"
    if shown.charges_enabled:
        return "wanted" if shown.wants else "on"
    if not shown.details_submitted:
        return "unfinished"
    if not shown.wants and shown.held_for in _LOOKING:
        return "checking"
    return "held"
