"""The two admin sites: support's on the public host, and one business's tables on its own host.

Both are for platform support (`User.is_staff`), and nothing in them deletes: businesses, numbers and
people are deactivated, because rows on the other floor point to them.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from tenants import throttle
from tenants.entry.views import SignIn
from tenants.models import User


def is_support(request: HttpRequest) -> bool:
    """Whether a member of platform support asks."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_staff


def has_right(request: HttpRequest, right: str) -> bool:
    """Whether a member of platform support has one of its rights (tenants.models.SupportEntry)."""
    return is_support(request) and bool(request.user.has_perm(f"tenants.{right}"))


class SupportSignIn(AuthenticationForm):
    """The door of both admin sites."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return what is wrong: e-mail and password, or that it was tried too often."""
        if self.request is not None and (sentence := throttle.refusal(self.request)):
            return ValidationError(sentence, code="too_many_tries")
        error: ValidationError = super().get_invalid_login_error()
        return error


class SupportSite(UnfoldAdminSite):
    """The public floor: who is who, which number is whose, what arrived, and what waits."""

    login_form = SupportSignIn
    site_title = site_header = "Ringback support"
    index_title = "Support"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person may be here: platform support only."""
        return is_support(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for e-mail and password, and for the second factor of whoever has one."""
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return redirect(index)
        request.current_app = self.name
        # The theme's form says nowhere where to go on to but in the address it is sent to.
        here = request.get_full_path()
        if REDIRECT_FIELD_NAME not in request.GET:
            here = f"{request.path}?{REDIRECT_FIELD_NAME}={index}"
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": here,
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = index
        view = SignIn.as_view(
            extra_context=context,
            authentication_form=self.login_form,
            template_name=self.login_template or "admin/login.html",
            redirect_authenticated_user=False,
        )
        return cast(HttpResponse, view(request))


class BusinessSite(SupportSite):
    """One business's own tables, on its host. The schema is chosen by the host, never by a field."""

    index_title = "This business"
    settings_name = "UNFOLD_BUSINESS"

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Nothing is chosen by typing here, and its answers would name people past the masks. Raises Http404."""
        raise Http404

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Name the business on every page, so that nobody works in the wrong one."""
        business = getattr(request, "business", None)
        context = super().each_context(request)
        if business is not None:
            context |= {"site_header": business.name, "site_title": f"{business.name} · support"}
        return context


# Both are called "admin": each stands alone in its URL configuration, and {% url 'admin:…' %} fits both.
support_site = SupportSite(name="admin")
business_site = BusinessSite(name="admin")


class SupportAdmin(ModelAdmin):
    """A table as support sees it: platform support may look, add and change, nobody deletes."""

    list_fullwidth = True
    show_full_result_count = False
    compressed_fields = True
    can_add = True
    can_change = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the table is in the menu."""
        return is_support(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be looked at."""
        return is_support(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be added."""
        return self.can_add and is_support(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be changed."""
        return self.can_change and is_support(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a new row whole, of a known one only what was changed in the form.

        The row was read without a lock: writing all of it would undo what others wrote meanwhile, a
        STOP for one.
        """
        if not change:
            obj.save()
            return
        changed = set(form.changed_data)
        obj.save(
            update_fields=[
                field.name
                for field in obj._meta.concrete_fields
                if field.name in changed or (changed and getattr(field, "auto_now", False))
            ]
        )

    def back_to(self, object_id: int | str) -> HttpResponse:
        """Return the answer to a dialog's button that leads back to its row."""
        meta = self.model._meta
        name = f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_change"
        return HttpResponse(headers={"HX-Redirect": reverse(name, args=[object_id])})


class AccessAdmin(SupportAdmin):
    """A table whose rows let somebody in: support looks at them, and changes them with the right for it.

    A place, a password or an address given to oneself would open what each other right is asked for.
    """

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether somebody may be let in."""
        return super().has_add_permission(request, obj) and has_right(request, "give_access")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether somebody's way in may be changed."""
        return super().has_change_permission(request, obj) and has_right(request, "give_access")


class ReadOnlyAdmin(SupportAdmin):
    """A table that is looked at and never edited by hand."""

    can_add = False
    can_change = False


class LogAdmin(ReadOnlyAdmin):
    """Who changed what by hand in the admin."""

    list_display = ("action_time", "user", "content_type", "what", "action_flag")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")
    search_fields = ("=object_id", "user__email")
    fields = ("action_time", "user", "content_type", "what", "action_flag", "change_message")
    readonly_fields = ("what",)

    @display(description="Object")
    def what(self, entry: LogEntry) -> str:
        """Show what was changed; what a business owns may be a person, and is shown by its id."""
        kind = entry.content_type
        if kind is None or kind.app_label in settings.TENANT_APPS:
            return str(entry.object_id)
        return str(entry.object_repr)


support_site.register(LogEntry, LogAdmin)
