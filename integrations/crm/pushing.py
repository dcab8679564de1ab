"""Telling a CRM what is due: one agenda row a connection, one thing after the other, asked again until taken."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import shares, waking
from integrations.crm import CONNECTORS
from integrations.crm.base import CrmFailed, ToTell
from integrations.crm.connections import drop_waiting, switch_off
from integrations.crm.notes import note_of
from integrations.models import CrmConnection, CrmPush, DeliveryState
from integrations.retrying import again_at
from integrations.shares import Place
from tenants.agenda import Item, Later, Outside

MOST = 10  # of one look; the token may ask for a pause after any of them
_DUE = (
    "SELECT min(due_at) FROM public.integrations_crmpush WHERE connection_id = %s::bigint "
    "AND state = 'waiting'"
)


@dataclass(frozen=True, slots=True)
class _Done:
    push_id: int
    attempts: int
    remote_id: str = ""
    failed: CrmFailed | None = None


def push_due(item: Item) -> Outside | Later | None:
    """Agenda: tell a CRM what is due. Idempotent: a repeat looks first for what an earlier try did."""
    now = timezone.now()
    connection = CrmConnection.objects.filter(pk=int(item.subject), is_active=True).first()
    if connection is None:
        drop_waiting(int(item.subject))
        return None
    if connection.rests_until is not None and connection.rests_until > now:
        waking.rest(item, _DUE, item.subject, connection.rests_until)
        return None
    place = shares.here().enter("crm", connection.kind)
    if place is None:
        return Later(now + timedelta(seconds=random.uniform(0.5, 1.5)))
    try:
        return _pushing(item, connection, place, now)
    except BaseException:
        shares.here().leave(place)
        raise


def _pushing(item: Item, connection: CrmConnection, place: Place, now: datetime) -> Outside:
    due = CrmPush.objects.filter(
        connection=connection.pk, state=DeliveryState.WAITING, due_at__lte=now
    )
    rows = list(due.select_related("event").order_by("event__occurred_at", "id")[:MOST])
    # Counted before anything is asked: whoever finds it above one knows that it may have been told.
    CrmPush.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=F("attempts") + 1)
    wanted = [(row.pk, row.attempts + 1, _to_tell(row)) for row in rows]
    connector, token = CONNECTORS[connection.kind], connection.token
    known = dict(connection.settings)

    def act() -> list[_Done]:
        try:
            return told_all()
        finally:
            shares.here().leave(place)

    def told_all() -> list[_Done]:
        done = []
        for pk, attempts, told in wanted:
            if told is None:
                done.append(_Done(pk, attempts))
                continue
            try:
                done.append(_Done(pk, attempts, connector.push(token, known, told)))
            except CrmFailed as failed:
                done.append(_Done(pk, attempts, failed=failed))
                if failed.kind != "refused":
                    break
        return done

    return Outside(act, lambda done: settle(item, done, [row.pk for row in rows]))


def _to_tell(row: CrmPush) -> ToTell | None:
    """Return what the CRM is told, None where there is nothing: a withheld number, nobody's note."""
    event = row.event
    contact = event.data.get("contact") or {}
    note = note_of(event.type, event.data)
    if not contact.get("phone") or not note:
        return None
    at_ms = int(event.occurred_at.timestamp() * 1000)
    return ToTell(
        str(event.pk), at_ms, contact["phone"], str(contact.get("name", "")), note, row.attempts > 0
    )


def settle(item: Item, done: list[_Done], counted: list[int]) -> None:
    """Write down what came of each, and plan the next look; counted: whose attempts were raised."""
    now, rests = timezone.now(), None
    with transaction.atomic():
        connection = CrmConnection.objects.select_for_update(no_key=True).get(pk=int(item.subject))
        tried = {each.push_id for each in done}
        untried = CrmPush.objects.filter(pk__in=[pk for pk in counted if pk not in tried])
        untried.filter(attempts__gt=0).update(attempts=F("attempts") - 1)
        for each in done:
            mine = CrmPush.objects.filter(
                pk=each.push_id, attempts=each.attempts, state=DeliveryState.WAITING
            )
            failed = each.failed
            if failed is None:
                mine.update(
                    state=DeliveryState.DELIVERED, remote_id=each.remote_id[:80], done_at=now,
                    problem="",
                )  # fmt: skip
                connection.last_success_at, connection.last_problem = now, ""
                continue
            connection.last_problem = failed.sentence[:300]
            due = again_at(each.attempts, now, random.random()) if failed.kind == "again" else None
            state = DeliveryState.GAVE_UP if due is None else DeliveryState.WAITING
            mine.update(state=state, problem=failed.sentence[:300], due_at=due or now)
            if failed.kind == "again":
                rests = now + timedelta(seconds=max(failed.retry_seconds, 5.0))
        connection.rests_until = rests
        connection.save(update_fields=["last_success_at", "last_problem", "rests_until"])
        lost = next((d.failed for d in done if d.failed and d.failed.kind == "key"), None)
        if lost is not None:
            switch_off(connection, lost.sentence)
    waking.rest(item, _DUE, item.subject, rests)
