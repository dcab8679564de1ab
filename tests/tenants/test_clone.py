"""A copied schema is the template but for its name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from tenants.clone import clone, structure

COPY = "bench_copy"


@pytest.fixture
def copied(django_db_setup: None) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        clone(cursor, settings.TENANT_BASE_SCHEMA, COPY)
        yield cursor
        transaction.set_rollback(True)


def _plain(statements: list[str], schema: str) -> list[str]:
    """Casts of lists are spelled differently once they were read back; their meaning is the same."""
    spelled = (re.sub(r"::(text|character varying)(\[\])?|[()\[\]]", "", s) for s in statements)
    return sorted(s.replace(schema, "SCHEMA") for s in spelled)


def test_tables_names_of_constraints_indexes_and_triggers_are_the_same(copied: Any) -> None:
    template = settings.TENANT_BASE_SCHEMA
    original = _plain(structure(copied, template), template)
    assert original
    assert _plain(structure(copied, COPY), COPY) == original


def test_columns_are_the_same(copied: Any) -> None:
    def columns(schema: str) -> list[tuple[Any, ...]]:
        copied.execute(
            "SELECT table_name, column_name, data_type, column_default, is_nullable, is_identity, "
            "identity_generation, character_maximum_length FROM information_schema.columns "
            "WHERE table_schema = %s ORDER BY table_name, ordinal_position",
            [schema],
        )
        return list(copied.fetchall())

    assert columns(COPY) == columns(settings.TENANT_BASE_SCHEMA) != []


def test_foreign_keys_stay_in_the_copy(copied: Any) -> None:
    copied.execute(
        "SELECT DISTINCT target.relnamespace::regnamespace::text FROM pg_constraint k "
        "JOIN pg_class target ON target.oid = k.confrelid "
        "WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace",
        [COPY],
    )
    assert set(copied.fetchall()) <= {(COPY,), ("public",)}


def test_migration_history_comes_along(copied: Any) -> None:
    counts = []
    for schema in (COPY, settings.TENANT_BASE_SCHEMA):
        copied.execute(f"SELECT count(*) FROM {schema}.django_migrations")
        counts.append(copied.fetchone()[0])
    assert counts[0] == counts[1] > 0
