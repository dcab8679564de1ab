"""REST: webhook endpoints, their deliveries, and subscriptions by REST Hooks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import UUID_PATTERN, Reading
from integrations import api_shapes as shapes
from integrations import endpoints
from integrations.endpoints import EndpointError, Owner
from integrations.models import Delivery, Endpoint
from integrations.paging import NewestOfEach
from tenants.api_keys import agency_of, key_of


class Owned(Reading):
    """Rows of the business or the agency whose key was presented."""

    level = "either"
    area = "webhooks"

    @property
    def owner(self) -> Owner:
        """Whose rows these are."""
        return owner_of(self.request)


def owner_of(request: Request) -> Owner:
    """Return for whom a request asks: the business it named, else the agency whose key it is."""
    business = request._request.business  # type: ignore[attr-defined]
    return Owner(business=business) if business is not None else Owner(agency=agency_of(request))


def unusable(error: EndpointError) -> Unusable:
    """Return a refusal as a 422 naming the field."""
    return Unusable(error.field, error.sentence, error.code)


def _example(name: str, value: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, value=value, status_codes=[status], response_only=True)


_WITH_SECRET = shapes.ENDPOINT | shapes.SECRET


@reading_documented(
    "Webhook endpoints",
    None,
    shapes.ENDPOINT,
    listed="The addresses that hear of events, subscriptions by REST Hooks among them.",
    one="One endpoint.",
)
@extend_schema_view(
    create=extend_schema(
        tags=["Webhook endpoints"],
        summary="Add an endpoint",
        description=(
            "From now on the address hears of the chosen events (docs: Webhooks). The answer holds "
            "the secret that signs, this once. A key of an agency makes an endpoint that hears of "
            "all its businesses."
        ),
        request=shapes.EndpointGivenSerializer,
        responses={201: shapes.EndpointWithSecretSerializer, **problems(400, 401, 422)},
        examples=[
            OpenApiExample(
                "An endpoint", request_only=True,
                value={"url": "https://crm.example/hooks", "events": ["call.missed"]},
            ),
            _example("Made", _WITH_SECRET, "201"),
        ],
    ),
    partial_update=extend_schema(
        tags=["Webhook endpoints"],
        summary="Change an endpoint",
        description="What is left out stays. `is_active: true` switches a disabled one on again.",
        request=shapes.EndpointChangeSerializer,
        responses={200: shapes.EndpointSerializer, **problems(400, 401, 404, 422)},
        examples=[
            OpenApiExample("Events", request_only=True, value={"events": ["reply.received"]}),
            _example("Changed", shapes.ENDPOINT),
        ],
    ),
    destroy=extend_schema(
        tags=["Webhook endpoints"],
        summary="Delete an endpoint",
        description="It hears no more, and its delivery log goes. The answer is what was deleted.",
        responses={200: shapes.EndpointSerializer, **problems(401, 404)},
        examples=[_example("Deleted", shapes.ENDPOINT)],
    ),
)  # fmt: skip
class Endpoints(ListModelMixin, RetrieveModelMixin, Owned):
    """Addresses that events are told to."""

    queryset = Endpoint.objects.none()
    serializer_class = shapes.EndpointSerializer
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Endpoint]:
        """Return the owner's endpoints."""
        if getattr(self, "swagger_fake_view", False):
            return Endpoint.objects.none()
        return self.owner.endpoints()

    def create(self, request: Request) -> Response:
        """Make an endpoint. Raises Unusable naming the field."""
        asked = shapes.EndpointGivenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        try:
            made = endpoints.make(
                self.owner, wanted["url"], wanted["events"], description=wanted["description"],
                by=key_of(request),
            )  # fmt: skip
        except EndpointError as error:
            raise unusable(error) from None
        return Response(shapes.EndpointWithSecretSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an endpoint. Raises Unusable naming the field."""
        endpoint = self.get_object()
        asked = shapes.EndpointChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            changed = endpoints.change(endpoint, **asked.validated_data)
        except EndpointError as error:
            raise unusable(error) from None
        return Response(shapes.EndpointSerializer(changed).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an endpoint."""
        endpoint = self.get_object()
        told = dict(shapes.EndpointSerializer(endpoint).data)
        endpoints.remove(endpoint)
        return Response(told)

    @extend_schema(
        tags=["Webhook endpoints"],
        summary="Give an endpoint a new secret",
        description=(
            "The answer holds the new secret, this once. For `overlap_hours` (24 unless said) every "
            "delivery is signed with both, so that you can change over in peace."
        ),
        request=shapes.RotateSerializer,
        responses={200: shapes.EndpointWithSecretSerializer, **problems(400, 401, 404, 422)},
        examples=[
            OpenApiExample("At once", request_only=True, value={"overlap_hours": 0}),
            _example("The new secret", _WITH_SECRET),
        ],
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give an endpoint a new secret."""
        endpoint = self.get_object()
        asked = shapes.RotateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        rotated = endpoints.rotate(endpoint, timezone.now(), overlap)
        return Response(shapes.EndpointWithSecretSerializer(rotated).data)

    @extend_schema(
        tags=["Webhook endpoints"],
        summary="Send the test event",
        description="Sends `webhook.test`; ask for the delivery to see what came of it.",
        request=None,
        responses={202: shapes.DeliverySerializer, **problems(401, 404, 422)},
        examples=[_example("On its way", shapes.DELIVERY | {"state": "waiting"}, "202")],
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send the test event. Raises Unusable for an endpoint that is switched off."""
        try:
            delivery = endpoints.send_test(self.get_object(), timezone.now())
        except EndpointError as error:
            raise unusable(error) from None
        return Response(shapes.DeliverySerializer(delivery).data, status=202)


@reading_documented(
    "Webhook deliveries",
    shapes.DeliveryFilters,
    shapes.DELIVERY,
    listed="The delivery log of the last thirty days, newest first.",
    one="One delivery, with what came of its last attempt.",
)
class Deliveries(ListModelMixin, RetrieveModelMixin, Owned):
    """Events on their way to endpoints."""

    queryset = Delivery.objects.select_related("event")
    serializer_class = shapes.DeliverySerializer
    filters = shapes.DeliveryFilters
    pagination_class = NewestOfEach

    @cached_property
    def endpoint_ids(self) -> list[UUID]:
        """The owner's endpoints, of a list those it is narrowed to."""
        found = self.owner.endpoints()
        asked = self.request.query_params.get("endpoint") if self.action == "list" else None
        return list((found.filter(pk=asked) if asked else found).values_list("pk", flat=True))

    def get_queryset(self) -> QuerySet[Delivery]:
        """Return the deliveries to the owner's endpoints."""
        rows: QuerySet[Delivery] = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(endpoint__in=self.endpoint_ids)

    @extend_schema(
        tags=["Webhook deliveries"],
        summary="Send a delivery again",
        description="Sends it at once, under the same `webhook-id`, with a new schedule of retries.",
        request=None,
        responses={202: shapes.DeliverySerializer, **problems(401, 404, 422)},
        examples=[_example("On its way", shapes.DELIVERY | {"state": "waiting"}, "202")],
    )
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Send a delivery again. Raises Unusable for an endpoint that is switched off."""
        try:
            delivery = endpoints.redeliver(self.get_object(), timezone.now())
        except EndpointError as error:
            raise unusable(error) from None
        return Response(shapes.DeliverySerializer(delivery).data, status=202)


_HOOK = {"id": shapes.ENDPOINT["id"], "event": "call.missed"}


@extend_schema_view(
    create=extend_schema(
        tags=["REST Hooks"],
        summary="Subscribe",
        description=(
            "For Zapier, Make, n8n and their like: one address for one event. Keep the `id`: it "
            "ends the subscription. An answer of 410 from your address ends it as well."
        ),
        request=shapes.HookSerializer,
        responses={201: shapes.HookMadeSerializer, **problems(400, 401, 422)},
        examples=[
            OpenApiExample(
                "Subscribe", request_only=True,
                value={"target_url": "https://hooks.zapier.com/hooks/standard/1/a", "event": "call.missed"},
            ),
            _example("Subscribed", _HOOK, "201"),
        ],
    ),
    destroy=extend_schema(
        tags=["REST Hooks"],
        summary="Unsubscribe",
        description="Ends the subscription; nothing more is sent.",
        responses={200: shapes.HookMadeSerializer, **problems(401, 404)},
        examples=[_example("Ended", _HOOK)],
    ),
)  # fmt: skip
class Hooks(Owned):
    """Subscriptions by REST Hooks."""

    queryset = Endpoint.objects.none()
    serializer_class = shapes.HookMadeSerializer
    lookup_value_regex = UUID_PATTERN

    def create(self, request: Request) -> Response:
        """Subscribe. Raises Unusable naming the field."""
        asked = shapes.HookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        url, event = asked.validated_data["url"], asked.validated_data["event"]
        try:
            made = endpoints.make(
                self.owner, url, [event], description="REST Hook",
                source=endpoints.subscriber(request.headers.get("User-Agent", ""), url), by=key_of(request),
            )  # fmt: skip
        except EndpointError as error:
            field = "target_url" if error.field == "url" else error.field
            raise Unusable(field, error.sentence, error.code) from None
        return Response({"id": str(made.pk), "event": event}, status=201)

    def destroy(self, request: Request, pk: str) -> Response:
        """Unsubscribe. Raises NotFound."""
        found = self.owner.endpoints().exclude(source="hand").filter(pk=pk).first()
        if found is None:
            raise exceptions.NotFound("There is no such subscription.")
        event = next(iter(found.events), "")
        endpoints.remove(found)
        return Response({"id": pk, "event": event})
