"""What every request below /api/v1/ has, whichever view answers it.

An id, its key's limit in headers, an `ETag`, an answer as a problem where Django itself refuses, a row
in the client's log; and with an `Idempotency-Key` its work is done once (tenants/idempotency.py).
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, UnreadablePostError
from django.utils import timezone
from django.utils.http import parse_etags

from config.api import TITLES, problem_answer
from config.api_views import KEY, not_done
from tenants import api_limits, api_log, idempotency
from tenants.api_keys import HEADER, presented
from tenants.middleware import Next
from tenants.models import ApiKey, ApiRequest

_SAFE = ("GET", "HEAD", "OPTIONS")


class ApiMiddleware:
    """Stands around the views of the API, and around nothing else."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with all that an answer of the API has."""
        if not request.path_info.startswith("/api/v1/"):
            return self.get_response(request)
        began, at = time.monotonic(), timezone.now()
        known = structlog.contextvars.get_contextvars().get("correlation")
        request_id = str(known or uuid.uuid4().hex)
        answer = _as_problem(self.get_response(request))
        if request.method in ("GET", "HEAD") and answer.status_code == 200:
            answer = _conditional(request, answer)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Request-Id"] = request_id
        counted: api_limits.Counted | None = getattr(request, "api_counted", None)
        if counted is not None:
            for name, value in counted.headers().items():
                answer.headers[name] = value
        key: ApiKey | None = getattr(request, "api_key", None)
        if key is not None:
            business = getattr(request, "business", None)
            api_log.collect(
                ApiRequest(
                    key_id=key.pk, agency_id=key.agency_id,
                    business_id=key.business_id or (business.pk if business else None),
                    request_id=request_id[:32], method=str(request.method)[:8],
                    path=api_log.shown_path(request.path_info), status=answer.status_code,
                    code=_code(answer), at=at, took_ms=int((time.monotonic() - began) * 1000),
                )
            )  # fmt: skip
        return answer

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Do what carries an Idempotency-Key once, and everything else as ever."""
        wanted = request.headers.get(KEY)
        keeps = getattr(getattr(view, "cls", None), "keeps_answers", True)
        if (
            wanted is None
            or request.method in _SAFE
            or not keeps
            or not request.path_info.startswith("/api/v1/")
        ):
            return None
        key = presented(request)
        if key is None:
            return None
        counted = api_limits.counted(request, key)
        if counted is not None and not counted.is_allowed:
            return None  # the view refuses it
        if not idempotency.is_usable(wanted):
            return problem_answer(422, "Expected 1 to 255 characters of ASCII.", field=KEY)
        try:
            body = request.body
        except RequestDataTooBig:
            return problem_answer(413, "That is more than is read.", code="too_large")
        except UnreadablePostError:
            return problem_answer(400, "The request broke off.", code="parse_error")
        host = getattr(request, "business", None)
        same = idempotency.digest(
            str(request.method), request.get_full_path(), str(host.pk if host else ""),
            request.headers.get(HEADER, ""), body,
        )  # fmt: skip

        def work() -> HttpResponse:
            answer = view(request, *args, **kwargs)
            if hasattr(answer, "render"):
                answer.render()
            return answer

        try:
            if _action(view, request) not in getattr(view.cls, "asks_first", ()):
                return idempotency.once(key, wanted, same, timezone.now(), work)
            answer = idempotency.known(key, wanted, same, timezone.now())
            if answer is None:
                # The view keeps what it makes with its answer (config/api_views.py, `once`); what is
                # left to keep here is a refusal, or the answer of work that cannot be done twice.
                request.api_once = idempotency.Once(key, wanted, same)  # type: ignore[attr-defined]
                answer = first = work()
                if not request.api_once.is_kept:  # type: ignore[attr-defined]
                    answer = request.api_once.keep(lambda: first)  # type: ignore[attr-defined]
            return answer
        except (idempotency.Busy, idempotency.OtherRequest, idempotency.Forgotten) as error:
            return not_done(error)


def _action(view: Any, request: HttpRequest) -> str:
    """Return what a view calls this: the action of a viewset, else the method."""
    method = str(request.method).lower()
    return str((getattr(view, "actions", None) or {}).get(method, method))


def _as_problem(answer: HttpResponse) -> HttpResponse:
    """Return an answer in our shape where Django or a middleware refused before a view could."""
    if answer.status_code < 400 or "json" in answer.headers.get("Content-Type", ""):
        return answer
    status = answer.status_code if answer.status_code in TITLES else 500
    return problem_answer(status, f"{TITLES[status]}.")


def _conditional(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Give an answer its ETag, and 304 to whoever has it already."""
    if answer.streaming or "json" not in answer.headers.get("Content-Type", ""):
        return answer
    if "ETag" not in answer.headers:
        answer.headers["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    answer.headers["Vary"] = f"Authorization, {HEADER}"
    held = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    if answer.headers["ETag"].removeprefix("W/") not in held and "*" not in held:
        return answer
    kept = ("ETag", "Cache-Control", "Vary")
    return HttpResponseNotModified(headers={name: answer.headers[name] for name in kept})


def _code(answer: HttpResponse) -> str:
    """Return the code of the first error of an answer, '' for none."""
    if answer.status_code < 400:
        return ""
    try:
        return str(json.loads(answer.content)["errors"][0]["code"])[:60]
    except (ValueError, LookupError, TypeError):
        return ""
