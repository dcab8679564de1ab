"""URLs of an agency's money."""

from __future__ import annotations

from django.urls import path

from inbox.agency.billing import connecting, files, pages

urlpatterns = [
    path("billing/", pages.overview, name="billing"),
    path("billing/connect/", connecting.connect, name="billing-connect"),
    path("margin.csv", pages.export, name="billing-csv"),
    path("usage.csv", files.usage, name="usage-csv"),
    path("invoices.csv", files.invoices, name="invoices-csv"),
    path("billing/<int:business_id>/subscribe/", pages.subscribe, name="billing-subscribe"),
    path("billing/<int:business_id>/manage/", pages.manage, name="billing-manage"),
]
