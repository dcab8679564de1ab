"""Operations of the REST API that change something: described in one way, refused in one way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models, transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api import Unusable
from config.api_docs import problems
from tenants.models import ApiKey

Act = TypeVar("Act", bound=Callable[..., Any])
Row = TypeVar("Row", bound=models.Model)
_ETAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


class PreconditionFailed(exceptions.APIException):
    """412: somebody else has changed it since."""

    status_code = 412
    default_code = "conflict"


def operation(
    tag: str,
    name: str,
    summary: str,
    description: str,
    *,
    gives: Any = None,
    asks: type[Serializer[Any]] | None = None,
    sent: Mapping[str, Any] | None = None,
    told: Any = None,
    status: int = 200,
    also: Sequence[int] = (),
    errors: Sequence[int] = (),
    parameters: Sequence[Any] = (),
) -> Callable[[Act], Act]:
    """Describe one operation.

    name: its operationId; asks and gives: serializers of request and answer, `gives` None for an
    answer without a body; sent and told: an example of each; also: further statuses of the same
    answer; errors: beside 401, and beside 400 and
    422 where something is asked.
    """
    examples = []
    if sent is not None:
        examples.append(OpenApiExample("Asked", value=sent, request_only=True))
    if told is not None:
        examples.append(
            OpenApiExample(
                "Answer",
                value=told,
                response_only=True,
                status_codes=[str(n) for n in (status, *also)],
            )
        )
    named = {401, *errors} | ({400, 422} if asks is not None else set())
    described: Callable[[Act], Act] = extend_schema(
        tags=[tag], operation_id=name, summary=summary, description=description, request=asks,
        filters=False, parameters=list(parameters), examples=examples,
        responses={**dict.fromkeys((status, *also), gives), **problems(*sorted(named))},
    )  # fmt: skip
    return described


def if_match(what: str) -> OpenApiParameter:
    """Describe the header that names the version a change was made from."""
    return OpenApiParameter(
        "If-Match", str, OpenApiParameter.HEADER, required=True,
        description=f'The `ETag` of {what}, such as `"7"`.',
    )  # fmt: skip


# For what has no version of its own: a change is held to what was read only where the client wants so.
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=False,
    description="The `ETag` of what you read: where somebody has changed it since, the answer is 412.",
)  # fmt: skip


def version_of(request: Request, what: str) -> int:
    """Return the version that If-Match names. Raises Unusable."""
    match = _ETAG.fullmatch(request.headers.get("If-Match", ""))
    if match is None:
        raise Unusable("If-Match", f'Expected the ETag of {what}, such as "7".')
    return int(match[1])


def by_key(request: Request) -> str:
    """Return who acts, as the audit log and threads name him: the key."""
    assert isinstance(request.auth, ApiKey)
    return f"API key {request.auth.name}"


def asked(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what a request asks for, checked. Raises ValidationError naming fields."""
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    found: dict[str, Any] = given.validated_data
    return found


def found(rows: models.QuerySet[Row], **wanted: Any) -> Row:
    """Return the one row that is wanted. Raises Http404."""
    row = rows.filter(**wanted).first()
    if row is None:
        raise Http404
    return row


class Whole(BasePagination):
    """A short list that is given whole, in the shape of a page."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return all rows."""
        return list(queryset)

    def get_paginated_response(self, data: Any) -> Response:
        """Answer with them."""
        return whole(data)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape for the OpenAPI document."""
        nothing = {"type": ["string", "null"], "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": nothing, "previous": nothing, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return none: there is nothing to turn."""
        return []


def whole(rows: Iterable[Any]) -> Response:
    """Answer with a whole list in the shape of a page."""
    return Response({"next": None, "previous": None, "results": list(rows)})


@contextmanager
def refusing(*kinds: type[Exception], field: str = "", names: Mapping[str, str] | None = None) -> Iterator[None]:  # fmt: skip
    """Run a verb in a transaction; what it refuses by one of these errors is a 422 naming the field.

    field: where the error names none; names: a verb's word for a field, and the API's.
    """
    try:
        with transaction.atomic():
            yield
    except kinds as error:
        raise exceptions.ValidationError(_by_field(error, field, names or {})) from None


def _by_field(error: Exception, field: str, names: Mapping[str, str]) -> dict[str, list[Any]]:
    told: Mapping[str, str] | None = getattr(error, "problems", None) or getattr(
        error, "errors", None
    )
    if not told:
        sentence = getattr(error, "sentence", "") or str(error)
        told = {getattr(error, "field", field) or field: sentence}
    return {
        names.get(name, name) or "non_field_errors": [
            exceptions.ErrorDetail(_whole_sentence(str(words)), "invalid")
        ]
        for name, words in told.items()
    }  # fmt: skip


def _whole_sentence(words: str) -> str:
    words = words.strip()
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "!", "?")) else ".")
