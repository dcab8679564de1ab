"""The pages of integrations, as an owner uses them; and that nobody else does."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from inbox.models import Notice
from integrations import endpoints
from integrations.endpoints import Owner
from integrations.models import Delivery, Endpoint
from messaging.models import AuditEntry
from tenants.models import Role
from tests.inbox.conftest import a_member

AT = "/settings/integrations/"


@pytest.fixture
def page(plumber):
    return signed_in(plumber)


def signed_in(biz, user=None):
    client = Client(headers={"host": biz.host})
    client.force_login(user or biz.owner)
    return client


def test_an_owner_adds_tries_rotates_and_deletes_a_webhook(page, plumber, dentist, client_at, work):
    assert "Nobody hears yet" in page.get(AT).content.decode()
    answer = page.post(
        AT,
        {
            "url": client_at.url,
            "which": "some",
            "events": ["call.missed"],
            "description": "Our CRM",
        },
    )
    made = Endpoint.objects.get()
    assert answer.status_code == 200 and made.secret in answer.content.decode()
    at = f"{AT}{made.pk}/"
    shown = page.get(at).content.decode()
    assert made.secret not in shown and client_at.url not in shown and "Our CRM" in shown
    assert page.post(f"{at}test/").status_code == 302
    work()
    assert client_at.got[0].verified(made.secret)["type"] == "webhook.test"
    shown = page.get(at).content.decode()
    assert "Delivered" in shown and "HTTP 204" in shown
    assert page.post(f"{at}redeliver/", {"delivery": Delivery.objects.get().pk}).status_code == 302
    work()
    assert len(client_at.got) == 2
    rotated = page.post(f"{at}rotate/").content.decode()
    new = Endpoint.objects.get().secret
    assert new in rotated and new != made.secret
    page.post(f"{at}change/", {"url": "", "which": "all", "description": "Other"})
    changed = Endpoint.objects.get()
    assert (changed.events, changed.description, changed.url) == ([], "Other", client_at.url)
    theirs = signed_in(dentist)
    assert theirs.get(at).status_code == theirs.post(f"{at}test/").status_code == 404
    assert str(made.pk) not in theirs.get(AT).content.decode()
    assert page.post(f"{at}remove/").status_code == 302 and not Endpoint.objects.exists()
    with plumber.scope():
        done = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"endpoint.add", "endpoint.test", "endpoint.rotate", "endpoint.remove"} <= done
        assert new not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"url": "http://x.example/", "which": "all"}, "https://"),
     ({"url": "https://x.example/", "which": "some"}, "at least one event"),
     ({"url": "https://x.example/", "which": "all", "description": "x" * 130}, "120 letters")],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_typed_is_lost(page, typed, said):
    answer = page.post(AT, typed)
    text = answer.content.decode()
    assert answer.status_code == 422 and said in text and typed["url"] in text
    assert not Endpoint.objects.exists()


def test_an_agent_sees_none_of_it(plumber, endpoint):
    client = signed_in(plumber, a_member(plumber, Role.AGENT, "Anna"))
    assert client.get(AT).status_code == client.get(f"{AT}{endpoint.pk}/").status_code == 403
    assert client.post(f"{AT}{endpoint.pk}/remove/").status_code == 403
    assert Endpoint.objects.exists()


def test_owners_are_told_when_an_address_is_gone(plumber, dentist, endpoint, client_at, work):
    client_at.answers = [410]
    endpoints.send_test(endpoint, timezone.now())
    work()
    with plumber.scope():
        assert Notice.objects.filter(user=plumber.owner.pk, channel="live").count() == 1
    assert any("told no more events" in letter.subject for letter in mail.outbox)
    with dentist.scope():
        assert not Notice.objects.exists()
    text = signed_in(plumber).get(f"{AT}{endpoint.pk}/").content.decode()
    assert re.search("wants no more events", text)


def test_an_agency_s_endpoint_is_not_on_a_business_s_page(page, plumber, client_at):
    made = endpoints.make(Owner(agency=plumber.business.agency), client_at.url, [])
    assert page.get(f"{AT}{made.pk}/").status_code == 404
