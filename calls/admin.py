"""A business's calls with their receipts, its rule and its hours, on its own host."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from calls.models import Call, Holiday, OpeningHours, RuleSet
from config.admin_sites import ReadOnlyAdmin, SupportAdmin, business_site
from messaging.admin_veil import VeiledAdmin

WEEKDAYS = list(
    enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
)


@admin.register(Call, site=business_site)
class CallAdmin(ReadOnlyAdmin, VeiledAdmin):
    """Calls: what happened, what was decided, and every question asked on the way."""

    words = ("transcript", "voicemail_url", "recording")
    about = ("contact",)
    list_display = (
        "started_at",
        "caller",
        "outcome_shown",
        "missed_because",
        "ring_seconds",
        "decision",
        "sentence",
    )
    list_filter = ("outcome", "missed_because", "decision", "decision_reason")
    search_fields = ("caller", "=provider_id")
    ordering = ("-started_at",)
    fields = (
        "caller",
        "contact",
        "our_number",
        "outcome",
        "missed_because",
        "started_at",
        "ended_at",
        "ring_seconds",
        "talk_seconds",
        "voicemail_url",
        "voicemail_seconds",
        "recording",
        "transcript",
        "heard_at",
        "decision",
        "decision_reason",
        "decided_at",
        "receipt_shown",
        "facts",
        "provider",
        "provider_id",
    )
    readonly_fields = ("receipt_shown",)

    @display(
        description="Outcome",
        label={
            "answered": "success",
            "missed": "danger",
            "voicemail": "warning",
            "in_progress": "info",
        },
    )
    def outcome_shown(self, call: Call) -> tuple[str, str]:
        """Show the outcome in its colour."""
        return call.outcome, call.get_outcome_display()

    @display(description="Decision in words")
    def sentence(self, call: Call) -> str:
        """Show the receipt's sentence."""
        return str((call.receipt or {}).get("sentence", ""))

    @display(description="Receipt")
    def receipt_shown(self, call: Call) -> SafeString | str:
        """Show the questions in the order in which they were asked."""
        receipt: dict[str, Any] | None = call.receipt
        if not receipt:
            return "Not decided yet."
        rows = (
            (q.get("asked", ""), q.get("input", ""), q.get("answer", ""))
            for q in receipt.get("questions", [])
        )
        return format_html(
            '<p class="mb-2">{} <code class="text-xs">{}</code></p><ol class="list-decimal ml-5">{}</ol>',
            receipt.get("sentence", ""),
            receipt.get("code", ""),
            format_html_join("", "<li>{} {} → <strong>{}</strong></li>", rows),
        )


@admin.register(RuleSet, site=business_site)
class RuleSetAdmin(ReadOnlyAdmin, VeiledAdmin):
    """The rules in every version they ever had; the highest is in force. Edited on the Rules page."""

    list_display = ("version", "created_at", "author", "origin", "note")
    ordering = ("-version",)
    fields = ("version", "created_at", "author", "origin", "note", "restored_from", "rules")


class OpeningHoursForm(forms.ModelForm):
    """A span of one weekday."""

    weekday = forms.TypedChoiceField(choices=WEEKDAYS, coerce=int, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens", "closes")


@admin.register(OpeningHours, site=business_site)
class OpeningHoursAdmin(SupportAdmin):
    """When the business is open, in its own time zone."""

    form = OpeningHoursForm
    list_display = ("day", "opens", "closes")
    ordering = ("weekday", "opens")

    @display(description="Weekday", ordering="weekday")
    def day(self, span: OpeningHours) -> str:
        """Name the weekday."""
        return WEEKDAYS[span.weekday][1]


@admin.register(Holiday, site=business_site)
class HolidayAdmin(SupportAdmin):
    """Days on which the business is closed."""

    list_display = ("date", "name")
    ordering = ("-date",)
