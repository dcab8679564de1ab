"""URLs of the public host: sign-in, support admin, API, health; webhooks stand before Django."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from billing import webhooks as billing_webhooks
from calls.views import greeting
from config import health
from config.admin_sites import support_site
from inbox.oauth.pages import authorize
from integrations.oauth import views as oauth
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
    path("admin/", include("inbox.support.urls")),
    path("admin/", support_site.urls),
    path("media/<str:token>/", by_link, name="media"),
    path("sound/greeting/<path:signed>", greeting, name="greeting-sound"),
    path("", include("inbox.audits.urls")),
    path("agency/", include("inbox.agency.urls")),
    path("billing/stripe/", billing_webhooks.platform, name="stripe"),
    path("billing/stripe/connect/", billing_webhooks.connect, name="stripe-connect"),
    path("oauth/authorize/", authorize, name="oauth-authorize"),
    path("oauth/token/", oauth.Token.as_view()),
    path("oauth/revoke/", oauth.Revoke.as_view()),
    path(".well-known/oauth-authorization-server", oauth.metadata),
    path("api/", include("config.api_urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
if settings.SIMULATOR_ENABLED:
    urlpatterns.append(path("simulator/", include("calls.simulator.urls")))
