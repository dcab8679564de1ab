"""What the OpenAPI document says of every operation, whoever wrote its view.

Scope and kind of key, the headers that all requests and answers have, and the problems that any
request may meet: added here, so that no view can forget them.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.api import KINDS, TITLES
from tenants import api_scopes

_SAFE = ("GET", "HEAD", "OPTIONS")
_LEVELS = {
    api_scopes.BUSINESS: "An agency's key names the business by `For-Business`.",
    api_scopes.AGENCY: "Takes a key of an agency only, at the platform's own address.",
    api_scopes.EITHER: "With an agency's key it is about the agency itself, or about the business "
    "that `For-Business` names.",
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "Business": {
        "name": "For-Business", "in": "header", "schema": {"type": "string", "maxLength": 100},
        "description": "With a key of an agency: which of its businesses, by id or external_id "
        "(`id:…` or `external_id:…` where both could be meant).",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "description": "Of your choice. The same request with the same key is done once; for a day "
        "it gets the same answer, with `Idempotent-Replayed: true`.",
    },
    "Fields": {
        "name": "fields", "in": "query", "schema": {"type": "string"},
        "description": "Only these fields, parted by commas.",
    },
}  # fmt: skip
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names the request, in your log and to our support.",
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "Requests a minute that the key may make.", "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {
        "description": "How many of them are left.", "schema": {"type": "integer"},
    },
    "RateLimit-Reset": {
        "description": "Seconds until all of them may be made again.",
        "schema": {"type": "integer"},
    },
}  # fmt: skip
# What any request may meet: the status, when it is said, and an example's code and words.
_PROBLEMS: dict[int, tuple[str, str, str, str]] = {
    400: ("The body is not JSON in UTF-8.", "", "parse_error", "JSON parse error"),
    401: (
        "The key is missing, revoked, over, or not for this host.", "", "authentication_failed",
        "This API key is not valid here.",
    ),
    403: (
        "The key lacks the scope, or is not of the kind this needs.", "", "scope_missing",
        "This key does not have the scope messages:send.",
    ),
    404: ("You have nothing by this id.", "", "not_found", "Not found."),
    406: ("Only JSON is spoken here.", "", "not_acceptable", "Could not satisfy the request Accept header."),
    409: (
        "The first request with this Idempotency-Key is being worked on; `Retry-After` says when to "
        "ask again.", "", "still_working", "The first request with this key is being worked on.",
    ),
    412: (
        "Somebody has changed it since; nothing was changed.", "", "changed_meanwhile",
        "Somebody has changed it since. Read it and try again.",
    ),
    413: ("The body is too large.", "", "too_large", "At most 65536 bytes are read."),
    415: ("Not JSON.", "", "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    422: (
        "A field or parameter cannot be used; `errors` names each.", "limit", "invalid",
        "Expected a whole number from 1 to 200.",
    ),
    429: (
        "Too many requests; `Retry-After` says when to come again.", "", "throttled",
        "Request was throttled. Expected available in 12 seconds.",
    ),
}  # fmt: skip
_NAMES = {status: f"Problem{status}" for status in _PROBLEMS}


class Described(AutoSchema):
    """An operation with its scope and whose keys it takes."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation, or None where there is none."""
        told = super().get_operation(*args, **kwargs)
        if told is None:
            return None
        view, action = self.view, getattr(self.view, "action", None)
        if not any("apiKey" in way for way in told.get("security", [])):
            return told
        scope = api_scopes.needed(view, action, self.method)
        level = getattr(view, "level", api_scopes.BUSINESS)
        needs = "Any key may ask." if scope == api_scopes.ANY else f"Needs the scope `{scope}`."
        told["description"] = f"{told.get('description', '')}\n\n{needs} {_LEVELS[level]}".strip()
        told["x-scope"], told["x-level"] = scope, level
        names = [] if level == api_scopes.AGENCY else ["Business"]
        if self.method not in _SAFE and getattr(view, "keeps_answers", True):
            names.append("IdempotencyKey")
        if hasattr(view, "filters") and action in ("list", "retrieve"):
            names.append("Fields")
        own = {each["name"] for each in told.get("parameters", [])}
        told["parameters"] = told.get("parameters", []) + [
            {"$ref": f"#/components/parameters/{name}"}
            for name in names
            if _PARAMETERS[name]["name"] not in own
        ]
        return told


def everywhere(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to the finished document what all operations share (drf-spectacular's POSTPROCESSING_HOOKS)."""
    shared = result.setdefault("components", {})
    shared["parameters"] = _PARAMETERS
    shared["headers"] = _HEADERS
    shared["responses"] = {_NAMES[status]: _problem(status) for status in _PROBLEMS}
    for path, methods in result["paths"].items():
        for method, told in methods.items():
            for status in _may_meet(path, method.upper(), told):
                kept = told["responses"].get(str(status))
                if kept is None:
                    told["responses"][str(status)] = {
                        "$ref": f"#/components/responses/{_NAMES[status]}"
                    }
            _complete(told)
    _mend(result)
    return result


def _mend(part: Any) -> None:
    """Mend what the generator says wrong: null twice in a choice, which neither allows, and empty addresses."""
    if isinstance(part, list):
        for each in part:
            _mend(each)
    elif isinstance(part, dict):
        if part.get("default") == "" and part.get("format") in ("email", "uri"):
            del part["default"]  # empty is no address, and left out means the same
        choices = part.get("oneOf")
        if isinstance(choices, list):
            part["oneOf"] = [each for n, each in enumerate(choices) if each not in choices[:n]]
        for each in part.values():
            _mend(each)


def _may_meet(path: str, method: str, told: dict[str, Any]) -> list[int]:
    found = [401, 403, 406, 422, 429]
    if "{" in path:
        found.append(404)
    if method not in _SAFE:
        found += [409] * _is_once(told)
        found += [400, 413, 415]
    return sorted(found)


def _is_once(told: dict[str, Any]) -> bool:
    known = {"#/components/parameters/IdempotencyKey"}
    return any(
        each.get("$ref") in known or each.get("name") == "Idempotency-Key"
        for each in told.get("parameters", [])
    )


def _complete(told: dict[str, Any]) -> None:
    """Give every answer its headers, and every problem an example."""
    for status, answer in told["responses"].items():
        if "$ref" in answer:
            continue
        answer["headers"] = {
            **{name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
            **answer.get("headers", {}),
        }
        problem = answer.get("content", {}).get("application/problem+json")
        if problem is not None and "examples" not in problem and int(status) in _PROBLEMS:
            problem["examples"] = _problem(int(status))["content"]["application/problem+json"][
                "examples"
            ]


def _problem(status: int) -> dict[str, Any]:
    said, field, code, words = _PROBLEMS[status]
    example = {
        "type": f"/api/docs/#{KINDS[status]}",
        "title": TITLES[status],
        "status": status,
        "detail": words,
        "errors": [{"field": field, "code": code, "detail": words}],
    }
    return {
        "description": said,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {"Problem": {"value": example}},
            }
        },
    }
