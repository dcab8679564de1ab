"""Money as support sees it: plans it may edit, what Stripe showed, and what somebody should look at."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import ActionForm

from billing import refused, selling
from billing.models import (
    AgencyAccount,
    Concern,
    Invoice,
    MeterReport,
    Plan,
    StripeEvent,
    Subscription,
    UsageRecord,
)
from config.admin_sites import ReadOnlyAdmin, SupportAdmin, has_right, support_site
from tenants.models import User
from tenants.support_record import LONGEST_REASON, ReasonMissing


@admin.register(UsageRecord, site=support_site)
class UsageRecordAdmin(ReadOnlyAdmin):
    """One unit of use a row; written by what was used, never by hand."""

    list_display = ("occurred_at", "business", "kind", "quantity", "key")
    list_filter = ("kind", ("business", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("business",)
    search_fields = ("=key",)
    ordering = ("-occurred_at",)


@admin.register(Plan, site=support_site)
class PlanAdmin(SupportAdmin):
    """What is sold. Once it was, its key, prices and what it includes stay: another one is offered instead."""

    list_display = (
        "name",
        "key",
        "monthly_cents",
        "included_texts",
        "included_turns",
        "is_offered",
        "sold_at",
    )
    ordering = ("position", "id")
    readonly_fields = ("sold_at",)
    actions = ["new_version"]

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        """Return what stays: the terms of a plan that was sold, which the database keeps as well."""
        return ("sold_at", *(selling.TERMS if obj is not None and selling.is_sold(obj) else ()))

    @admin.action(description="Make a new version, to be offered instead")
    def new_version(self, request: HttpRequest, chosen: QuerySet[Plan]) -> None:
        """Copy the chosen ones; the copies are not offered until somebody says so."""
        for plan in chosen:
            made = selling.next_version(plan)
            self.message_user(request, f"{made.key} is made. Change it, then offer it.")


@admin.register(Subscription, site=support_site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Where each business stands, as Stripe last showed it."""

    list_display = ("business", "plan", "status", "payer", "past_due_since", "period_end", "as_of")
    list_filter = ("status", "payer", "plan")
    list_select_related = ("business", "plan")
    search_fields = ("business__name", "=customer_id", "=subscription_id")


@admin.register(AgencyAccount, site=support_site)
class AgencyAccountAdmin(SupportAdmin):
    """An agency at Stripe; our fee and its mark-up are agreed by hand."""

    can_add = False
    list_display = ("agency", "charges_enabled", "fee_percent", "markup_percent", "connect_id")
    list_select_related = ("agency",)
    fields = ("agency", "connect_id", "charges_enabled", "details_submitted", "fee_percent",
              "markup_percent")  # fmt: skip
    readonly_fields = ("agency", "connect_id", "charges_enabled", "details_submitted")


@admin.register(Invoice, site=support_site)
class InvoiceAdmin(ReadOnlyAdmin):
    """Invoices as Stripe last showed them."""

    list_display = ("issued_at", "business", "number", "status", "total_cents", "paid_cents")
    list_filter = ("status",)
    list_select_related = ("business",)
    search_fields = ("=number", "=invoice_id", "business__name")
    ordering = ("-issued_at",)


@admin.register(StripeEvent, site=support_site)
class StripeEventAdmin(ReadOnlyAdmin):
    """What Stripe told us, and when it was applied."""

    list_display = ("received_at", "type", "object_id", "account_id", "applied_at", "note")
    list_filter = ("type",)
    search_fields = ("=event_id", "=object_id", "=account_id")
    ordering = ("-received_at",)


class ReasonForm(ActionForm):
    """What is done with the chosen rows, and why."""

    reason = forms.CharField(
        required=False, max_length=LONGEST_REASON, label="",
        widget=forms.TextInput(
            {
                "placeholder": "Why, such as the ticket's number", "aria-label": "Reason",
                "class": "bg-white/20 px-2 py-1 rounded-default text-current placeholder-current",
            }
        ),
    )  # fmt: skip


class StandingFilter(admin.SimpleListFilter):
    """Where a report stands."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("refused", "Refused: for support"),
            ("waiting", "Being told"),
            ("sent", "Stripe has it"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MeterReport]
    ) -> QuerySet[MeterReport]:
        """Return the reports that stand so."""
        chosen = {
            "refused": queryset.filter(sent_at=None, refused_at__isnull=False),
            "waiting": queryset.filter(sent_at=None, refused_at=None),
            "sent": queryset.filter(sent_at__isnull=False),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(MeterReport, site=support_site)
class MeterReportAdmin(ReadOnlyAdmin):
    """Use that was told to Stripe; what Stripe refused is settled here, with a reason."""

    list_display = ("counted_at", "business", "kind", "quantity", "sent_at", "refused_at", "reconciled_at", "problem")  # fmt: skip
    list_filter = (StandingFilter, "kind")
    list_select_related = ("business",)
    search_fields = ("=identifier", "=customer_id")
    ordering = ("-counted_at",)
    action_form = ReasonForm
    actions = ("again", "counted", "not_counted")

    def has_settle_permission(self, request: HttpRequest, *_: object) -> bool:
        """Whether this person may settle what was given up."""
        return has_right(request, "settle_agenda")

    def _settle(
        self, request: HttpRequest, chosen: QuerySet[MeterReport], deed: refused.Deed
    ) -> None:
        assert isinstance(request.user, User)
        done, reason, now = 0, request.POST.get("reason", ""), timezone.now()
        for report in chosen.order_by("pk"):
            try:
                refused.settle(report.pk, deed, request.user, reason=reason, now=now)
                done += 1
            except ReasonMissing as missing:
                self.message_user(request, str(missing), messages.ERROR)
                return
            except refused.NotRefused as left:
                self.message_user(request, str(left), messages.WARNING)
        if done:
            self.message_user(request, f"{done} settled.", messages.SUCCESS)

    @admin.action(description="Tell Stripe again", permissions=["settle"])
    def again(self, request: HttpRequest, chosen: QuerySet[MeterReport]) -> None:
        """Ask Stripe once more for the chosen ones."""
        self._settle(request, chosen, "again")

    @admin.action(description="Stripe has it: count it as told", permissions=["settle"])
    def counted(self, request: HttpRequest, chosen: QuerySet[MeterReport]) -> None:
        """Somebody looked at Stripe: it was counted."""
        self._settle(request, chosen, "counted")

    @admin.action(description="Stripe has it not: tell it as new", permissions=["settle"])
    def not_counted(self, request: HttpRequest, chosen: QuerySet[MeterReport]) -> None:
        """Somebody looked at Stripe: it was not counted, whatever the day's sum says."""
        self._settle(request, chosen, "not_counted")


@admin.register(Concern, site=support_site)
class ConcernAdmin(ReadOnlyAdmin):
    """What about money somebody should look at."""

    list_display = ("last_at", "kind", "subject", "sentence", "times", "resolved_at", "resolved_by")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("subject", "sentence")
    ordering = ("-last_at",)
    actions = ["looked_at"]

    @admin.action(description="Somebody has looked at it")
    def looked_at(self, request: HttpRequest, chosen: QuerySet[Concern]) -> None:
        """Settle the chosen ones."""
        chosen.filter(resolved_at=None).update(
            resolved_at=timezone.now(), resolved_by=str(request.user)[:120]
        )
