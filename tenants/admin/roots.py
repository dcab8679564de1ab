"""Proof that support may look at: roots of the ledgers, and how registrations changed."""

from __future__ import annotations

from django.contrib import admin

from config.admin_sites import ReadOnlyAdmin, support_site
from tenants.models import LedgerRoot, RegistrationChange


@admin.register(LedgerRoot, site=support_site)
class LedgerRootAdmin(ReadOnlyAdmin):
    """The state of each business's consent ledger at each day's end. The database refuses any change."""

    list_display = ("day", "business", "seq", "row_hash", "recorded_at")
    list_filter = (("business", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("business",)
    search_fields = ("business__name", "=row_hash")
    ordering = ("-day", "business")


@admin.register(RegistrationChange, site=support_site)
class RegistrationChangeAdmin(ReadOnlyAdmin):
    """What became of each number's registration, when and why."""

    list_display = ("at", "number", "before", "after", "reason", "actor")
    list_filter = ("after", "before")
    list_select_related = ("number",)
    search_fields = ("=number__e164", "reason", "actor")
    ordering = ("-at", "-id")
