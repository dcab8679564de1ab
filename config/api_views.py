"""What every room's REST views build on: rows of one business, narrowed by checked parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from config.api import Page, Unusable, problem_answer
from tenants import idempotency

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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the request in, then look at its parameters. Raises Unusable naming one nobody knows."""
        super().initial(request, *args, **kwargs)
        if self.action not in ("list", "retrieve"):
            return
        known = {"fields"}
        if self.action == "list":
            known |= {"cursor", "limit", *(self.filters().fields if self.filters else ())}
        for name in request.query_params:
            if name not in known:
                said = f"There is no such parameter. Known: {', '.join(sorted(known))}."
                raise Unusable(name[:60], said, "unknown_parameter")
        self._wanted = _fields(request, self.get_serializer_class())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave out what was not asked for by `?fields=`."""
        wanted: frozenset[str] | None = getattr(self, "_wanted", None)
        if wanted is not None and response.status_code == 200:
            data = response.data
            if self.action == "list":
                data["results"] = [_cut(row, wanted) for row in data["results"]]
            else:
                response.data = _cut(data, wanted)
        return super().finalize_response(request, response, *args, **kwargs)

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


KEY = "Idempotency-Key"


def once(view: APIView, request: Request, work: Callable[[], Response]) -> HttpResponse:
    """Do in one transaction what a view makes once it has asked a provider; with a key, its answer is kept in it.

    For actions that the view names in `asks_first`; without a key it is just done.
    """
    own: idempotency.Once | None = getattr(request._request, "api_once", None)
    if own is None:
        return work()

    def rendered() -> HttpResponse:
        answer: HttpResponse = view.finalize_response(request, work()).render()
        return answer

    try:
        return own.keep(rendered)
    except (idempotency.Busy, idempotency.OtherRequest, idempotency.Forgotten) as error:
        return not_done(error)


def not_done(error: Exception) -> HttpResponse:
    """Return the answer to a repeat that is not done again and cannot have the first answer."""
    if isinstance(error, idempotency.Busy):
        return problem_answer(
            409, "The first request with this key is being worked on. Ask again in a moment.",
            code="still_working", headers={"Retry-After": "1"},
        )  # fmt: skip
    if isinstance(error, idempotency.OtherRequest):
        return problem_answer(
            422, "This key was used for another request.", field=KEY, code="key_used"
        )
    return problem_answer(
        409, "This was done. Its answer can be read no more: look at what it made.",
        code="answer_forgotten",
    )  # fmt: skip


def _fields(request: Request, serializer: type[Any]) -> frozenset[str] | None:
    """Return what `?fields=a,b` asks for, None for everything. Raises Unusable naming what is no field."""
    asked = request.query_params.get("fields")
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    known = serializer().fields
    for name in names:
        if name not in known:
            said = f"There is no field {name[:60]!r} here. Known: {', '.join(known)}."
            raise Unusable("fields", said, "unknown_field")
    return frozenset(names)


def _cut(row: Any, wanted: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in wanted}


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@authentication_classes([])
@permission_classes([])
def nothing_here(request: Request) -> Response:
    """Answer for an address under /api/ that does not exist, as a problem like any other. Raises NotFound."""
    raise exceptions.NotFound("Addresses begin with /api/v1/ and end with a slash.")
