"""URLs of Settings."""

from django.urls import path

from inbox.settings import mine, people, things

urlpatterns = [
    path("", mine.profile, name="settings"),
    path("notices/", mine.notices, name="settings-notices"),
    path("security/", mine.protection, name="settings-security"),
    path("welcome/", mine.welcome, name="settings-welcome"),
    path("members/", people.overview, name="settings-members"),
    path("members/invite/", people.invite, name="member-invite"),
    path("members/invitations/<int:invitation_id>/again/", people.resend, name="member-resend"),
    path(
        "members/invitations/<int:invitation_id>/withdraw/",
        people.withdraw,
        name="member-withdraw",
    ),
    path("members/<int:membership_id>/role/", people.change_role, name="member-role"),
    path("members/<int:membership_id>/out/", people.let_go, name="member-out"),
    path("members/<int:membership_id>/back/", people.let_back, name="member-back"),
    path("teams/", things.teams, name="settings-teams"),
    path("replies/", things.replies, name="settings-replies"),
    path("tags/", things.tags, name="settings-tags"),
    path("views/", things.views, name="settings-views"),
    path("fields/", things.fields, name="settings-fields"),
]
