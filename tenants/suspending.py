"""Who may let a suspended business send again. Pure.

A business has one suspension at a time, that of the strongest who wants it: nobody lifts what a
stronger one has put there, and a stronger one takes a weaker one's over.
"""

from __future__ import annotations

AGENCY, BILLING, SUPPORT = "agency", "billing", "support"
PARTIES = (AGENCY, BILLING, SUPPORT)  # the weakest first


def strength(party: str) -> int:
    """Return how strong a party is. What was suspended before anybody was named counts as support's."""
    return PARTIES.index(party) if party in PARTIES else PARTIES.index(SUPPORT)


def may_lift(party: str, suspended_by: str) -> bool:
    """Whether a party may end a suspension; suspended_by: whose it is."""
    if suspended_by == BILLING:
        return party in (BILLING, SUPPORT)
    return strength(party) >= strength(suspended_by)


def takes_over(party: str, suspended_by: str) -> bool:
    """Whether a party's suspension takes the place of the one there is."""
    return strength(party) > strength(suspended_by)
