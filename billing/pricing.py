"""What a payer pays for a plan: the one place where our price and an agency's mark-up meet. Pure.

Stripe's prices are made from it, and every page and answer that names a price asks it: what is shown is
what is charged. Money in cents, prices of use in hundredths of a cent a unit, as plans have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from billing.budget import Prices


class Terms(Protocol):
    """What a plan says of itself (billing.models.Plan)."""

    currency: str
    monthly_cents: int
    included_texts: int
    included_turns: int
    included_numbers: int
    text_overage: int | None
    turn_overage: int | None
    number_overage: int | None


@dataclass(frozen=True, slots=True)
class Price:
    """What one payer pays. monthly: cents; text, turn, number: one more of them, None where none is sold."""

    currency: str
    monthly: int
    text: int | None
    turn: int | None
    number: int | None
    texts: int
    turns: int
    numbers: int

    @property
    def use(self) -> Prices:
        """What is included and what more costs, as a month's use is reckoned."""
        return Prices(self.texts, self.turns, self.text, self.turn)


def price_paid(plan: Terms, payer: str, *, sells: bool, markup: Decimal) -> Price:
    """Return what a payer ("agency" or "business") pays for a plan.

    sells: whether it is charged on the agency's own account; markup: the agency's, in percent. Only who
    pays there pays it: an agency has our price, and so has who pays us. Half a unit is rounded up.
    """
    factor = 1 + markup / 100 if sells and payer == "business" else Decimal(1)

    def marked(price: int) -> int:
        return int((price * factor).quantize(Decimal(1), ROUND_HALF_UP))

    def more(price: int | None) -> int | None:
        return None if price is None else marked(price)

    return Price(
        plan.currency, marked(plan.monthly_cents), more(plan.text_overage), more(plan.turn_overage),
        more(plan.number_overage), plan.included_texts, plan.included_turns, plan.included_numbers,
    )  # fmt: skip
