"""Where the files of a business lie in the file storage: for its export, and for its end."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db import connection

from tenants.models import PhoneNumber

# Every column of a business's schema that holds a path of the file storage; a test finds them all.
COLUMNS = (
    ("messaging_attachment", "file"),
    ("messaging_attachment", "preview"),
    ("calls_call", "recording"),
)


def paths(business_id: int) -> Iterator[str]:
    """Yield the paths of all files of the current business, previews too."""
    for table, column in COLUMNS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> '' ORDER BY id")
            yield from (path for (path,) in cursor.fetchall())
    greetings = PhoneNumber.objects.filter(business=business_id).exclude(greeting_recording="")
    yield from greetings.values_list("greeting_recording", flat=True)


def remove_all(business_id: int) -> int:
    """Delete the files of the current business; what is gone already is no error. Returns how many."""
    count = 0
    for path in paths(business_id):
        default_storage.delete(path)
        count += 1
    return count
