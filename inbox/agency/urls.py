"""URLs of an agency's pages, on the public host. Each names its agency: tabs of two never mix."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from inbox.agency.sign_up import pages as sign_up

app_name = "agency"
# Each room brings its own list of paths.
_ROOMS = (
    "inbox.agency.businesses.urls",
    "inbox.agency.lifecycle.urls",
    "inbox.agency.imports.urls",
    "inbox.agency.look.urls",
    "inbox.agency.members.urls",
    "inbox.agency.onboarding.urls",
    "inbox.agency.playbooks.urls",
    "inbox.agency.profile.urls",
    "inbox.agency.api.urls",
    "inbox.agency.billing.urls",
    "inbox.agency.record.urls",
)
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-up/", sign_up.ask, name="sign-up"),
    path("sign-up/<str:token>/", sign_up.found, name="sign-up-link"),
    *(path("<int:agency_id>/", include(room)) for room in _ROOMS),
]
