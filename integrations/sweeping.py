"""Each minute: what was written and never asked for is asked for, and what is old is forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from integrations import listening, waking
from integrations.models import Endpoint
from tenants import agenda
from tenants.agenda import Later

KIND = "integrations.sweep"
EVERY = timedelta(minutes=1)
KEEP = timedelta(days=30)
_MOST = 5_000
# A process died between its commit and its word to the lane.
_LOST = """
    SELECT 'endpoint', e.id::text FROM public.integrations_endpoint e
    WHERE e.is_active AND EXISTS (
        SELECT 1 FROM public.integrations_delivery d
        WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.due_at < now() - interval '10 seconds')
      AND NOT EXISTS (
        SELECT 1 FROM public.tenants_agendaitem a WHERE a.state = 'waiting' AND a.unique_key =
            'integrations.endpoint:' || coalesce(e.business_id, 0) || ':' || e.id)
    UNION ALL
    SELECT 'crm', c.id::text FROM public.integrations_crmconnection c
    WHERE c.is_active AND EXISTS (
        SELECT 1 FROM public.integrations_crmpush p
        WHERE p.connection_id = c.id AND p.state = 'waiting' AND p.due_at < now() - interval '10 seconds')
      AND NOT EXISTS (
        SELECT 1 FROM public.tenants_agendaitem a WHERE a.state = 'waiting' AND a.unique_key =
            'integrations.crm:' || c.business_id || ':' || c.id)
"""
_FORGET = """
    WITH old AS (
        SELECT id FROM public.integrations_event WHERE created_at < %s LIMIT %s FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM public.integrations_delivery d USING old WHERE d.event_id = old.id
    ), pushed AS (
        DELETE FROM public.integrations_crmpush p USING old WHERE p.event_id = old.id
    )
    SELECT id FROM old
"""


def prepared() -> None:
    """After an update: the sweep is on the agenda (settings.PREPARED_HANDLERS)."""
    agenda.put(KIND, "all", lane="housekeeping", business_id=None, due_at=timezone.now())


def sweep(item: agenda.Item) -> Later:
    """Agenda: find what was lost, forget what is old, and come again."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        lost = cursor.fetchall()
    for what in ("endpoint", "crm"):
        if subjects := [subject for kind, subject in lost if kind == what]:
            waking.wake(what, subjects)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [now - KEEP, _MOST])
        if old := [row[0] for row in cursor.fetchall()]:
            cursor.execute("DELETE FROM public.integrations_event WHERE id = ANY(%s)", [old])
    # Whoever asked for events and asks no more: nothing need be written for him.
    asked = Endpoint.objects.filter(source="polling", is_active=True)
    if asked.filter(last_success_at__lt=now - KEEP).update(is_active=False):
        listening.changed()
    return Later(now + EVERY)
