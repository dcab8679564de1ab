"""What businesses used, as support sees it."""

from __future__ import annotations

from django.contrib import admin

from billing.models import UsageRecord
from config.admin_sites import ReadOnlyAdmin, support_site


@admin.register(UsageRecord, site=support_site)
class UsageRecordAdmin(ReadOnlyAdmin):
    """One unit of use a row; written by what was used, never by hand."""

    list_display = ("occurred_at", "business", "kind", "quantity", "key")
    list_filter = ("kind", ("business", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("business",)
    search_fields = ("=key",)
    ordering = ("-occurred_at",)
