"""A process that migrates schemas beside others: begun before Django is, so nothing here needs it at once."""

from __future__ import annotations

from typing import Any

_mine: list[Any] = []


def begin() -> None:
    """Set Django up in this process, and work out once what the schemas lack."""
    import django

    django.setup()
    from tenants.migrating import Migrator

    _mine.append(Migrator())


def work(batch: list[str]) -> list[tuple[str, str]]:
    """Bring the schemas of a batch up to date; returns each with what went wrong, '' for nothing."""
    from tenants.migrating import tried

    return [(schema, tried(_mine[0], schema)) for schema in batch]
