"""URLs of an agency's own host: signing in, its clients' businesses and its own pages, nothing of ours."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config import health
from tenants.brand_pages import brand_file
from tenants.entry.security import page as security
from tenants.entry.urls import SECURITY_NAMES
from tenants.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("tenants.entry.urls")),
    *(path("account/security/", security, name=name) for name in SECURITY_NAMES),
    path("brand/<str:version>/<str:file>", brand_file),
    path("agency/", include("inbox.agency.urls")),
    path("", include("inbox.audits.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
