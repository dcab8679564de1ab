"""URLs of an agency's members."""

from __future__ import annotations

from django.urls import path

from inbox.agency.members import files, pages

urlpatterns = [
    path("members/", pages.overview, name="members"),
    path("members.csv", files.people, name="members-csv"),
    path("members/invite/", pages.invite, name="member-invite"),
    path("members/invitations/<int:invitation_id>/again/", pages.resend, name="member-resend"),
    path("members/invitations/<int:invitation_id>/withdraw/", pages.withdraw, name="member-withdraw"),
    path("members/<int:membership_id>/role/", pages.change_role, name="member-role"),
    path("members/<int:membership_id>/out/", pages.let_go, name="member-out"),
    path("members/<int:membership_id>/back/", pages.let_back, name="member-back"),
    path("join/<str:token>/", pages.join, name="join"),
]  # fmt: skip
