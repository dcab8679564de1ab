"""API keys of businesses and agencies: made, replaced, revoked, each written into the owner's own record.

The plain text of a key is in the answer of whoever made it, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from integrations.endpoints import Owner, lock
from integrations.oauth import connections
from messaging import audit
from tenants import agencies, api_scopes
from tenants.models import Agency, ApiKey, Business
from tenants.scope import business_scope

MOST = 50  # living keys of one owner
LONGEST_OVERLAP = timedelta(days=30)
OVERLAP = timedelta(days=1)
MOST_A_MINUTE = 6_000


class CannotKey(ValueError):
    """Something that cannot be done; `field` names what is wrong with what was asked."""

    def __init__(self, field: str, sentence: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence, self.code = field, sentence, code


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a name for the record, by which door, and the scopes he may give (none: all).

    until: when the key that he asks with ends (aware): what it makes ends no later.
    """

    actor: str
    door: str
    scopes: tuple[str, ...] = ()
    until: datetime | None = None


def keys_of(owner: Owner) -> QuerySet[ApiKey]:
    """Return the owner's keys, also those that open nothing any more."""
    return ApiKey.objects.filter(business=owner.business, agency=owner.agency)


def living(owner: Owner, now: datetime) -> QuerySet[ApiKey]:
    """Return the owner's keys that open something at `now` (aware)."""
    return keys_of(owner).filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def level_of(owner: Owner) -> str:
    """Return what kind of keys an owner has."""
    return api_scopes.AGENCY if owner.agency is not None else api_scopes.BUSINESS


def make(
    owner: Owner, name: str, scopes: Iterable[str], by: By, now: datetime, *,
    expires_at: datetime | None = None, per_minute: int | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """Make a key and return it with its plain text. Raises CannotKey naming the field."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise CannotKey("name", "Give the key a name of at most 80 characters.", "required")
    if not name.isprintable():
        raise CannotKey("name", "Use letters that can be shown.")
    try:
        chosen = api_scopes.checked(scopes, level_of(owner), by.scopes)
    except api_scopes.ScopeError as error:
        raise CannotKey("scopes", str(error)) from None
    if expires_at is not None and expires_at <= now:
        raise CannotKey("expires_at", "That time is past.")
    if by.until is not None and expires_at is not None and expires_at > by.until:
        raise CannotKey("expires_at", "Your own key ends before that.")
    expires_at = expires_at or by.until
    if per_minute is not None and not 1 <= per_minute <= MOST_A_MINUTE:
        raise CannotKey("per_minute", f"Expected 1 to {MOST_A_MINUTE} requests a minute.")
    with transaction.atomic():
        lock(owner)
        if living(owner, now).count() >= MOST:
            raise CannotKey("name", f"There are {MOST} keys already. Revoke one first.")
        key, plain = ApiKey.issue(
            _whose(owner), name, scopes=chosen, expires_at=expires_at, per_minute=per_minute,
            made_by=by.actor[:120],
        )  # fmt: skip
        _note(owner, "key.make", key, by, now, scopes=chosen)
    return key, plain


def rotate(
    owner: Owner, key: ApiKey, by: By, now: datetime, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Make the key that takes another's place; until `now` + overlap both work.

    Raises CannotKey for a key that opens nothing or was replaced before, and for a bad overlap.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise CannotKey("overlap_hours", f"Expected 0 to {LONGEST_OVERLAP.days * 24} hours.")
    if by.scopes and (not key.scopes or not set(key.scopes) <= set(by.scopes)):
        raise CannotKey("id", "Your own key has not all scopes of this one to give.")
    if by.until is not None and (key.expires_at is None or key.expires_at > by.until):
        raise CannotKey("id", "Your own key ends before this one.")
    with transaction.atomic():
        old = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
        if not old.is_live(now):
            raise CannotKey("id", "This key opens nothing any more.", "not_living")
        if old.app_id is not None:
            raise CannotKey("id", "This key is an app's, which gets its tokens by itself.", "apps")
        if old.replaced_by_id is not None:
            raise CannotKey("id", "This key was replaced before.", "replaced")
        new, plain = ApiKey.issue(
            _whose(owner), old.name, scopes=old.scopes, per_minute=old.per_minute,
            expires_at=old.expires_at, made_by=by.actor[:120],
        )  # fmt: skip
        ends = now + overlap
        old.expires_at = min(ends, old.expires_at) if old.expires_at else ends
        old.replaced_by = new
        old.save(update_fields=["expires_at", "replaced_by"])
        _note(owner, "key.rotate", new, by, now, replaces=old.prefix)
    return new, plain


def revoke(owner: Owner, key: ApiKey, by: By, now: datetime) -> ApiKey:
    """End a key for good, at once; one that is ended stays as it was. An app's ends its connection."""
    if key.app_id is not None:
        connections.end(key, connections.By(by.actor, by.door), now)
        return keys_of(owner).get(pk=key.pk)
    with transaction.atomic():
        if keys_of(owner).filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            _note(owner, "key.revoke", key, by, now)
    return keys_of(owner).get(pk=key.pk)


def _whose(owner: Owner) -> Business | Agency:
    whose = owner.business if owner.business is not None else owner.agency
    assert whose is not None
    return whose


def _note(owner: Owner, action: str, key: ApiKey, by: By, now: datetime, **detail: object) -> None:
    told: dict[str, Any] = {"key": key.prefix, "name": key.name, **detail}
    if owner.business is not None:
        with business_scope(str(owner.business.schema_name)):
            audit.note(action, actor=by.actor, door=by.door, at=now, detail=told)
    elif owner.agency is not None:
        agencies.note(owner.agency, action, actor=by.actor, door=by.door, at=now, **told)
