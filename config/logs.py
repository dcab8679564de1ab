"""Structured logs: one line an event, with business and correlation id, phone numbers redacted."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_GAP = r"(?:[ .()\u00a0-]|%20){0,3}"
# A number of a person, in the ways people and programs write one. Its last two digits stay, which
# is enough for support to match a line with a call and too little to call anybody.
_PHONE = re.compile(
    # With a plus, as it is or as a URL has it: in one piece, else with gaps.
    rf"(?:\+|%2[Bb])[1-9](?:\d{{6,14}}(?!\d)|(?:{_GAP}\d){{6,14}}(?!\d))"
    # (312) 555-0142, 1-312-555-0142, 312.555.0142
    r"|(?<![\w.+-])(?:1[ .-]?)?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?![\w-])"
    # Ten digits or more in one piece; not a part of an id such as a UUID.
    r"|(?<![A-Za-z0-9-])\d{10,15}(?![A-Za-z0-9-])"
)
_DEPTH = 8


def redact(value: str) -> str:
    """Return the text with every phone number reduced to its last two digits."""
    return _PHONE.sub(_last_two, value)


def _last_two(found: re.Match[str]) -> str:
    return "+•••" + re.sub(r"%20|%2[Bb]|\D", "", found[0])[-2:]


def _cleaned(value: Any, depth: int = 0) -> Any:
    """Return a value of an event with the numbers redacted, however deep they are."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < _DEPTH and isinstance(value, dict):
        return {_cleaned(k, depth + 1): _cleaned(v, depth + 1) for k, v in value.items()}
    if depth < _DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(inner, depth + 1) for inner in value]
    # Anything else is written as its repr, an exception that quotes a number for one.
    shown = repr(value)
    clean = redact(shown)
    return value if clean == shown else clean


def _redact_event(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # the formatter's own
            event[key] = _cleaned(value)
    return event


def configure(level: str, *, json_lines: bool) -> None:
    """Route the standard library's and structlog's records through one formatter to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.processors.KeyValueRenderer(
            key_order=["level", "event"], drop_missing=True, sort_keys=False
        )
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # Each of these says little an operator can act on at INFO.
                "httpx": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "celery.apps.worker": {"level": "WARNING"},  # /readyz says what is ready
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                # A wake-up that comes while a worker stops goes back to its queue: a warning there.
                "kombu.transport.virtual.base": {"level": "ERROR"},
                "twilio": {"level": "WARNING"},
                # Both write codes and tokens in clear when they debug.
                "oauthlib": {"level": "WARNING"},
                "oauth2_provider": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            *shared[:-2],
            structlog.processors.format_exc_info,
            _redact_event,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
