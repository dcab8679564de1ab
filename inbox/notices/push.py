"""Web push: to a browser that wants to be told (RFC 8030, 8291, 8292).

What is pushed is encrypted for that browser alone; its maker's service sees size and time.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from inbox.models import PushSubscription
from inbox.notices import outgoing
from inbox.notices.outgoing import Refused, Sent

KEEP_FOR = 12 * 3600  # seconds a push service keeps it for a browser that is away
MOST_PAYLOAD = 3000  # bytes; services take 4096 with what encryption adds
MOST_DEVICES = 10  # of one member
_SIZES = {"p256dh": 65, "auth": 16}


class BadSubscription(ValueError):
    """What a browser sent is no subscription; the text names the field."""


@dataclass(frozen=True, slots=True)
class Place:
    """A browser as it is written to."""

    endpoint: str
    keys: dict[str, str]


def is_possible() -> bool:
    """Whether this installation has keys for web push."""
    return bool(settings.VAPID_PRIVATE_KEY and settings.VAPID_PUBLIC_KEY)


def renew(user_id: int, was: str, endpoint: object, keys: object, device: str) -> PushSubscription:
    """Keep a browser's new address in place of its old one (`was`, '' where it does not say which).

    Must run in a transaction. Whoever took the device off stays untold. Raises BadSubscription.
    """
    mine = PushSubscription.objects.filter(user=user_id)
    if was:
        known = mine.filter(endpoint_hash=hashlib.sha256(was.encode()).hexdigest())
    else:
        known = mine.filter(device=" ".join(device.split())[:80])
    if not known.exists():
        raise BadSubscription("was: this browser was told nothing before")
    row = subscribe(user_id, endpoint, keys, device)
    if was:
        known.exclude(pk=row.pk).delete()
    return row


def subscribe(user_id: int, endpoint: object, keys: object, device: str) -> PushSubscription:
    """Keep a browser that wants to be told; the same one again only changes hands and keys.

    Must run in a transaction. A member has at most MOST_DEVICES: the longest unused one goes.
    Raises BadSubscription.
    """
    if not isinstance(endpoint, str) or not isinstance(keys, dict):
        raise BadSubscription("endpoint: expected what the browser's push service gave")
    try:
        outgoing.checked(endpoint, allow_private=outgoing.private_allowed())
    except Refused as refused:
        raise BadSubscription(f"endpoint: {refused}") from None
    kept = {name: _key(name, keys.get(name), size) for name, size in _SIZES.items()}
    now = timezone.now()
    with connection.cursor() as cursor:  # two tabs of one member ask at the same moment
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('push'), %s)", [user_id % 2**31])
    row, _ = PushSubscription.objects.update_or_create(
        endpoint_hash=hashlib.sha256(endpoint.encode()).hexdigest(),
        defaults={
            "user": user_id, "endpoint": endpoint, "keys": json.dumps(kept), "failures": 0,
            "device": " ".join(device.split())[:80],
        },
        create_defaults={
            "user": user_id, "endpoint": endpoint, "keys": json.dumps(kept), "failures": 0,
            "device": " ".join(device.split())[:80], "created_at": now,
        },
    )  # fmt: skip
    mine = PushSubscription.objects.filter(user=user_id).exclude(pk=row.pk)
    surplus = mine.order_by("-used_at", "-created_at").values_list("pk", flat=True)
    PushSubscription.objects.filter(pk__in=list(surplus[MOST_DEVICES - 1 :])).delete()
    return row


def place_of(subscription: PushSubscription) -> Place:
    """Return a browser as it is written to, decrypted."""
    return Place(subscription.endpoint, json.loads(subscription.keys))


def send(place: Place, told: dict[str, Any], *, urgent: bool, topic: str) -> Sent:
    """Encrypt and hand one push over, in no transaction. Never raises for what may be expected.

    told: what the service worker shows; topic: an unread push of the same topic is replaced.
    """
    from pywebpush import WebPusher  # brings much along, and only workers need it

    if not is_possible():
        return Sent("refused", "Web push is not set up on this server.")
    payload = json.dumps(told, ensure_ascii=False).encode()
    if len(payload) > MOST_PAYLOAD:
        told = {**told, "body": ""}
        payload = json.dumps(told, ensure_ascii=False).encode()
    try:
        body = WebPusher({"endpoint": place.endpoint, "keys": place.keys}).encode(payload)["body"]
        signed = _signed(place.endpoint)
    except Exception as problem:
        return Sent("gone", f"The browser's keys cannot be used ({type(problem).__name__}).")
    headers = {
        **signed,
        "TTL": str(KEEP_FOR),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Urgency": "high" if urgent else "normal",
        # At most 32 characters of URL-safe base64 (RFC 8030 5.4).
        "Topic": base64.urlsafe_b64encode(hashlib.sha256(topic.encode()).digest())[:32].decode(),
    }
    allowed = outgoing.private_allowed()
    sent = outgoing.post(place.endpoint, bytes(body), headers, allow_private=allowed)
    if sent.kind == "sent" or sent.kind == "gone":
        return sent
    return Sent(sent.kind, f"Push service: {sent.reason}", sent.retry_seconds)


def _signed(endpoint: str) -> dict[str, str]:
    from py_vapid import Vapid02

    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + 12 * 3600,
        "sub": settings.VAPID_SUBJECT,
    }
    signed: dict[str, str] = Vapid02.from_string(settings.VAPID_PRIVATE_KEY).sign(claims)
    return signed


def _key(name: str, value: object, size: int) -> str:
    if not isinstance(value, str) or len(value) > 120:
        raise BadSubscription(f"keys.{name}: expected the browser's key")
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        raise BadSubscription(f"keys.{name}: expected URL-safe base64") from None
    if len(raw) != size:
        raise BadSubscription(f"keys.{name}: expected {size} bytes, got {len(raw)}")
    return value
