"""REST: which businesses run which version of a playbook, what differs there since, and leaving it so."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Page, Unusable
from config.api_docs import problems
from config.api_views import IdField, Reading
from inbox.agency.playbooks import drift, words
from tenants.api_keys import actor_of
from tenants.models import PlaybookUse

_DRIFT = {
    "business": 7, "version": 2, "is_latest": True, "applied_at": "2026-11-21T09:00:00.120000Z",
    "differs": ["Tag “north side”: Blue"],
}  # fmt: skip
_MOST = 25  # each business is looked at in its own schema


class Few(Page):
    """Pages of what is looked at business by business."""

    page_size = max_page_size = _MOST
    page_size_query_description = f"How many rows a page has, 1 to {_MOST}."


class DriftSerializer(serializers.Serializer[Any]):
    """One business that runs a playbook."""

    business = IdField()
    version = serializers.IntegerField(help_text="Which version was put there last.")
    is_latest = serializers.BooleanField()
    applied_at = serializers.DateTimeField(allow_null=True)
    differs = serializers.ListField(
        child=serializers.CharField(), help_text="What was changed there since, in words."
    )


class AcceptSerializer(serializers.Serializer[Any]):
    """At which business what differs stays."""

    business = IdField()


class Drifts(Reading):
    """What differs from a playbook at the businesses that run it."""

    @extend_schema(
        operation_id="playbooks_drift_list",
        summary="List what differs from a playbook since",
        description=f"The businesses that run it, those it was put at last first; {_MOST} a page at most.",
        responses={200: DriftSerializer(many=True), **problems(401, 403, 404)},
        examples=[
            OpenApiExample("A business", value=_DRIFT, status_codes=["200"], response_only=True)
        ],
        tags=["Playbooks"],
    )
    @action(detail=True, methods=["get"], pagination_class=Few)
    def drift(self, request: Request, pk: str) -> Response:
        """Return what differs at each business, in words."""
        playbook = self.get_object()
        self.ordering = ("-applied_at", "-id")
        latest = playbook.versions.order_by("-number").values_list("pk", flat=True).first()
        page = self.paginate_queryset(drift.rows(playbook)) or []
        return self.get_paginated_response([_told(each, latest) for each in drift.of(page)])

    @extend_schema(
        operation_id="playbooks_drift_accept",
        summary="Leave what differs at a business as it is",
        description="From now on it counts as the playbook's there, and is told no more.",
        request=AcceptSerializer,
        responses={200: DriftSerializer, **problems(400, 401, 403, 404, 422)},
        examples=[
            OpenApiExample("A business", request_only=True, value={"business": 7}),
            OpenApiExample(
                "Left as it is", value=_DRIFT | {"differs": []}, status_codes=["200"],
                response_only=True,
            ),
        ],
        tags=["Playbooks"],
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="drift/accept")
    def accept(self, request: Request, pk: str) -> Response:
        """Accept it. Raises Unusable where the business does not run this playbook."""
        playbook = self.get_object()
        asked = AcceptSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        uses = drift.rows(playbook).filter(business=asked.validated_data["business"])
        use: PlaybookUse | None = uses.first()
        if use is None:
            raise Unusable("business", "That business does not run this playbook.", "not_found")
        drift.accept(use, by=actor_of(request), door="api", at=timezone.now())
        latest = playbook.versions.order_by("-number").values_list("pk", flat=True).first()
        return Response(_told(drift.of([uses.get()])[0], latest))


def _told(found: drift.Drift, latest: int | None) -> dict[str, Any]:
    use = found.use
    plain = {
        "business": use.business_id, "version": use.version.number,
        "is_latest": use.version_id == latest, "applied_at": use.applied_at,
        "differs": [
            sentence
            for piece, (put, now) in found.differs.items()
            for sentence in words.change(piece, put, now, found.names)
        ],
    }  # fmt: skip
    return dict(DriftSerializer(plain).data)
