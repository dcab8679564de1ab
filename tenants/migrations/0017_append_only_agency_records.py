"""What an agency did, and the versions of its playbooks, stay as written, whoever asks."""

from __future__ import annotations

from django.db import migrations

_TABLES = {
    "agency_entry_append_only": "public.tenants_agencyentry",
    "playbook_version_append_only": "public.tenants_agencyplaybookversion",
}


def _make() -> str:
    return "\n".join(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION public.refuse_change();\n"
        f"CREATE TRIGGER {name}_whole BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();"
        for name, table in _TABLES.items()
    )


def _drop() -> str:
    return "\n".join(
        f"DROP TRIGGER {name} ON {table};\nDROP TRIGGER {name}_whole ON {table};"
        for name, table in _TABLES.items()
    )


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("tenants", "0016_agencies_and_api")]
    operations = [migrations.RunSQL(_make(), _drop())]
