"""How the OpenAPI document describes what every room's API has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

View = TypeVar("View", bound=type)

_SAID = {
    400: "The body is not JSON in UTF-8.",
    401: "The key is missing, revoked, over, or not for this host.",
    403: "The key lacks the scope (`scope_missing`), or is not of the kind this needs.",
    404: "Your business has nothing by this id.",
    409: "Something else about this is under way, as `code` says; ask again in a moment.",
    412: "Somebody else has changed it since; nothing was changed.",
    422: "A field or parameter cannot be used; `errors` names each.",
}


class ErrorSerializer(serializers.Serializer[Any]):
    """One thing that stands against a request."""

    field = serializers.CharField(
        help_text="The field or parameter; empty when it is the request as a whole."
    )
    code = serializers.CharField(help_text="Stable, for programs, such as `SUPPRESSED_OPTOUT`.")
    detail = serializers.CharField(help_text="A sentence for people.")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField(help_text="The kind of problem; stable.")
    title = serializers.CharField()
    status = serializers.IntegerField(help_text="The HTTP status once more.")
    detail = serializers.CharField(help_text="What stands against the request, in words.")
    errors = ErrorSerializer(  # type: ignore[assignment]
        many=True, help_text="Each field that cannot be used; empty otherwise."
    )


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """Return the error answers of an operation, for `extend_schema(responses=…)`."""
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemSerializer, _SAID[status])
        for status in statuses
    }


def reading_documented(
    tag: str,
    filters: type[serializers.Serializer[Any]] | None,
    example: dict[str, Any],
    *,
    listed: str,
    one: str,
) -> Callable[[View], View]:
    """Describe the list and the single row of a viewset; `example` is one row."""

    def decorate(view: View) -> View:
        row = view.serializer_class  # type: ignore[attr-defined]
        describe = extend_schema_view(
            list=extend_schema(
                tags=[tag],
                summary=f"List {tag.lower()}",
                description=listed,
                parameters=[filters] if filters is not None else [],
                responses={200: row(many=True), **problems(401, 422)},
                examples=[
                    OpenApiExample("A row", value=example, status_codes=["200"], response_only=True)
                ],
            ),
            retrieve=extend_schema(
                tags=[tag],
                summary=one.split(";")[0].rstrip("."),
                description=one,
                responses={200: row, **problems(401, 404)},
                examples=[
                    OpenApiExample("One", value=example, status_codes=["200"], response_only=True)
                ],
            ),
        )
        described: View = describe(view)
        return described

    return decorate
