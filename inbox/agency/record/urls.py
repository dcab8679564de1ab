"""URLs of an agency's record."""

from __future__ import annotations

from django.urls import path

from inbox.agency.record import pages

urlpatterns = [
    path("record/", pages.record, name="record"),
    path("record.csv", pages.export, name="record-csv"),
]
