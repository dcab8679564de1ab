"""Phone numbers, and the provider accounts that sign for them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from config.admin_sites import SupportAdmin, support_site
from tenants import postures
from tenants.accounts import account_problem, rotate_token
from tenants.admin.registration import CarrierId, RegistrationShown, states
from tenants.making import numbers_changed
from tenants.models import E164, Business, PhoneNumber, ProviderAccount, Registration
from tenants.registration_rules import FIRST_STATES, USE_CASES, sender_kind_of

KEYS = "0123456789*#"


class StaffPhones(forms.CharField):
    """E.164 numbers separated by commas; a list inside."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """Show a list as people write one."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the numbers. Raises ValidationError naming the one that is none."""
        if isinstance(value, list):
            return value
        numbers = list(dict.fromkeys(filter(None, re.split(r"[,;\s]+", value or ""))))
        for number in numbers:
            try:
                E164(number)
            except ValidationError:
                raise ValidationError(f"{number}: expected a number like +13125550142.") from None
        if len(numbers) > 10:
            raise ValidationError("At most 10 phones can ring at once.")
        return numbers

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other numbers were given."""
        return bool(self.prepare_value(initial or []) != (data or "").strip())


class PhoneNumberForm(forms.ModelForm):
    """A number, how a call to it is answered, and what the carriers know of it."""

    staff_numbers = StaffPhones(
        required=False,
        label="Staff phones",
        help_text="Rung before the greeting, separated by commas.",
    )
    posture = forms.ChoiceField(
        choices=[("", "As the business's policy says"), *postures.CHOICES],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    consent_digit = forms.ChoiceField(
        choices=[(key, key) for key in KEYS],
        initial="1",
        widget=UnfoldAdminSelectWidget,
        label="Key that asks for a text",
    )
    emergency_digit = forms.ChoiceField(
        choices=[("", "None"), *((key, key) for key in KEYS)],
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Emergency key",
    )
    # Of a new number only: later it is changed by the dialog, which keeps the history.
    registration = forms.ChoiceField(
        choices=states(*FIRST_STATES),
        initial=Registration.DECLARED,
        widget=UnfoldAdminSelectWidget,
    )
    use_case = forms.ChoiceField(
        choices=[("", "Not known"), *((name, name) for name in USE_CASES)],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="What the campaign was filed for; marketing needs MARKETING or MIXED.",
    )
    brand_id = CarrierId(required=False, label="Brand ID")
    campaign_id = CarrierId(required=False, label="Campaign ID")

    class Meta:
        model = PhoneNumber
        fields = (
            "e164",
            "business",
            "account",
            "is_active",
            "label",
            "answering",
            "staff_numbers",
            "ring_order",
            "ring_seconds",
            "press_one",
            "greeting",
            "voicemail",
            "posture",
            "consent_digit",
            "consent_prompt",
            "emergency_digit",
            "emergency_number",
            "registration",
            "use_case",
            "brand_id",
            "campaign_id",
        )

    def clean(self) -> dict[str, Any]:
        """Refuse what the business's own page refuses, and an account of another agency."""
        data = super().clean() or self.cleaned_data
        number = data.get("e164") or self.instance.e164
        business = data.get("business") or (self.instance.business if self.instance.pk else None)
        account = data.get("account")
        if business and account and account.agency_id != business.agency_id:
            self.add_error("account", "This account belongs to another agency.")
        if business and number and not self.errors:
            self._check_line(data, number, business)
        return data

    def _check_line(self, data: dict[str, Any], number: str, business: Business) -> None:
        """Ask the rules of the lines; what they say of a field that is not shown stands above all."""
        wrong = import_string(settings.LINE_CHECK)(
            data,
            e164=number,
            business_id=business.pk,
            forwards_from=self.instance.forwards_from,
            floor=business.effective_posture,
        )
        for name, sentence in wrong.items():
            self.add_error(name if name in self.fields else None, sentence)


@admin.register(PhoneNumber, site=support_site)
class PhoneNumberAdmin(RegistrationShown):
    """Which number is whose, and whether carriers accept its texts."""

    form = PhoneNumberForm
    list_display = (
        "e164", "business", "account", "answering", "staff_count", "registered", "is_active",
    )  # fmt: skip
    list_filter = ("is_active", "registration", "sender_kind", "answering", "account__provider")
    list_select_related = ("business", "account")
    search_fields = ("e164", "business__name")
    autocomplete_fields = ("business", "account")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A number's past belongs to its business: it is switched off, not moved."""
        if obj is None:
            return ()
        # Set where the file is uploaded and the forwarding is tried; here they are looked at.
        known = ("e164", "business", "created_at", "greeting_recording", "forwards_from")
        return (*known, "registration", "sender_kind", "registration_means", "registration_history")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Put what the carriers know of a number below how it answers."""
        carriers = ["use_case", "brand_id", "campaign_id"]
        if obj is not None:
            shown = ["sender_kind", "registration", "registration_means"]
            carriers = [*shown, *carriers, "registration_history"]
        else:
            carriers = ["registration", *carriers]
        answering = [name for name in self.get_fields(request, obj) if name not in carriers]
        return [(None, {"fields": answering}), ("Carriers", {"fields": carriers})]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; which registration a new number needs follows from the number."""
        if not change:
            obj.sender_kind = sender_kind_of(obj.e164)
        super().save_model(request, obj, form, change)
        if not change or "is_active" in form.changed_data:
            numbers_changed(obj.business_id, timezone.now())

    @display(description="Staff phones")
    def staff_count(self, number: PhoneNumber) -> int:
        """Count the phones that ring first."""
        return len(number.staff_numbers)


class ProviderAccountForm(forms.ModelForm):
    """An account; its token can be given and is never shown."""

    provider = forms.ChoiceField(
        choices=[(name, name.title()) for name in settings.PROVIDERS],
        widget=UnfoldAdminSelectWidget,
    )
    new_token = forms.CharField(
        required=False,
        strip=True,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=(
            "Becomes the current token; the one before still verifies webhooks until the next "
            "change. Empty leaves both as they are."
        ),
    )

    class Meta:
        model = ProviderAccount
        fields = ("agency", "provider", "account_sid", "public_key", "application_id")

    def clean(self) -> dict[str, Any]:
        """Say what the account lacks at its provider."""
        data = super().clean() or self.cleaned_data
        provider = data.get("provider", "")
        problem = provider in settings.PROVIDERS and account_problem(
            provider,
            data.get("account_sid", self.instance.account_sid).strip(),
            data.get("new_token", ""),
            data.get("public_key", ""),
            data.get("application_id", ""),
        )
        if problem:
            name = {"auth-token": "new_token"}.get(problem[0], problem[0].replace("-", "_"))
            self.add_error(name if name in self.fields else None, problem[1])
        return data

    def clean_new_token(self) -> str:
        """Return the token. Raises ValidationError when a new account has none."""
        token: str = self.cleaned_data["new_token"]
        if not token and self.instance.pk is None:
            raise ValidationError("A new account needs the token that signs its webhooks.")
        return token


@admin.register(ProviderAccount, site=support_site)
class ProviderAccountAdmin(SupportAdmin):
    """Accounts at providers. Tokens go in and never come out."""

    form = ProviderAccountForm
    list_display = ("account_sid", "provider", "agency", "tokens", "created_at")
    list_filter = ("provider",)
    list_select_related = ("agency",)
    search_fields = ("account_sid", "agency__name")
    autocomplete_fields = ("agency",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return the fields; never a token."""
        shown = [] if obj is None else ["tokens", "created_at"]
        ours = ["agency", "provider", "account_sid", "new_token", "public_key", "application_id"]
        return [*ours, *shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """An account keeps its agency and its id for good."""
        return () if obj is None else ("agency", "account_sid", "tokens", "created_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; a new token becomes current and the old one previous."""
        token = form.cleaned_data.get("new_token", "")
        if not change:
            obj.auth_token = token
            obj.save()
            return
        obj.save(update_fields=["provider", "public_key", "application_id"])
        if token:
            rotate_token(obj, token)

    @display(description="Tokens")
    def tokens(self, account: ProviderAccount) -> str:
        """Say which tokens there are, not what they are."""
        return "current and previous" if account.previous_auth_token else "current"
