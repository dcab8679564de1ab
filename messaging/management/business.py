"""What the commands of this room share: the business they are asked about."""

from __future__ import annotations

from django.core.management.base import CommandError

from tenants.models import Business


def named(schema: str) -> Business:
    """Return the business of a schema. Raises CommandError naming --business."""
    business = Business.objects.filter(schema_name=schema).first()
    if business is None:
        raise CommandError(f"--business: there is no business with the schema {schema!r}")
    return business
