"""Paying: who is charged, the page on which a subscription begins, and the one where it is changed.

Two checkouts never become two subscriptions. A business has one open checkout at most: the next one
begins only when Stripe says that the last can no longer be paid, and until then everybody who asks
gets that one. A request without an answer is asked again under the same key and gets the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from billing import catalogue, numbers, selling, stripe_api
from billing.models import AgencyAccount, Customer, Payer, Plan, Status, Subscription
from billing.stripe_api import StripeProblem
from tenants.models import Business

# A subscription that stands in the way of another one.
LIVE = frozenset(
    {Status.INCOMPLETE, Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID, Status.PAUSED}
)  # fmt: skip
# Stripe takes no end of a trial that is nearer than two days.
_TRIAL_AT_LEAST = timedelta(hours=49)
_TRIES = 4


class CheckoutError(ValueError):
    """A checkout that cannot be opened; `field` names what stands in the way."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def account_for(business: Business, payer: str) -> str:
    """Return the account a payer is charged on: an agency's own where it charges its clients itself.

    Raises CheckoutError (field account) while Stripe holds that account.
    """
    if payer == Payer.AGENCY:
        return ""
    of = AgencyAccount.objects.filter(agency=business.agency_id).exclude(connect_id="").first()
    if of is None or not (of.charges_enabled or of.details_submitted):
        return ""
    if not of.charges_enabled:
        # Its clients have its prices and its name on the bill: they are not charged by us meanwhile.
        raise CheckoutError("account", "Stripe lets the agency's account charge nobody just now")
    return of.connect_id


def customer_of(business: Business, payer: str, account: str) -> str:
    """Return the customer that is charged for a business, made at the first time. In no transaction.

    Raises BillingOff, StripeProblem.
    """
    theirs = Customer.objects.filter(business=business, payer=payer, account_id=account)
    known = theirs.filter(gone_at=None).first()
    if known is not None:
        return known.customer_id
    gone = (
        theirs.count()
    )  # deleted at Stripe: a request under the first key would name that one again
    again = f":{gone}" if gone else ""
    about = {"business_id": str(business.pk), "payer": payer, "home": settings.BASE_DOMAIN}
    # Nothing that may change stands in this request: a repeat of it must be the same.
    made = stripe_api.ask(
        "customers.create", params={"metadata": about}, account=account,
        key=f"customer:{business.pk}:{payer}:{account}{again}",
    )["id"]  # fmt: skip
    name = business.name
    if payer == Payer.AGENCY:
        name = f"{business.agency.legal_name or business.agency.name} ({business.name})"
    stripe_api.ask(
        "customers.update", made, params={"name": name[:200]}, account=account,
        key=f"customer.name:{made}:{name[:100]}",
    )  # fmt: skip
    # Last of all: whoever dies before it begins again, under the same keys.
    theirs.get_or_create(
        business=business, payer=payer, account_id=account, gone_at=None,
        defaults={"customer_id": made},
    )  # fmt: skip
    return str(made)


def open_checkout(
    business: Business, plan: Plan, payer: str, *, back_to: str, now: datetime
) -> str:
    """Return the address of the page at Stripe's where the subscription of a business begins.

    back_to: an absolute address of ours, where the payer comes back to; now: aware. In no transaction.
    Raises CheckoutError (field plan, payer, account or checkout), BillingOff, StripeProblem.
    """
    if payer not in Payer.values:
        raise CheckoutError("payer", f"expected one of: {', '.join(Payer.values)}")
    if not plan.is_offered:
        raise CheckoutError("plan", "this plan is no longer offered")
    account = account_for(business, payer)
    plan = selling.sell(plan, now)
    prices = catalogue.listed(plan, account)
    customer = customer_of(business, payer, account)
    for _ in range(_TRIES):
        ours = _row(business, plan, payer)
        if ours.subscription_id and ours.status in LIVE:
            raise CheckoutError("checkout", "this business has a subscription already")
        if ours.checkout_id:
            url = _going_on(ours, plan, payer, prices.price, customer)
            if url:
                return url
            continue
        try:
            session = stripe_api.ask(
                "checkout.sessions.create",
                params=_wanted(ours, plan, payer, account, customer, prices, back_to, now),
                account=account,
                key=f"checkout:{business.pk}:{ours.checkout_number}",
            )
        except StripeProblem as problem:
            if problem.code not in ("idempotency_error", "idempotency_key_in_use"):
                raise
            session = _other(ours, business)
        _opened(ours, session, account, plan, payer)
        # Round once more: only what the row knows of is ever paid.
    raise CheckoutError("checkout", "somebody else is opening a checkout just now; try again")


def _row(business: Business, plan: Plan, payer: str) -> Subscription:
    made, _ = Subscription.objects.get_or_create(
        business=business, defaults={"plan": plan, "payer": payer}
    )
    return made


def _going_on(ours: Subscription, plan: Plan, payer: str, price: str, customer: str) -> str:
    """Return the open checkout's address where it is the one that is wanted; else see that it ends.

    One at another price or of another customer (Stripe's ids), or on another account, is another one.
    """
    account = ours.checkout_account_id
    session = stripe_api.ask("checkout.sessions.retrieve", ours.checkout_id, account=account)
    if session["status"] == "open":
        about = session["metadata"]
        same = (about.get("plan"), about.get("payer"), about.get("price"), session["customer"])
        if same == (plan.key, payer, price, customer):
            return str(session["url"])
        try:
            stripe_api.ask(
                "checkout.sessions.expire", ours.checkout_id, account=account,
                key=f"checkout.expire:{ours.checkout_id}",
            )  # fmt: skip
        except StripeProblem as problem:
            if problem.is_transient:
                raise
        # Expired now, or paid this moment: asked again, it says so.
        session = stripe_api.ask("checkout.sessions.retrieve", ours.checkout_id, account=account)
    if session["status"] == "complete":
        if ours.subscription_id != (session["subscription"] or ""):
            raise CheckoutError("checkout", "the payment is being taken; look again in a minute")
    elif session["status"] == "open":
        raise CheckoutError("checkout", "another checkout is open; try again in a minute")
    # Whoever comes first counts on; for the others it is counted already.
    Subscription.objects.filter(
        pk=ours.pk, checkout_id=ours.checkout_id, checkout_number=ours.checkout_number
    ).update(
        checkout_id="", checkout_account_id="", checkout_until=None,
        checkout_number=ours.checkout_number + 1,
    )  # fmt: skip
    return ""


def _other(ours: Subscription, business: Business) -> dict[str, Any]:
    """Return the checkout that was opened under this number for something else, its answer lost."""
    for known in Customer.objects.filter(business=business).order_by("gone_at"):
        try:
            sessions = list(
                stripe_api.pages(
                    "checkout.sessions.list",
                    params={"customer": known.customer_id, "status": "open"},
                    account=known.account_id,
                )
            )
        except StripeProblem:
            if known.gone_at is None:
                raise
            continue  # nothing is shown of who is gone
        for session in sessions:
            if session["metadata"].get("number") == str(ours.checkout_number):
                return session | {"_account": known.account_id}
    raise CheckoutError("checkout", "somebody else is opening a checkout just now; try again")


def _opened(
    ours: Subscription, session: dict[str, Any], account: str, plan: Plan, payer: str
) -> None:
    account = session.get("_account", account)
    still = Subscription.objects.filter(
        pk=ours.pk, checkout_id="", checkout_number=ours.checkout_number
    )
    with transaction.atomic():
        # A subscription that was there before, or came this moment, stays where it is: there its use is
        # told and it is ended, until another one is begun (billing/applying.py).
        still.filter(subscription_id="").update(
            account_id=account, customer_id=session["customer"], plan=plan, payer=payer
        )
        still.update(
            checkout_id=session["id"], checkout_account_id=account,
            checkout_until=datetime.fromtimestamp(session["expires_at"], UTC),
        )  # fmt: skip


def _wanted(
    ours: Subscription, plan: Plan, payer: str, account: str, customer: str,
    prices: catalogue.Listed, back_to: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    about = {
        "business_id": str(ours.business_id), "plan": plan.key, "payer": payer,
        "number": str(ours.checkout_number), "home": settings.BASE_DOMAIN,
        "price": prices.price,
    }  # fmt: skip
    items: list[dict[str, Any]] = [{"price": prices.price, "quantity": 1}]
    if more := numbers.further(ours.business_id, plan):
        items.append({"price": prices.number, "quantity": more})
    # A metered price takes no quantity (telephony.md 5.2).
    items += [{"price": price} for price in prices.meters.values()]
    begins: dict[str, Any] = {"metadata": about}
    if ours.trial_end is not None and ours.trial_end > now + _TRIAL_AT_LEAST:
        begins["trial_end"] = int(ours.trial_end.timestamp())
    elif ours.trial_end is None and not ours.subscription_id and plan.trial_days:
        begins["trial_period_days"] = plan.trial_days
    if account:
        fee = AgencyAccount.objects.get(connect_id=account).fee_percent
        begins["application_fee_percent"] = float(fee)
    joint = "&" if "?" in back_to else "?"
    return _taxed(account) | {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(ours.business_id),
        "line_items": items,
        "subscription_data": begins,
        "allow_promotion_codes": True,
        "success_url": f"{back_to}{joint}checkout=done",
        "cancel_url": f"{back_to}{joint}checkout=left",
        "metadata": about,
    }


def _taxed(account: str) -> dict[str, Any]:
    """Let Stripe reckon sales tax and ask for a tax number, where we charge and it is switched on.

    On its own account an agency is the seller: its tax is its own matter. Of a customer that is known
    already Stripe wants to be told that it may keep the address and the name the payer writes.
    """
    if account or not settings.STRIPE_TAX:
        return {}
    return {
        "automatic_tax": {"enabled": True},
        "tax_id_collection": {"enabled": True},
        "billing_address_collection": "required",
        "customer_update": {"address": "auto", "name": "auto"},
    }


def open_portal(business: Business, *, back_to: str, now: datetime) -> str:
    """Return the address at Stripe's where the payer changes card, plan and addresses, or cancels.

    Raises CheckoutError where nothing was ever begun, BillingOff, StripeProblem.
    """
    ours = Subscription.objects.filter(business=business).exclude(customer_id="").first()
    if ours is None:
        raise CheckoutError("checkout", "this business has no subscription yet")
    session = stripe_api.ask(
        "billing_portal.sessions.create",
        params={"customer": ours.customer_id, "return_url": back_to},
        account=ours.account_id,
        # Such a page is good for minutes: each wish is an action of its own.
        key=f"portal:{ours.customer_id}:{now.timestamp()}",
    )
    return str(session["url"])
