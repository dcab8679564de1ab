"""REST: calling somebody back. A phone of the staff rings first, then the person sees your number."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from calls import placing
from calls.api import CALL, CallSerializer
from calls.models import Call
from calls.placing import PlacingError
from calls.placing_limits import REASON
from config.api_docs import reading_documented
from config.api_operations import asked, by_key, operation, refusing
from config.api_views import IdField, Reading
from messaging.models import Contact
from messaging.serializers import PhoneField

_PLACED = CALL | {
    "outcome": "ignored", "missed_because": "", "caller": "+13125550100", "receipt": None,
    "decision_reason": REASON, "ended_at": None, "ring_seconds": None, "talk_seconds": None,
    "provider_id": "placing:3:job-4711",
}  # fmt: skip
# A key is nobody of the house; limits of one member do not count for it, the business's do.
_NO_MEMBER = 0


class CallbackSerializer(serializers.Serializer[Any]):
    """A call to place."""

    contact = IdField(help_text="Whom to call back.")
    phone = PhoneField(help_text="Which of the staff's phones rings first; one that a line rings.")
    client_token = serializers.CharField(
        max_length=40, help_text="Your own id for it: the same token again rings nobody twice."
    )


class CallbackFilters(serializers.Serializer[Any]):
    """What the list of calls back can be narrowed to."""

    contact = IdField(required=False, help_text="To this contact.")


@reading_documented(
    "Calls",
    CallbackFilters,
    _PLACED,
    listed="Calls that members and programs placed, newest first.",
    one="One call back.",
)
class Callbacks(ListModelMixin, RetrieveModelMixin, Reading):
    """Calls back."""

    area = "calls"
    queryset = Call.objects.filter(decision_reason=REASON)
    serializer_class = CallSerializer
    filters = CallbackFilters
    ordering = ("-started_at", "-id")

    @operation(
        "Calls", "callbacks_create", "Call somebody back",
        "Rings a phone of the staff at once; whoever answers it is connected. The limits of the "
        "pages hold: countries, and how often one person is called.",
        asks=CallbackSerializer, gives=CallSerializer, status=201, told=_PLACED,
        sent={"contact": 7, "phone": "+13125550177", "client_token": "job-4711"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Place it. Raises ValidationError naming fields."""
        wanted = asked(CallbackSerializer, request)
        contact = Contact.objects.filter(pk=wanted["contact"]).first()
        if contact is None:
            raise serializers.ValidationError({"contact": "There is no such contact."})
        with refusing(PlacingError, field="contact"):
            call = placing.place(
                contact, wanted["phone"], by=by_key(request), user=_NO_MEMBER,
                token=f"api:{request.auth.pk}:{wanted['client_token']}",
            )  # fmt: skip
        return Response(CallSerializer(call).data, status=201)
