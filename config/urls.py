"""URLs of a business's own host."""

from __future__ import annotations

from django.urls import include, path

from config import health
from config.admin_sites import business_site
from inbox.settings.mine import protection as security
from tenants.entry.urls import SECURITY_NAMES

urlpatterns = [
    path("", include("inbox.urls")),
    path("", include("tenants.entry.urls")),
    *(path("settings/security/", security, name=name) for name in SECURITY_NAMES),
    path("admin/", business_site.urls),
    path("api/", include("config.api_urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
