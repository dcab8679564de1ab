"""What a business costs its agency this month, what its client pays and what is left. Pure.

Money in cents, prices of use in hundredths of a cent a unit, as plans have them (billing/budget.py). Three
ways to pay (docs/billing.md): the agency pays us and charges its client by itself, at its mark-up; the
client pays at the agency's own account, where our share is a fee; the client pays us, and nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.budget import Prices, cost

# A trial costs nothing, nor does what was never begun or has ended.
CHARGED = frozenset({"active", "past_due", "unpaid"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a business's month is reckoned from.

    status: of billing.models.Status; payer: agency or business; connected: whether the client pays at
    the agency's own account; monthly: the plan's price in cents; texts and turns: used so far; numbers:
    more than the plan includes, at `number` hundredths of a cent each; markup and fee: percent.
    """

    status: str
    payer: str
    connected: bool
    monthly: int
    prices: Prices
    texts: int = 0
    turns: int = 0
    numbers: int = 0
    number: int = 0
    markup: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """A month so far, in cents. ours: at our prices; spend: what of it the agency pays us; price: what
    its client pays; margin: what is left to the agency, before Stripe's own fees.
    """

    ours: int = 0
    spend: int = 0
    price: int = 0
    margin: int = 0


def month(terms: Terms) -> Money:
    """Return the month so far of a business."""
    if terms.status not in CHARGED:
        return Money()
    ours = terms.monthly + cost(terms.texts, terms.turns, terms.prices)
    ours += -(-terms.numbers * terms.number // 100)
    if terms.payer == "agency":
        price = _percent(ours, 100 + terms.markup)
        return Money(ours, ours, price, price - ours)
    if terms.connected:
        price = _percent(ours, 100 + terms.markup)
        fee = _percent(price, terms.fee)
        return Money(ours, fee, price, price - fee)
    return Money(ours, 0, ours, 0)


def _percent(cents: int, percent: Decimal) -> int:
    return int((cents * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
