"""What support did, as support may read it; the database refuses any change."""

from __future__ import annotations

from django.contrib import admin

from config.admin_sites import ReadOnlyAdmin, support_site
from tenants.models import SupportEntry, SupportVisit


@admin.register(SupportEntry, site=support_site)
class SupportEntryAdmin(ReadOnlyAdmin):
    """Searches, looks in full, visits, repairs, replays. Numbers stand here by their marks alone."""

    list_display = ("at", "actor", "action", "business", "subject", "reason")
    list_filter = ("action", ("business", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("business",)
    search_fields = ("actor", "reason", "=subject")
    ordering = ("-at", "-id")


@admin.register(SupportVisit, site=support_site)
class SupportVisitAdmin(ReadOnlyAdmin):
    """Who looked into which business, why, and until when."""

    list_display = ("begun_at", "user", "business", "reason", "ends_at", "ended_at")
    list_filter = (("business", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user", "business")
    search_fields = ("user__email", "reason")
    ordering = ("-begun_at",)
