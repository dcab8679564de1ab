"""API keys of businesses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display

from config.admin_sites import SupportAdmin, has_right, support_site
from tenants import support
from tenants.models import ApiKey


@admin.register(ApiKey, site=support_site)
class ApiKeyAdmin(SupportAdmin):
    """Bearer keys: only the prefix is known, the key itself is shown once when it is made."""

    list_display = ("name", "business", "shown_prefix", "last_used_at", "revoked_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("business",)
    search_fields = ("name", "prefix", "business__name")
    autocomplete_fields = ("business",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether a key may be made: it opens everything of its business."""
        return super().has_add_permission(request, obj) and has_right(request, "give_access")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return the fields; never the hash."""
        if obj is None:
            return ["business", "name"]
        return ["business", "name", "shown_prefix", "last_used_at", "revoked_at", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is shown and not edited."""
        if obj is None:
            return ()
        return ("business", "shown_prefix", "last_used_at", "revoked_at", "created_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Issue a key and show it once; or save a new name."""
        if change:
            obj.save(update_fields=["name"])
            return
        key, plain = ApiKey.issue(obj.business, obj.name)
        obj.pk, obj.prefix, obj.created_at = key.pk, key.prefix, key.created_at
        self.message_user(
            request,
            format_html("API key, shown only now: <code>{}</code>", plain),
            messages.WARNING,
        )

    @display(description="Key")
    def shown_prefix(self, key: ApiKey) -> str:
        """Show how the key begins."""
        return f"rb_{key.prefix}_…"

    @action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """End the chosen keys for good."""
        count = 0
        for key in keys:
            if support.revoke(key, timezone.now()):
                self.log_change(request, key, "Revoked.")
                count += 1
        self.message_user(request, f"{count} revoked; requests with them are refused from now on.")
