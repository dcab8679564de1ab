"""Endpoints: made, changed, given a new secret, tried, switched off; and deliveries sent again by hand.

Whose they are is said by whoever asks: a business or an agency, never both. What belongs to another
is not found.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from integrations import catalogue, listening, waking
from integrations.models import Delivery, DeliveryState, Endpoint, Event
from tenants.models import Agency, ApiKey, Business, new_id
from tenants.outgoing import Refused, checked, private_allowed

log = structlog.get_logger(__name__)

MOST = 25  # endpoints of one owner; each hears of everything
MOST_HOOKS = 500  # subscriptions by REST Hooks: one for each Zap
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)
SOURCES = ("hand", "zapier", "make", "n8n", "other")
POLLING = "polling"
WHY_OFF = ("gone", "failing", "member", "unsubscribed")


class EndpointError(ValueError):
    """Something that cannot be done; `field` names what is wrong with what was asked."""

    def __init__(self, field: str, sentence: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence, self.code = field, sentence, code


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose endpoints: a business's, or an agency's own."""

    business: Business | None = None
    agency: Agency | None = None

    def endpoints(self) -> QuerySet[Endpoint]:
        """Return the owner's endpoints, without what stands for asking (integrations/polling.py)."""
        found = Endpoint.objects.filter(business=self.business, agency=self.agency)
        return found.exclude(source=POLLING)


def make(
    owner: Owner, url: str, events: Iterable[str], *, description: str = "", source: str = "hand",
    by: ApiKey | None = None,
) -> Endpoint:  # fmt: skip
    """Make an endpoint with a secret of its own. Raises EndpointError naming the field."""
    url, names = _url(url), _events(events)
    with transaction.atomic():
        lock(owner)
        active = owner.endpoints().filter(is_active=True)
        if source == "hand" and active.filter(source="hand").count() >= MOST:
            raise EndpointError("url", f"There are {MOST} endpoints already. Delete one first.")
        if source != "hand" and active.exclude(source="hand").count() >= MOST_HOOKS:
            raise EndpointError("url", f"There are {MOST_HOOKS} subscriptions already.")
        endpoint = Endpoint.objects.create(
            business=owner.business, agency=owner.agency, url=url, shown_url=_shown(url),
            description=_description(description), secret=new_secret(), events=names,
            source=source if source in SOURCES else "other", subscribed_by=by,
        )  # fmt: skip
        listening.changed()
    return endpoint


def change(
    endpoint: Endpoint, *, url: str | None = None, events: Iterable[str] | None = None,
    description: str | None = None, is_active: bool | None = None,
) -> Endpoint:  # fmt: skip
    """Change what is given of an endpoint. Raises EndpointError naming the field."""
    with transaction.atomic():
        row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if url is not None:
            row.url = _url(url)
            row.shown_url = _shown(row.url)
            row.rests_until, row.took_ms = None, 0
        if events is not None:
            row.events = _events(events)
        if description is not None:
            row.description = _description(description)
        if is_active and not row.is_active:
            row.is_active, row.disabled_at, row.disabled_why = True, None, ""
            row.failing_since = row.rests_until = None
        row.save()
        if is_active is False and row.is_active:
            switch_off(row, "member", timezone.now())
        listening.changed()
    return row


def rotate(endpoint: Endpoint, now: datetime, overlap: timedelta = OVERLAP) -> Endpoint:
    """Give an endpoint a new secret; for `overlap` both sign. `now` is aware. Raises EndpointError."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise EndpointError("overlap_hours", "Expected 0 to 168 hours.")
    with transaction.atomic():
        row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        row.previous_secret, row.previous_until = row.secret, now + overlap
        row.secret = new_secret()
        row.save(update_fields=["secret", "previous_secret", "previous_until"])
    return row


def remove(endpoint: Endpoint) -> None:
    """Delete an endpoint with its deliveries."""
    with transaction.atomic():
        Delivery.objects.filter(endpoint=endpoint.pk).delete()
        Endpoint.objects.filter(pk=endpoint.pk).delete()
        listening.changed()


def switch_off(endpoint: Endpoint, why: str, now: datetime) -> None:
    """Tell an endpoint no more; its owners hear of it unless they did it themselves. In a transaction."""
    endpoint.is_active, endpoint.disabled_at, endpoint.disabled_why = False, now, why
    endpoint.save(update_fields=["is_active", "disabled_at", "disabled_why"])
    drop_waiting(endpoint.pk)
    listening.changed()
    log.info("endpoint_switched_off", endpoint=str(endpoint.pk), why=why)
    if why in ("gone", "failing") and endpoint.source == "hand":
        for path in settings.ENDPOINT_OFF_HANDLERS:
            import_string(path)(endpoint)


def drop_waiting(endpoint_id: UUID) -> int:
    """Give up what waits for an endpoint that is told no more; returns how many."""
    waiting = Delivery.objects.filter(endpoint=endpoint_id, state=DeliveryState.WAITING)
    return waiting.update(state=DeliveryState.DROPPED, problem="The endpoint was switched off.")


def send_test(endpoint: Endpoint, now: datetime) -> Delivery:
    """Have the test event handed over. Raises EndpointError for one that is switched off.

    An agency's endpoint hears it of one of its businesses; EndpointError where there is none.
    """
    _must_be_active(endpoint)
    business = endpoint.business_id
    if business is None:
        first = Business.objects.filter(agency=endpoint.agency_id).order_by("pk").first()
        if first is None:
            raise EndpointError("endpoint", "The agency has no business yet.")
        business = first.pk
    kind = catalogue.TYPES[catalogue.TEST]
    with transaction.atomic():
        event = Event.objects.create(
            business_id=business, type=kind.name, key=f"{kind.name}:{new_id()}",
            version=kind.version, data=kind.example, occurred_at=now,
        )  # fmt: skip
        delivery = Delivery.objects.create(event=event, endpoint=endpoint, due_at=now)
        _hurry(endpoint)
    return delivery


def redeliver(delivery: Delivery, now: datetime) -> Delivery:
    """Send a delivery again, whatever became of it, with a new schedule. Raises EndpointError."""
    _must_be_active(delivery.endpoint)
    with transaction.atomic():
        found = Delivery.objects.select_for_update(of=("self",)).select_related("event")
        row = found.get(pk=delivery.pk)
        if "erased" in row.event.data:
            raise EndpointError("endpoint", "The person it is about was erased.", "erased")
        # Attempts go on counting while it waits: they are what tells two workers apart.
        if row.state != DeliveryState.WAITING:
            row.state, row.attempts, row.problem = DeliveryState.WAITING, 0, ""
        row.due_at = now
        row.save(update_fields=["state", "attempts", "problem", "due_at"])
        _hurry(delivery.endpoint)
    return row


def subscriber(user_agent: str, url: str) -> str:
    """Return who subscribes by REST Hooks: one of SOURCES, from what he calls himself and where to."""
    said = f"{user_agent} {urlsplit(url).hostname or ''}".lower()
    for name in ("zapier", "n8n"):
        if name in said:
            return name
    return "make" if "make.com" in said or "integromat" in said else "other"


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes them: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _hurry(endpoint: Endpoint) -> None:
    """A person waits for it: whatever rest the endpoint has is over."""
    Endpoint.objects.filter(pk=endpoint.pk, rests_until__isnull=False).update(
        rests_until=timezone.now()
    )
    subject = str(endpoint.pk)
    transaction.on_commit(lambda: waking.wake("endpoint", [subject]))


def _must_be_active(endpoint: Endpoint) -> None:
    if not endpoint.is_active:
        raise EndpointError("endpoint", "It is switched off. Switch it on first.", "switched_off")


def lock(owner: Owner) -> None:
    """Two at once do not both become the last one that is allowed."""
    if owner.agency is not None:
        Agency.objects.select_for_update(no_key=True).get(pk=owner.agency.pk)
    else:
        assert owner.business is not None
        found = Business.objects.select_for_update(of=("self",), no_key=True)
        found.only("pk").get(pk=owner.business.pk)


def _url(url: str) -> str:
    url = url.strip()
    try:
        checked(url, allow_private=private_allowed())
    except Refused as refused:
        raise EndpointError("url", str(refused)) from None
    return url


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"[:200]


def _events(names: Iterable[str]) -> list[str]:
    try:
        return catalogue.chosen(names)
    except catalogue.UnknownEvent as unknown:
        raise EndpointError("events", str(unknown), "unknown_event") from None


def _description(words: str) -> str:
    words = " ".join(words.replace("\x00", "").split())
    if len(words) > 120:
        raise EndpointError("description", "Write at most 120 letters.")
    return words
