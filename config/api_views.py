"""What every room's REST views build on: rows of one business, narrowed by checked parameters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from config.api import Page

ID_PATTERN = "[0-9]{1,18}"
UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class IdField(IntegerField):
    """An id of ours: a whole number that the database can hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


class Reading(GenericViewSet[Any]):
    """A list and its rows, of the business whose key was presented.

    filters: the query parameters of the list as a serializer; an unusable value is a 422 naming it.
    """

    pagination_class = Page
    ordering: tuple[str, ...] = Page.ordering
    filters: type[Serializer[Any]] | None = None
    lookup_value_regex = ID_PATTERN

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Read every request as UTF-8, whatever charset its header claims."""
        request.encoding = "utf-8"
        return super().initialize_request(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows, of a list those that were asked for. Raises Unusable (as ValidationError)."""
        rows: QuerySet[Any] = super().get_queryset()
        if (
            self.action != "list"
            or self.filters is None
            or getattr(self, "swagger_fake_view", False)
        ):
            return rows
        asked = self.filters(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return rows.filter(**asked.validated_data)


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@authentication_classes([])
@permission_classes([])
def nothing_here(request: Request) -> Response:
    """Answer for an address under /api/ that does not exist, as a problem like any other. Raises NotFound."""
    raise exceptions.NotFound("Addresses begin with /api/v1/ and end with a slash.")
