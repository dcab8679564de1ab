"""URLs of an agency's look and its domains."""

from __future__ import annotations

from django.urls import path

from inbox.agency.look import domains, pages

urlpatterns = [
    path("look/", pages.look, name="look"),
    path("look/logo/", pages.logo, name="look-logo"),
    path("look/logo.png", pages.shown_logo, name="look-logo-shown"),
    path("look/sender/", pages.sender, name="look-sender"),
    path("look/sender/<str:token>/", pages.sender_proof, name="look-sender-proof"),
    path("look/domains/add/", domains.add, name="look-domain-add"),
    path("look/domains/<int:domain_id>/check/", domains.check, name="look-domain-check"),
    path("look/domains/<int:domain_id>/choose/", domains.choose, name="look-domain-choose"),
    path("look/domains/<int:domain_id>/remove/", domains.remove, name="look-domain-remove"),
]
