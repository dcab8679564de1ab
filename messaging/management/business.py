"""What the commands of this room share: the business they are asked about, and who asks."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches

from django.core.management.base import CommandError
from django_tenants.utils import get_public_schema_name

from tenants.models import Business, Stage

_LISTED = 12  # businesses; of more only those with a name like it
LONGEST_NAME = 120  # what the audit log holds


def named(schema: str, *, returncode: int = 1) -> Business:
    """Return the business of a schema. Raises CommandError naming --business and those there are."""
    businesses = Business.objects.exclude(stage=Stage.GONE).exclude(
        schema_name=get_public_schema_name()
    )
    business = businesses.filter(schema_name=schema).first()
    if business is None:
        there = list(businesses.order_by("schema_name").values_list("schema_name", flat=True))
        raise CommandError(
            f"--business: there is no business with the schema {schema!r}; {_meant(schema, there)}",
            returncode=returncode,
        )
    return business


def _meant(schema: str, there: list[str]) -> str:
    if not there:
        return "there is none yet, run.py manage onboard_business makes one"
    if len(there) <= _LISTED:
        return f"there are: {', '.join(there)}"
    near = get_close_matches(schema, there, n=5, cutoff=0.4)
    alike = f", those most like it: {', '.join(near)}" if near else ""
    return f"there are {len(there):,}{alike}"


def answering(by: str) -> str:
    """Return who answers for a deed, as the audit log keeps it. Raises CommandError naming --by."""
    by = by.strip()
    if not by or len(by) > LONGEST_NAME:
        raise CommandError(f"--by: expected 1 to {LONGEST_NAME} characters, who answers for it")
    # The database takes no NUL, and the others would play tricks on a terminal.
    if any(unicodedata.category(letter) == "Cc" for letter in by):
        raise CommandError("--by: has a control character in it, such as a line end or NUL")
    return by
