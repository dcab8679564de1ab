"""Plans, who pays, and the subscription of each business as Stripe last told it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q, Value

from tenants.models import Agency, Business


class Plan(models.Model):
    """What a business may use a month and what it costs. Money in cents of `currency`."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3, default="usd")
    monthly_cents = models.PositiveIntegerField()
    # In segments, assistant turns and numbers; more of them costs the overage, None is not offered.
    included_texts = models.PositiveIntegerField(default=0)
    included_turns = models.PositiveIntegerField(default=0)
    included_numbers = models.PositiveIntegerField(default=1)
    # In hundredths of a cent a unit: a segment costs less than a cent.
    text_overage = models.PositiveIntegerField(null=True, blank=True)
    turn_overage = models.PositiveIntegerField(null=True, blank=True)
    number_overage = models.PositiveIntegerField(null=True, blank=True)
    trial_days = models.PositiveSmallIntegerField(default=14)
    # Offered to new businesses; whoever has it keeps it.
    is_offered = models.BooleanField(default=True)
    # Since when nobody changes its key, prices and what it includes (billing/selling.py).
    sold_at = models.DateTimeField(null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    # What Stripe calls it, by account ("" is the platform's): {"": {"product": …, "price": …,
    # "meters": {"text": price, …}, "former": [monthly prices of before]}}. Kept by billing.catalogue,
    # never by hand.
    stripe_ids = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class AgencyAccount(models.Model):
    """An agency at Stripe: as our customer, and as a seller of its own (telephony.md 5.7)."""

    agency = models.OneToOneField(Agency, on_delete=models.PROTECT, related_name="billing")
    # Ours, for what the agency pays us; unique once known.
    customer_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    # Its own account, where it charges its clients itself; "" while it does not.
    connect_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    charges_enabled = models.BooleanField(default=False, db_default=False)
    details_submitted = models.BooleanField(default=False, db_default=False)
    # What Stripe still wants to know, by its own names, and why it holds the account, "" for no reason.
    wants = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    held_for = models.CharField(max_length=60, blank=True, default="", db_default="")
    # The moment of Stripe's whose state this is; an older one changes nothing.
    as_of = models.DateTimeField(null=True, blank=True)
    # What we keep of each direct charge.
    fee_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, validators=[MaxValueValidator(100)]
    )
    # What the agency's clients pay above our price, for the margin report.
    markup_percent = models.DecimalField(
        max_digits=6, decimal_places=2, default=0, validators=[MaxValueValidator(1000)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="agency_customer_once", fields=["customer_id"], condition=~Q(customer_id="")
            ),
            models.UniqueConstraint(
                name="agency_connect_once", fields=["connect_id"], condition=~Q(connect_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} at Stripe"


class Payer(models.TextChoices):
    """Who pays a business's subscription."""

    AGENCY = "agency", "The agency"
    BUSINESS = "business", "The business"


class Status(models.TextChoices):
    """Where a subscription stands (telephony.md 5.3). NONE: billing is off, or nothing was begun."""

    NONE = "none", "No subscription"
    INCOMPLETE = "incomplete", "Waiting for the first payment"
    TRIALING = "trialing", "Trial"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Payment overdue"
    UNPAID = "unpaid", "Unpaid"
    PAUSED = "paused", "Paused"
    CANCELED = "canceled", "Cancelled"
    EXPIRED = "incomplete_expired", "Never begun"


class Subscription(models.Model):
    """A business's subscription: the last state Stripe showed of it, never a sum of deltas."""

    business = models.OneToOneField(Business, on_delete=models.PROTECT, related_name="subscription")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    payer = models.CharField(max_length=8, choices=Payer.choices, default=Payer.AGENCY)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.NONE, db_default="none"
    )
    # "" is the platform's own account; else the agency's connected one.
    account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    customer_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    subscription_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    # What it was sold with, in percent: the agency's mark-up on our price, and our share of it. What an
    # agency changes later is for new subscriptions.
    markup_percent = models.DecimalField(max_digits=6, decimal_places=2, default=0, db_default=0)
    fee_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    # When that one was begun at Stripe; of two of a business one counts (billing/applying.py).
    begun_at = models.DateTimeField(null=True, blank=True)
    # How often Stripe answered what it was asked about further numbers: part of the next request's key
    # (billing/numbers.py).
    numbers_asked = models.PositiveIntegerField(default=0, db_default=0)
    # The checkout that was last opened, so that two cannot become two subscriptions, and its account:
    # the subscription of before stays on its own until another one is there.
    checkout_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    checkout_account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    checkout_until = models.DateTimeField(null=True, blank=True)
    # Counts checkouts: the next one begins only when Stripe says that the last one cannot be paid any
    # more, and whoever asks for the same one gets the same (billing/checkout.py).
    checkout_number = models.PositiveIntegerField(default=0, db_default=0)
    trial_end = models.DateTimeField(null=True, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    cancel_at = models.DateTimeField(null=True, blank=True)
    # Since when payment is overdue: the grace counts from here.
    past_due_since = models.DateTimeField(null=True, blank=True)
    # The moment of Stripe's whose state this is; an older one changes nothing.
    as_of = models.DateTimeField(null=True, blank=True)
    # The client's own limit of use a month in cents, and whether reaching it stops texts.
    budget_cents = models.PositiveIntegerField(null=True, blank=True)
    budget_stops = models.BooleanField(default=False, db_default=False)
    # What the running month has used, reckoned every few minutes (billing/tally.py): segments, turns
    # and cents above the plan, in the month that ends at `used_until`.
    used_texts = models.PositiveIntegerField(default=0, db_default=0)
    used_turns = models.PositiveIntegerField(default=0, db_default=0)
    used_cents = models.PositiveIntegerField(default=0, db_default=0)
    used_until = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="subscription_once_at_stripe",
                fields=["subscription_id"],
                condition=~Q(subscription_id=""),
            )
        ]
        indexes = [
            # used by: a webhook's way to its business
            models.Index(name="subscription_customer", fields=["customer_id"])
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.get_status_display()}"


class Customer(models.Model):
    """Whom an account of Stripe's charges for one business: one for each payer.

    A customer of its own for each business, whoever pays: Stripe counts a meter's use by customer, so
    two subscriptions of one customer would each be charged for the use of both.
    """

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="stripe_customers"
    )
    payer = models.CharField(max_length=8, choices=Payer.choices)
    account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    customer_id = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Deleted at Stripe, which cannot be undone there: kept for its invoices, and another is made.
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="customer_once",
                fields=["business", "payer", "account_id"],
                condition=models.Q(gone_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.customer_id


class BudgetNotice(models.Model):
    """A level of a business's budget that was told of: once a month each."""

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="budget_notices")
    month = models.DateField()  # its first day, in the business's zone
    level = models.PositiveSmallIntegerField()  # percent
    cents = models.PositiveIntegerField()
    limit_cents = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                name="budget_notice_once", fields=["business", "month", "level"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.level} %"


class Invoice(models.Model):
    """An invoice as Stripe last showed it; the money is Stripe's to count."""

    invoice_id = models.CharField(max_length=64, unique=True)
    account_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    business = models.ForeignKey(
        Business, null=True, on_delete=models.PROTECT, related_name="invoices"
    )
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    total_cents = models.BigIntegerField()
    paid_cents = models.BigIntegerField()
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    issued_at = models.DateTimeField()
    hosted_url = models.URLField(max_length=600, blank=True, default="")
    pdf_url = models.URLField(max_length=600, blank=True, default="")
    as_of = models.DateTimeField()

    class Meta:
        indexes = [
            # used by: the invoices page, newest first
            models.Index(name="invoice_of_business", fields=["business", "-issued_at"]),
            models.Index(name="invoice_of_agency", fields=["agency", "-issued_at"]),
        ]

    def __str__(self) -> str:
        return self.number or self.invoice_id
