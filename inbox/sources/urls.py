"""URLs of the pages of phone systems."""

from __future__ import annotations

from django.urls import path

from inbox.sources import pages

urlpatterns = [
    path("systems/", pages.overview, name="sources"),
    path("systems/new/", pages.add, name="source-add"),
    path("systems/<int:source_id>/", pages.source, name="source"),
    path("systems/<int:source_id>/3cx.xml", pages.template, name="source-template"),
    path("systems/<int:source_id>/<slug:act>/", pages.change, name="source-change"),
]
