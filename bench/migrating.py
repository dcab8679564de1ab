"""`python -m bench.migrating COUNT`: give every business one column more, print JSON, take it away again."""

from __future__ import annotations

import json
import os
import sys
import time


def timed(wanted: int) -> dict[str, float]:
    """Return the seconds that a column in every schema took, and how many schemas that were."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench.column import COLUMN, NAME
    from tenants.models import Business

    names = [*map(str, Business.objects.values_list("schema_name", flat=True))]
    if len(names) < wanted:
        raise AssertionError(f"{len(names)} of {wanted} businesses are there")
    try:
        template = settings.TENANT_BASE_SCHEMA
        call_command(
            "migrate_schemas", schema_name=template, tenant=True, interactive=False, verbosity=0
        )
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        began = time.perf_counter()
        call_command("migrate_businesses")
        took = time.perf_counter() - began
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM information_schema.columns "
                "WHERE table_name = 'messaging_contact' AND column_name = %s AND table_schema = ANY(%s)",
                [COLUMN, names],
            )
            got = cursor.fetchone()[0]
        if got != len(names):
            raise AssertionError(f"{got} of {len(names)} schemas have the column")
    finally:
        with connection.cursor() as cursor:
            for name in (*names, settings.TENANT_BASE_SCHEMA):
                quoted = connection.ops.quote_name(name)
                cursor.execute(
                    f"ALTER TABLE {quoted}.messaging_contact DROP COLUMN IF EXISTS {COLUMN}"
                )
                cursor.execute(f"DELETE FROM {quoted}.django_migrations WHERE name = %s", [NAME])
    return {"seconds": took, "schemas": len(names)}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.column_settings"
    import django

    django.setup()
    print(json.dumps(timed(int(sys.argv[1]))))
