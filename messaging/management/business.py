"""What the commands of this room share: the business they are asked about, and who asks."""

from __future__ import annotations

import unicodedata

from django.core.management.base import CommandError

from tenants.models import Business

LONGEST_NAME = 120  # what the audit log holds


def named(schema: str) -> Business:
    """Return the business of a schema. Raises CommandError naming --business."""
    business = Business.objects.filter(schema_name=schema).first()
    if business is None:
        raise CommandError(f"--business: there is no business with the schema {schema!r}")
    return business


def answering(by: str) -> str:
    """Return who answers for a deed, as the audit log keeps it. Raises CommandError naming --by."""
    by = by.strip()
    if not by or len(by) > LONGEST_NAME:
        raise CommandError(f"--by: expected 1 to {LONGEST_NAME} characters, who answers for it")
    # The database takes no NUL, and the others would play tricks on a terminal.
    if any(unicodedata.category(letter) == "Cc" for letter in by):
        raise CommandError("--by: has a control character in it, such as a line end or NUL")
    return by
