"""An app is ended everywhere: support found that it must not be let in any more, by nobody.

At once, in one transaction: nobody can say yes to it, and none of its tokens opens anything. What it
had at each business (its key, its webhooks, the word in the audit log) is ended by a row of the
agenda each. It is registered anew by giving it addresses again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from integrations.models import Endpoint
from integrations.oauth import connections
from integrations.oauth.connections import By
from tenants import agenda, support_record
from tenants.models import ApiKey, MarketplaceApp, User

KIND = "integrations.end_app"
_WHY = "ended_by_support"


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends with an app: names of businesses, how many webhooks, how many yeses not redeemed yet."""

    businesses: tuple[str, ...]
    webhooks: int
    waiting: int
    is_ended: bool


def is_ended(app: Application) -> bool:
    """Whether nobody can be sent back to it: then nobody can say yes."""
    return not app.redirect_uris.split()


def preview(app: Application) -> Ending:
    """Return what would end."""
    keys = ApiKey.objects.filter(app=app.pk, revoked_at=None)
    names = keys.order_by("business__name").values_list("business__name", flat=True)
    return Ending(
        tuple(names), Endpoint.objects.filter(subscribed_by__in=keys).count(),
        Grant.objects.filter(application=app.pk, expires__gt=timezone.now()).count(), is_ended(app),
    )  # fmt: skip


def end_everywhere(app_id: int, user: User, typed: str, now: datetime) -> int:
    """End an app; returns at how many businesses. typed: why; now: aware. Raises ReasonMissing."""
    why = support_record.reason_in(typed)
    with transaction.atomic():
        # Whoever redeems a code holds the same row for a moment (connections.redeem).
        app = MarketplaceApp.objects.select_for_update(no_key=True).get(pk=app_id)
        app.redirect_uris, app.client_secret = "", generate_client_secret()
        app.save(update_fields=["redirect_uris", "client_secret", "updated"])
        Grant.objects.filter(application=app.pk).delete()
        tokens = RefreshToken.objects.filter(application=app.pk, revoked=None)
        tokens.update(revoked=now, access_token=None)
        AccessToken.objects.filter(application=app.pk).delete()
        keys = list(ApiKey.objects.filter(app=app.pk, revoked_at=None).order_by("pk"))
        for key in keys:
            agenda.put(
                KIND, f"{key.pk}:{user.pk}", lane="realtime", business_id=key.business_id, due_at=now
            )  # fmt: skip
        support_record.note(
            user, "app.end", at=now, subject=app.client_id, reason=why, app=str(app)[:80],
            businesses=len(keys),
        )  # fmt: skip
    return len(keys)


def end_one(item: agenda.Item) -> None:
    """Agenda: end what an app had at one business. Once, whoever dies on the way."""
    key_id, _colon, user_id = item.subject.partition(":")
    key = ApiKey.objects.select_related("business", "app").filter(pk=int(key_id)).first()
    if key is None or key.app is None or not is_ended(key.app):
        return
    who = User.objects.filter(pk=int(user_id)).first()
    name = support_record.who(who) if who is not None else "Support"
    connections.end(key, By(name, "admin"), timezone.now(), _WHY)
