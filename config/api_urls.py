"""URLs of the REST API, the same on the public host and on every business's own host."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from billing.usage_api import Usage
from calls.api import Calls
from calls.callbacks_api import Callbacks
from calls.hours_api import Holidays, OpeningHours
from calls.intake.api import CallEvents, SignedCallEvents
from calls.lines_api import Lines
from calls.rules_api import RulesInForce, RulesSimulate, RulesValidate
from calls.versions_api import RuleVersions
from config.api_views import nothing_here
from inbox.api.answering import AnsweringSettings
from inbox.api.answers import Alerts, Promises, Waits
from inbox.api.businesses import Businesses
from inbox.api.conversations import Conversations
from inbox.api.members import Colleagues, Invitations, Members
from inbox.api.notes import Notes
from inbox.api.people import Contacts, Merges
from inbox.api.playbooks import Playbooks
from inbox.api.pushes import Pushes
from inbox.api.teams import Fields, Teams
from inbox.api.things import QuickReplies, Tags
from integrations.api import Deliveries, Endpoints, Hooks
from integrations.events_api import Events, EventTypes, Me
from integrations.keys_api import Keys
from integrations.requests_api import Requests
from messaging.consent_api import ConsentCheck, ConsentEvents
from messaging.evidence.api import EvidenceExports
from messaging.messages_api import Messages
from messaging.roots_api import LedgerRoots
from messaging.senders.api import (
    NumberOffers,
    NumberOrders,
    NumberReleases,
    SenderRegistration,
)
from messaging.settings_api import CompliancePolicy, Limits
from messaging.templates_api import Templates

router = SimpleRouter()
router.register("businesses", Businesses, "business")
router.register("calls", Calls, "call")
router.register("call-events", CallEvents, "call-event")
router.register("contacts", Contacts, "contact")
router.register("contact-merges", Merges, "contact-merge")
router.register("conversations", Conversations, "conversation")
router.register("messages", Messages, "message")
router.register("notes", Notes, "note")
router.register("callbacks", Callbacks, "callback")
router.register("templates", Templates, "template")
router.register("quick-replies", QuickReplies, "quick-reply")
router.register("tags", Tags, "tag")
router.register("teams", Teams, "team")
router.register("fields", Fields, "field")
router.register("members", Members, "member")
router.register("colleagues", Colleagues, "colleague")
router.register("invitations", Invitations, "invitation")
router.register("lines", Lines, "line")
router.register("holidays", Holidays, "holiday")
router.register("number-orders", NumberOrders, "number-order")
router.register("number-releases", NumberReleases, "number-release")
router.register("rule-versions", RuleVersions, "rule-version")
router.register("waits", Waits, "wait")
router.register("promises", Promises, "promise")
router.register("alerts", Alerts, "alert")
router.register("consent-events", ConsentEvents, "consent-event")
router.register("ledger-roots", LedgerRoots, "ledger-root")
router.register("evidence-exports", EvidenceExports, "evidence-export")
router.register("webhook-endpoints", Endpoints, "webhook-endpoint")
router.register("webhook-deliveries", Deliveries, "webhook-delivery")
router.register("events", Events, "event")
router.register("event-types", EventTypes, "event-type")
router.register("hooks", Hooks, "hook")
router.register("keys", Keys, "key")
router.register("playbooks", Playbooks, "playbook")
router.register("playbook-pushes", Pushes, "playbook-push")
router.register("requests", Requests, "request")

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/call-events/<str:token>/", SignedCallEvents.as_view(), name="call-events-signed"),
    path("v1/me/", Me.as_view(), name="api-me"),
    path("v1/consent/check/", ConsentCheck.as_view(), name="consent-check"),
    path("v1/opening-hours/", OpeningHours.as_view(), name="opening-hours-api"),
    path("v1/number-offers/", NumberOffers.as_view(), name="number-offers"),
    path("v1/registration/", SenderRegistration.as_view(), name="registration-api"),
    path("v1/policy/", CompliancePolicy.as_view(), name="policy-api"),
    path("v1/limits/", Limits.as_view(), name="limits-api"),
    path("v1/answering/", AnsweringSettings.as_view(), name="answering-api"),
    path("v1/usage/", Usage.as_view(), name="usage-api"),
    path("v1/rules/", RulesInForce.as_view(), name="rules-api"),
    path("v1/rules/validate/", RulesValidate.as_view(), name="rules-validate"),
    path("v1/rules/simulate/", RulesSimulate.as_view(), name="rules-simulate"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    re_path("", nothing_here),
]
