"""Plans that were sold keep their terms; what is offered costs what it says to whoever asks.

A plan is sold from the moment a payer was sent to a checkout for it, or was shown what changing to it
costs. From then on the database lets nobody change its key, its prices or what it includes (billing
migration "terms"). What costs something else from now on is another plan, offered in its place.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing.models import AgencyAccount, Plan, Subscription
from billing.pricing import Price, price_paid

# What nobody changes of a plan that was sold; the trigger has the same list.
TERMS = (
    "key", "currency", "monthly_cents", "included_texts", "included_turns", "included_numbers",
    "text_overage", "turn_overage", "number_overage",
)  # fmt: skip


def sell(plan: Plan, now: datetime) -> Plan:
    """Close a plan's terms at `now` (aware) and return it as it is sold. In no transaction.

    Read anew after that: what was read before may have been changed meanwhile.
    """
    Plan.objects.filter(pk=plan.pk, sold_at=None).update(sold_at=now)
    return Plan.objects.get(pk=plan.pk)


def is_sold(plan: Plan) -> bool:
    """Whether a plan's terms are closed."""
    if plan.sold_at is not None:
        return True
    return Subscription.objects.filter(plan=plan).exclude(subscription_id="").exists()


def next_version(plan: Plan) -> Plan:
    """Make a plan like this one, not offered yet, whose terms may be changed; returns it."""
    base, _, number = plan.key.rpartition("-v")
    base = base if base and number.isdigit() else plan.key
    made = Plan.objects.get(pk=plan.pk)
    taken = set(Plan.objects.filter(key__startswith=base[:34]).values_list("key", flat=True))
    made.key = next(key for n in range(2, 10_000) if (key := f"{base[:34]}-v{n}") not in taken)
    made.pk, made.sold_at, made.is_offered, made.stripe_ids = None, None, False, {}
    made._state.adding = True
    made.save()
    return made


def price_on(plan: Plan, account: str) -> Price:
    """Return what a new payer pays for a plan on an account: "" is ours, else an agency's own."""
    markup = markup_on(account)
    return price_paid(plan, "business" if account else "agency", sells=bool(account), markup=markup)


def markup_on(account: str) -> Decimal:
    """Return what is put on our price on an account today, in percent."""
    if not account:
        return Decimal(0)
    return AgencyAccount.objects.get(connect_id=account).markup_percent


def price_of(ours: Subscription) -> Price:
    """Return what a subscription costs its payer, by the terms it was sold with."""
    return price_paid(
        ours.plan, ours.payer, sells=bool(ours.account_id), markup=ours.markup_percent
    )
