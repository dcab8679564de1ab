"""A business's budget, told to its people where they look: an open alert for each level reached."""

from __future__ import annotations

from billing.models import BudgetNotice, Payer, Subscription
from messaging.alerts import raise_alert
from tenants.models import Business
from tenants.scope import business_scope

CODE = "BUDGET"


def budget_reached(business: Business, notice: BudgetNotice) -> None:
    """Raise the alert of a level (settings.BUDGET_REACHED_HANDLERS); once for each month and level.

    What an agency pays is not its client's to read.
    """
    if Subscription.objects.filter(business=business, payer=Payer.AGENCY).exists():
        sentence = f"{notice.level} % of this month's budget are used."
    else:
        used, limit = (format(cents / 100, ",.2f") for cents in (notice.cents, notice.limit_cents))
        sentence = f"{notice.level} % of this month's budget are used: ${used} of ${limit}."
    with business_scope(str(business.schema_name)):
        raise_alert(
            CODE, sentence, fix="Look at the use, or change the budget, under Settings, Billing.",
            subject=f"{notice.month:%Y-%m} {notice.level}", at=notice.at,
        )  # fmt: skip
