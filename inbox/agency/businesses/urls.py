"""URLs of the list of businesses."""

from __future__ import annotations

from django.urls import path

from inbox.agency.businesses import pages

urlpatterns = [
    path("", pages.businesses, name="businesses"),
    path("businesses.csv", pages.export, name="businesses-csv"),
    path("businesses/<int:business_id>/enter/", pages.enter, name="enter"),
]
