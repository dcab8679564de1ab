"""Our plans as Stripe knows them: a product, a monthly price and a metered price for each kind of use.

Every account has a catalogue of its own: what an agency sells its clients stands on the agency's
account, at our price and its mark-up (telephony.md 5.7). Prices never change at Stripe: another mark-up,
and a plan that nobody bought yet and that costs something else, get new ones. Whoever has the old ones
keeps them: what was sold is never changed (billing/selling.py), and we remember each price's mark-up.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from billing import stripe_api
from billing.models import Plan
from billing.pricing import price_paid
from billing.selling import markup_on
from billing.stripe_api import StripeProblem

# What is counted, the name its events have at Stripe, and which kinds of use records count.
METERS = {"text": ("sms_segment", "mms"), "turn": ("assistant_turn",)}
EVENT_NAMES = {"text": "ringback_text", "turn": "ringback_turn"}
# The prices that a plan needs by part, without product and meter; money in cents.
Prices = dict[str, dict[str, Any]]
_NAMES = {"text": "Text segments", "turn": "Assistant turns", "number": "Further numbers"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A plan on one account: Stripe's ids. number is "" where no further numbers are sold."""

    product: str
    price: str
    number: str
    meters: dict[str, str]


def listed(plan: Plan, account: str = "") -> Listed:
    """Return a plan's ids on an account, made first where they are missing or the plan has changed.

    In no transaction. Raises BillingOff, StripeProblem.
    """
    markup = markup_on(account)
    made_of = fingerprint(wanted_prices(plan, markup))
    known = plan.stripe_ids.get(account)
    if known is None or known["made_of"] != made_of:
        known = _make(plan, account, markup) | {"made_of": made_of}
        with transaction.atomic():
            current = Plan.objects.select_for_update().get(pk=plan.pk)
            before = current.stripe_ids.get(account) or {}
            former = {*before.get("former", ()), before.get("price")} - {None, known["price"]}
            known |= {
                "former": sorted(former),
                "markups": before.get("markups", {}) | {known["price"]: f"{markup:f}"},
            }
            current.stripe_ids[account] = known
            current.save(update_fields=["stripe_ids"])
        plan.stripe_ids = current.stripe_ids
    return Listed(known["product"], known["price"], known["number"], known["meters"])


def is_of(plan: Plan, account: str, shown: dict[str, Any]) -> bool:
    """Whether a subscription, as Stripe shows it, is one for a plan.

    On our own account its prices say so. An agency may write what it likes on its account, so there only
    a monthly price that we made counts: what it costs, in which currency and how often never changes at
    Stripe.
    """
    if not account:
        return named_in(shown) == plan.key
    known = plan.stripe_ids.get(account) or {}
    ours = {known.get("price"), *known.get("former", ())}
    return any(
        item["price"]["id"] in ours and item.get("quantity") for item in shown["items"]["data"]
    )


def markup_in(plan: Plan, account: str, shown: dict[str, Any]) -> Decimal:
    """Return the mark-up in percent that a subscription for a plan was sold with, by its monthly price."""
    markups = (plan.stripe_ids.get(account) or {}).get("markups", {})
    found = (markups.get(item["price"]["id"]) for item in shown["items"]["data"])
    return Decimal(next((percent for percent in found if percent is not None), 0))


def named_in(shown: dict[str, Any]) -> str:
    """Return the key of the plan that a subscription says it is for; '' where it says none."""
    for item in shown["items"]["data"]:
        if key := (item["price"].get("metadata") or {}).get("plan"):
            return str(key)
    return str((shown.get("metadata") or {}).get("plan") or "")


def number_price(plan: Plan, account: str, prices: Prices) -> str:
    """Return the price of a further number on an account, made where it is missing.

    prices: of `wanted_prices`. Needs no database. Raises as `listed` does.
    """
    known = plan.stripe_ids.get(account)
    if known is not None and known["made_of"] == fingerprint(prices):
        return str(known["number"])
    wanted = prices["number"] | {"product": _product(plan, account)}
    return _price(plan, "number", wanted, account)


def sync(account: str = "") -> list[Plan]:
    """Bring every plan that is offered to an account; a repeat makes nothing. Raises as `listed` does."""
    plans = list(Plan.objects.filter(is_offered=True))
    for plan in plans:
        listed(plan, account)
    return plans


def meter_ids(account: str = "") -> dict[str, str]:
    """Return the ids of our meters on an account by what they count, made where they are missing."""
    there = {
        meter["event_name"]: meter["id"]
        for meter in stripe_api.pages(
            "billing.meters.list", params={"status": "active"}, account=account
        )
    }
    for kind, event_name in EVENT_NAMES.items():
        if event_name not in there:
            there[event_name] = stripe_api.ask(
                "billing.meters.create",
                params={
                    "display_name": _NAMES[kind],
                    "event_name": event_name,
                    "default_aggregation": {"formula": "sum"},
                    "customer_mapping": {
                        "type": "by_id", "event_payload_key": "stripe_customer_id"
                    },
                    "value_settings": {"event_payload_key": "value"},
                },
                account=account,
                key=f"meter:{event_name}:{account}",
            )["id"]  # fmt: skip
    return {kind: there[event_name] for kind, event_name in EVENT_NAMES.items()}


def wanted_prices(plan: Plan, markup: Decimal) -> Prices:
    """Return what a plan costs with a mark-up in percent."""
    price = price_paid(plan, "business", sells=True, markup=markup)

    def unit(hundredths: int) -> str:
        return str((Decimal(hundredths) / 100).quantize(Decimal("0.0001")))

    prices: Prices = {
        "monthly": {
            "currency": plan.currency, "unit_amount": price.monthly,
            "recurring": {"interval": "month"},
        }
    }  # fmt: skip
    if price.number is not None:
        prices["number"] = {
            "currency": plan.currency, "unit_amount_decimal": unit(price.number),
            "recurring": {"interval": "month"},
        }  # fmt: skip
    for kind, included, overage in (
        ("text", price.texts, price.text),
        ("turn", price.turns, price.turn),
    ):
        if overage is None:
            continue
        tiers: list[dict[str, Any]] = [{"up_to": "inf", "unit_amount_decimal": unit(overage)}]
        if included:
            tiers.insert(0, {"up_to": included, "unit_amount": 0})
        prices[kind] = {
            "currency": plan.currency, "billing_scheme": "tiered", "tiers_mode": "graduated",
            "tiers": tiers, "recurring": {"interval": "month", "usage_type": "metered"},
        }  # fmt: skip
    if markup:
        # Two mark-ups never share a price, however near they are: a subscription tells by its price which
        # one it was sold with (`markup_in`).
        for wanted in prices.values():
            wanted["metadata"] = {"markup": f"{markup:f}"}
    return prices


def fingerprint(prices: Any) -> str:
    """Return a short print of plain data: the same for the same."""
    return hashlib.sha256(json.dumps(prices, sort_keys=True).encode()).hexdigest()[:16]


def _make(plan: Plan, account: str, markup: Decimal) -> dict[str, Any]:
    product, meters = _product(plan, account), meter_ids(account)
    made: dict[str, Any] = {"product": product, "number": "", "meters": {}}
    for part, wanted in wanted_prices(plan, markup).items():
        if part in meters:
            wanted["recurring"]["meter"] = meters[part]
        price = _price(plan, part, wanted | {"product": product}, account)
        if part == "monthly":
            made["price"] = price
        elif part == "number":
            made["number"] = price
        else:
            made["meters"][part] = price
    return made


def _product(plan: Plan, account: str) -> str:
    """A product is called what the plan's key says, so that it is found again for ever."""
    wanted = f"{settings.BASE_DOMAIN}.{plan.key}".replace(":", ".")
    try:
        stripe_api.ask(
            "products.create", params={"id": wanted, "name": plan.name, "metadata": {"plan": plan.key}},
            account=account, key=f"product:{plan.key}:{account}:{plan.name}",
        )  # fmt: skip
    except StripeProblem as problem:
        if problem.code != "resource_already_exists":
            raise
        stripe_api.ask(
            "products.update", wanted, params={"name": plan.name},
            account=account, key=f"product.name:{plan.key}:{account}:{plan.name}",
        )  # fmt: skip
    return wanted


def _price(plan: Plan, part: str, wanted: dict[str, Any], account: str) -> str:
    lookup = f"{settings.BASE_DOMAIN}:{plan.key}:{part}:{fingerprint(wanted)}"
    there = stripe_api.pages(
        "prices.list", params={"lookup_keys": [lookup], "active": True}, account=account
    )
    if there:
        return str(there[0]["id"])
    params = wanted | {
        "lookup_key": lookup,
        "nickname": _NAMES.get(part, plan.name),
        "metadata": {"plan": plan.key, "part": part} | wanted.get("metadata", {}),
    }
    return str(
        stripe_api.ask("prices.create", params=params, account=account, key=f"price:{lookup}")["id"]
    )
