"""An agency that charges its clients itself: its own account at Stripe, direct charges, our fee.

telephony.md 5.7. Whether it may charge is only ever what Stripe last showed of its account.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing import stripe_api
from billing.account_states import Shown, State, read, state
from billing.models import AgencyAccount
from tenants.agencies import note
from tenants.models import Agency


def onboarding_link(agency: Agency, *, back_to: str, again_at: str, now: datetime) -> str:
    """Return the address at Stripe's where an agency says who it is; good for some minutes, once.

    The account is made at the first time, with our share of what it takes (settings.STRIPE_CONNECT_FEE_PERCENT)
    unless another was agreed. back_to and again_at: absolute addresses of ours, for when it is done and
    for when the link is too old. In no transaction. Raises BillingOff, StripeProblem.
    """
    ours, _ = AgencyAccount.objects.get_or_create(agency=agency)
    if not ours.connect_id:
        made = stripe_api.ask(
            "accounts.create",
            params={
                # It pays Stripe's fees, answers for its losses to Stripe, and has Stripe's own pages.
                "controller": {
                    "fees": {"payer": "account"},
                    "losses": {"payments": "stripe"},
                    "requirement_collection": "stripe",
                    "stripe_dashboard": {"type": "full"},
                },
                "metadata": {"agency_id": str(agency.pk), "home": settings.BASE_DOMAIN},
            },
            key=f"account:{agency.pk}",
        )["id"]
        fee = ours.fee_percent or Decimal(settings.STRIPE_CONNECT_FEE_PERCENT)
        AgencyAccount.objects.filter(pk=ours.pk, connect_id="").update(
            connect_id=made, fee_percent=fee
        )
        ours.refresh_from_db()
    link = stripe_api.ask(
        "account_links.create",
        params={
            "account": ours.connect_id, "type": "account_onboarding",
            "return_url": back_to, "refresh_url": again_at,
        },
        # Good once and for minutes: each wish is an action of its own.
        key=f"account.link:{ours.connect_id}:{now.timestamp()}",
    )  # fmt: skip
    return str(link["url"])


def look(agency: Agency) -> State:
    """Ask Stripe where an agency's account stands and keep it; returns where. In no transaction.

    Raises BillingOff, StripeProblem.
    """
    ours = AgencyAccount.objects.filter(agency=agency).first()
    if ours is not None and ours.connect_id:
        as_of = timezone.now()
        account = stripe_api.ask("accounts.retrieve", ours.connect_id)
        with transaction.atomic():
            show(account, as_of)
        ours.refresh_from_db()
    return state_of(ours)


def state_of(ours: AgencyAccount | None) -> State:
    """Return where an agency's account stands, as Stripe last showed it."""
    if ours is None:
        return "none"
    shown = Shown(ours.charges_enabled, ours.details_submitted, tuple(ours.wants), ours.held_for)
    return state(bool(ours.connect_id), shown)


def show(account: dict[str, Any], as_of: datetime) -> bool:
    """Keep what Stripe showed of an agency's account at a moment (aware); whether it is one of ours.

    What is older than what is known changes nothing. Whether it may charge is written into the agency's
    record when it changes. Must run in a transaction.
    """
    ours = (
        AgencyAccount.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(connect_id=account["id"])
        .first()
    )
    if ours is None:
        return False
    if ours.as_of is not None and as_of <= ours.as_of:
        return True
    shown, could = read(account), ours.charges_enabled
    ours.charges_enabled, ours.details_submitted = shown.charges_enabled, shown.details_submitted
    ours.wants, ours.held_for, ours.as_of = list(shown.wants), shown.held_for, as_of
    ours.save(update_fields=["charges_enabled", "details_submitted", "wants", "held_for", "as_of"])
    if shown.charges_enabled != could:
        note(
            ours.agency, "billing.connect_on" if shown.charges_enabled else "billing.connect_off",
            actor="Stripe", door="agenda", at=as_of,
        )  # fmt: skip
    return True
