"""Bringing every business's schema up to date: many at once, each by itself, again after any death.

Django asks and draws its models anew for each schema, which takes a second of every business. Here the
states between the missing migrations are worked out once in a process; what is left for a schema is
its own statements. A migration and the note that it was done are one transaction, so the schemas
themselves remember how far they are.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from tenants import migrating_apart
from tenants.migrating_locks import patiently
from tenants.scope import business_scope

Key = tuple[str, str]
_A_BATCH = 20
# Starting a process takes as long as some dozens of schemas.
_ALONE_UP_TO = 40
_LONGEST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a migration, with the project as it is before and after it."""

    operation: Any
    before: ProjectState
    after: ProjectState


@dataclass(frozen=True, slots=True)
class Prepared:
    """A migration whose states are known."""

    migration: Migration
    steps: tuple[Step, ...]


class Migrator:
    """Brings schemas up to date; keeps what it worked out for those that lack the same migrations."""

    def __init__(self) -> None:
        self._loader = MigrationExecutor(connection).loader
        nodes = [
            node for leaf in self._loader.graph.leaf_nodes()
            for node in self._loader.graph.forwards_plan(leaf)
        ]  # fmt: skip
        self._order: list[Key] = list(dict.fromkeys(nodes))
        self._known: dict[frozenset[Key], list[Prepared]] = {}

    def bring_up(self, schema: str) -> int:
        """Do in a schema what is missing there; returns how many migrations that were."""
        missing = frozenset(self._order) - applied(schema)
        if not missing:
            return 0
        if missing not in self._known:
            self._known[missing] = self._prepare(missing)
        with business_scope(schema):
            for each in self._known[missing]:
                patiently(partial(self._apply, each))
        return len(missing)

    def _prepare(self, missing: frozenset[Key]) -> list[Prepared]:
        state = ProjectState(real_apps=self._loader.unmigrated_apps)
        found = []
        for key in self._order:
            migration = self._loader.graph.nodes[key]
            if key not in missing:
                state = migration.mutate_state(state, preserve=False)
                continue
            steps = []
            for operation in migration.operations:
                before = state.clone()
                operation.state_forwards(migration.app_label, state)
                steps.append(Step(operation, before, state.clone()))
            found.append(Prepared(migration, tuple(steps)))
        return found

    @staticmethod
    def _apply(prepared: Prepared) -> None:
        """As django.db.migrations.migration.Migration.apply does it, with states that are known."""
        migration = prepared.migration
        recorder = MigrationRecorder(connection)
        if not migration.atomic:
            with connection.schema_editor(atomic=False) as editor:
                for step in prepared.steps:
                    _forward(step, migration, editor)
            recorder.record_applied(migration.app_label, migration.name)
            return
        with transaction.atomic():
            with connection.schema_editor(atomic=True) as editor:
                for step in prepared.steps:
                    _forward(step, migration, editor)
            recorder.record_applied(migration.app_label, migration.name)


def _forward(step: Step, migration: Migration, editor: Any) -> None:
    step.operation.database_forwards(migration.app_label, editor, step.before, step.after)


def applied(schema: str) -> frozenset[Key]:
    """Return the migrations that were done in a schema."""
    with connection.cursor() as cursor:
        quoted = connection.ops.quote_name(schema)
        cursor.execute(f"SELECT app, name FROM {quoted}.django_migrations")
        return frozenset((app, name) for app, name in cursor.fetchall())


def behind(schemas: Sequence[str], template: str) -> list[str]:
    """Return the schemas that lack a migration which the template has, in their order."""
    wanted = applied(template)
    return [schema for schema in schemas if wanted - applied(schema)]


def bring_up_all(
    schemas: Sequence[str], *, processes: int = 0, told: Callable[[int, int, float], None]
) -> dict[str, str]:
    """Bring schemas up to date in several processes; returns what is wrong by schema, {} when all is well.

    processes: 0 takes one for each core; told: called with how many are through, of how many, and
    the seconds left as far as one can tell. A schema that fails holds up no other, and is tried once
    more at the end, by itself: two that add a reference to one table may have stood in each other's way.
    """
    started, through = time.monotonic(), 0
    wrong: dict[str, str] = {}
    for done in _batches(schemas, processes or os.cpu_count() or 1):
        for schema, problem in done:
            through += 1
            if problem:
                wrong[schema] = problem
        spent = time.monotonic() - started
        told(through, len(schemas), spent / through * (len(schemas) - through))
    return {schema: problem for schema in wrong if (problem := _once_more(schema))}


def _batches(schemas: Sequence[str], processes: int) -> Iterator[list[tuple[str, str]]]:
    batches = [list(schemas[at : at + _A_BATCH]) for at in range(0, len(schemas), _A_BATCH)]
    if processes < 2 or len(schemas) <= _ALONE_UP_TO:
        migrator = Migrator()
        for batch in batches:
            yield [(schema, tried(migrator, schema)) for schema in batch]
        return
    # A process of its own for each: a connection never goes over to a child.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=migrating_apart.begin) as pool:
        yield from pool.imap_unordered(migrating_apart.work, batches)


def _once_more(schema: str) -> str:
    return tried(Migrator(), schema)


def tried(migrator: Migrator, schema: str) -> str:
    """Bring one schema up to date; returns what went wrong, '' for nothing."""
    try:
        migrator.bring_up(schema)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:_LONGEST_WORDS]
    return ""


class Bar:
    """Tells how far it is, on stderr: a bar where a person looks, a line every few seconds in a log."""

    def __init__(self, what: str) -> None:
        self.what, self._last, self._drawn = what, 0.0, sys.stderr.isatty()

    def __call__(self, through: int, total: int, left: float) -> None:
        """Draw it. left: seconds."""
        now, is_end = time.monotonic(), through == total
        if not is_end and now - self._last < (0.1 if self._drawn else 2.0):
            return
        self._last = now
        words = f"{self.what} {through} of {total}" + (
            "" if is_end else f", about {left:.0f} s left"
        )
        if self._drawn:
            full = 30 * through // total
            end = "\n" if is_end else ""
            print(
                f"\r[{'#' * full}{'.' * (30 - full)}] {words}   ",
                end=end,
                file=sys.stderr,
                flush=True,
            )
        else:
            print(words, file=sys.stderr, flush=True)
