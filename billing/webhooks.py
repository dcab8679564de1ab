"""Stripe's door: proven over the bytes that came, stored once, answered at once; applied later.

telephony.md 5.5. Stripe repeats what it gets no 200 for, in no order, for three days.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import stripe_api
from billing.applying import CONCERNING, REFRESHED, UNASKED
from billing.stripe_api import BadSignature, Heard
from tenants import agenda
from tenants.models.traffic import SUBJECT_LENGTH

log = structlog.get_logger(__name__)

LANE = "bulk"
# For so long what Stripe shows is asked for; after it support is told (billing/applying.py).
KEEP_ASKING = timedelta(days=3)

# A repeat inserts nothing and wakes nobody; an object that many events are about is asked for once
# more after the last of them (see tenants.agenda.put).
_STORE = """
    WITH event AS (
        INSERT INTO public.billing_stripeevent
            (event_id, account_id, type, object_type, object_id, created_at, received_at, applied_at,
             note)
        VALUES (%(id)s, %(account)s, %(type)s, %(object_type)s, %(object_id)s, %(created)s, now(),
                CASE WHEN %(wanted)s THEN NULL ELSE now() END, %(note)s)
        ON CONFLICT (event_id) DO NOTHING RETURNING id
    )
    INSERT INTO public.tenants_agendaitem
        (lane, kind, business_id, subject, unique_key, due_at, expires_at, state, attempts,
         claimed_by, last_error, created_at)
    SELECT %(lane)s, 'billing.refresh', NULL, %(subject)s, %(key)s, now(), %(expires)s, 'waiting', 0,
           '', '', now() FROM event WHERE %(wanted)s
    ON CONFLICT (unique_key) DO UPDATE SET
        due_at = EXCLUDED.due_at, expires_at = EXCLUDED.expires_at, claimed_by = '', attempts = 0,
        state = 'waiting'
    RETURNING id
"""


@csrf_exempt
@require_POST
def platform(request: HttpRequest) -> HttpResponse:
    """Webhooks about our own account."""
    return _take(request, settings.STRIPE_WEBHOOK_SECRET, is_connect=False)


@csrf_exempt
@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """Webhooks about agencies' accounts; the endpoint and its secret are others at Stripe."""
    return _take(request, settings.STRIPE_CONNECT_WEBHOOK_SECRET, is_connect=True)


def _take(request: HttpRequest, secret: str, *, is_connect: bool) -> HttpResponse:
    if not stripe_api.is_on() or not secret:
        return _say("billing is switched off here", 404)
    try:
        heard = stripe_api.heard(request.body, request.headers.get("Stripe-Signature", ""), secret)
    except BadSignature as problem:
        log.warning("stripe_webhook_refused", why=str(problem))
        return _say("signature: not Stripe's", 403)
    except ValueError as problem:
        log.warning("stripe_webhook_unreadable", why=str(problem)[:200])
        return _say("event: not one of Stripe's", 400)
    if bool(heard.account_id) != is_connect and heard.object_type != "v2":
        # Whoever signed it holds this secret, but the other endpoint is told of it too.
        return _say("account: not this endpoint's", 200)
    store(heard)
    return _say("ok", 200)


def store(heard: Heard) -> bool:
    """Keep an event and ask for what it is about, in one statement; False for one we had already."""
    wanted = heard.object_type in REFRESHED and bool(heard.object_id)
    wanted = wanted and heard.type not in UNASKED
    wanted = wanted or heard.type in CONCERNING
    subject = subject_of(
        heard.account_id, heard.type, heard.object_type, heard.object_id, heard.event_id
    )
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": heard.event_id[:80], "account": heard.account_id[:64], "type": heard.type[:80],
        "object_type": heard.object_type[:40], "object_id": heard.object_id[:80],
        "created": datetime.fromtimestamp(heard.created, UTC), "wanted": wanted,
        "note": "" if wanted else "Nothing of ours hangs on it.", "lane": LANE, "subject": subject,
        "key": f"billing.refresh:0:{subject}", "expires": now + KEEP_ASKING,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        is_news = cursor.fetchone() is not None
    if is_news:
        agenda.wake(LANE)
    return is_news


def subject_of(account: str, type_: str, object_type: str, object_id: str, event_id: str) -> str:
    """Return what the agenda calls an event's work (billing/applying.py)."""
    if type_ in CONCERNING:
        return f"{account}|concern|{event_id}"
    subject = f"{account}|{object_type}|{object_id}"
    # A checkout's id alone has 66 letters: the event that is kept says what it is about.
    return subject if len(subject) <= SUBJECT_LENGTH else f"{account}|event|{event_id}"


def _say(words: str, status: int) -> HttpResponse:
    return HttpResponse(words + "\n", status=status, content_type="text/plain; charset=utf-8")
