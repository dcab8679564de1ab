"""URLs of bringing in a file of businesses."""

from __future__ import annotations

from django.urls import path

from inbox.agency.imports import pages

urlpatterns = [
    path("imports/", pages.imports, name="imports"),
    path("imports/template.csv", pages.template, name="import-template"),
    path("imports/<uuid:import_id>/", pages.one, name="import"),
    path("imports/<uuid:import_id>/progress/", pages.progress, name="import-progress"),
    path("imports/<uuid:import_id>/act/", pages.act, name="import-act"),
    path("imports/<uuid:import_id>/result.csv", pages.result, name="import-result"),
]
