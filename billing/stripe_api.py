"""Stripe, spoken to here and nowhere else. The package is loaded when it is first needed: it is heavy.

Every request that creates something carries a key of our own that is the same however often the same
business action is tried (telephony.md 5.8): Stripe then answers with what it made the first time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 20
# Webhooks older than this are refused (the package's own default).
TOLERANCE_SECONDS = 300


class StripeProblem(Exception):
    """Stripe did not do it. `is_transient`: the same may well succeed later; code and param are Stripe's.

    The words never hold a key or what a person typed.
    """

    def __init__(
        self, sentence: str, *, is_transient: bool, code: str = "", param: str = "", status: int = 0
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.is_transient = sentence, is_transient
        self.code, self.param, self.status = code, param, status

    @property
    def is_of_the_key(self) -> bool:
        """Whether our key, or its right to this, is what Stripe does not take: somebody has to mend that."""
        return self.status in (401, 403)


class BillingOff(StripeProblem):
    """This installation has no key of Stripe's: nothing is billed."""

    def __init__(self) -> None:
        super().__init__("billing is switched off here", is_transient=False, code="billing_off")


class BadSignature(ValueError):
    """A webhook that Stripe did not sign, or signed too long ago."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A webhook as it was signed: what it is about, never what it says of it (telephony.md 5.5)."""

    event_id: str
    type: str
    account_id: str
    object_type: str
    object_id: str
    created: int  # seconds since 1970, Stripe's clock


def is_on() -> bool:
    """Whether this installation bills at all."""
    return bool(settings.STRIPE_SECRET_KEY)


def is_test() -> bool:
    """Whether the key is one of Stripe's sandbox: nobody is charged."""
    return "_test_" in settings.STRIPE_SECRET_KEY


def ask(
    what: str,
    *arguments: str,
    params: Mapping[str, Any] | None = None,
    account: str = "",
    key: str = "",
) -> dict[str, Any]:
    """Make one request and return the object as plain data.

    what: the service and its verb as the package has them, such as "checkout.sessions.create";
    arguments: ids in the path; account: the connected account it is made on, "" is our own; key: of the
    business action, needed where something is created. Raises BillingOff, StripeProblem. In no
    transaction.
    """
    import stripe

    options: dict[str, Any] = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = f"{settings.BASE_DOMAIN}:{key}"[:255]
    elif what.endswith(".create"):
        raise ValueError(f"key: {what} creates something and needs one")
    service: Any = client().v1
    for name in what.split("."):
        service = getattr(service, name)
    try:
        return service(*arguments, params=dict(params or {}), options=options).to_dict()
    except stripe.StripeError as error:
        raise _problem(what, error) from None


def _problem(what: str, error: Any) -> StripeProblem:
    status = error.http_status or 0
    # No answer, too many requests, a clash of two of ours, or trouble of theirs. A key that is not taken
    # (rolled badly, a right too few) says nothing of what was asked: it is mended, and the same succeeds.
    is_transient = status in (0, 401, 403, 409, 424, 429) or status >= 500
    code = str(error.code or getattr(error.error, "type", None) or "")
    param = str(getattr(error, "param", None) or "")
    log.warning("stripe_problem", what=what, status=status, code=code, param=param)
    sentence = str(error.user_message or type(error).__name__)[:300]
    return StripeProblem(sentence, is_transient=is_transient, code=code, param=param, status=status)


def client() -> Any:
    """Return the client for the key and address of the settings. Raises BillingOff."""
    if not is_on():
        raise BillingOff
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client(secret: str, base: str) -> Any:
    import stripe

    # Stripe's own addresses differ by what is asked; one of ours answers for all of them.
    own = base == "https://api.stripe.com"
    addresses: Any = {name: base for name in ("api", "connect", "files", "meter_events")}
    return stripe.StripeClient(
        secret,
        base_addresses=None if own else addresses,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def pages(
    what: str, *arguments: str, params: Mapping[str, Any], account: str = "", at_most: int = 1000
) -> list[dict[str, Any]]:
    """Return everything a list has, page by page, no more than `at_most`. Raises as `ask` does."""
    found: list[dict[str, Any]] = []
    wanted = dict(params) | {"limit": 100}
    while len(found) < at_most:
        page = ask(what, *arguments, params=wanted, account=account)
        found += page["data"]
        if not page.get("has_more") or not page["data"]:
            break
        wanted["starting_after"] = page["data"][-1]["id"]
    return found[:at_most]


def heard(body: bytes, signature: str, secret: str) -> Heard:
    """Check a webhook over the very bytes that came and return what it is about.

    Raises BadSignature, and ValueError for a signed body that is no event.
    """
    import stripe

    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, IndexError) as error:
        raise BadSignature(type(error).__name__) from None
    event = json.loads(text)
    try:
        if event["object"] == "v2.core.event":
            return Heard(
                event["id"], event["type"], str(event.get("context") or ""),
                "v2", str((event.get("related_object") or {}).get("id") or ""), _seconds(event),
            )  # fmt: skip
        about = event["data"]["object"]
        return Heard(
            event["id"], event["type"], str(event.get("account") or ""),
            str(about.get("object") or ""), str(about.get("id") or ""), int(event["created"]),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"event: {type(error).__name__} {error}") from None


def _seconds(event: Mapping[str, Any]) -> int:
    """A thin event says its moment in ISO 8601."""
    return int(datetime.fromisoformat(str(event["created"])).timestamp())
