"""Apps of others that businesses may connect."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from oauth2_provider.generators import generate_client_secret
from unfold.decorators import action, display

from config.admin_sites import AccessAdmin, support_site
from tenants.models import MarketplaceApp

_CONFIDENTIAL = MarketplaceApp.CLIENT_CONFIDENTIAL


@admin.register(MarketplaceApp, site=support_site)
class MarketplaceAppAdmin(AccessAdmin):
    """An app and its addresses: whoever has these is let in. Its secret is shown once, and kept by its hash."""

    list_display = ("name", "client_type", "client_id", "businesses", "created")
    list_filter = ("client_type",)
    search_fields = ("name", "client_id")
    actions = ("new_secret",)
    actions_detail = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MarketplaceApp]:
        """Return the apps, each with how many businesses are connected to it."""
        living = Count("api_keys", filter=Q(api_keys__revoked_at=None))
        found: QuerySet[MarketplaceApp] = super().get_queryset(request).annotate(connected=living)
        return found

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return the fields; never the hash."""
        own = ["name", "redirect_uris", "client_type"]
        return own if obj is None else [*own, "client_id", "businesses", "created"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is shown and not edited."""
        return () if obj is None else ("client_type", "client_id", "businesses", "created")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Say what the addresses are for."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "redirect_uris":
            field.help_text = (
                "Where its people come back to, one a line, compared letter by letter. "
                "https, or http on localhost while it is made."
            )
            field.required = True
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Register an app and show its secret once; or save what was changed."""
        if change:
            super().save_model(request, obj, form, change)
            return
        self._with_secret(request, obj)

    @display(description="Connected to")
    def businesses(self, app: Any) -> int:
        """Show how many businesses are connected."""
        return int(getattr(app, "connected", 0))

    @action(description="Give a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, apps: QuerySet[MarketplaceApp]) -> None:
        """Replace the secrets of the chosen apps; the former ones are refused at once."""
        for app in apps.filter(client_type=_CONFIDENTIAL):
            self._with_secret(request, app)
            self.log_change(request, app, "New secret.")

    @action(description="End it everywhere…", icon="block", permissions=["change"], url_path="end")
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Lead to the page that shows what would end."""
        return redirect("support-app", object_id)

    def _with_secret(self, request: HttpRequest, app: MarketplaceApp) -> None:
        is_confidential = app.client_type == _CONFIDENTIAL
        plain = generate_client_secret() if is_confidential else ""
        app.client_secret = plain
        app.save()
        if is_confidential:
            told = format_html(
                "{}: client id <code>{}</code>, secret, shown only now: <code>{}</code>",
                app.name, app.client_id, plain,
            )  # fmt: skip
        else:
            told = format_html("{}: client id <code>{}</code>", app.name, app.client_id)
        self.message_user(request, told, messages.WARNING)
