"""REST: the daily roots of a business's consent ledger, to be kept where we cannot reach them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_docs import problems
from config.api_views import Reading
from messaging.audit import note_look
from tenants.models import ApiKey, LedgerRoot
from tenants.scope import current_business

_ROOT = {
    "day": "2026-11-21",
    "seq": 318,
    "row_hash": "0b3e2f9a6f3a55b6b1d7a9d7b1a4c2d9c6e2a8e9a6c5b4d3e2f1a0b9c8d7e6f5",
    "recorded_at": "2026-11-22T00:05:00.412000Z",
}


class LedgerRootSerializer(serializers.ModelSerializer[LedgerRoot]):
    """Where the consent ledger stood at a day's end."""

    class Meta:
        model = LedgerRoot
        fields = ["day", "seq", "row_hash", "recorded_at"]
        extra_kwargs = {
            "day": {"help_text": "The day, in UTC; a day without an event has no root."},
            "seq": {"help_text": "The last event of the day; every one before it is covered."},
            "row_hash": {"help_text": "That event's `row_hash`."},
            "recorded_at": {"help_text": "When the root was kept."},
        }


class LedgerRootFilters(serializers.Serializer[Any]):
    """What the list of roots can be narrowed to."""

    day = serializers.DateField(required=False, help_text="The root of this day (UTC).")


@extend_schema_view(
    list=extend_schema(
        tags=["Consent"],
        summary="List daily roots of the ledger",
        description=(
            "The state of the consent ledger at each day's end, newest first. Keep them: with a "
            "root of yours and `verify_ledger.py` anybody can show later whether the ledger before "
            "it was changed. The verifier takes a page of this list as it is."
        ),
        parameters=[LedgerRootFilters],
        responses={200: LedgerRootSerializer(many=True), **problems(401, 422)},
        examples=[OpenApiExample("A row", value=_ROOT, status_codes=["200"], response_only=True)],
    )
)
class LedgerRoots(ListModelMixin, Reading):
    """Daily roots. They lie outside the business's schema, so the business is asked for by name."""

    area = "consent"
    queryset = LedgerRoot.objects.all()
    serializer_class = LedgerRootSerializer
    filters = LedgerRootFilters
    ordering = ("-recorded_at", "-id")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page of roots, and write down that it was read."""
        answer = super().list(request, *args, **kwargs)
        assert isinstance(request.auth, ApiKey)
        note_look(
            "ledger.roots", actor=f"API key {request.auth.name}", door="api", at=timezone.now(),
            rows=len(answer.data["results"]), given=request.query_params.dict(),
        )  # fmt: skip
        return answer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the roots of the business whose key was presented."""
        if getattr(self, "swagger_fake_view", False):
            return LedgerRoot.objects.none()
        return super().get_queryset().filter(business_id=current_business().pk)
