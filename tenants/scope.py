"""Working in one business's schema. The only way in: `with business_scope(schema)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from tenants.models import Business

__all__ = ["business_scope", "current_schema", "tenant_context"]


@contextmanager
def business_scope(schema: str) -> Iterator[None]:
    """Run the block in a business's schema ('' is the public floor), and go back afterwards."""
    if not schema:
        yield
        return
    with schema_context(schema):
        yield


def current_schema() -> str:
    """Return the schema this thread works in."""
    return str(connection.schema_name)


def current_business() -> Business:
    """Return the business whose schema this thread works in. Raises Business.DoesNotExist."""
    tenant = connection.tenant
    if isinstance(tenant, Business):
        return tenant
    return Business.objects.get(schema_name=current_schema())
