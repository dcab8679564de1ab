"""What is used, what it costs, and who pays for it."""

from billing.models.stripe import Concern, MeterReport, StripeEvent
from billing.models.subscriptions import (
    AgencyAccount,
    BudgetNotice,
    Customer,
    Invoice,
    Payer,
    Plan,
    Status,
    Subscription,
)
from billing.models.usage import UsageRecord

__all__ = [
    "AgencyAccount",
    "BudgetNotice",
    "Concern",
    "Customer",
    "Invoice",
    "MeterReport",
    "Payer",
    "Plan",
    "Status",
    "StripeEvent",
    "Subscription",
    "UsageRecord",
]
