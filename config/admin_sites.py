"""The two admin sites: support's on the public host, and one business's tables on its own host.

Both are for platform support (`User.is_staff`), and nothing in them deletes: businesses, numbers and
people are deactivated, because rows on the other floor point to them.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from html import unescape
from typing import Any, cast

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from tenants import support_record, throttle
from tenants.cells import harmless
from tenants.entry.views import SignIn
from tenants.models import User

MOST_ROWS = 50_000  # of one file


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

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return what is done with chosen rows: whatever the table brings, and that they are taken out."""
        found: dict[str, Any] = super().get_actions(request)
        return found | {"take_out": (SupportAdmin.take_out, "take_out", "Take out as CSV")}

    def take_out(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        """Answer with the chosen rows as the list shows them to whoever asks, as CSV; it is written down."""
        names = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        heads = [str(label_for_field(name, self.model, self)) for name in names]
        rows = [self.as_shown(request, row) for row in self.with_near(chosen)[:MOST_ROWS]]
        answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{self.opts.model_name}.csv"'
        writer = csv.writer(answer)
        writer.writerow(heads)
        for row in rows:
            writer.writerow([harmless(_cell(name, row, self)) for name in names])
        if len(rows) == MOST_ROWS:
            writer.writerow([f"This file ends after {MOST_ROWS} rows."])
        self.note_taken(request, len(rows))
        return answer

    def with_near(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Return rows with the related ones that the list shows."""
        near = self.list_select_related
        return chosen.select_related(*near) if isinstance(near, (list, tuple)) else chosen

    def as_shown(self, _request: HttpRequest, row: Any) -> Any:
        """Return a row as somebody of support sees it."""
        return row

    def note_taken(self, request: HttpRequest, rows: int) -> None:
        """Write down that rows of this table left the house."""
        assert isinstance(request.user, User)
        support_record.note(
            request.user, "tables.csv", at=timezone.now(),
            business=getattr(request, "business", None), subject=self.opts.label_lower, rows=rows,
        )  # fmt: skip

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


def _cell(name: str, row: Any, table: ModelAdmin) -> str:
    """Return what one cell of a list says, in words alone; a moment in UTC."""
    try:
        field, _attribute, value = lookup_field(name, row, table)
    except ObjectDoesNotExist:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if field is not None and getattr(field, "flatchoices", None):
        value = display_for_field(value, field, "")
    if isinstance(value, tuple):
        value = value[-1]  # a label's colour and its words
    parts = value if isinstance(value, list) else [value]
    return " ".join(unescape(strip_tags(str(part))) for part in parts if part not in (None, ""))


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
