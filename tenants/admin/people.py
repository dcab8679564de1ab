"""Users and their places."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Permission
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from config.admin_sites import AccessAdmin, is_support, support_site
from tenants import live
from tenants.models import Membership, SupportEntry, User


class NewUserForm(UserCreationForm):
    """A user is known by the e-mail address, whatever its case."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """Return the address as it is kept."""
        return str(self.cleaned_data["email"]).strip().lower()


def _timezones() -> list[tuple[str, str]]:
    return [("", "As the business"), *((name, name) for name in sorted(available_timezones()))]


class KnownUserForm(UserChangeForm):
    """What may be changed of a user."""

    timezone = forms.ChoiceField(
        choices=_timezones, required=False, widget=UnfoldAdminSelectWidget, label="Time zone"
    )
    user_permissions = forms.ModelMultipleChoiceField(
        Permission.objects.filter(
            content_type__app_label="tenants", content_type__model="supportentry",
            codename__in=[name for name, _ in SupportEntry._meta.permissions],
        ),
        required=False, label="Rights of support", widget=forms.CheckboxSelectMultiple,
        help_text="What somebody of support may do beyond looking.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = ("email", "name", "timezone", "is_active", "is_staff", "user_permissions")

    def clean_email(self) -> str:
        """Return the address as it is kept."""
        return str(self.cleaned_data["email"]).strip().lower()


class ScreensTold:
    """Saving one of these asks at once whether everybody whose screen is open may still be there."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and have the open screens checked."""
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        live.members_changed()


@admin.register(User, site=support_site)
class UserAdmin(ScreensTold, DjangoUserAdmin, AccessAdmin):  # type: ignore[misc]
    """People who sign in. Somebody who leaves is made inactive."""

    form = KnownUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "places", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    ordering = ("email",)
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "timezone", "password")}),
        ("May", {"fields": ("is_active", "is_staff", "user_permissions")}),
        ("When", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name", "usable_password", "password1", "password2"),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is of support, and with which rights, a superuser says: nobody gives them to himself."""
        fixed = () if request.user.is_superuser else ("is_staff", "user_permissions")
        return (*self.readonly_fields, *fixed)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Others of support are changed by superusers: whoever sets a password has its rights."""
        if obj is not None and obj.pk == request.user.pk:
            return is_support(request)
        allowed = super().has_change_permission(request, obj)
        is_theirs = obj is not None and obj.is_staff
        return allowed and (request.user.is_superuser or not is_theirs)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return every user with his places."""
        places = ("memberships__agency", "memberships__business")
        return super().get_queryset(request).prefetch_related(*places)

    @display(description="Places")
    def places(self, user: User) -> str:
        """Name where this person is a member."""
        return ", ".join(
            f"{m.agency or m.business} ({m.get_role_display()})"
            for m in user.memberships.all()
            if m.is_active
        )


@admin.register(Membership, site=support_site)
class MembershipAdmin(ScreensTold, AccessAdmin):
    """Who may enter where. A place is taken away by making it inactive."""

    list_display = ("user", "agency", "business", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "agency", "business")
    search_fields = ("user__email", "user__name", "agency__name", "business__name")
    autocomplete_fields = ("user", "agency", "business")
    fields = ("user", "agency", "business", "role", "is_active")
