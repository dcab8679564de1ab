"""An agency's webhook endpoint that was switched off is told to its owners by letter, to nobody else."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from integrations import endpoints
from integrations.endpoints import Owner
from tenants.models import AgencyEntry
from tests.support.endpoints import listening_client


@pytest.fixture
def client_at(settings):
    settings.NOTICES_MAY_BE_PRIVATE = True
    with listening_client() as served:
        yield served


def test_410_is_told_to_each_owner_once(north, south, client_at, work):
    made = endpoints.make(Owner(agency=north.agency), client_at.url, [])
    theirs = endpoints.make(Owner(agency=south.agency), client_at.url, [])
    client_at.answers = [410]
    endpoints.send_test(made, timezone.now())
    work()
    (letter,) = mail.outbox
    assert letter.to == [north.boss.user.email]
    assert "told no more events" in letter.subject and "(410)" in letter.body
    assert f"/agency/{north.agency.pk}/api/webhooks/{made.pk}/" in letter.body
    assert client_at.url not in letter.body, "an address may hold a secret"
    north.boss.get(north.url(f"api/webhooks/{made.pk}/"))
    assert AgencyEntry.objects.get(action="endpoint.off").agency_id == north.agency.pk
    theirs.refresh_from_db()
    assert theirs.is_active


def test_one_that_was_switched_on_meanwhile_is_not_written_about(north, south, client_at, work):
    made = endpoints.make(Owner(agency=north.agency), client_at.url, [])
    with transaction.atomic():
        endpoints.switch_off(made, "failing", timezone.now())
    endpoints.change(made, is_active=True)
    work()
    assert mail.outbox == []
    assert not AgencyEntry.objects.filter(agency=south.agency).exists()
