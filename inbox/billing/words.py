"""What the billing page says of a subscription, of money and of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.budget import Day
from billing.entitlements import Allowance, Step
from billing.models import Plan, Status, Subscription
from billing.pricing import Price

# The picture of a month, in units of its own.
WIDTH, HEIGHT, BASE = 620, 150, 122


def money(cents: int, currency: str = "usd") -> str:
    """Return an amount as it stands on an invoice."""
    amount = f"{cents / 100:,.2f}"
    return f"${amount}" if currency == "usd" else f"{amount} {currency.upper()}"


def each(hundredths: int | None) -> str:
    """Return the price of one unit, "" where it is not sold. In hundredths of a cent."""
    if hundredths is None:
        return ""
    cents = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"{cents} ¢" if hundredths < 10_000 else money(hundredths // 100)


def card(plan: Plan, price: Price) -> dict[str, Any]:
    """Return a plan with what whoever reads it pays, as the pages write it."""
    return {
        "plan": plan, "price": money(price.monthly, price.currency),
        "text": each(price.text), "turn": each(price.turn), "number": each(price.number),
    }  # fmt: skip


def state(status: str) -> tuple[str, str]:
    """Return what a badge says of a subscription, and its tone: good, warn, bad or ""."""
    known = {
        Status.NONE: (_("No subscription yet"), ""),
        Status.INCOMPLETE: (_("Waiting for the first payment"), "warn"),
        Status.TRIALING: (_("Trial"), "good"),
        Status.ACTIVE: (_("Active"), "good"),
        Status.PAST_DUE: (_("Payment overdue"), "bad"),
        Status.UNPAID: (_("Unpaid"), "bad"),
        Status.PAUSED: (_("Paused"), "warn"),
        Status.CANCELED: (_("Cancelled"), "bad"),
        Status.EXPIRED: (_("Never begun"), "bad"),
    }
    return known.get(Status(status), (status, "")) if status in Status.values else (status, "")


def state_of(ours: Subscription | None, now: datetime) -> tuple[str, str]:
    """Return what a badge says of a business's subscription at `now` (aware), our own trial among it."""
    if ours is not None and ours.status == Status.NONE and ours.trial_end is not None:
        return (_("Trial"), "good") if now < ours.trial_end else (_("The trial is over"), "bad")
    return state(ours.status if ours else Status.NONE)


def since(ours: Subscription | None) -> str:
    """Return the moment that counts for where a subscription stands, "" where none does."""
    if ours is None:
        return ""
    if ours.cancel_at is not None and ours.status != Status.CANCELED:
        return _("ends on %(day)s") % {"day": day(ours.cancel_at)}
    if ours.status in (Status.NONE, Status.TRIALING) and ours.trial_end is not None:
        return _("until %(day)s") % {"day": day(ours.trial_end)}
    if ours.status in (Status.PAST_DUE, Status.UNPAID) and ours.past_due_since is not None:
        return _("since %(day)s") % {"day": day(ours.past_due_since)}
    return ""


def day(moment: datetime) -> str:
    """Return a day as the pages of money write it, in the reader's zone."""
    return date_format(timezone.localtime(moment), "j M Y")


def why(code: str) -> str:
    """Say why something does not go out, by an allowance's code; "" where nothing was said to be wrong."""
    known = {
        "TRIAL_OVER": _("The trial is over."), "PAST_DUE": _("A payment is overdue."),
        "UNPAID": _("An invoice is unpaid."), "PAUSED": _("The subscription is paused."),
        "CANCELED": _("The subscription has ended."),
        "INCOMPLETE": _("The first payment has not come."),
        "TEXTS_USED_UP": _("The plan's texts of this month are used up."),
        "TURNS_USED_UP": _("The assistant's turns of this month are used up."),
        "BUDGET_REACHED": _("This month's budget is reached."),
    }  # fmt: skip
    return known.get(code, "")


def what_ends(allowance: Allowance) -> str:
    """Say what does not go out now, "" when everything does."""
    return {
        Step.EVERYTHING: "",
        Step.NO_ASSISTANT: _("The assistant does not write now. Everything else works."),
        Step.NO_FOLLOW_UPS: _(
            "The assistant and follow-ups do not write now. Missed calls are texted."
        ),
        Step.NO_TEXT_BACKS: _(
            "Missed calls get no text now: they wait in the inbox to be called back."
        ),
        Step.NOBODY_WRITES: _("No texts go out now. Calls, texts to you and STOP work as ever."),
    }[allowance.step]


def invoice_state(status: str) -> tuple[str, str]:
    """Return what a badge says of an invoice, and its tone."""
    known = {
        "draft": (_("Being made"), ""), "open": (_("To pay"), "warn"), "paid": (_("Paid"), "good"),
        "void": (_("Void"), ""), "uncollectible": (_("Not paid"), "bad"),
    }  # fmt: skip
    return known.get(status, (status, ""))


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the month as a column, in the picture's units."""

    day: date
    texts: int
    turns: int
    x: float
    y: float
    width: float
    height: float
    label: str
    words: str


def bars(days: Sequence[Day]) -> list[Bar]:
    """Return a column for each day of a month; the tallest reaches the top."""
    most = max((day.texts for day in days), default=0) or 1
    wide = WIDTH / max(len(days), 1)
    found = []
    for at, day in enumerate(days):
        height = round((BASE - 8) * day.texts / most, 1)
        said = ngettext("%(count)s text", "%(count)s texts", day.texts) % {"count": day.texts}
        label = str(day.day.day) if day.day.day == 1 or day.day.day % 7 == 0 else ""
        found.append(
            Bar(
                day.day, day.texts, day.turns, round(at * wide + 2, 1), round(BASE - height, 1),
                round(wide - 4, 1), height, label, f"{date_format(day.day, 'j M')}: {said}",
            )
        )  # fmt: skip
    return found
