"""What support sees and does of a number's registration with the carriers."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.admin_sites import SupportAdmin
from tenants import registration
from tenants.models import PhoneNumber, Registration
from tenants.registration_rules import may_follow


class CarrierId(forms.CharField):
    """The id of a brand or a campaign, as the registry gave it; may be empty."""

    widget = UnfoldAdminTextInputWidget

    def clean(self, value: Any) -> str:
        """Return the id. Raises ValidationError for anything but letters, digits, - and _."""
        given = str(super().clean(value))
        if given and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", given):
            raise ValidationError("Expected up to 40 letters and digits, such as BABC123.")
        return given


def states(*wanted: str) -> list[tuple[str, str]]:
    """Return states with their names, as a form's choices."""
    return [(state.value, str(state.label)) for state in Registration if state.value in wanted]


class RegistrationDialog(BaseDialogForm):
    """Another state for a number, and why."""

    state = forms.ChoiceField(widget=UnfoldAdminSelectWidget, label="Registration")
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Stays in the number's history: a ticket, a campaign, what the provider said.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        number = get_object_or_404(PhoneNumber, pk=self.object_id)
        choices = states(*may_follow(number.registration))
        self.fields["state"].choices = choices


class RegistrationShown(SupportAdmin):
    """The part of the numbers' admin that is about registration; changes go through the verb."""

    actions_detail = ("set_registration",)

    @action(
        description="Set registration…",
        icon="verified",
        permissions=["change"],
        dialog={
            "title": "Set registration",
            "form_class": RegistrationDialog,
            "form_submit_text": "Set",
            "description": "While it is neither confirmed nor declared, texts from this number wait.",
        },
    )
    def set_registration(
        self, request: HttpRequest, form: RegistrationDialog, object_id: str
    ) -> HttpResponse:
        """Change whether carriers accept texts from a number; the history says who did and why."""
        number, wanted = PhoneNumber.objects.get(pk=object_id), form.cleaned_data
        try:
            changed = registration.change(
                number.pk,
                wanted["state"],
                reason=wanted["reason"],
                actor=request.user.get_username(),
                at=timezone.now(),
            )
        except ValueError as error:  # somebody else was faster by a moment, or the reason
            self.message_user(request, f"{number}: {error}", messages.ERROR)
            return self.back_to(object_id)
        if changed:
            label = Registration(wanted["state"]).label
            self.log_change(request, number, f"Registration: {label}.")
            self.message_user(request, f"{number}: {label}.", messages.SUCCESS)
        return self.back_to(object_id)

    @display(
        description="Registration",
        ordering="registration",
        label={
            "declared": "info",
            "approved": "success",
            "pending": "warning",
            "unregistered": "danger",
            "rejected": "danger",
            "suspended": "danger",
        },
    )
    def registered(self, number: PhoneNumber) -> tuple[str, str]:
        """Show the state in its colour."""
        return number.registration, number.get_registration_display()

    @display(description="What that means")
    def registration_means(self, number: PhoneNumber) -> str:
        """Say what the state means and what to do."""
        return " ".join(registration.explain(number.registration, number.sender_kind)).strip()

    @display(description="History")
    def registration_history(self, number: PhoneNumber) -> SafeString | str:
        """List the changes, the newest first."""
        rows = [
            (
                f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
                row.get_before_display(),
                row.get_after_display(),
                row.reason,
                row.actor,
            )
            for row in registration.history(number.pk)
        ]
        if not rows:
            return "Never changed."
        lines = format_html_join("", "<li>{}: {} → <b>{}</b>. {} ({})</li>", rows)
        return format_html("<ul>{}</ul>", lines)
