"""Logs end: on their day, and for a person who is erased."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from calls.audit import logs
from messaging import holds
from messaging.erasure import ErasureRefused
from messaging.forgetting import Person
from tenants import agenda
from tenants.agenda import Answer, Later
from tenants.models import Business, CallLog
from tenants.scope import business_scope

_WHILE_HELD = timedelta(days=30)
_GONE = "The file was deleted unread, because a person was erased meanwhile. Bring it in again without them."


def expire_log(item: agenda.Item) -> Answer:
    """Agenda: delete a log with its calls and files on its day, unless a legal hold stands against it."""
    log = CallLog.objects.filter(pk=int(item.subject)).first()
    if log is None:
        return None
    now = timezone.now()
    if log.expires_at > now:
        return Later(log.expires_at)
    if log.business_id is not None:
        with business_scope(Business.objects.get(pk=log.business_id).schema_name):
            if is_held():
                return Later(now + _WHILE_HELD)
    logs.delete(log.pk)
    return None


def is_held() -> bool:
    """Whether a legal hold of the current business, on anybody at all, keeps its logs.

    A log is evidence as a whole: taken apart it would show nothing.
    """
    held = holds.held_contacts()
    return held is None or bool(held)


def erase(person: Person) -> Counter[str]:
    """Take a person out of the business's logs (settings.ERASURE_HANDLERS).

    His calls go. So does every file that is left, whether he stands in it or not: one that nobody
    has read yet, and rows that could not be read. Looking through them would keep the person's row
    locked for as long as that takes; who uploaded one still has it. Raises ErasureRefused while a
    log is being read. Nothing is done on a later look, when the number is not known any more.
    """
    counts: Counter[str] = Counter()
    if not person.phone:
        return counts
    mine = list(CallLog.objects.select_for_update().filter(business=person.business_id))
    if any(log.state == CallLog.State.IMPORTING for log in mine):
        raise ErasureRefused("contact", "a call log is being read; try again when it is done")
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.tenants_loggedcall WHERE caller = %s AND log_id = ANY(%s)",
            [person.phone, [log.pk for log in mine]],
        )
        counts["logged calls"] += cursor.rowcount
    for log in mine:
        gone = [path for path in (log.file, log.bad_file) if path]
        if not gone:
            continue
        counts["call log files"] += len(gone)
        if log.file:
            log.file, log.state, log.error = "", CallLog.State.FAILED, _GONE
        log.bad_file, log.result = "", {**log.result, "problems": []}
        log.save()
        transaction.on_commit(partial(logs.drop_files, gone))
    return counts
