"""A business's connections to CRMs: made, given another token, ended."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from integrations import listening
from integrations.crm import CONNECTORS
from integrations.crm.base import CrmFailed
from integrations.models import CrmConnection, CrmPush, DeliveryState
from tenants.models import Business

_LONGEST = 500


class CannotConnect(ValueError):
    """A connection that cannot be made; `field` names what is wrong with what was asked."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def connect(business: Business, kind: str, token: str) -> CrmConnection:
    """Try a token and connect, or connect again with another. In no transaction: it asks the CRM.

    Raises CannotConnect naming the field.
    """
    connector = CONNECTORS.get(kind)
    if connector is None:
        raise CannotConnect("kind", f"Expected one of: {', '.join(CONNECTORS)}.")
    token = token.strip()
    if not token or len(token) > _LONGEST or not token.isascii() or not token.isprintable():
        raise CannotConnect("token", "Paste the token as it is shown there.")
    try:
        made = connector.connect(token)
    except CrmFailed as failed:
        raise CannotConnect("token", failed.sentence) from None
    with transaction.atomic():
        row, _ = CrmConnection.objects.update_or_create(
            business=business, kind=kind,
            defaults={
                "token": token, "account": made.account[:120], "settings": made.settings,
                "is_active": True, "last_problem": "", "rests_until": None,
            },
        )  # fmt: skip
        listening.changed()
    return row


def disconnect(connection: CrmConnection) -> None:
    """End a connection: the token is forgotten, and what waited is told no more."""
    with transaction.atomic():
        CrmPush.objects.filter(connection=connection.pk).delete()
        CrmConnection.objects.filter(pk=connection.pk).delete()
        listening.changed()


def switch_off(connection: CrmConnection, sentence: str) -> None:
    """The CRM takes the token no more: nothing is told until somebody connects again. In a transaction."""
    connection.is_active, connection.last_problem = False, sentence[:300]
    connection.save(update_fields=["is_active", "last_problem"])
    drop_waiting(connection.pk)
    listening.changed()
    for path in settings.CRM_OFF_HANDLERS:
        import_string(path)(connection)


def drop_waiting(connection_id: int) -> None:
    """Give up what waits for a connection that is told no more."""
    waiting = CrmPush.objects.filter(connection=connection_id, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.DROPPED, problem="The connection was switched off.")
