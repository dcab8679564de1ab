"""The end of a business: its files and its schema are deleted; what proves its consents stays.

One row of the agenda, due when the grace is over. Each step may be done twice: whoever is killed
leaves a row that is due again, and the last step is one transaction. Nothing is deleted before the
export stands, while a legal hold is open or a number is being bought, or once somebody has changed
his mind. Its numbers go first: a text to one that is still held may be a STOP.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from inbox.agency.lifecycle import files
from messaging import ledger_roots
from messaging.evidence import consents
from messaging.models import LedgerHead, LegalHold
from messaging.senders import ending, leaving, porting, releasing
from tenants import agencies, agenda
from tenants.agenda import Item, Later
from tenants.models import (
    Business,
    CallSource,
    Departure,
    Domain,
    EventState,
    Invitation,
    Membership,
    PhoneNumber,
    ProviderEvent,
    Stage,
)
from tenants.scope import leave as leave_schema

DROP, FORGET = "inbox.drop_business", "inbox.forget_export"
# So long the export can be fetched after the business is gone.
EXPORT_KEPT = timedelta(days=30)
_SOON = timedelta(seconds=2)
_LOOK_AGAIN, _TOMORROW = timedelta(hours=1), timedelta(days=1)
# So long its data waits for its numbers: a provider that never takes one back keeps no people's data.
_NUMBERS_FIRST, _NUMBERS_AGAIN = timedelta(days=3), timedelta(minutes=1)
# What goes on without a schema: numbers on their way back, its campaign, and the last bill.
_OUTLIVES = (releasing.KIND, porting.CANCEL, ending.KIND, "billing.")
_NUMBERS_GO = "Its numbers are being given back. Its data is deleted right after."


def leaves(departure: Departure, _actor: str, _door: str, now: datetime) -> None:
    """A business leaves: put its end on the agenda."""
    agenda.put(
        DROP, str(departure.pk), lane="housekeeping", business_id=departure.business_id,
        due_at=departure.due_at,
    )  # fmt: skip


def stays(departure: Departure, _actor: str, _door: str, _now: datetime) -> None:
    """A business stays: nothing is deleted, and its export is kept no longer."""
    agenda.drop(DROP, str(departure.pk), departure.business_id)
    if departure.export:
        path = departure.export
        Departure.objects.filter(pk=departure.pk).update(export="")
        transaction.on_commit(lambda: default_storage.delete(path))


def drop(item: Item) -> Later | None:
    """Agenda: delete a business whose grace is over."""
    assert item.business_id is not None
    now = timezone.now()
    departure = Departure.objects.filter(pk=item.subject, undone_at=None, done_at=None).first()
    if departure is None:
        return None
    if departure.due_at > now:
        return Later(departure.due_at)
    if departure.begun_at is None:
        waits = _obstacle(departure)
        if waits:
            Departure.objects.filter(pk=departure.pk).update(problem=waits)
            return Later(now + (_TOMORROW if departure.export else _LOOK_AGAIN))
        if not _begin(departure, now):
            return None
    waited = now - (departure.begun_at or now)
    if waited < _NUMBERS_FIRST and releasing.under_way(departure.business):
        Departure.objects.filter(pk=departure.pk).update(problem=_NUMBERS_GO)
        return Later(now + _NUMBERS_AGAIN)
    keep_ledger(departure)
    files.remove_all(item.business_id)
    try:
        return None if _end(departure, now) else Later(timezone.now() + _SOON)
    except OperationalError:  # somebody is writing just now; what he writes is kept, too
        return Later(timezone.now() + _SOON)


def forget_export(item: Item) -> None:
    """Agenda: the export of a business that is gone is kept no longer."""
    departure = Departure.objects.filter(pk=item.subject).exclude(export="").first()
    if departure is not None:
        default_storage.delete(departure.export)
        Departure.objects.filter(pk=departure.pk).update(export="")


def keep_ledger(departure: Departure) -> None:
    """Keep the ledger's rows as a file: no number and no word is in it, only marks and hashes.

    With the business's key of marks, which stays, it still says whether a number had opted out and
    when (compliance.md 7: opt-outs are kept for ten years, proofs of consent for five).
    """
    last = ""
    with tempfile.TemporaryFile() as out:
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
            for line in consents.whole(with_detail=False):
                packed.write(json.dumps(line, sort_keys=True).encode() + b"\n")
                last = str(line["row_hash"])
        out.seek(0)
        name = salted_hmac("departure.ledger", str(departure.pk), algorithm="sha256").hexdigest()
        path = f"departures/{name[:48]}.jsonl.gz"
        default_storage.delete(path)
        path = default_storage.save(path, File(out))
    departure.ledger, departure.ledger_hash = path, last
    departure.save(update_fields=["ledger", "ledger_hash"])


def _obstacle(departure: Departure) -> str:
    """Return why a business is not deleted although it is due; '' for nothing."""
    if not departure.export:
        return "Its export is not made yet. Nothing is deleted before it is."
    if LegalHold.objects.filter(lifted_at=None).exists():
        return "A legal hold keeps its data. It is deleted once the hold is lifted."
    if leaving.is_buying(departure.business):
        return (
            "A number is still being bought for it. It is deleted once the provider has answered, "
            "and that number is given back, too."
        )
    return ""


def _begin(departure: Departure, now: datetime) -> bool:
    """From here on nobody changes his mind, and its numbers go. Returns whether nobody just has."""
    with transaction.atomic():
        Business.objects.select_for_update(of=("self",)).get(pk=departure.business_id)
        begun = Departure.objects.filter(pk=departure.pk, undone_at=None, begun_at=None)
        if not begun.update(begun_at=now, problem=""):
            return False
        departure.begun_at = now
        leaving.begins(departure, now)
    return True


def _all_is_kept(departure: Departure) -> bool:
    """Whether the kept file says all that the ledger says; nobody appends to it from here on.

    A STOP that is being obeyed holds a contact; whoever stored one for the worker waits on the agenda.
    """
    with connection.cursor() as cursor:
        # Shorter than PostgreSQL looks for deadlocks: of two who wait for each other we give way.
        cursor.execute("SET LOCAL lock_timeout = '800ms'")
        cursor.execute("LOCK TABLE messaging_contact, messaging_ledgerhead IN EXCLUSIVE MODE")
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM public.tenants_agendaitem WHERE business_id = %s "
            "AND kind = 'messaging.text_event' AND state = 'waiting')",
            [departure.business_id],
        )
        is_coming = bool(cursor.fetchone()[0])
    head = LedgerHead.objects.filter(seq__gt=0).values_list("row_hash", flat=True).first()
    return not is_coming and (head or "") == departure.ledger_hash


def _end(departure: Departure, now: datetime) -> bool:
    """Delete it all in one transaction; False where something came meanwhile that is not kept yet."""
    with transaction.atomic():
        business = Business.objects.select_for_update(of=("self",)).get(pk=departure.business_id)
        if not _all_is_kept(departure):
            return False
        ledger_roots.anchor_now(business.pk, now)
        for path in settings.BUSINESS_GONE_HANDLERS:
            import_string(path)(departure, "", "agenda", now)
        leave_schema()
        with connection.cursor() as cursor:
            quoted = connection.ops.quote_name(business.schema_name)
            cursor.execute(f"DROP SCHEMA IF EXISTS {quoted} CASCADE")
            cursor.execute(
                "DELETE FROM public.tenants_agendaitem WHERE business_id = %s AND kind <> %s "
                "AND NOT kind LIKE ANY(%s)",
                [business.pk, DROP, [f"{each}%" for each in _OUTLIVES]],
            )
        # A text that was stored this very moment and not read yet stays: it may be a STOP.
        unread = Q(kind="messaging", state=EventState.STORED)
        ProviderEvent.objects.filter(business=business).exclude(unread).delete()
        Domain.objects.filter(tenant=business).delete()
        Membership.objects.filter(business=business).update(is_active=False)
        Invitation.objects.filter(business=business).delete()
        CallSource.objects.filter(business=business).delete()
        PhoneNumber.objects.filter(business=business).update(
            is_active=False, greeting_recording="", staff_numbers=[]
        )
        Business.objects.filter(pk=business.pk).update(stage=Stage.GONE, delete_after=None)
        Departure.objects.filter(pk=departure.pk).update(done_at=now, problem="")
        agencies.note(
            business.agency, "business.gone", actor="", door="agenda", at=now, business=business,
            ledger=departure.ledger_hash,
        )  # fmt: skip
        agenda.put(
            FORGET, str(departure.pk), lane="housekeeping", business_id=None,
            due_at=now + EXPORT_KEPT,
        )  # fmt: skip
    return True
