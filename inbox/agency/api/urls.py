"""URLs of an agency's keys and webhooks."""

from __future__ import annotations

from django.urls import path

from inbox.agency.api import hooks, pages

urlpatterns = [
    path("api/", pages.overview, name="api"),
    path("api/keys/<int:key_id>/<slug:act>/", pages.change, name="key-change"),
    path("api/webhooks/", hooks.overview, name="webhooks"),
    path("api/webhooks/<uuid:endpoint_id>/", hooks.endpoint, name="webhook"),
    path("api/webhooks/<uuid:endpoint_id>/deliveries.csv", hooks.deliveries, name="deliveries-csv"),
    path("api/webhooks/<uuid:endpoint_id>/<slug:act>/", hooks.change, name="webhook-change"),
]
