"""REST: contacts, conversations, messages (read and send) and the consent ledger of one business."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import UUID_PATTERN, Reading
from messaging import serializers
from messaging.audit import note_look
from messaging.models import ConsentEvent, Contact, Conversation, Message
from messaging.services import NotAllowed, is_same_text, send_as
from tenants.models import ApiKey

# Refusals that concern the text, not whom it goes to.
_ABOUT_THE_WORDS = frozenset({"CONTENT_BLOCKED", "PROMO_WITHOUT_PEWC", "WA_CEMA"})
_CONTACT = {
    "id": 7,
    "phone": "+13125550142",
    "name": "Dana Reyes",
    "email": "dana@reyes.example",
    "company": "Reyes Bakery",
    "language": "",
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
_CONVERSATION = {
    "id": 7,
    "contact": {name: _CONTACT[name] for name in ("id", "phone", "name", "opted_out_at")},
    "state": "open",
    "unread": 1,
    "last_at": "2026-11-21T16:12:31.004000Z",
    "last_line": "Thanks, see you at two",
    "last_direction": "in",
    "created_at": "2026-11-20T15:04:05.120000Z",
}
_MESSAGE = {
    "id": "019aa2b4-7c1e-7d3a-9f00-5c2b8e4d1a77",
    "conversation": 7,
    "direction": "out",
    "status": "queued",
    "author": "api",
    "author_name": "CRM",
    "body": "Your plumber is on the way.",
    "media": [],
    "segments": 1,
    "encoding": "GSM-7",
    "our_number": "+13125550100",
    "their_number": "+13125550142",
    "purpose": "manual",
    "category": "C1",
    "call": None,
    "template": "",
    "held_until": None,
    "hold_code": "",
    "clearances": [
        {
            "result": "send",
            "code": "ALLOW_MANUAL",
            "row": "47",
            "rules": ["8.47"],
            "sentence": "Written to one person by the business itself.",
            "at": "2026-11-21T16:10:00.000000+00:00",
            "ruleset": "2026.11-3f9a12bc",
            "policy": 1,
        }
    ],
    "client_token": "job-4711",
    "provider": "twilio",
    "provider_id": None,
    "error_code": "",
    "error_sentence": "",
    "created_at": "2026-11-21T16:10:00.000000Z",
    "send_after": None,
    "expires_at": "2026-11-22T04:10:00.000000Z",
    "sent_at": None,
    "delivered_at": None,
}
_CONSENT = {
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
    _CONTACT,
    listed="The people this business had a call or a text with, newest first.",
    one="One contact.",
)
class Contacts(ListModelMixin, RetrieveModelMixin, Reading):
    """People behind numbers."""

    queryset = Contact.objects.select_related("conversation")
    serializer_class = serializers.ContactSerializer
    filters = serializers.ContactFilters


@reading_documented(
    "Conversations",
    serializers.ConversationFilters,
    _CONVERSATION,
    listed="The threads of this business, the one where something happened last first.",
    one="One conversation; its texts are at `/api/v1/messages/?conversation=`.",
)
class Conversations(ListModelMixin, RetrieveModelMixin, Reading):
    """One thread a contact."""

    queryset = Conversation.objects.select_related("contact")
    serializer_class = serializers.ConversationSerializer
    filters = serializers.ConversationFilters
    ordering = ("-last_at", "-id")


@reading_documented(
    "Consent",
    serializers.ConsentEventFilters,
    _CONSENT,
    listed="What people allowed or refused, newest first. The ledger is append-only.",
    one="One event of the ledger.",
)
class ConsentEvents(ListModelMixin, RetrieveModelMixin, Reading):
    """The consent ledger. Whoever reads in it is written down."""

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


@reading_documented(
    "Messages",
    serializers.MessageFilters,
    _MESSAGE,
    listed="Texts in and out, newest first.",
    one="One text, with what became of it.",
)
@extend_schema_view(
    create=extend_schema(
        tags=["Messages"],
        summary="Send a text",
        description=(
            "Queues one text and answers with it at once; ask for it again to see it delivered. "
            "Every text passes the same gate as a member's: a person who opted out, a number that "
            "cannot get texts or a suspended business is refused with 422 and the gate's code. "
            "With a `client_token` (or the header `Idempotency-Key`, which means the same and wins) "
            "a repeated request answers with the first text and sends nothing twice."
        ),
        request=serializers.SendSerializer,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Taken as `client_token`; at most 80 characters.",
            )
        ],
        examples=[
            OpenApiExample(
                "A text",
                request_only=True,
                value={
                    "to": "+13125550142",
                    "body": "Your plumber is on the way.",
                    "client_token": "job-4711",
                },
            ),
            OpenApiExample("Queued", response_only=True, status_codes=["201"], value=_MESSAGE),
            OpenApiExample(
                "Opted out",
                response_only=True,
                status_codes=["422"],
                media_type="application/problem+json",
                value={
                    "type": "urn:ringback:problem:unusable",
                    "status": 422,
                    "title": "Something in the request cannot be used",
                    "detail": "No text: this person opted out.",
                    "errors": [
                        {
                            "field": "to",
                            "code": "SUPPRESSED_OPTOUT",
                            "detail": "No text: this person opted out.",
                        }
                    ],
                },
            ),
        ],
        responses={
            201: serializers.MessageSerializer,
            **problems(400, 401, 422),
        },
    )
)
class Messages(ListModelMixin, RetrieveModelMixin, Reading):
    """Texts, in and out."""

    queryset = Message.objects.all()
    serializer_class = serializers.MessageSerializer
    filters = serializers.MessageFilters
    lookup_value_regex = UUID_PATTERN

    def create(self, request: Request) -> Response:
        """Queue one text. Raises Unusable (422) naming the field or giving the gate's code."""
        given = request.data
        key = request.headers.get("Idempotency-Key")
        if key is not None and isinstance(given, dict):
            given = {**given, "client_token": key}
        asked = serializers.SendSerializer(data=given)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        assert isinstance(request.auth, ApiKey)
        try:
            message = send_as(
                wanted["to"],
                wanted["body"],
                author=Message.Author.API,
                author_name=request.auth.name,
                client_token=wanted.get("client_token"),
                purpose=wanted.get("purpose", "manual"),
                from_number=wanted.get("from_number"),
            )
        except NotAllowed as refusal:
            clearance = refusal.clearance
            about = "body" if clearance.code in _ABOUT_THE_WORDS else "to"
            raise Unusable(about, clearance.sentence, clearance.code) from None
        except ValueError as error:
            field, _, sentence = str(error).partition(": ")
            raise Unusable(field, f"{sentence[:1].upper()}{sentence[1:]}.") from None
        same = is_same_text(message, wanted["to"], wanted["body"])
        if not same or message.purpose != wanted.get("purpose", "manual"):
            # Saying 201 would promise a text that nobody is going to send.
            raise Unusable("client_token", "This token was used for another text.", "token_used")
        return Response(serializers.MessageSerializer(message).data, status=201)
