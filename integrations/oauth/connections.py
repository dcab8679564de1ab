"""Apps that a business is connected to: let in by a person, carried by a key, ended by anybody of the three.

A yes is a code first, which changes nothing. Redeemed, it is the app's key for that business (one
living key per app and business, its secret known to nobody), and the tokens of any former yes end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from oauth2_provider.models import Application, Grant, RefreshToken

from integrations import endpoints
from integrations.endpoints import Owner
from integrations.models import Endpoint
from messaging import audit
from tenants import app_tokens
from tenants.models import ApiKey, AppConsent, Business, Stage, User
from tenants.permissions import may_govern
from tenants.scope import business_scope


class NotGood(ValueError):
    """A code that cannot be redeemed (any more)."""


@dataclass(frozen=True, slots=True)
class By:
    """Who ends a connection: a name for the record, and by which door."""

    actor: str
    door: str


def connected(business: Business) -> QuerySet[ApiKey]:
    """Return the living keys of apps of a business, newest first."""
    found = ApiKey.objects.filter(business=business, app__isnull=False, revoked_at=None)
    return found.select_related("app").order_by("-created_at", "-pk")


def allow(
    app: Application, business: Business, user: User, scopes: list[str], code: str, now: datetime
) -> None:
    """Write down that somebody said yes, in the transaction that keeps the code (in clear)."""
    AppConsent.objects.create(
        app=app, business=business, user=user, scopes=scopes, code_hash=app_tokens.digest(code)
    )
    _note(business, "app.allow", app, str(user), "page", now, scopes=scopes)


def claimed(code: str) -> AppConsent:
    """Return the yes of a code, held until the transaction ends. Raises NotGood: used, or of no use now.

    Whoever said yes must still be one who may.
    """
    found = AppConsent.objects.select_for_update(of=("self",), no_key=True)
    consent = (
        found.select_related("app", "business", "user")
        .filter(code_hash=app_tokens.digest(code), token_family=None)
        .first()
    )
    if consent is None or not may_govern(consent.user, consent.business):
        raise NotGood
    return consent


def redeem(consent: AppConsent, family: UUID) -> ApiKey:
    """Give an app the key of a business, in the transaction that keeps its tokens. Raises NotGood.

    family: by which the library knows the tokens that follow from this code.
    """
    business, app, name = consent.business, consent.app, str(consent.app)[:80]
    lock(business)
    if Business.objects.filter(pk=business.pk, stage__in=(Stage.LEAVING, Stage.GONE)).exists():
        raise NotGood
    # Held, so that an app that support ends meanwhile is seen to be ended (ending.py).
    now_app = Application.objects.select_for_update(no_key=True).get(pk=app.pk)
    if not now_app.redirect_uris.split():
        raise NotGood
    key = connected(business).filter(app=app).first()
    if key is None:
        key, _ = ApiKey.issue(
            business, name, scopes=consent.scopes, app=app, made_by=str(consent.user)[:120]
        )
    else:
        _end_tokens(key)
        key.name, key.scopes, key.made_by = name, consent.scopes, str(consent.user)[:120]
        key.save(update_fields=["name", "scopes", "made_by"])
    consent.key, consent.token_family = key, family
    consent.save(update_fields=["key", "token_family"])
    return key


def end(key: ApiKey, by: By, now: datetime, why: str = "") -> bool:
    """End a connection for good, at once: its key, all its tokens, and the webhooks it subscribed to.

    False where it was ended before.
    """
    business, app = key.business, key.app
    assert business is not None and app is not None  # a constraint
    with transaction.atomic():
        lock(business)
        if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            return False
        _end_tokens(key)
        # A yes that was not redeemed yet was given before this no.
        waiting = AppConsent.objects.filter(app=app, business=business, token_family=None)
        Grant.objects.filter(code__in=list(waiting.values_list("code_hash", flat=True))).delete()
        for row in Endpoint.objects.filter(subscribed_by=key):
            endpoints.remove(row)
        _note(business, "app.disconnect", app, by.actor, by.door, now, why=why)
    return True


def end_family(family: Any, now: datetime, why: str) -> None:
    """End the connection whose tokens these are, if they still are: what was used twice was stolen, perhaps."""
    consent = (
        AppConsent.objects.filter(token_family=family, token_family__isnull=False)
        .select_related("key__business", "key__app")
        .first()
    )
    if consent is None or consent.key is None:
        return
    RefreshToken.revoke_family(family)
    if not _living_tokens(consent.key).exists():  # else these were a former yes's, long replaced
        end(consent.key, By(f"App {consent.key.name}"[:120], "api"), now, why)


def lock(business: Business) -> None:
    """Let nobody else connect or end an app of this business until the transaction ends."""
    endpoints.lock(Owner(business=business))


def _end_tokens(key: ApiKey) -> None:
    for family in set(_living_tokens(key).values_list("token_family", flat=True)):
        RefreshToken.revoke_family(family)


def _living_tokens(key: ApiKey) -> QuerySet[RefreshToken]:
    families = list(key.consents.values_list("token_family", flat=True))
    return RefreshToken.objects.filter(token_family__in=families, revoked=None)


def _note(
    business: Business, action: str, app: Application, actor: str, door: str, now: datetime,
    **detail: object,
) -> None:  # fmt: skip
    told = {"app": str(app)[:80], "client": app.client_id, **{k: v for k, v in detail.items() if v}}
    with business_scope(str(business.schema_name)):
        audit.note(action, actor=actor, door=door, at=now, detail=told)
