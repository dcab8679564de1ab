"""URLs of the onboarding wizard."""

from __future__ import annotations

from django.urls import path

from inbox.agency.onboarding import pages

urlpatterns = [
    path("onboarding/", pages.start, name="onboarding"),
    path("onboarding/<int:business_id>/", pages.go_on, name="onboarding-go"),
    path("onboarding/<int:business_id>/<slug:step>/", pages.step, name="onboarding-step"),
]
