"""A business's calls with their receipts, its rule and its hours, on its own host."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from calls.models import Call, Holiday, OpeningHours, TextBackRule
from config.admin_sites import ReadOnlyAdmin, SupportAdmin, business_site

WEEKDAYS = list(
    enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
)


@admin.register(Call, site=business_site)
class CallAdmin(ReadOnlyAdmin):
    """Calls: what happened, what was decided, and every question asked on the way."""

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


class TextBackRuleForm(forms.ModelForm):
    """A rule whose kinds of call are ticked, not written."""

    outcomes = forms.MultipleChoiceField(
        choices=Call.Because.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Text after these calls",
    )

    class Meta:
        model = TextBackRule
        fields = (
            "name",
            "is_on",
            "position",
            "outcomes",
            "hours",
            "callers",
            "minimum_ring",
            "maximum_answered",
            "delay",
            "cool_down",
            "expires_after",
            "template_open",
            "template_closed",
        )
        help_texts = {
            "minimum_ring": "HH:MM:SS. A caller who hangs up sooner has probably misdialled.",
            "maximum_answered": "HH:MM:SS. Zero: an answered call never gets a text.",
            "delay": "HH:MM:SS after the call.",
            "cool_down": "HH:MM:SS between two texts to one caller; days as “1 00:00:00”.",
            "expires_after": "HH:MM:SS. A later text would be worse than none.",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse spans of time that make no sense."""
        data = super().clean() or self.cleaned_data
        for name in ("minimum_ring", "maximum_answered", "delay", "cool_down", "expires_after"):
            span = data.get(name)
            if span is not None and span.total_seconds() < 0:
                self.add_error(name, "Expected a span of time, not a negative one.")
        delay, expiry = data.get("delay"), data.get("expires_after")
        if delay is not None and expiry is not None and delay >= expiry:
            self.add_error("delay", "The text would have expired before its delay is over.")
        return data


@admin.register(TextBackRule, site=business_site)
class TextBackRuleAdmin(SupportAdmin):
    """Which missed calls get a text. The lowest position that is on decides."""

    form = TextBackRuleForm
    list_display = (
        "name",
        "is_on",
        "position",
        "hours",
        "callers",
        "delay",
        "cool_down",
        "updated_at",
    )
    ordering = ("position", "id")


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
