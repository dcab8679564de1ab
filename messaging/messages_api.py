"""REST: texts, read, sent, called off and let go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_operations import by_key, operation
from config.api_views import UUID_PATTERN, Reading
from messaging import message_shapes as shapes
from messaging import scheduled
from messaging.attachments import outgoing
from messaging.models import Message
from messaging.scheduled import HasLeft
from messaging.services import NotAllowed, is_same_text, send_as
from tenants.models import ApiKey
from tenants.scope import current_business

# Sooner is at once, later is a mistake (as for members: inbox/thread/hours.py).
SOONEST, LATEST = timedelta(seconds=90), timedelta(days=90)
# Refusals that concern the text, not whom it goes to.
_ABOUT_THE_WORDS = frozenset({"CONTENT_BLOCKED", "PROMO_WITHOUT_PEWC", "WA_CEMA"})
MESSAGE = {
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


@reading_documented(
    "Messages",
    shapes.MessageFilters,
    MESSAGE,
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
        request=shapes.SendSerializer,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Taken as `client_token` as well, where it has at most 80 characters.",
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
            OpenApiExample("Queued", response_only=True, status_codes=["201"], value=MESSAGE),
            OpenApiExample(
                "Opted out",
                response_only=True,
                status_codes=["422"],
                media_type="application/problem+json",
                value={
                    "type": "/api/docs/#unusable",
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
            201: shapes.MessageSerializer,
            **problems(400, 401, 422),
        },
    )
)
class Messages(ListModelMixin, RetrieveModelMixin, Reading):
    """Texts, in and out."""

    area = "messages"
    scopes = {"create": "messages:send", "cancel": "messages:send", "send_now": "messages:send"}
    queryset = Message.objects.all()
    serializer_class = shapes.MessageSerializer
    filters = shapes.MessageFilters
    lookup_value_regex = UUID_PATTERN

    def create(self, request: Request) -> Response:
        """Queue one text. Raises Unusable (422) naming the field or giving the gate's code."""
        given = request.data
        key = request.headers.get("Idempotency-Key")
        # A longer one is a key all the same, but not for longer than any other.
        if key is not None and len(key) <= 80 and isinstance(given, dict):
            given = {**given, "client_token": key}
        asked = shapes.SendSerializer(data=given)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        assert isinstance(request.auth, ApiKey)
        send_at = _hour(wanted.get("send_at"))
        try:
            message = send_as(
                wanted["to"],
                wanted["body"],
                author=Message.Author.API,
                author_name=request.auth.name,
                client_token=wanted.get("client_token"),
                purpose=wanted.get("purpose", "manual"),
                from_number=wanted.get("from_number"),
                send_after=send_at,
                is_chosen=send_at is not None,
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
        return Response(shapes.MessageSerializer(message).data, status=201)

    @operation(
        "Messages", "messages_cancel", "Call a text off",
        "A text that waits, for its hour or because the gate holds it, is never sent. One that has "
        "left is a 422 with the code `has_left`.",
        gives=shapes.MessageSerializer, told=MESSAGE | {"status": "cancelled"},
        errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call it off. Raises Unusable."""
        text, by = self._waiting(), by_key(request)
        try:
            scheduled.call_off(
                text, current_business().pk, code=scheduled.CALLED_OFF,
                sentence=f"Called off by {by}.",
            )  # fmt: skip
        except HasLeft:
            raise _left() from None
        outgoing.release(text.pk, current_business().pk, timezone.now())
        return self._now(text)

    @operation(
        "Messages", "messages_send_now", "Send a waiting text now",
        "A text that waits for its hour goes at once; the gate is asked as ever, so one that it "
        "holds may be held again. One that has left is a 422 with the code `has_left`.",
        gives=shapes.MessageSerializer, told=MESSAGE, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="send-now")
    def send_now(self, request: Request, pk: str) -> Response:
        """Let it go. Raises Unusable."""
        text = self._waiting()
        try:
            scheduled.send_now(text, current_business().pk)
        except HasLeft:
            raise _left() from None
        return self._now(text)

    def _waiting(self) -> Message:
        text: Message = self.get_object()
        if scheduled.waiting(str(text.pk)) is None:
            raise _left()
        return text

    def _now(self, text: Message) -> Response:
        return Response(shapes.MessageSerializer(Message.objects.get(pk=text.pk)).data)


def _left() -> Unusable:
    return Unusable(
        "", "That text has left already, was called off, or is no member's and no program's.",
        "has_left",
    )  # fmt: skip


def _hour(send_at: datetime | None) -> datetime | None:
    """Return when a text is to leave, None for at once. Raises Unusable naming send_at."""
    if send_at is None:
        return None
    ahead = send_at - timezone.now()
    if ahead > LATEST:
        raise Unusable("send_at", f"At most {LATEST.days} days ahead.")
    if ahead < -SOONEST:
        raise Unusable("send_at", "This moment has passed.")
    return send_at if ahead > SOONEST else None
