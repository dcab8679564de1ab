"""REST: events for whoever asks for them, samples, the catalogue, and whose key this is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api_docs import problems, reading_documented
from config.api_views import UUID_PATTERN
from integrations import api_shapes as shapes
from integrations import catalogue, polling
from integrations.api import Owned, owner_of
from integrations.models import Event
from tenants.api_keys import key_of

_SAMPLES = 3


def _page(rows: list[Any]) -> Response:
    """Return a whole list in the shape of a page."""
    return Response({"next": None, "previous": None, "results": rows})


@reading_documented(
    "Events",
    shapes.EventFilters,
    shapes.EVENT,
    listed=(
        "What happened in the last thirty days, newest first, as endpoints are told it. Events are "
        "kept from the first time you ask, as long as you ask at least once in thirty days."
    ),
    one="One event.",
)
class Events(ListModelMixin, RetrieveModelMixin, Owned):
    """Events, for whoever has no endpoint."""

    queryset = Event.objects.select_related("business")
    serializer_class = shapes.EventSerializer
    filters = shapes.EventFilters
    ordering = ("-occurred_at", "-id")
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Event]:
        """Return the events the owner may hear of; the test event is of its endpoint alone."""
        rows: QuerySet[Event] = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        owner = self.owner
        if owner.agency is not None:
            mine = rows.filter(business__agency=owner.agency)
        else:
            mine = rows.filter(business=owner.business)
        return mine.exclude(type=catalogue.TEST).exclude(data__has_key="erased")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page of events, and keep them from now on."""
        polling.asked(self.owner, timezone.now())
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["Events"],
        operation_id="events_samples",
        summary="Samples of an event",
        description=(
            "The newest events of a type, at most three, exactly as endpoints are told them; where "
            "none has happened yet, the catalogue's example."
        ),
        parameters=[shapes.EventFilters],
        filters=False,
        responses={200: shapes.EventSerializer(many=True), **problems(401, 422)},
        examples=[
            OpenApiExample("A sample", value=shapes.EVENT, status_codes=["200"], response_only=True)
        ],
    )
    @action(detail=False, methods=["get"])
    def samples(self, request: Request) -> Response:
        """Answer with samples. Raises ValidationError naming the parameter."""
        asked = shapes.EventFilters(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        newest = self.get_queryset().filter(**asked.validated_data).order_by("-occurred_at", "-id")
        written = shapes.EventSerializer()
        rows = [written.to_representation(event) for event in newest[:_SAMPLES]]
        return _page(
            rows or [catalogue.example_of(asked.validated_data.get("type", "call.missed"))]
        )


class EventTypes(Owned):
    """The event catalogue."""

    scopes = {"list": "any"}
    queryset = Event.objects.none()
    serializer_class = shapes.EventTypeSerializer

    @extend_schema(
        tags=["Events"],
        operation_id="event_types_list",
        summary="The event catalogue",
        description="Every event that can be chosen, with its JSON Schema and an example.",
        responses={200: shapes.EventTypeSerializer(many=True), **problems(401)},
        examples=[
            OpenApiExample("A type", value=shapes.TYPE, status_codes=["200"], response_only=True)
        ],
    )
    def list(self, request: Request) -> Response:
        """Answer with all types."""
        return _page([
            {
                "name": name, "version": catalogue.TYPES[name].version,
                "when": catalogue.TYPES[name].when, "schema": catalogue.schema_of(name),
                "example": catalogue.example_of(name),
            }
            for name in catalogue.CHOICES
        ])  # fmt: skip


class Me(APIView):
    """Whose key this is."""

    level = "either"
    scopes = {"get": "any"}

    @extend_schema(
        tags=["REST Hooks"],
        operation_id="me",
        summary="Whose key this is",
        description="Tries a key and says what to call the connection.",
        responses={200: shapes.MeSerializer, **problems(401)},
        examples=[
            OpenApiExample("A key", value=shapes.ME, status_codes=["200"], response_only=True)
        ],
    )
    def get(self, request: Request) -> Response:
        """Answer with the key's name and whose it is."""
        key, owner = key_of(request), owner_of(request)
        business, agency = owner.business, owner.agency
        whose = business if business is not None else agency
        assert whose is not None
        return Response({
            "key": key.name, "kind": "business" if business is not None else "agency",
            "id": whose.pk, "name": whose.name,
            "external_id": business.external_id if business is not None else "",
        })  # fmt: skip
