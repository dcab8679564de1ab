"""REST: what clients asked, for themselves to read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from config.api_docs import reading_documented
from config.api_views import IdField
from integrations.api import Owned
from integrations.endpoints import Owner
from tenants.models import ApiRequest

_REQUEST = {
    "id": 90210, "request_id": "7d1f0c2a9b3e4d58", "key": 31, "business": 12, "method": "POST",
    "path": "/api/v1/messages/", "status": 422, "code": "SUPPRESSED_OPTOUT", "took_ms": 18,
    "at": "2026-11-21T16:10:00.041000Z",
}  # fmt: skip


class RequestSerializer(serializers.ModelSerializer[ApiRequest]):
    """One request."""

    key = IdField(source="key_id", help_text="By which key.")
    business = IdField(
        source="business_id", allow_null=True, help_text="For which business; null: for the agency."
    )

    class Meta:
        model = ApiRequest
        fields = list(_REQUEST)
        extra_kwargs = {
            "request_id": {"help_text": "What the answer's `X-Request-Id` said."},
            "path": {"help_text": "Without its query; a number in it reads `{number}`."},
            "code": {"help_text": "Of the first error; empty for none."},
            "took_ms": {"help_text": "Milliseconds until the answer was made."},
        }


class RequestFilters(serializers.Serializer[Any]):
    """What the log can be narrowed to."""

    key = IdField(required=False, help_text="By this key.")
    status = serializers.IntegerField(required=False, min_value=100, max_value=599)
    request_id = serializers.CharField(required=False, max_length=32)
    code = serializers.CharField(required=False, max_length=60)


def requests_of(owner: Owner) -> QuerySet[ApiRequest]:
    """Return the log of a business, or of the keys of an agency."""
    if owner.agency is not None:
        return ApiRequest.objects.filter(agency=owner.agency)
    return ApiRequest.objects.filter(business=owner.business)


@reading_documented(
    "Request log",
    RequestFilters,
    _REQUEST,
    listed=(
        "What was asked with your keys in the last fourteen days, newest first. A request is in it "
        "a second later; bodies, queries and numbers are not."
    ),
    one="One request.",
)
class Requests(ListModelMixin, RetrieveModelMixin, Owned):
    """The client's own log."""

    area = "keys"
    queryset = ApiRequest.objects.all()
    serializer_class = RequestSerializer
    filters = RequestFilters
    ordering = ("-at", "-id")

    def get_queryset(self) -> QuerySet[ApiRequest]:
        """Return the owner's rows."""
        rows: QuerySet[ApiRequest] = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        if self.action == "list" and self.request.query_params.get("code"):
            rows = rows.filter(status__gte=400)  # only these have one, and an index of their own
        return rows & requests_of(self.owner)
