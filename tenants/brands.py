"""Whose name pages, letters and pictures carry: an agency's own, or ours.

A business wears its agency's brand as soon as that has a brand name. On a business's host the
middleware has read both already; elsewhere (letters, live rows) one small question is asked, and
its answer is kept a few seconds per process.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.db import connection
from django_tenants.utils import get_public_schema_name

from tenants.models import Agency, Business

KEPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Brand:
    """What is shown in place of us. agency_id: None for ourselves; logo: '' where the name stands alone."""

    name: str
    agency_id: int | None = None
    colour: str = ""
    logo: str = ""
    sender_email: str = ""
    support_email: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is our own name and look."""
        return self.agency_id is None

    @property
    def version(self) -> str:
        """What changes with the look: it stands in the addresses of what browsers keep."""
        said = "\n".join((self.name, self.colour, self.logo))
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def answers(self) -> list[str]:
        """Where answers to letters go: the support address, [] for whoever sent."""
        return [self.support_email] if self.support_email else []

    @property
    def sender(self) -> str:
        """The From of letters: the brand's proven address, else its name before ours."""
        ours = settings.DEFAULT_FROM_EMAIL
        if self.is_ours:
            return str(ours)
        return formataddr((self.name, self.sender_email or parseaddr(str(ours))[1]))


OURS = Brand("Ringback")
_chosen: ContextVar[Brand | None] = ContextVar("brand", default=None)
_kept: dict[str, tuple[float, Brand]] = {}


def of(agency: Agency) -> Brand:
    """Return how an agency's clients know us: by its brand, or by our own while it has none."""
    if not agency.brand_name:
        return OURS
    return Brand(
        agency.brand_name,
        agency.pk,
        agency.colour,
        agency.logo,
        agency.sender_email,
        agency.support_email,
    )


def current() -> Brand:
    """Return the brand of where this thread works: a host's, a business's, or ours."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    # django-tenants' backend adds both to Django's connection; its type does not know.
    schema = str(connection.schema_name)  # type: ignore[attr-defined]
    if schema == get_public_schema_name():
        return OURS
    tenant = connection.tenant  # type: ignore[attr-defined]
    if isinstance(tenant, Business) and Business.agency.is_cached(tenant):
        return of(tenant.agency)
    return _of_schema(schema)


def name() -> str:
    """Return the name people know us by, where this thread works."""
    return current().name


@contextmanager
def wearing(brand: Brand) -> Iterator[None]:
    """Let the block speak for a brand, wherever it works: an agency's own host, a letter to its client."""
    token = _chosen.set(brand)
    try:
        yield
    finally:
        _chosen.reset(token)


def forget() -> None:
    """Read brands anew; for whoever has just changed one in this process."""
    _kept.clear()


def _of_schema(schema: str) -> Brand:
    now = time.monotonic()
    until, brand = _kept.get(schema, (0.0, OURS))
    if until > now:
        return brand
    if len(_kept) > 4096:
        _kept.clear()
    agency = Agency.objects.filter(businesses__schema_name=schema).first()
    brand = of(agency) if agency else OURS
    _kept[schema] = (now + KEPT_SECONDS, brand)
    return brand
