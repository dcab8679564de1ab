"""A business's records on its own host: what was set, kept back, looked at, held and erased.

Loaded by messaging/admin.py. Everything is read-only; holds and erasures go through their verbs.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from config.admin_sites import ReadOnlyAdmin, business_site
from messaging import audit, holds
from messaging.admin_veil import VeiledAdmin
from messaging.erasure import ErasureRefused, erase
from messaging.holds import HoldError
from messaging.models import (
    Alert,
    AuditEntry,
    Contact,
    ErasedPerson,
    LegalHold,
    Policy,
    Refusal,
    TemplateVersion,
)
from messaging.numbers import normalise


def _who(request: HttpRequest) -> str:
    """Return under which name the audit log remembers who looked or pressed a button."""
    return str(request.user)


class EvidenceAdmin(ReadOnlyAdmin, VeiledAdmin):
    """A table of evidence: every look at its list or at a row is written down as `looked`."""

    looked = ""

    def note_taken(self, request: HttpRequest, rows: int) -> None:
        """Write down what left the house as a look, with the right and without."""
        super().note_taken(request, rows)
        audit.note_look(
            self.looked, actor=_who(request), door="admin", at=timezone.now(), rows=rows,
            given=request.GET.dict(),
        )  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        page = super().changelist_view(request, extra_context)
        listed = getattr(page, "context_data", {}).get("cl")
        if listed is not None:
            audit.note_look(
                self.looked, actor=_who(request), door="admin", at=timezone.now(),
                rows=len(listed.result_list), given=request.GET.dict(),
            )  # fmt: skip
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """Show one row."""
        page = super().change_view(request, object_id, form_url, extra_context)
        self._looked_at(request, getattr(page, "context_data", {}).get("original"))
        return page

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show who changed a row by hand, which nobody can."""
        page = super().history_view(request, object_id, extra_context)
        self._looked_at(request, getattr(page, "context_data", {}).get("object"))
        return page

    def _looked_at(self, request: HttpRequest, row: Any) -> None:
        if row is None:
            return
        whose = getattr(row, "contact_id", None)
        audit.note_look(
            self.looked, actor=_who(request), door="admin", at=timezone.now(), rows=1,
            subject=str(whose) if whose else "",
        )  # fmt: skip


@admin.register(AuditEntry, site=business_site)
class AuditEntryAdmin(EvidenceAdmin):
    """Who looked at, exported, changed or erased what. The database refuses any change."""

    looked = "audit.read"

    list_display = ("at", "actor", "door", "action", "subject", "detail")
    list_filter = ("action", "door")
    search_fields = ("actor", "=subject")
    ordering = ("-at", "-id")


@admin.register(Refusal, site=business_site)
class RefusalAdmin(EvidenceAdmin):
    """Texts that were wanted and kept back, each with the reason."""

    looked = "refusals.read"
    words = ("body",)
    about = ("contact",)

    list_display = ("at", "contact", "code", "sentence", "author", "author_name", "purpose")
    list_filter = ("code", "author", "purpose")
    list_select_related = ("contact",)
    search_fields = ("contact__phone", "contact__name")
    ordering = ("-at",)

    @display(description="Why")
    def sentence(self, refusal: Refusal) -> str:
        """Show the gate's sentence."""
        return str(refusal.clearance.get("sentence", ""))


@admin.register(Alert, site=business_site)
class AlertAdmin(ReadOnlyAdmin, VeiledAdmin):
    """What somebody of the business should know or do."""

    about = ("contact",)

    list_display = ("last_at", "code", "standing", "sentence", "times", "resolved_by")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "code")
    search_fields = ("subject", "sentence")
    ordering = ("-last_at",)

    @display(description="Standing", label={"open": "warning", "resolved": "success"})
    def standing(self, alert: Alert) -> tuple[str, str]:
        """Say whether it waits for somebody."""
        return ("resolved", "Resolved") if alert.resolved_at else ("open", "Open")


@admin.register(Policy, site=business_site)
class PolicyAdmin(ReadOnlyAdmin):
    """Every version of the business's choices; the newest rules."""

    list_display = (
        "id",
        "changed_at",
        "changed_by",
        "posture",
        "strict_quiet_hours",
        "marketing",
        "message_months",
        "recording_days",
    )
    ordering = ("-id",)


@admin.register(TemplateVersion, site=business_site)
class TemplateVersionAdmin(ReadOnlyAdmin):
    """Every body a template ever had."""

    list_display = ("key", "version", "recorded_at", "body")
    list_filter = ("key",)
    ordering = ("key", "-version")


class _NumberDialog(BaseDialogForm):
    """A dialog that asks for a number."""

    def clean_number(self) -> str:
        """Return the number in E.164, '' for none. Raises ValidationError for what is no number."""
        given: str = self.cleaned_data["number"]
        number = normalise(given) if given.strip() else ""
        if given.strip() and not number:
            raise ValidationError("Expected a phone number such as +13125550142.")
        return number


class PlaceHoldDialog(_NumberDialog):
    """Whom a hold covers, and why."""

    number = forms.CharField(
        required=False, max_length=40, widget=UnfoldAdminTextInputWidget,
        help_text="Such as +13125550142. Empty: everybody.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=300, widget=UnfoldAdminTextInputWidget,
        help_text="Such as the name of the matter. Stays in the record.",
    )  # fmt: skip


@admin.register(LegalHold, site=business_site)
class LegalHoldAdmin(ReadOnlyAdmin, VeiledAdmin):
    """While one is open, nothing it covers is purged or erased."""

    list_display = ("placed_at", "whom", "reason", "placed_by", "standing", "lifted_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_fields = ("=phone", "reason")
    ordering = ("-placed_at",)
    actions_list = ("place_hold",)
    actions_detail = ("lift_hold",)

    @display(description="Covers")
    def whom(self, hold: LegalHold) -> str:
        """Say whom it covers."""
        return hold.phone or ("A number since erased" if hold.phone_mark else "Everybody")

    @display(description="Standing", label={"open": "warning", "lifted": "success"})
    def standing(self, hold: LegalHold) -> tuple[str, str]:
        """Say whether it is open."""
        return ("lifted", "Lifted") if hold.lifted_at else ("open", "Open")

    @action(
        description="Place a hold…",
        icon="lock",
        permissions=["view"],
        dialog={
            "title": "Place a legal hold",
            "form_class": PlaceHoldDialog,
            "form_submit_text": "Place",
            "description": "Nothing it covers is purged or erased until the hold is lifted.",
        },
    )
    def place_hold(self, request: HttpRequest, form: PlaceHoldDialog) -> HttpResponse:
        """Place a hold. Written in the audit log, not in the log of changes: that names rows."""
        given = form.cleaned_data
        try:
            holds.place(
                given["number"], given["reason"], _who(request), timezone.now(), door="admin"
            )
        except HoldError as error:
            self.message_user(request, f"Not placed: {error}.", messages.ERROR)
        else:
            self.message_user(request, "The hold is in force.", messages.SUCCESS)
        return self._to_list()

    @action(
        description="Lift this hold",
        icon="lock_open",
        permissions=["view"],
        dialog={
            "title": "Lift this hold?",
            "form_class": None,
            "form_submit_text": "Lift",
            "description": "What is older than the business keeps it will go with the next purge.",
        },
    )
    def lift_hold(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Lift a hold."""
        try:
            holds.lift(int(object_id), _who(request), timezone.now(), door="admin")
        except HoldError as error:
            self.message_user(request, f"Not lifted: {error}.", messages.ERROR)
        else:
            self.message_user(request, "The hold is lifted.", messages.SUCCESS)
        return self.back_to(object_id)

    def _to_list(self) -> HttpResponse:
        name = f"{self.admin_site.name}:messaging_legalhold_changelist"
        return HttpResponse(headers={"HX-Redirect": reverse(name)})


class EraseDialog(_NumberDialog):
    """Whom to erase."""

    number = forms.CharField(
        max_length=40, widget=UnfoldAdminTextInputWidget, help_text="Such as +13125550142."
    )


@admin.register(ErasedPerson, site=business_site)
class ErasedPersonAdmin(ReadOnlyAdmin):
    """What is left of people who were erased: that the number must not be texted, if it must not."""

    list_display = ("erased_at", "opted_out_at", "phone_mark")
    ordering = ("-erased_at",)
    actions_list = ("erase_person",)

    @action(
        description="Erase a person…",
        icon="person_off",
        permissions=["view"],
        dialog={
            "title": "Erase a person",
            "form_class": EraseDialog,
            "form_submit_text": "Erase for good",
            "description": "Name, texts and recordings go and cannot be brought back. An opt-out, "
            "times and ids stay.",
        },
    )
    def erase_person(self, request: HttpRequest, form: EraseDialog) -> HttpResponse:
        """Erase somebody by number; the audit log says who did."""
        found = Contact.objects.filter(phone=form.cleaned_data["number"]).first()
        try:
            if found is None:
                raise ErasureRefused("number", "this business knows nobody of this number")
            erase(found.pk, actor=_who(request), door="admin", at=timezone.now())
        except ErasureRefused as refused:
            self.message_user(request, f"Not erased: {refused}.", messages.ERROR)
        else:
            self.message_user(request, f"Person {found.pk} is erased.", messages.SUCCESS)
        name = f"{self.admin_site.name}:messaging_erasedperson_changelist"
        return HttpResponse(headers={"HX-Redirect": reverse(name)})
