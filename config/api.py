"""REST framework in our ways: pages, reading JSON, and errors as RFC 9457 problems.

What settings.REST_FRAMEWORK names; the views every room builds on are in config/api_views.py.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.http import JsonResponse
from django.utils.dateparse import parse_datetime
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024
_PROBLEM = "application/problem+json"

# What a status means, as the last word of the problem's type and as its title.
_KINDS = {
    400: ("unreadable", "The request cannot be read"),
    401: ("no-valid-key", "A valid API key is needed"),
    403: ("not-allowed", "Not allowed"),
    404: ("nothing-here", "There is nothing at this address"),
    405: ("no-such-method", "This address has no such method"),
    406: ("only-json", "Only JSON is spoken here"),
    409: ("still-working", "Something else about this is under way"),
    412: ("changed-meanwhile", "Somebody else has changed it since"),
    413: ("too-large", "The request is too large"),
    415: ("send-json", "Send JSON"),
    422: ("unusable", "Something in the request cannot be used"),
    429: ("too-many", "Too many requests"),
    500: ("our-fault", "Something broke on our side"),
    503: ("not-now", "Not possible at this moment"),
}


KINDS = {status: kind for status, (kind, _) in _KINDS.items()}
TITLES = {status: title for status, (_, title) in _KINDS.items()}


class Unusable(exceptions.APIException):
    """422: the request can be read, but `field` cannot be used, for the reason `code`."""

    status_code = 422

    def __init__(self, field: str, sentence: str, code: str = "invalid") -> None:
        super().__init__({field: [exceptions.ErrorDetail(sentence, code)]})


class ChangedMeanwhile(exceptions.APIException):
    """412: what the client changes is not what he read any more."""

    status_code = 412
    default_detail = "Somebody has changed it since. Read it and try again."
    default_code = "changed_meanwhile"


def expect(request: Request, etag: str, *, required: bool = False) -> None:
    """Hold a change to what the client read: `If-Match` against the ETag as it is now, such as `"7"`.

    Ask it in the transaction that changes, after the row is locked. Without the header everything is
    taken, unless it is required. Raises ChangedMeanwhile, Unusable naming the header.
    """
    given = request.headers.get("If-Match")
    if given is None and not required:
        return
    tags = [tag.strip().removeprefix("W/") for tag in (given or "").split(",")]
    if not all(tag == "*" or re.fullmatch(r'"[\x21\x23-\x7e]*"', tag) for tag in tags):
        raise Unusable("If-Match", f"Expected the ETag of what you read, such as {etag}.")
    if "*" not in tags and etag.removeprefix("W/") not in tags:
        raise ChangedMeanwhile


def etag_of(data: Any) -> str:
    """Return the ETag of what an answer says: the same for as long as it says the same."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


class TooLarge(exceptions.APIException):
    """413: more bytes than any request here needs."""

    status_code = 413
    default_detail = f"At most {MAX_BODY} bytes are read."
    default_code = "too_large"


class StrictJson(JSONParser):
    """JSON in UTF-8 (RFC 8259), at most MAX_BODY bytes."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the parsed body. Raises TooLarge, ParseError."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge
        try:
            return super().parse(io.BytesIO(body), media_type, {"encoding": "utf-8"})
        except RecursionError:
            raise exceptions.ParseError("The JSON is nested too deeply.") from None


class Page(CursorPagination):
    """Pages by cursor, newest first: `?cursor=` from `next` or `previous`, `?limit=` rows."""

    ordering = ("-created_at", "-id")
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_description = "Where to go on: taken from `next` or `previous` of another page."
    page_size_query_description = "How many rows a page has, 1 to 200."

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the view's ordering; its first field is a time."""
        return getattr(view, "ordering", self.ordering)

    def get_page_size(self, request: Request) -> int:
        """Return the rows asked for. Raises Unusable naming `limit`."""
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size or self.max_page_size
        if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= self.max_page_size):
            raise Unusable("limit", f"Expected a whole number from 1 to {self.max_page_size}.")
        return int(asked)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return how a page looks, for the OpenAPI document."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {
                    **address,
                    "description": "The next page; null: this is the last.",
                    "example": "https://api.example/api/v1/calls/?cursor=cD0yMDI2",
                },
                "previous": {
                    **address,
                    "description": "The page before; null: this is the first.",
                    "example": None,
                },
                "results": schema,
            },
        }

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return where to go on. Raises Unusable for a cursor that we never gave out."""
        try:
            cursor: Cursor | None = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                position = parse_datetime(str(cursor.position))
                if position is None or position.tzinfo is None:
                    raise ValueError("not a time")
        except (exceptions.NotFound, ValueError, OverflowError):
            raise Unusable("cursor", "This is not a cursor from a page of ours.") from None
        return cursor


def problem(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's EXCEPTION_HANDLER: every error as RFC 9457, a fault of ours as a plain 500."""
    # Settings name this module, so REST framework's views cannot be imported while it loads.
    from rest_framework.views import exception_handler

    request = context.get("request")
    answer = exception_handler(error, context)
    if answer is None:
        log.exception("api_failed", path=getattr(request, "path", ""))
        # Sentry and the test client listen to this, as for any other page.
        got_request_exception.send(sender=None, request=getattr(request, "_request", None))
        answer = Response({"detail": "The error was recorded. Nothing was changed."}, status=500)
    status = 422 if isinstance(error, exceptions.ValidationError) else answer.status_code
    errors = _errors(answer.data)
    detail = " ".join(dict.fromkeys(e["detail"] for e in errors))
    return Response(
        _said(status, detail, errors),
        status=status,
        headers=_headers(answer),
        content_type=_PROBLEM,
    )


def problem_answer(
    status: int, detail: str, *, field: str = "", code: str = "invalid",
    headers: dict[str, str] | None = None,
) -> JsonResponse:  # fmt: skip
    """Return a problem where no view of REST framework answers."""
    errors = [{"field": field, "code": code, "detail": detail}]
    return JsonResponse(
        _said(status, detail, errors), status=status, headers=headers, content_type=_PROBLEM
    )


def _said(status: int, detail: str, errors: list[dict[str, str]]) -> dict[str, Any]:
    kind, title = _KINDS.get(status, ("failed", "The request failed"))
    return {
        "type": f"/api/docs/#{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors,
    }


def _headers(answer: Response) -> dict[str, str]:
    kept = ("WWW-Authenticate", "Retry-After", "Allow")
    return {name: answer.headers[name] for name in kept if name in answer.headers}


def _errors(data: Any, field: str = "") -> list[dict[str, str]]:
    """Flatten REST framework's nested errors; a nested field reads `outer.inner`."""
    if isinstance(data, dict):
        return [
            error
            for name, inner in data.items()
            for error in _errors(inner, _named(field, str(name)))
        ]
    if isinstance(data, list):
        return [error for inner in data for error in _errors(inner, field)]
    # An error may repeat what was sent, and that may hold half a character, which no answer can.
    detail, named = (words.encode("utf-8", "replace").decode() for words in (str(data), field))
    return [{"field": named, "code": str(getattr(data, "code", "invalid")), "detail": detail}]


def _named(outer: str, name: str) -> str:
    if name in ("non_field_errors", "detail"):
        return outer
    return f"{outer}.{name}" if outer else name
