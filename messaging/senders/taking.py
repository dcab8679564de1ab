"""A number at the provider becomes a line of a business: from here on calls and texts to it are its own."""

from __future__ import annotations

from datetime import datetime

from messaging.senders import releasing
from messaging.senders.steps import SenderError, account_of
from tenants import lifecycle, registration
from tenants.making import add_number, numbers_changed
from tenants.models import Business, PhoneNumber, Registration
from tenants.playbooks import PLAYBOOKS


def take_on(
    business: Business, e164: str, account_id: int, *, by: str, at: datetime
) -> PhoneNumber:
    """Make a number the business's own, not registered yet. `at` is aware. Runs in a transaction.

    A line that it had and gave back is its line again. Where the business began to leave meanwhile,
    the line is given back with the others. Raises SenderError where another business has it in use.
    """
    line = _line(business, e164, account_id, by=by, at=at)
    departure = lifecycle.open_departure(business)
    if departure is not None:
        releasing.goes_with(departure, line, by=by, door="agenda", at=at)
    return line


def _line(business: Business, e164: str, account_id: int, *, by: str, at: datetime) -> PhoneNumber:
    account = account_of(business, account_id)
    kept = PhoneNumber.objects.select_for_update().filter(e164=e164).first()
    if kept is not None and kept.business_id != business.pk:
        if kept.is_active:
            raise SenderError("number", f"{e164} already belongs to a business")
        # Its history stays with whoever had it; the number itself begins anew.
        kept.e164 = f"-{kept.pk}"
        kept.save(update_fields=["e164"])
        kept = None
    if kept is None:
        playbook = PLAYBOOKS.get(business.playbook) or PLAYBOOKS["general"]
        return add_number(
            business, account, e164, staff=(), greeting=playbook.greeting,
            registration=Registration.UNREGISTERED,
        )  # fmt: skip
    kept.account, kept.is_active, kept.campaign_id = account, True, ""
    kept.save(update_fields=["account", "is_active", "campaign_id"])
    numbers_changed(business.pk, at)
    registration.change(
        kept.pk, Registration.UNREGISTERED, reason="The number came back.", actor=by or "us", at=at
    )
    return kept
