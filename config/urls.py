"""URLs of a business's own host."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from config import health
from config.admin_sites import business_site

urlpatterns = [
    path("", include("inbox.urls")),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", business_site.urls),
    path("api/", include("config.api_urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
