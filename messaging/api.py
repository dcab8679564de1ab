"""REST: contacts, conversations and the consent ledger of one business, as they are read."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_docs import reading_documented
from config.api_views import Reading
from messaging import serializers
from messaging.audit import note_look
from messaging.models import ConsentEvent, Contact, Conversation
from tenants.models import ApiKey

CONTACT = {
    "id": 7,
    "external_id": "crm-2041",
    "phone": "+13125550142",
    "name": "Dana Reyes",
    "email": "dana@reyes.example",
    "company": "Reyes Bakery",
    "language": "",
    "state": "IL",
    "zone": "America/Chicago",
    "tags": ["estimate"],
    "fields": {"boiler": "Vitodens"},
    "vip_at": None,
    "merged_into": None,
    "opted_out_at": None,
    "ignored_at": None,
    "untextable_at": None,
    "created_at": "2026-11-20T15:04:05.120000Z",
    "conversation": 7,
}
CONVERSATION = {
    "id": 7,
    "contact": {name: CONTACT[name] for name in ("id", "phone", "name", "opted_out_at")},
    "state": "open",
    "unread": 1,
    "last_at": "2026-11-21T16:12:31.004000Z",
    "last_line": "Thanks, see you at two",
    "last_direction": "in",
    "assignee": 12,
    "team": None,
    "tags": ["estimate"],
    "snoozed_until": None,
    "closed_at": None,
    "actionable_at": "2026-11-21T16:12:31.004000Z",
    "waiting_since": "2026-11-21T16:12:31.004000Z",
    "failed_at": None,
    "voicemail_at": None,
    "escalated_at": None,
    "promise_at": None,
    "created_at": "2026-11-20T15:04:05.120000Z",
}
CONSENT = {
    "id": 3,
    "seq": 3,
    "contact": 7,
    "phone": "+13125550142",
    "kind": "opt_out",
    "channel": "sms",
    "level": None,
    "raw_text": "Stop please",
    "matched_by": "per_se",
    "matched": "stop",
    "provider": "twilio",
    "provider_id": "SM0123456789abcdef0123456789abcdef",
    "actor": "",
    "occurred_at": "2026-11-21T16:20:00.000000Z",
    "recorded_at": "2026-11-21T16:20:00.051000Z",
    "prev_hash": "5f0c8d0a4c1c7b7ad3f3e5fd5a4fce1ba4dc4ff61ea8d2df0e0e4ee37af8ab1d",
    "row_hash": "0b3e2f9a6f3a55b6b1d7a9d7b1a4c2d9c6e2a8e9a6c5b4d3e2f1a0b9c8d7e6f5",
}


@reading_documented(
    "Contacts",
    serializers.ContactFilters,
    CONTACT,
    listed="The people this business had a call or a text with, newest first.",
    one="One contact.",
)
class Contacts(ListModelMixin, RetrieveModelMixin, Reading):
    """People behind numbers."""

    area = "contacts"
    queryset = Contact.objects.select_related("conversation")
    serializer_class = serializers.ContactSerializer
    filters = serializers.ContactFilters


@reading_documented(
    "Conversations",
    serializers.ConversationFilters,
    CONVERSATION,
    listed="The threads of this business, the one where something happened last first.",
    one="One conversation; its texts are at `/api/v1/messages/?conversation=`.",
)
class Conversations(ListModelMixin, RetrieveModelMixin, Reading):
    """One thread a contact."""

    area = "conversations"
    queryset = Conversation.objects.select_related("contact")
    serializer_class = serializers.ConversationSerializer
    filters = serializers.ConversationFilters
    ordering = ("-last_at", "-id")


@reading_documented(
    "Consent",
    serializers.ConsentEventFilters,
    CONSENT,
    listed="What people allowed or refused, newest first. The ledger is append-only.",
    one="One event of the ledger.",
)
class ConsentEvents(ListModelMixin, RetrieveModelMixin, Reading):
    """The consent ledger. Whoever reads in it is written down."""

    area = "consent"
    queryset = ConsentEvent.objects.select_related("detail")
    serializer_class = serializers.ConsentEventSerializer
    filters = serializers.ConsentEventFilters
    ordering = ("-occurred_at", "-id")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page of events."""
        answer = super().list(request, *args, **kwargs)
        given, rows = request.query_params.dict(), len(answer.data["results"])
        # What finds nobody may be anything, a number too.
        return self._noted(answer, rows, given.get("contact", "") if rows else "", given)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with one event."""
        answer = super().retrieve(request, *args, **kwargs)
        return self._noted(answer, 1, str(answer.data["contact"]), {})

    def _noted(self, answer: Response, rows: int, contact: str, given: dict[str, str]) -> Response:
        key = self.request.auth
        assert isinstance(key, ApiKey)
        note_look(
            "ledger.read", actor=f"API key {key.name}", door="api", at=timezone.now(), rows=rows,
            given=given, subject=contact,
        )  # fmt: skip
        return answer
