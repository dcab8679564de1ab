"""How a business does, reckoned every few minutes into its row of BusinessHealth.

One agenda row a business (inbox.health), in the lane nobody waits for: two statements in its schema by
indexes, two on the public floor, so that a thousand businesses cost a few of them a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from billing.entitlements import allowed
from billing.spending import money_of
from billing.standing import STANDING_SQL, standing_from
from inbox.agency.businesses import health
from inbox.agency.businesses.health import Facts
from tenants import agenda
from tenants.agenda import Item, Later
from tenants.models import (
    Answering,
    Business,
    BusinessHealth,
    Departure,
    PhoneNumber,
    Stage,
)
from tenants.playbooks import Playbook
from tenants.scope import business_scope, current_business

KIND, SUBJECT = "inbox.health", "all"
EVERY = timedelta(minutes=5)
# A business that is being set up, or that leaves, has fewer news.
SELDOM = timedelta(minutes=30)
AFTER_DEATH = timedelta(hours=1)
WEEK = timedelta(days=7)

# calls_call by call_started, messaging_message by message_kept and message_thread,
# messaging_conversation by conversation_actionable, messaging_alert by alert_open_once.
_CALLS = """
    SELECT count(*) FILTER (WHERE outcome <> 'in_progress'),
           count(*) FILTER (WHERE outcome IN ('missed', 'voicemail')),
           coalesce(max(started_at), (SELECT started_at FROM calls_call WHERE NOT is_test
               AND same_as_id IS NULL AND outcome <> 'ignored' ORDER BY started_at DESC LIMIT 1)),
           (SELECT count(*) FROM messaging_conversation WHERE actionable_at IS NOT NULL),
           (SELECT min(actionable_at) FROM messaging_conversation WHERE actionable_at IS NOT NULL),
           (SELECT count(*) FROM messaging_alert WHERE resolved_at IS NULL)
    FROM calls_call
    WHERE started_at >= %(since)s AND started_at <= %(now)s AND NOT is_test AND same_as_id IS NULL
      AND outcome <> 'ignored'
"""
_TEXTS = """
    WITH left_us AS MATERIALIZED (
        SELECT m.conversation_id, m.created_at, m.sent_at, m.status, m.call, m.author,
               m.clearances->0->>'result' AS first
        FROM messaging_message m
        WHERE m.created_at >= %(since)s AND m.created_at <= %(now)s AND m.erased_at IS NULL
          AND m.direction = 'out' AND m.status IN ('sent', 'delivered', 'undelivered', 'failed')
    ), back AS (
        SELECT l.*, CASE WHEN l.first = 'send' THEN
                   greatest(0, extract(epoch FROM l.sent_at - c.ended_at) * 1000) END AS took,
               EXISTS (SELECT 1 FROM messaging_message r
                       WHERE r.conversation_id = l.conversation_id AND r.direction = 'in'
                         AND r.created_at > l.created_at) AS answered
        FROM left_us l JOIN calls_call c ON c.id = l.call
        WHERE l.author = 'rule' AND l.sent_at IS NOT NULL AND NOT c.is_test
    )
    SELECT (SELECT count(*) FROM back), (SELECT count(*) FROM back WHERE answered),
           (SELECT count(*) FROM left_us),
           (SELECT count(*) FROM left_us WHERE status IN ('undelivered', 'failed')),
           (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY took) FROM back),
           (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY took) FROM back)
"""


def reckon(item: Item) -> Later | None:
    """Agenda: reckon a business's row anew; of one that is gone no more."""
    business, now = current_business(), timezone.now()
    business.refresh_from_db(fields=["stage", "suspended_at", "suspended_by"])
    if business.stage == Stage.GONE:
        return None
    keep(business, gather(business, now), now)
    return Later(now + (EVERY if business.stage == Stage.LIVE else SELDOM))


def died(item: Item, _error: str) -> None:
    """Reckoning was given up (settings.AGENDA_DEAD_HANDLERS): the row says how old it is; it is tried anew."""
    if item.business_id is not None:
        plan(Business.objects.get(pk=item.business_id), timezone.now() + AFTER_DEATH)


def begin(playbook: Playbook) -> None:
    """A new business has its row within a minute (settings.BUSINESS_CREATED_HANDLERS)."""
    plan(current_business(), timezone.now() + timedelta(minutes=1))


def standing_changed(business: Business, at: datetime) -> None:
    """It went live, was suspended or resumed: its row follows at once (settings.BUSINESS_LIVE_HANDLERS,
    BUSINESS_SUSPENDED_HANDLERS). `at` is aware.
    """
    plan(business, at)


def leaving_changed(departure: Departure, actor: str, door: str, now: datetime) -> None:
    """It leaves or stays after all: its row follows at once (settings.BUSINESS_LEAVING_HANDLERS,
    BUSINESS_STAYS_HANDLERS). `now` is aware.
    """
    plan(departure.business, now)


def prepared() -> None:
    """After an update: every business is reckoned, not all at once (settings.PREPARED_HANDLERS)."""
    now = timezone.now()
    for business in Business.objects.exclude(stage=Stage.GONE).order_by("pk"):
        with transaction.atomic():
            plan(business, now + timedelta(seconds=business.pk % int(EVERY.total_seconds())))


def plan(business: Business, at: datetime) -> None:
    """Put a business's next reckoning on the agenda; `at` is aware. Whoever changes its stage may."""
    agenda.put(KIND, SUBJECT, lane="housekeeping", business_id=business.pk, due_at=at)


def gather(business: Business, now: datetime) -> Facts:
    """Return a business as it is at `now` (aware), read from its own schema and the public floor."""
    times = {"since": now - WEEK, "now": now}
    with business_scope(str(business.schema_name)), connection.cursor() as cursor:
        cursor.execute(_CALLS, times)
        calls, missed, last, waiting, oldest, alerts = cursor.fetchone()
        cursor.execute(_TEXTS, times)
        texts, replies, sent, lost, half, most = cursor.fetchone()
        cursor.execute(
            f"SELECT {STANDING_SQL} FROM public.tenants_business b WHERE b.id = %s", [business.pk]
        )
        (standing,) = cursor.fetchone()
    facts = Facts(
        stage=business.stage, suspended_by=business.suspended_by,
        is_suspended=business.suspended_at is not None,
        calls=calls, missed=missed, texts=texts, replies=replies, sent=sent, undelivered=lost,
        text_p50_ms=_whole(half), text_p95_ms=_whole(most), waiting=waiting,
        oldest_waiting_at=oldest, open_alerts=alerts, last_call_at=last,
        step=int(allowed(standing_from(standing), now).step),
    )  # fmt: skip
    lines = PhoneNumber.objects.filter(business=business, is_active=True)
    return of_lines(
        facts, list(lines.values("registration", "forwarding", "answering", "forwards_from"))
    )


def of_lines(facts: Facts, lines: Sequence[Any]) -> Facts:
    """Return the facts with the worst of the lines in them."""
    fed = [row for row in lines if row["forwards_from"] or row["answering"] == Answering.GREETING]
    return replace(
        facts,
        registration=health.worst((row["registration"] for row in lines), health.REGISTRATIONS),
        forwarding=health.worst((row["forwarding"] for row in fed), health.FORWARDINGS),
        forwarded=bool(fed),
    )


def keep(business: Business, facts: Facts, now: datetime) -> None:
    """Write the row of a business."""
    wrong, money = health.wrong(facts, now), money_of(business, now)
    BusinessHealth.objects.update_or_create(
        business=business,
        defaults={
            "computed_at": now,
            "calls": facts.calls, "missed": facts.missed, "texts": facts.texts,
            "replies": facts.replies, "sent": facts.sent, "undelivered": facts.undelivered,
            "text_p50_ms": facts.text_p50_ms, "text_p95_ms": facts.text_p95_ms,
            "waiting": facts.waiting, "oldest_waiting_at": facts.oldest_waiting_at,
            "open_alerts": facts.open_alerts, "registration": facts.registration,
            "forwarding": facts.forwarding, "spend_cents": money.spend,
            "margin_cents": money.margin, "last_call_at": facts.last_call_at,
            "problems": list(wrong), "trouble": health.trouble(wrong),
        },
    )  # fmt: skip


def _whole(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else int(milliseconds)
