"""A business's people and texts, on its own host: looked at, hardly ever edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.decorators import display

from config.admin_sites import ReadOnlyAdmin, SupportAdmin, business_site
from messaging import text
from messaging.admin_records import EvidenceAdmin  # its tables are registered with these
from messaging.admin_veil import VeiledAdmin
from messaging.lint import Finding, lint_template
from messaging.models import ConsentEvent, Contact, Conversation, Message, MessageTemplate
from messaging.template_checks import shown, template_context
from tenants.scope import current_business


@admin.register(Contact, site=business_site)
class ContactAdmin(VeiledAdmin):
    """People. Their standing follows from the consent ledger and is not set by hand."""

    words = ("name",)
    can_add = False
    list_display = ("phone", "name", "opted_out_at", "ignored_at", "untextable_at", "created_at")
    list_filter = tuple(
        (name, admin.EmptyFieldListFilter)
        for name in ("opted_out_at", "ignored_at", "untextable_at")
    )
    search_fields = ("phone", "name")
    ordering = ("-created_at",)
    fields = ("phone", "name", "ignored_at", "opted_out_at", "untextable_at", "created_at")
    readonly_fields = ("phone", "opted_out_at", "untextable_at", "created_at")


@admin.register(Conversation, site=business_site)
class ConversationAdmin(ReadOnlyAdmin, VeiledAdmin):
    """Threads, as the inbox lists them."""

    words = ("last_line",)
    about = ("contact",)
    list_display = ("contact", "state", "unread", "last_direction", "last_line", "last_at")
    list_filter = ("state", "last_direction")
    list_select_related = ("contact",)
    search_fields = ("contact__phone", "contact__name")
    ordering = ("-last_at",)


@admin.register(Message, site=business_site)
class MessageAdmin(ReadOnlyAdmin, VeiledAdmin):
    """Texts with what became of them."""

    words = ("body",)
    about = ("conversation__contact",)
    list_display = (
        "created_at",
        "direction",
        "their_number",
        "status_shown",
        "author",
        "begins",
        "error_sentence",
    )
    list_filter = ("status", "direction", "author", "encoding")
    search_fields = ("their_number", "=provider_id", "=client_token")
    ordering = ("-created_at",)

    @display(
        description="Status",
        label={
            "delivered": "success",
            "received": "success",
            "sent": "info",
            "sending": "info",
            "queued": "warning",
            "held": "warning",
            "cancelled": "warning",
            "undelivered": "danger",
            "failed": "danger",
        },
    )
    def status_shown(self, message: Message) -> tuple[str, str]:
        """Show the status in its colour."""
        return message.status, message.get_status_display()

    @display(description="Text")
    def begins(self, message: Message) -> str:
        """Show how the text begins."""
        return message.body if len(message.body) <= 60 else f"{message.body[:59]}…"


@admin.register(ConsentEvent, site=business_site)
class ConsentEventAdmin(EvidenceAdmin):
    """The ledger. The database refuses any change, whoever asks."""

    looked = "ledger.read"
    about = ("contact", "detail")

    list_display = (
        "seq",
        "occurred_at",
        "phone",
        "kind",
        "channel",
        "matched",
        "raw_text",
        "actor",
    )
    list_filter = ("kind", "channel")
    list_select_related = ("detail",)
    search_fields = ("detail__phone", "=provider_id")
    ordering = ("-seq",)


class MessageTemplateForm(forms.ModelForm):
    """A template whose merge fields all exist, and which says nothing a text may not say."""

    warnings: tuple[Finding, ...] = ()

    class Meta:
        model = MessageTemplate
        fields = ("name", "body")
        help_texts = {
            "body": "Fields: "
            + ", ".join(f"{{{name}}} {what}" for name, what in text.FIELDS.items())
        }

    def clean_body(self) -> str:
        """Return the text. Raises ValidationError with everything that is wrong with it.

        What the lint only warns of is kept in `warnings`.
        """
        body: str = self.cleaned_data["body"]
        if found := text.problems(body):
            raise ValidationError(found)
        findings = lint_template(body, template_context(current_business()))
        if blocking := [shown(finding) for finding in findings if finding.severity == "block"]:
            raise ValidationError(blocking)
        self.warnings = findings
        return body


@admin.register(MessageTemplate, site=business_site)
class MessageTemplateAdmin(SupportAdmin):
    """Texts with merge fields; rules point to them by key."""

    can_add = False
    form = MessageTemplateForm
    list_display = ("name", "key", "body", "updated_at")
    fields = ("key", "name", "body", "updated_at")
    readonly_fields = ("key", "updated_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and say what the lint warns of."""
        super().save_model(request, obj, form, change)
        for finding in form.warnings:
            messages.warning(request, shown(finding))
