"""What the API says of endpoints, deliveries and events: serializers, and an example of each."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.api_views import IdField
from integrations import catalogue
from integrations.models import Delivery, DeliveryState, Endpoint, Event

_ID = "019aa2b4-7c1e-7d3a-9f00-5c2b8e4d1a77"
ENDPOINT = {
    "id": _ID, "shown_url": "https://crm.example", "description": "Our CRM",
    "events": ["call.missed", "reply.received"], "source": "hand", "is_active": True,
    "disabled_at": None, "disabled_why": "", "failing_since": None, "rests_until": None,
    "previous_until": None, "last_success_at": "2026-11-21T16:04:26.020000Z",
    "created_at": "2026-11-20T15:04:05.120000Z",
}  # fmt: skip
SECRET = {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
DELIVERY = {
    "id": 311, "endpoint": _ID, "event": "019aa2b4-7c1e-7d3a-9f00-5c2b8e4d1a78",
    "type": "call.missed", "state": "delivered", "attempts": 1,
    "due_at": "2026-11-21T16:04:25.900000Z", "status": 204, "took_ms": 84, "problem": "",
    "answer": "", "last_at": "2026-11-21T16:04:26.020000Z",
    "created_at": "2026-11-21T16:04:25.900000Z",
}  # fmt: skip
EVENT = catalogue.example_of("call.missed")
TYPE = {
    "name": "call.missed", "version": 1, "when": catalogue.TYPES["call.missed"].when,
    "schema": catalogue.schema_of("call.missed"), "example": EVENT,
}  # fmt: skip
ME = {
    "key": "Zapier", "kind": "business", "id": 12, "name": "Lakeside Plumbing", "external_id": "",
}  # fmt: skip


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """An address that events are told to."""

    class Meta:
        model = Endpoint
        fields = list(ENDPOINT)
        extra_kwargs = {
            "shown_url": {"help_text": "Scheme and host; the rest may hold a secret."},
            "events": {"help_text": "Empty: all of them."},
            "source": {"help_text": "`hand`, or who subscribed by REST Hooks."},
            "disabled_why": {"help_text": "`gone` (410), `failing`, `member` or `unsubscribed`."},
            "failing_since": {"help_text": "Since when no attempt has succeeded."},
            "rests_until": {"help_text": "It was in trouble: until then nothing is sent."},
            "previous_until": {"help_text": "Until then the former secret signs as well."},
        }


class EndpointWithSecretSerializer(EndpointSerializer):
    """An endpoint with its secret, which is shown this once."""

    class Meta(EndpointSerializer.Meta):
        fields = [*ENDPOINT, "secret"]


class EventsField(serializers.ListField):
    """Names of events."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=serializers.CharField(max_length=60), max_length=60,
            help_text="Names of events (`GET /api/v1/event-types/`); empty means all.", **options,
        )  # fmt: skip


class EndpointGivenSerializer(serializers.Serializer[Any]):
    """An endpoint to be made."""

    url = serializers.CharField(max_length=1000, help_text="https:// and no port.")
    events = EventsField(required=False, default=list)
    description = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default=""
    )


class EndpointChangeSerializer(serializers.Serializer[Any]):
    """What is to change; what is left out stays."""

    url = serializers.CharField(max_length=1000, required=False)
    events = EventsField(required=False)
    description = serializers.CharField(max_length=120, required=False, allow_blank=True)
    is_active = serializers.BooleanField(
        required=False, help_text="True switches a disabled endpoint on again."
    )


class RotateSerializer(serializers.Serializer[Any]):
    """How long the former secret goes on signing."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=168, required=False, default=24)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One event on its way to one endpoint; status, time and answer are of the last attempt."""

    type = serializers.CharField(source="event.type", read_only=True)
    state = serializers.ChoiceField(DeliveryState.choices, read_only=True)

    class Meta:
        model = Delivery
        fields = list(DELIVERY)
        extra_kwargs = {
            "status": {"help_text": "HTTP; 0 without an answer."},
            "due_at": {"help_text": "While it waits: when it is tried next."},
            "problem": {"help_text": "What stood in the way, in words."},
            "answer": {"help_text": "How the answer began, without numbers and secrets."},
        }


class DeliveryFilters(serializers.Serializer[Any]):
    """What the delivery log can be narrowed to."""

    endpoint = serializers.UUIDField(required=False)
    event = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(DeliveryState.choices, required=False)


class EventBusinessSerializer(serializers.Serializer[Any]):
    """Whose event it is."""

    id = IdField()
    name = serializers.CharField()
    external_id = serializers.CharField()


class EventSerializer(serializers.Serializer[Event]):
    """An event as endpoints are told it."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    version = serializers.IntegerField()
    timestamp = serializers.DateTimeField()
    business = EventBusinessSerializer()
    data = serializers.DictField()  # type: ignore[assignment]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the payload itself."""
        if isinstance(instance, dict):
            return instance
        of = instance.business
        whose = {"id": of.pk, "name": of.name, "external_id": of.external_id}
        return catalogue.payload(
            str(instance.pk), instance.type, instance.version, instance.occurred_at, whose,
            instance.data,
        )  # fmt: skip


class EventFilters(serializers.Serializer[Any]):
    """What the list of events can be narrowed to."""

    type = serializers.ChoiceField(catalogue.CHOICES, required=False)
    business = IdField(required=False, help_text="For agencies: of one of their businesses.")


class EventTypeSerializer(serializers.Serializer[Any]):
    """One kind of event of the catalogue."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    when = serializers.CharField()
    schema = serializers.DictField(help_text="JSON Schema of the whole payload.")
    example = EventSerializer()


class HookSerializer(serializers.Serializer[Any]):
    """A subscription by REST Hooks; one of the two names of the address."""

    target_url = serializers.CharField(max_length=1000, required=False)
    hookUrl = serializers.CharField(max_length=1000, required=False)
    event = serializers.ChoiceField(catalogue.CHOICES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the one address. Raises ValidationError naming target_url."""
        url = attrs.get("target_url") or attrs.get("hookUrl")
        if not url:
            raise serializers.ValidationError(
                {"target_url": "Say where to: target_url or hookUrl."}
            )
        return {"url": url, "event": attrs["event"]}


class HookMadeSerializer(serializers.Serializer[Any]):
    """What is needed to end the subscription."""

    id = serializers.UUIDField()
    event = serializers.CharField()


class MeSerializer(serializers.Serializer[Any]):
    """Whose key this is."""

    key = serializers.CharField(help_text="The key's name.")
    kind = serializers.ChoiceField(["business", "agency"])
    id = IdField(help_text="Of the business or the agency.")
    name = serializers.CharField(help_text="What to call the connection.")
    external_id = serializers.CharField(help_text="The agency's own name for the business.")
