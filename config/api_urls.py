"""URLs of the REST API, the same on the public host and on every business's own host."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from calls.api import Calls
from calls.intake.api import CallEvents, SignedCallEvents
from calls.rules_api import RulesInForce, RulesSimulate, RulesValidate
from config.api_views import nothing_here
from messaging.api import ConsentEvents, Contacts, Conversations, Messages
from messaging.evidence.api import EvidenceExports
from messaging.roots_api import LedgerRoots

router = SimpleRouter()
router.register("calls", Calls, "call")
router.register("call-events", CallEvents, "call-event")
router.register("contacts", Contacts, "contact")
router.register("conversations", Conversations, "conversation")
router.register("messages", Messages, "message")
router.register("consent-events", ConsentEvents, "consent-event")
router.register("ledger-roots", LedgerRoots, "ledger-root")
router.register("evidence-exports", EvidenceExports, "evidence-export")

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/call-events/<str:token>/", SignedCallEvents.as_view(), name="call-events-signed"),
    path("v1/rules/", RulesInForce.as_view(), name="rules-api"),
    path("v1/rules/validate/", RulesValidate.as_view(), name="rules-validate"),
    path("v1/rules/simulate/", RulesSimulate.as_view(), name="rules-simulate"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    re_path("", nothing_here),
]
