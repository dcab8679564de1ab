"""`manage.py prepare_database`: bring the public floor, the template schema and every business up to date."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import import_string
from django_tenants.utils import schema_context, schema_exists

from tenants import scope
from tenants.models import Business

TEMPLATE = settings.TENANT_BASE_SCHEMA
_LOCK = 7_264_225  # "only one process prepares at a time", an arbitrary advisory lock number


class Command(BaseCommand):
    """Idempotent, and quick when there is nothing to do; safe to run from several hosts at once."""

    requires_system_checks: list[str] = []  # `run.py check` runs them; starting need not
    help = "Migrate the public floor, the template schema and every business's schema."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing, one line each on stderr."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            self._prepare()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])

    def _prepare(self) -> None:
        if self._behind("public"):
            self._say("public floor")
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        if not schema_exists(TEMPLATE):
            self._say("template schema")
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {TEMPLATE}")
        if self._behind(TEMPLATE):
            self._migrate(TEMPLATE)
        wanted = self._applied(TEMPLATE)
        names = list(Business.objects.order_by("pk").values_list("schema_name", flat=True))
        behind = [name for name in names if wanted - self._applied(name)]
        for position, name in enumerate(behind, start=1):
            self._say(f"business {position} of {len(behind)}: {name}")
            self._migrate(name)
        scope.leave()
        for path in settings.PREPARED_HANDLERS:
            import_string(path)()

    def _migrate(self, schema: str) -> None:
        call_command(
            "migrate_schemas", schema_name=schema, tenant=True, interactive=False, verbosity=0
        )
        scope.leave()

    @staticmethod
    def _applied(schema: str) -> set[tuple[str, str]]:
        with connection.cursor() as cursor:
            quoted = connection.ops.quote_name(schema)
            cursor.execute(f"SELECT app, name FROM {quoted}.django_migrations")
            return {(app, name) for app, name in cursor.fetchall()}

    @staticmethod
    def _behind(schema: str) -> bool:
        with schema_context(schema):
            if not MigrationRecorder(connection).has_table():
                return True
            executor = MigrationExecutor(connection)
            return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    def _say(self, what: str) -> None:
        print(f"preparing {what}", file=sys.stderr)
