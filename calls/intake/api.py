"""REST: the door for calls that other phone systems report, and what became of each event."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions, serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.intake import reading, receiving
from calls.intake.api_docs import (
    ROW,
    SourceProof,
    keyed_documented,
    list_documented,
    signed_documented,
)
from calls.intake.events import MAX_BODY, BadReport, Unreadable, parse
from calls.intake.signing import Incoming, NotProven
from config.api import TooLarge, Unusable
from config.api_views import IdField, Reading
from tenants.api_keys import business_of
from tenants.models import ProviderEvent

log = structlog.get_logger(__name__)
_NOT_JSON = "Send the event as JSON: Content-Type: application/json."


class Unproven(exceptions.APIException):
    """401: no proof, 403: a wrong one."""

    def __init__(self, unproven: NotProven) -> None:
        self.status_code = unproven.status
        super().__init__(unproven.sentence, "unproven")
        if unproven.status == 401:
            self.auth_header = 'Basic realm="call events"'


class NotStored(exceptions.APIException):
    """503: the database is away for a moment; the sender comes again."""

    status_code = 503
    default_detail = "Not stored; please send it again."


class Filters(serializers.Serializer[Any]):
    """What the list can be narrowed by."""

    source = IdField(  # type: ignore[assignment]
        required=False, help_text="Only events of this phone system."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the look-ups of the rows."""
        return {"params__source": attrs["source"]} if "source" in attrs else {}


@list_documented
@keyed_documented
class CallEvents(ListModelMixin, Reading):
    """Events of calls: sent with an API key, and read with what became of each."""

    area = "calls"
    # An event has an id of its own, and is taken once.
    keeps_answers = False
    queryset = ProviderEvent.objects.none()
    serializer_class = ROW
    filters = Filters
    ordering = ("-received_at", "-id")

    def get_queryset(self) -> Any:
        """Return the events of the key's business."""
        if not getattr(self, "swagger_fake_view", False):
            self.queryset = reading.events_of(business_of(self.request).pk)
        return super().get_queryset()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List events, newest first, with what became of each."""
        page = self.paginate_queryset(self.get_queryset())
        rows = reading.told(list(page or ()))
        return self.get_paginated_response(ROW(rows, many=True).data)

    def create(self, request: Request) -> Response | HttpResponse:
        """Take one event of the key's business."""
        incoming = _incoming(request, strict=True)
        business = business_of(request)
        return _answer(lambda: receiving.by_key(business, parse(incoming.raw), incoming))


@signed_documented
class SignedCallEvents(APIView):
    """The address of one phone system; whatever comes here proves itself."""

    authentication_classes = [SourceProof]
    scopes = {"post": "any"}
    keeps_answers = False
    permission_classes = []

    def post(self, request: Request, token: str) -> Response | HttpResponse:
        """Take one event in the phone system's own shape, or answer its handshake."""
        incoming = _incoming(request, strict=False)
        business = getattr(request._request, "business", None)
        host = business.pk if business is not None else None
        return _answer(lambda: receiving.by_signature(token, incoming, host))


def _incoming(request: Request, *, strict: bool) -> Incoming:
    """Read a request. strict: JSON only. Raises UnsupportedMediaType, TooLarge, ParseError."""
    plain: HttpRequest = request._request
    headers = {name.lower(): value for name, value in plain.headers.items()}
    kind = (plain.content_type or "").lower()
    is_json = kind == "application/json" or kind.endswith("+json")
    others = ("application/jwt", "text/plain", "")
    if not is_json and (strict or (kind not in others and "validation-token" not in headers)):
        raise exceptions.UnsupportedMediaType(kind or "(none)", detail=_NOT_JSON)
    try:
        raw = plain.body
    except RequestDataTooBig:
        raise TooLarge from None
    except UnreadablePostError:
        raise exceptions.ParseError("The request broke off.") from None
    if len(raw) > MAX_BODY:
        raise TooLarge
    return Incoming(headers, raw, datetime.now(UTC))


def _answer(take: Callable[[], receiving.Answer]) -> Response | HttpResponse:
    """Answer 202 with what became of the event, or the problem that stands against it."""
    try:
        answer = take()
    except receiving.NoSuchSource:
        raise exceptions.NotFound("There is no phone system at this address.") from None
    except NotProven as unproven:
        raise Unproven(unproven) from None
    except Unreadable as unreadable:
        raise exceptions.ParseError(str(unreadable)) from None
    except BadReport as bad:
        raise Unusable(bad.field or "event", bad.sentence, bad.code) from None
    except receiving.TooFast as fast:
        seconds = math.ceil(fast.seconds)
        raise exceptions.Throttled(
            seconds, "More than 20 events a second: slow down and send it again."
        ) from None
    except (OperationalError, InterfaceError) as error:
        log.exception("call_event_not_stored", error=type(error).__name__)
        raise NotStored from None
    if answer.stored is None:
        return HttpResponse(headers={"Validation-Token": answer.handshake})
    status = "accepted" if answer.stored.is_new else "duplicate"
    body = {"id": answer.stored.id, "status": status, "note": answer.stored.note}
    return Response(body, status=202)
