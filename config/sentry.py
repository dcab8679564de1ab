"""Errors to Sentry, when SENTRY_DSN is set: what broke, never whose number or what was said."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.types import Event, Hint

from config.logs import redact


def start(dsn: str, *, environment: str, role: str) -> None:
    """Begin reporting errors of this process. Raises sentry_sdk.utils.BadDsn for a nonsensical DSN.

    Local variables and request bodies stay here: they hold texts, names and numbers of people.
    """
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=scrub,
        before_breadcrumb=scrub_breadcrumb,
    )
    sentry_sdk.set_tag("role", role)


def scrub(event: Event, _hint: Hint) -> Event:
    """Return the event with every phone number in it redacted."""
    cleaned: Event = _cleaned(event)
    return cleaned


def scrub_breadcrumb(crumb: dict[str, Any], _hint: Hint) -> dict[str, Any]:
    """Return a breadcrumb with every phone number in it redacted."""
    cleaned: dict[str, Any] = _cleaned(crumb)
    return cleaned


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value
