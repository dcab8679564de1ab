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
from tenants.management.commands.migrate_businesses import bring_up
from tenants.migrating_locks import alone, patiently

TEMPLATE = settings.TENANT_BASE_SCHEMA


class Command(BaseCommand):
    """Idempotent, and quick when there is nothing to do; safe to run from several hosts at once."""

    requires_system_checks: list[str] = []  # `run.py check` runs them; starting need not
    help = "Migrate the public floor, the template schema and every business's schema."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing, one line each on stderr."""
        with alone():
            self._prepare()

    def _prepare(self) -> None:
        if self._behind("public"):
            self._say("public floor")
            patiently(
                lambda: call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
            )
        if not schema_exists(TEMPLATE):
            self._say("template schema")
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {TEMPLATE}")
        if self._behind(TEMPLATE):
            self._migrate(TEMPLATE)
        bring_up()
        scope.leave()
        for path in settings.PREPARED_HANDLERS:
            import_string(path)()

    def _migrate(self, schema: str) -> None:
        call_command(
            "migrate_schemas", schema_name=schema, tenant=True, interactive=False, verbosity=0
        )
        scope.leave()

    @staticmethod
    def _behind(schema: str) -> bool:
        with schema_context(schema):
            if not MigrationRecorder(connection).has_table():
                return True
            executor = MigrationExecutor(connection)
            return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    def _say(self, what: str) -> None:
        print(f"preparing {what}", file=sys.stderr)
