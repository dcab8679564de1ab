"""What machines of others hear of a business that leaves: nothing any more."""

from __future__ import annotations

from datetime import datetime

from integrations import endpoints
from integrations.crm import connections
from integrations.models import CrmConnection, Delivery, Endpoint, Event
from tenants.models import Departure

_WHY = "leaving"


def leaves(departure: Departure, _actor: str, _door: str, now: datetime) -> None:
    """Switch off its own endpoints and its connections; they stay, and can be switched on again."""
    for endpoint in Endpoint.objects.filter(business=departure.business, is_active=True):
        endpoints.switch_off(endpoint, _WHY, now)
    for connection in CrmConnection.objects.filter(business=departure.business, is_active=True):
        connection.is_active = False
        connection.last_problem = "The business is leaving."
        connection.save(update_fields=["is_active", "last_problem"])
        connections.drop_waiting(connection.pk)


def gone(departure: Departure, _actor: str, _door: str, _now: datetime) -> None:
    """Delete what was told of it, and to whom."""
    business = departure.business
    for endpoint in Endpoint.objects.filter(business=business):
        endpoints.remove(endpoint)
    for connection in CrmConnection.objects.filter(business=business):
        connections.disconnect(connection)
    told = Event.objects.filter(business=business)
    Delivery.objects.filter(event__in=told).delete()
    told.delete()
