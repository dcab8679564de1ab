"""Working in one business's schema. The only way in: `with business_scope(schema)`.

A request is in one schema from its beginning to its end; `enter` and `leave` are for the
middleware and the API key, which have no block to stand around. `reside` is for a worker's
database threads, which say before each piece of work where they work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection
from django_tenants.cache import make_key
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.models import Business

# django-tenants' backend adds the schema to Django's connection; its type does not know.
_connection = cast(Any, connection)


@contextmanager
def business_scope(schema: str) -> Iterator[None]:
    """Run the block in a business's schema ('' is the public floor), and go back afterwards."""
    with schema_context(schema or get_public_schema_name()):
        yield


def reside(schema: str) -> None:
    """Put this thread's connection into a business's schema ('' is the public floor) until it is put elsewhere.

    For threads that say so before every piece of work: whoever works for one business after
    another's text need not go by the public floor each time.
    """
    wanted = schema or get_public_schema_name()
    if _connection.schema_name != wanted:
        _connection.set_schema(wanted)


def enter(business: Business) -> None:
    """Put this thread's connection into a business's schema until `leave`."""
    _connection.set_tenant(business)


def leave() -> None:
    """Put this thread's connection back on the public floor."""
    _connection.set_schema_to_public()


def give_back() -> None:
    """Give this thread's connection back to the pool; a process without a pool keeps it.

    Only from the thread that borrowed it, and outside any transaction: what is within one is kept.
    """
    connection.close_if_unusable_or_obsolete()


def current_schema() -> str:
    """Return the schema this thread works in."""
    return str(_connection.schema_name)


def current_business() -> Business:
    """Return the business whose schema this thread works in. Raises Business.DoesNotExist."""
    tenant = _connection.tenant
    if isinstance(tenant, Business):
        return tenant
    return Business.objects.get(schema_name=current_schema())


def cache_key(key: str, prefix: str, version: int) -> str:
    """Return the key under which something is cached: a business's own, but tries of signing in.

    Those are counted for the person, else each business's host would give him as many again.
    """
    if key.startswith("allauth"):
        return f"public:{prefix}:{version}:{key}"
    return str(make_key(key, prefix, version))
