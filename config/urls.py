"""URLs of a business's own host."""

from __future__ import annotations

from django.urls import include, path

from config import health
from config.admin_sites import business_site
from inbox.agency.businesses.entering import enter
from inbox.oauth.pages import authorize
from inbox.settings.mine import protection as security
from inbox.support.visiting import end as visit_end
from tenants.brand_pages import brand_file
from tenants.entry.urls import SECURITY_NAMES

urlpatterns = [
    path("brand/<str:version>/<str:file>", brand_file),
    path("", include("inbox.urls")),
    path("visit/end/", visit_end, name="visit-end"),
    path("enter/<str:token>/", enter, name="enter"),
    path("", include("tenants.entry.urls")),
    *(path("settings/security/", security, name=name) for name in SECURITY_NAMES),
    path("admin/", business_site.urls),
    path("oauth/authorize/", authorize, name="oauth-authorize"),
    path("api/", include("config.api_urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
