"""URLs of an agency's own facts."""

from __future__ import annotations

from django.urls import path

from inbox.agency.profile import pages

urlpatterns = [path("profile/", pages.profile, name="profile")]
