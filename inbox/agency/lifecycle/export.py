"""Everything of a business as one zip, for whoever takes it along.

Made by a row of the agenda from one reading of the database: every table as CSV, the whole consent
ledger with the program that checks it, every file of its texts and calls, and what stands of it on
the public floor. A worker that dies on the way leaves nothing behind but a row that is due again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from inbox.agency.lifecycle import files
from messaging.evidence import consents, verify_ledger
from messaging.ledger_roots import roots
from messaging.people_files import written
from tenants import agenda
from tenants.agenda import Item
from tenants.fields import EncryptedTextField
from tenants.models import BusinessFacts, Departure, Membership, PhoneNumber

KIND = "inbox.export_business"
_BATCH = 1_000
# What can be made from the rest, and the list of our own migrations.
LEFT_OUT = {
    "django_migrations": "which version of the software wrote the tables",
    "inbox_searchentry": "the words of texts, notes and voicemails once more, for searching",
}
_README = """Everything of {name}, as it stood on {at} (UTC).

business.json  who it is, its numbers, its members
tables/        one CSV a table: contacts, conversations, messages, calls, settings and the rest.
               UTF-8, times in UTC, JSON where a cell holds several values. A cell that a
               spreadsheet would take for a formula begins with an apostrophe.
ledger.jsonl   the consent ledger, a row a line; roots.json its state at the end of each day.
               Check it with: python3 verify_ledger.py ledger.jsonl roots.json
files/         pictures and other files of texts, voicemails, greetings, by the paths in the tables

Left out: {left_out}; what opens other services (addresses of chats, browsers and files at the
provider), which is of no use elsewhere.
"""


def leaves(departure: Departure, _actor: str, _door: str, now: datetime) -> None:
    """A business leaves: let its export be made."""
    agenda.put(
        KIND, str(departure.pk), lane="housekeeping", business_id=departure.business_id, due_at=now
    )


def make(item: Item) -> None:
    """Agenda: make the export of a departure; asked again it is made anew, in place of the last."""
    departure = _open(item.subject)
    if departure is None or departure.export:
        return
    now = timezone.now()
    with tempfile.TemporaryFile() as out:
        with transaction.atomic(durable=not connection.in_atomic_block):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            _write(out, departure, now)
        size = out.tell()
        out.seek(0)
        digest = hashlib.file_digest(out, "sha256").hexdigest()
        path = path_of(departure)
        default_storage.delete(path)
        out.seek(0)
        path = default_storage.save(path, File(out))
    with transaction.atomic():
        kept = Departure.objects.select_for_update().get(pk=departure.pk)
        if kept.undone_at is not None:
            default_storage.delete(path)
            return
        kept.export, kept.export_bytes, kept.export_sha256 = path, size, digest
        kept.export_made_at = now
        kept.save(update_fields=["export", "export_bytes", "export_sha256", "export_made_at"])


def path_of(departure: Departure) -> str:
    """Return where the export of a departure lies: a name that nobody can guess."""
    name = salted_hmac("departure.export", str(departure.pk), algorithm="sha256").hexdigest()
    return f"departures/{name[:48]}.zip"


def tables() -> list[str]:
    """Return the tables of the current schema that are exported."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() "
            "AND table_type = 'BASE TABLE' ORDER BY table_name"
        )
        return [name for (name,) in cursor.fetchall() if name not in LEFT_OUT]


def _open(departure_id: str) -> Departure | None:
    found = Departure.objects.filter(pk=departure_id, undone_at=None, done_at=None)
    return found.select_related("business__agency").first()


def _write(out: IO[bytes], departure: Departure, now: datetime) -> None:
    business = departure.business
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        left_out = "; ".join(LEFT_OUT.values())
        words = _README.format(name=business.name, at=f"{now:%Y-%m-%d %H:%M}", left_out=left_out)
        bundle.writestr("README.txt", words)
        bundle.writestr("business.json", json.dumps(_about(departure), indent=1, default=str))
        secret = _secrets()
        for table in tables():
            with bundle.open(f"tables/{table}.csv", "w", force_zip64=True) as member:
                for piece in _rows(table, secret.get(table, frozenset())):
                    member.write(piece)
        with bundle.open("ledger.jsonl", "w", force_zip64=True) as member:
            for line in consents.whole(with_detail=True):
                member.write(json.dumps(line, sort_keys=True).encode() + b"\n")
        bundle.writestr("roots.json", json.dumps(roots(business.pk), indent=1))
        bundle.writestr("verify_ledger.py", Path(verify_ledger.__file__).read_bytes())
        for path in files.paths(business.pk):
            if default_storage.exists(path):
                with (
                    default_storage.open(path) as kept,
                    bundle.open(f"files/{path}", "w", force_zip64=True) as member,
                ):
                    for chunk in kept.chunks():
                        member.write(chunk)


def _rows(table: str, secret: frozenset[str]) -> Iterator[bytes]:
    """Yield a table as CSV, piece by piece, without the columns that are secrets of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
        names = [each.name for each in cursor.description if each.name not in secret]
    columns = ", ".join(f'"{name}"' for name in names)
    yield written([names]).encode()
    with connection.chunked_cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{table}" ORDER BY 1')
        while batch := cursor.fetchmany(_BATCH):
            yield written([_cell(value) for value in row] for row in batch)[1:].encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _secrets() -> dict[str, frozenset[str]]:
    """Return the encrypted columns by table: cipher text is of no use to anybody else."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField) and field.column:
                found.setdefault(model._meta.db_table, set()).add(field.column)
    return {table: frozenset(columns) for table, columns in found.items()}


def _about(departure: Departure) -> dict[str, Any]:
    business = departure.business
    facts = BusinessFacts.objects.filter(business=business).values().first()
    members = Membership.objects.filter(business=business).select_related("user")
    return {
        "name": business.name,
        "agency": business.agency.name,
        "external_id": business.external_id,
        "timezone": business.timezone,
        "posture": business.posture,
        "created_at": business.created_at,
        "leaving_since": departure.asked_at,
        "facts": facts or {},
        "numbers": list(_numbers(business.pk)),
        "members": [
            {"name": each.user.name, "email": each.user.email, "role": each.role}
            for each in members
        ],
    }


def _numbers(business_id: int) -> Iterable[dict[str, Any]]:
    left_out = {"id", "business_id", "account_id"}
    for row in PhoneNumber.objects.filter(business=business_id).order_by("pk").values():
        yield {name: value for name, value in row.items() if name not in left_out}
