"""A schema's structure written out as one SQL text, from the catalog: the cost does not grow with
the number of schemas present.

pg-clone-schema, which django-tenants brings, looks through views over the whole catalog, so that
each business more makes the next one dearer: too slow for a thousand. Names of constraints and
indexes stay as they are; later migrations look for them.
"""

from __future__ import annotations

from typing import Any

_PARTS = (
    # Tables with columns, defaults, identities and checks (LIKE keeps the names of checks).
    """SELECT format('CREATE TABLE %%I (LIKE %%I.%%I INCLUDING DEFAULTS INCLUDING IDENTITY '
              'INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS)',
              c.relname, n.nspname, c.relname)
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = %(schema)s AND c.relkind = 'r' ORDER BY c.relname""",
    # Primary keys, unique and exclusion constraints, each under its own name.
    """SELECT format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', c.relname, k.conname,
              pg_get_constraintdef(k.oid, true))
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       JOIN pg_namespace n ON n.oid = k.connamespace
       WHERE n.nspname = %(schema)s AND k.contype IN ('p', 'u', 'x') ORDER BY k.contype, k.oid""",
    # The other indexes.
    """SELECT pg_get_indexdef(i.indexrelid, 0, true)
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = %(schema)s
         AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid
                         AND k.contype IN ('p', 'u', 'x'))
       ORDER BY i.indexrelid""",
    # Foreign keys, when every table has its keys.
    """SELECT format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', c.relname, k.conname,
              pg_get_constraintdef(k.oid, true))
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       JOIN pg_namespace n ON n.oid = k.connamespace
       WHERE n.nspname = %(schema)s AND k.contype = 'f' ORDER BY k.oid""",
    # Triggers of our own; those of foreign keys come with them.
    """SELECT pg_get_triggerdef(t.oid, true)
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = %(schema)s AND NOT t.tgisinternal ORDER BY t.oid""",
)


def structure(cursor: Any, schema: str) -> list[str]:
    """Return the statements that make a schema's structure in whatever schema is current.

    `cursor` is a database cursor; `schema` exists (else the list is empty). Must run in a transaction; leaves its search_path on `schema`, so that names come unqualified.
    """
    cursor.execute("SELECT set_config('search_path', quote_ident(%s), true)", [schema])
    statements: list[str] = []
    for part in _PARTS:
        cursor.execute(part, {"schema": schema})
        statements += [row[0] for row in cursor.fetchall()]
    return statements


def clone(cursor: Any, template: str, new: str) -> None:
    """Make schema `new` with the structure of `template` and its migration history.

    Both names are checked by their makers (tenants/onboarding.py). Raises ProgrammingError when
    `new` exists already. Must run in a transaction, whose search_path is `public` afterwards.
    """
    statements = structure(cursor, template)
    cursor.execute(f'CREATE SCHEMA "{new}"')
    cursor.execute("SELECT set_config('search_path', quote_ident(%s), true)", [new])
    history = (
        "INSERT INTO django_migrations (app, name, applied) "
        f'SELECT app, name, applied FROM "{template}".django_migrations ORDER BY id'
    )
    cursor.execute(";\n".join([*statements, history]))
    cursor.execute("SELECT set_config('search_path', 'public', true)")
