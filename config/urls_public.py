"""URLs of the public host: sign-in, support admin, API, health; webhooks stand before Django."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from calls.views import greeting
from config import health
from config.admin_sites import support_site
from messaging.admin_rules import rules
from messaging.attachments.serving import by_link
from tenants.entry.security import page as security
from tenants.entry.urls import SECURITY_NAMES
from tenants.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("tenants.entry.urls")),
    *(path("account/security/", security, name=name) for name in SECURITY_NAMES),
    path("admin/rules/", support_site.admin_view(rules), name="admin-rules"),
    path("admin/", support_site.urls),
    path("media/<str:token>/", by_link, name="media"),
    path("sound/greeting/<path:signed>", greeting, name="greeting-sound"),
    path("", include("inbox.audits.urls")),
    path("api/", include("config.api_urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
if settings.SIMULATOR_ENABLED:
    urlpatterns.append(path("simulator/", include("calls.simulator.urls")))
