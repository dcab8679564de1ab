"""How the OpenAPI document describes the door for reported calls."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from calls.intake.events import OUTCOMES, TYPES
from calls.intake.generic import TYPES as SENT_TYPES
from calls.intake.reading import STATUSES
from config.api_docs import ProblemSerializer, problems

TAG = "Call events"
DECIDED = ["", "send", "hold", "skip"]


class SourceProof(BaseAuthentication):
    """Stands for the signature in the OpenAPI document; calls.intake.receiving checks it."""

    def authenticate(self, request: Request) -> None:
        """Leave it to the door, which knows the phone system by the address."""


class SourceProofScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes the signature."""

    target_class = "calls.intake.api_docs.SourceProof"
    name = "sourceSignature"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "Standard Webhooks: with webhook-id and webhook-timestamp, by the source's "
            "secret. Addresses of RingCentral, Aircall, Quo, Dialpad and 3CX take those systems' own "
            "proof instead.",
        }


class ReportedEventSerializer(serializers.Serializer[Any]):
    """One event that was reported, and what became of it."""

    id = serializers.IntegerField()
    source = serializers.IntegerField(  # type: ignore[assignment]
        help_text="The phone system."
    )
    source_name = serializers.CharField(help_text="Empty once it was taken away.")
    event_id = serializers.CharField()
    call_id = serializers.CharField()
    type = serializers.ChoiceField([*TYPES, ""], help_text="In our words.")
    outcome = serializers.ChoiceField([*OUTCOMES, ""], help_text="In our words.")
    caller = serializers.CharField(help_text="As it was sent; empty when withheld.")
    received_at = serializers.DateTimeField()
    repeats = serializers.IntegerField(help_text="How often it came again after the first time.")
    status = serializers.ChoiceField(
        STATUSES,
        help_text="waiting: not worked on yet. done: see `call`. ignored: understood, nothing to do. "
        "refused: answered 422. failed: our fault, support sees it.",
    )
    sentence = serializers.CharField(help_text="What became of it, for people.")
    call = serializers.IntegerField(allow_null=True, help_text="The call it is part of.")
    decision = serializers.ChoiceField(DECIDED)
    code = serializers.CharField(help_text="Stable, such as `SEND`, `SAME_CALL` or `EXPIRED`.")


ROW = ReportedEventSerializer


class AcceptedSerializer(serializers.Serializer[Any]):
    """An event that is stored: it is not lost any more."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(["accepted", "duplicate"])
    note = serializers.CharField(
        help_text="Why nothing will be done with it, such as that it was a test; else empty."
    )


EVENT = inline_serializer(
    "CallEvent",
    {
        "event_id": serializers.CharField(
            max_length=200, help_text="Yours; the same event sent again is taken once."
        ),
        "call_id": serializers.CharField(
            max_length=200, help_text="Yours; the same for every event of a call."
        ),
        "type": serializers.ChoiceField(list(SENT_TYPES)),
        "from": serializers.CharField(help_text="The caller: +13125550142, or `anonymous`."),
        "to": serializers.CharField(required=False, help_text="The number that was called."),
        "line": serializers.CharField(
            required=False, help_text="Your line here that a text leaves from."
        ),
        "direction": serializers.ChoiceField(["inbound", "outbound"], default="inbound"),
        "outcome": serializers.ChoiceField(
            list(OUTCOMES), required=False, help_text="Needed with `call.ended`."
        ),
        "started_at": serializers.DateTimeField(
            help_text="ISO 8601 with its zone, or Unix seconds."
        ),
        "answered_at": serializers.DateTimeField(required=False),
        "ended_at": serializers.DateTimeField(required=False),
        "ring_seconds": serializers.IntegerField(required=False),
        "talk_seconds": serializers.IntegerField(required=False),
        "voicemail_seconds": serializers.IntegerField(required=False),
    },
)
EXAMPLE = {
    "event_id": "evt_8f3c",
    "call_id": "call_5521",
    "type": "call.ended",
    "from": "+13125550142",
    "to": "+13125550199",
    "direction": "inbound",
    "outcome": "no_answer",
    "started_at": "2026-11-21T16:04:02Z",
    "ended_at": "2026-11-21T16:04:25Z",
}
ROW_EXAMPLE = {
    "id": 812,
    "source": 3,
    "source_name": "Office PBX",
    "event_id": "evt_8f3c",
    "call_id": "call_5521",
    "type": "ended",
    "outcome": "no_answer",
    "caller": "+13125550142",
    "received_at": "2026-11-21T16:04:26Z",
    "repeats": 0,
    "status": "done",
    "sentence": "Text back: nobody answered.",
    "call": 4711,
    "decision": "send",
    "code": "SEND",
}
_TAKEN = OpenApiExample(
    "Stored", value={"id": 812, "status": "accepted", "note": ""}, status_codes=["202"],
    response_only=True,
)  # fmt: skip
_SENT = OpenApiExample("A missed call", value=EXAMPLE, request_only=True)
_MORE = {
    (status, "application/problem+json"): OpenApiResponse(ProblemSerializer, said)
    for status, said in {
        403: "The proof is wrong: another secret, another body, or more than five minutes old.",
        413: "More than 65536 bytes.",
        415: "Not JSON.",
        429: "More than 20 events a second; `Retry-After` says when to come again.",
    }.items()
}
_WHAT = (
    "One event a request. It is stored before it is acknowledged and acted upon within a moment. "
    "Unknown fields are kept and ignored. A call that also reaches a line of yours by forwarding is "
    "recognised: one text. A report more than an hour late texts nobody."
)

list_documented = extend_schema_view(
    list=extend_schema(
        tags=[TAG],
        summary="List call events",
        description="Events that were reported, newest first, with what became of each.",
        responses={200: ROW(many=True), **problems(401, 422)},
        examples=[
            OpenApiExample("A row", value=ROW_EXAMPLE, status_codes=["200"], response_only=True)
        ],
    )
)
keyed_documented = extend_schema_view(
    create=extend_schema(
        tags=[TAG],
        operation_id="call_events_create",
        summary="Report a call",
        description=_WHAT,
        request=EVENT,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
                description="Taken for `event_id` where the body has none.",
            )
        ],
        responses={
            202: AcceptedSerializer,
            **problems(400, 401, 422),
            **{k: v for k, v in _MORE.items() if k[0] != 403},
        },
        examples=[_SENT, _TAKEN],
    )
)  # fmt: skip
signed_documented = extend_schema_view(
    post=extend_schema(
        tags=[TAG],
        operation_id="call_events_signed_create",
        summary="Report a call, signed",
        description=f"{_WHAT} The address is the phone system's own, from the page Phone systems; "
        "it takes that system's shape and proof.",
        parameters=[OpenApiParameter("token", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=EVENT,
        responses={202: AcceptedSerializer, **problems(400, 401, 404, 422), **_MORE},
        examples=[_SENT, _TAKEN],
    )
)
