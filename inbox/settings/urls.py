"""URLs of Settings."""

from django.urls import path

from inbox.billing import changing
from inbox.billing import pages as billing
from inbox.exports import office_pages as exports
from inbox.settings import hooks, keys, mine, people, things

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
    path("integrations/", hooks.overview, name="settings-integrations"),
    path("integrations/keys/", keys.overview, name="settings-keys"),
    path("integrations/keys/requests.csv", exports.requests, name="requests-csv"),
    path("integrations/keys/<int:key_id>/<slug:act>/", keys.change, name="settings-key"),
    path("integrations/apps/<int:key_id>/disconnect/", hooks.disconnect, name="settings-app-out"),
    path("integrations/crm/<slug:kind>/", hooks.crm, name="settings-crm"),
    path("integrations/<uuid:endpoint_id>/", hooks.endpoint, name="settings-endpoint"),
    path(
        "integrations/<uuid:endpoint_id>/deliveries.csv", exports.deliveries, name="deliveries-csv"
    ),
    path(
        "integrations/<uuid:endpoint_id>/<slug:act>/", hooks.change, name="settings-endpoint-change"
    ),
    path("fields/", things.fields, name="settings-fields"),
    path("billing/", billing.overview, name="settings-billing"),
    path("billing/usage.csv", exports.usage, name="usage-csv"),
    path("billing/invoices.csv", exports.invoices, name="invoices-csv"),
    path("billing/manage/", billing.manage, name="billing-manage"),
    path("billing/change/<slug:key>/", changing.change, name="billing-change"),
    path("billing/plans/<slug:key>/", billing.subscribe, name="billing-subscribe"),
]
