"""Agencies and businesses."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from config.admin_sites import SupportAdmin, support_site
from tenants import postures, support
from tenants.models import Agency, Business
from tenants.onboarding import Onboarded, OnboardingError, Request, onboard
from tenants.playbooks import PLAYBOOKS


def host_address(host: str, path: str = "/") -> str:
    """Return the URL of a path on one of our hosts, with the public address's scheme and port."""
    base = urlsplit(settings.PUBLIC_BASE_URL)
    return f"{base.scheme}://{host}{f':{base.port}' if base.port else ''}{path}"


@admin.register(Agency, site=support_site)
class AgencyAdmin(SupportAdmin):
    """Who brings businesses. Its floor holds for all of them, from the next call on."""

    list_display = ("name", "posture_floor", "created_at")
    search_fields = ("name",)


def _timezones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class BusinessForm(forms.ModelForm):
    """What may be changed of a business that lives."""

    timezone = forms.ChoiceField(choices=_timezones, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Business
        fields = ("name", "timezone")


def _text(**options: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **options)


class OnboardForm(BusinessForm):
    """Everything `tenants.onboarding.onboard` wants to know."""

    playbook = forms.ChoiceField(
        choices=[(p.key, p.name) for p in PLAYBOOKS.values()], widget=UnfoldAdminSelectWidget
    )
    number = _text(help_text="The number customers call, such as +13125550142.")
    posture = forms.ChoiceField(
        label="Consent posture",
        choices=[("", "As the agency requires"), *postures.CHOICES],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=" ".join(f"{p.name}: {p.sentence}" for p in postures.POSTURES.values()),
    )
    provider = forms.ChoiceField(
        choices=[(name, name.title()) for name in settings.PROVIDERS],
        widget=UnfoldAdminSelectWidget,
    )
    account_sid = _text(
        label="Account SID", help_text="The provider's account id; with Telnyx the organization's."
    )
    auth_token = forms.CharField(
        widget=UnfoldAdminPasswordWidget, help_text="Kept encrypted; never shown again."
    )
    public_key = _text(
        required=False, help_text="Telnyx: the portal's public key, which checks webhooks."
    )
    application_id = _text(
        required=False, help_text="Telnyx: the TeXML application that calls are placed by."
    )
    owner_email = forms.EmailField(label="Owner's e-mail", widget=UnfoldAdminTextInputWidget)
    forward_to = _text(
        required=False, help_text="Staff phones to ring first, separated by commas; may stay empty."
    )

    class Meta:
        model = Business
        fields = ("agency", "name", "timezone", "playbook")

    # What stood against it when it was saved (BusinessAdmin.changeform_view).
    refusal: OnboardingError | None = None

    def clean(self) -> dict[str, Any]:
        """Show at its field what `onboard` refused."""
        data = super().clean() or self.cleaned_data
        if self.refusal is not None:
            name = self.refusal.field.replace("-", "_")
            self.add_error(name if name in self.fields else None, self.refusal.sentence)
        return data

    def request(self) -> Request:
        """Return what was filled in as the wish that it is."""
        data = self.cleaned_data
        return Request(
            agency=data["agency"].name,
            name=data["name"],
            timezone=data["timezone"],
            number=data["number"].strip(),
            posture=data["posture"],
            provider=data["provider"],
            account_sid=data["account_sid"].strip(),
            auth_token=data["auth_token"],
            public_key=data["public_key"].strip(),
            application_id=data["application_id"].strip(),
            owner_email=data["owner_email"],
            forward_to=tuple(filter(None, re.split(r"[,;\s]+", data["forward_to"]))),
            playbook=data["playbook"],
        )


@admin.register(Business, site=support_site)
class BusinessAdmin(SupportAdmin):
    """The tenants. A new one is brought live by the same verb as everywhere."""

    list_display = ("name", "agency", "where", "numbers_listed", "sending")
    list_filter = (("suspended_at", admin.EmptyFieldListFilter), "agency")
    list_filter_submit = False
    search_fields = ("name", "schema_name", "numbers__e164", "domains__domain")
    readonly_fields = (
        "agency",
        "schema_name",
        "playbook",
        "posture",
        "where",
        "helped",
        "numbers_listed",
        "suspended_at",
        "created_at",
    )
    actions_detail = ("suspend", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Business]:
        """Return every business with what the list shows."""
        rows: QuerySet[Business] = super().get_queryset(request)
        return rows.select_related("agency").prefetch_related("domains", "numbers")

    def get_form(self, request: HttpRequest, obj: Model | None = None, **options: Any) -> Any:
        """Return the form: onboarding for a new business, a few fields for one that lives."""
        options["form"] = OnboardForm if obj is None else BusinessForm
        form = super().get_form(request, obj, **options)
        form.refusal = getattr(request, "onboarding_refusal", None)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show the form; again, with what stands against it, when the onboarding was refused.

        The refused one was undone with everything else in the view's transaction.
        """
        try:
            return super().changeform_view(request, *args, **options)
        except OnboardingError as refusal:
            request.onboarding_refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return the fields of the form in order."""
        if obj is None:
            return [
                "agency",
                "name",
                "timezone",
                "playbook",
                "number",
                "forward_to",
                "provider",
                "account_sid",
                "auth_token",
                "public_key",
                "application_id",
                "owner_email",
            ]
        return ["name", "timezone", *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is shown and not edited."""
        return () if obj is None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a change, or bring a new business live and say once what is never shown again.

        Raises OnboardingError.
        """
        if change:
            super().save_model(request, obj, form, change)
            return
        made: Onboarded = onboard(form.request())
        obj.pk, obj.schema_name = made.business.pk, made.business.schema_name
        self.message_user(
            request,
            format_html(
                "API key, shown only now: <code>{}</code>{}",
                made.api_key,
                format_html(" · password of {}: <code>{}</code>", made.owner_email, made.password)
                if made.password
                else "",
            ),
            messages.WARNING,
        )

    @display(description="Host")
    def where(self, business: Business) -> SafeString | str:
        """Link to the business's inbox and to its own tables."""
        # Support signs in nowhere but below our own domain: another's machine could read along.
        ours = f".{settings.BASE_DOMAIN}"
        host = next((d.domain for d in business.domains.all() if d.domain.endswith(ours)), "")
        if not host:
            return "–"
        return format_html(
            '<a class="font-medium text-primary-600 dark:text-primary-500" href="{}">{}</a> · <a href="{}">tables</a>',
            host_address(host),
            host,
            host_address(host, "/admin/"),
        )

    @display(description="Support")
    def helped(self, business: Business) -> SafeString:
        """Link to what support does with one business."""
        return format_html(
            '<a class="font-medium text-primary-600 dark:text-primary-500" href="{}">provider health</a> · '
            '<a class="font-medium text-primary-600 dark:text-primary-500" href="{}">look in</a>',
            reverse("support-provider", args=[business.pk]),
            reverse("support-visit", args=[business.pk]),
        )

    @display(description="Numbers")
    def numbers_listed(self, business: Business) -> SafeString:
        """List the business's numbers."""
        return format_html_join(
            ", ",
            '<a href="{}">{}</a>{}',
            (
                (
                    reverse("admin:tenants_phonenumber_change", args=[n.pk]),
                    n.e164,
                    "" if n.is_active else " (off)",
                )
                for n in business.numbers.all()
            ),
        )

    @display(description="Sending", label={"Suspended": "danger", "Sends": "success"})
    def sending(self, business: Business) -> str:
        """Say whether texts go out."""
        return "Suspended" if business.suspended_at else "Sends"

    @action(
        description="Suspend sending",
        icon="block",
        permissions=["change"],
        dialog={
            "title": "Suspend sending?",
            "form_class": None,
            "form_submit_text": "Suspend",
            "description": "Calls and texts still come in. Nothing goes out until you resume.",
        },
    )
    def suspend(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Stop what goes out."""
        business = Business.objects.get(pk=object_id)
        if support.suspend(business, timezone.now()):
            self.log_change(request, business, "Suspended sending.")
            self.message_user(request, f"{business}: nothing goes out any more.", messages.SUCCESS)
        return self.back_to(object_id)

    @action(
        description="Resume sending",
        icon="play_arrow",
        permissions=["change"],
        dialog={
            "title": "Resume sending?",
            "form_class": None,
            "form_submit_text": "Resume",
            "description": "Texts go out again. Those refused meanwhile stay refused.",
        },
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let it send again."""
        business = Business.objects.get(pk=object_id)
        if support.resume(business):
            self.log_change(request, business, "Resumed sending.")
            self.message_user(request, f"{business} sends again.", messages.SUCCESS)
        return self.back_to(object_id)
