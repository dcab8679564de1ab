"""HubSpot: people found by number, notes on their timeline once each, and words for what goes wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from integrations.crm import connections
from integrations.crm.connections import CannotConnect
from integrations.models import CrmConnection, CrmPush, Event
from tenants.models import AgendaItem
from tests.support.hooks import a_caller
from tests.support.hubspot import PROPERTY, TOKEN, hubspot


@pytest.fixture
def hub(settings):
    with hubspot() as there:
        settings.HUBSPOT_API_BASE_URL = there.url
        yield there


@pytest.fixture
def connected(plumber, hub):
    return connections.connect(plumber.business, "hubspot", TOKEN)


def soon():
    """Let every pause be over."""
    CrmPush.objects.filter(state="waiting").update(due_at=timezone.now())
    CrmConnection.objects.update(rests_until=None)
    AgendaItem.objects.filter(kind="integrations.crm").update(due_at=timezone.now())


def test_a_missed_call_its_text_and_the_reply_stand_on_one_timeline(
    twilio, work, stand_in, hub, connected, dentist
):
    assert connected.account == "Hub 4711" and hub.properties[PROPERTY]["hasUniqueValue"]
    twilio.call(caller := a_caller()).dial_ends("no-answer")
    work()
    twilio.text(caller, "My <sink> leaks")
    work()
    [contact] = hub.contacts.values()
    assert contact[PROPERTY] == contact["phone"] == contact["firstname"] == caller
    notes = [note["hs_note_body"] for note in hub.notes.values()]
    assert len(notes) == 3 and {note["contact"] for note in hub.notes.values()} == {"1"}
    assert any("Missed call to +13125550100" in note for note in notes)
    assert any("My &lt;sink&gt; leaks" in note for note in notes)
    assert set(CrmPush.objects.values_list("state", flat=True)) == {"delivered"}
    assert not AgendaItem.objects.filter(kind="integrations.crm").exists()
    assert not Event.objects.filter(business=dentist.business).exists()


def test_somebody_known_there_is_linked_and_nothing_of_him_overwritten(
    twilio, work, stand_in, hub, connected
):
    caller = a_caller()
    hub.contacts["77"] = {"phone": caller, "firstname": "Dana", "lastname": "Reyes"}
    twilio.text(caller, "Hello")
    work()
    assert hub.contacts == {
        "77": {"phone": caller, "firstname": "Dana", "lastname": "Reyes", PROPERTY: caller}
    }
    assert hub.notes["1"]["contact"] == "77"


def test_a_note_whose_answer_was_lost_is_not_made_twice(twilio, work, stand_in, hub, connected):
    hub.lose_notes = 1
    twilio.text(a_caller(), "Hello")
    work()
    push = CrmPush.objects.get()
    assert (push.state, push.attempts) == ("waiting", 1) and "did not answer" in push.problem
    assert len(hub.notes) == 1
    soon()
    work()
    push.refresh_from_db()
    assert (push.state, push.remote_id) == ("delivered", "1") and len(hub.notes) == 1


def test_too_many_requests_is_a_pause_for_all(twilio, work, stand_in, hub, connected):
    hub.fail, hub.retry_after = [429], "120"
    twilio.text(a_caller(), "Hello")
    work()
    row = CrmConnection.objects.get()
    assert row.rests_until > timezone.now() + timedelta(seconds=110)
    assert "too many requests" in row.last_problem and row.is_active
    asked = len(hub.asked)
    twilio.text(a_caller(), "Hello too")
    work()
    assert len(hub.asked) == asked, "it is left alone meanwhile"
    soon()
    work()
    assert len(hub.notes) == 2 and CrmConnection.objects.get().last_problem == ""


def test_a_token_that_is_taken_no_more_ends_it_and_owners_hear(
    twilio, work, stand_in, hub, connected, plumber, dentist
):
    hub.fail = [401]
    twilio.text(a_caller(), "Hello")
    work()
    row = CrmConnection.objects.get()
    assert not row.is_active and "Connect it again" in row.last_problem
    assert [letter.to for letter in mail.outbox] == [[plumber.owner.email]]
    twilio.text(a_caller(), "Hello")
    work()
    assert CrmPush.objects.filter(state="waiting").count() == 0
    again = connections.connect(plumber.business, "hubspot", TOKEN)
    assert again.pk == row.pk and again.is_active


def test_a_wrong_token_is_said_and_nothing_is_kept(plumber, hub):
    for token, words in (("wrong", "no longer takes the token"), ("", "Paste"), ("a\nb", "Paste")):
        with pytest.raises(CannotConnect, match=words) as refused:
            connections.connect(plumber.business, "hubspot", token)
        assert refused.value.field == "token"
    assert not CrmConnection.objects.exists()


def test_the_page_connects_and_disconnects(plumber, dentist, hub):
    client = Client(headers={"host": plumber.host})
    client.force_login(plumber.owner)
    at = "/settings/integrations/crm/hubspot/"
    answer = client.post(at, {"token": "wrong"})
    assert answer.status_code == 422 and "no longer takes the token" in answer.content.decode()
    assert client.post(at, {"token": TOKEN}).status_code == 302
    shown = client.get("/settings/integrations/").content.decode()
    assert "Hub 4711" in shown and TOKEN not in shown
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_crmconnection")
        assert TOKEN not in cursor.fetchone()[0]
    theirs = Client(headers={"host": dentist.host})
    theirs.force_login(dentist.owner)
    assert "Hub 4711" not in theirs.get("/settings/integrations/").content.decode()
    assert theirs.post(at, {"remove": "1"}).status_code == 404
    assert client.post(at, {"remove": "1"}).status_code == 302
    assert not CrmConnection.objects.exists()
