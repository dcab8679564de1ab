"""From what happens to the events that are written: once, for whoever listens, and nobody else."""

from __future__ import annotations

import jsonschema
import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import handling
from inbox.activity import Actor
from inbox.people import profile
from integrations import catalogue, endpoints, erasing, listening, telling, waking
from integrations.endpoints import Owner
from integrations.models import Delivery, Event
from messaging import erasure, forgetting
from messaging.models import Contact, Conversation, Message
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem
from tests.support.hooks import a_caller, texts_to


def told(biz) -> list[str]:
    return list(
        Event.objects.filter(business=biz.business).order_by("pk").values_list("type", flat=True)
    )


def fits(event: Event) -> None:
    """Whether an event's data are what the catalogue says."""
    jsonschema.validate(event.data, catalogue.TYPES[event.type].data)


def test_a_missed_call_its_text_and_the_reply_are_told_once_each(
    twilio, work, stand_in, endpoint, client_at, dentist
):
    call = twilio.call(name := a_caller())
    call.dial_ends("no-answer")
    call.dial_ends("no-answer")  # the provider repeats itself
    work()
    (sent,) = texts_to(stand_in.requests, name)
    for _ in range(2):
        twilio.receipt(sent["form"]["StatusCallback"], "delivered", sent["sid"])
    twilio.text(name, "My sink is leaking")
    work()
    twilio.text(name, "STOP")
    work()
    assert sorted(client_at.types) == sorted(told(twilio.biz))
    assert sorted(client_at.types) == [
        "call.missed", "contact.created", "contact.opted_out", "reply.received", "reply.received",
        "text.delivered", "text.queued", "text.sent",
    ]  # fmt: skip
    for event in Event.objects.all():
        fits(event)
    by_type = {each.json["type"]: each.json for each in client_at.got}
    missed = by_type["call.missed"]
    assert missed["business"] == {
        "id": twilio.biz.business.pk, "name": "Lakeside Plumbing", "external_id": "",
    }  # fmt: skip
    assert missed["data"]["call"]["caller"] == name
    assert missed["data"]["call"]["decision"] == "send" and missed["data"]["call"]["sentence"]
    assert by_type["text.queued"]["data"]["text"]["status"] == "queued"
    assert by_type["text.sent"]["data"]["text"]["sent_at"]
    assert by_type["text.delivered"]["data"]["text"]["status"] == "delivered"
    assert by_type["contact.opted_out"]["data"]["consent"]["channel"] == "sms"
    jsonschema.validate(missed, catalogue.schema_of("call.missed"))
    assert told(dentist) == []


def test_that_it_was_sent_stands_although_nobody_could_be_told(
    twilio, work, stand_in, endpoint, settings, dentist
):
    settings.TEXT_SENT_HANDLERS = ["tests.integrations.test_telling.broken"]
    twilio.call(name := a_caller()).dial_ends("no-answer")
    work()
    (sent,) = texts_to(stand_in.requests, name)
    with twilio.biz.scope():
        assert Message.objects.get(provider_id=sent["sid"]).status == "sent"
    assert "text.queued" in told(twilio.biz) and "text.sent" not in told(twilio.biz)
    assert told(dentist) == []


def broken(message_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")


@pytest.mark.parametrize("what", ["endpoint", "crm"])
def test_a_worker_s_statement_is_prepared_and_wakes(what, plumber, dentist):
    """A worker binds at the server (config/settings.py), where each value has one type."""
    base = connection.settings_dict
    with psycopg.connect(
        host=base["HOST"], port=base["PORT"], user=base["USER"], password=base["PASSWORD"],
        dbname=base["NAME"],
    ) as wire:  # fmt: skip
        sql = waking._WAKE.format(table=waking._TABLES[what])
        done = wire.execute(
            sql, {"lane": waking.LANE, "kind": waking.KINDS[what], "subjects": ["none"]}
        )
        assert done.rowcount == 0
    assert not AgendaItem.objects.filter(lane=waking.LANE, kind=waking.KINDS[what]).exists()


def test_an_answered_call_and_a_voicemail_are_told(twilio, work, stand_in, endpoint, client_at):
    answered = twilio.call()
    answered.arrives()
    answered.screened("1")
    answered.dial_ends("completed", bridged="true", DialCallDuration="30")
    answered.ends(seconds=40)
    left = twilio.call()
    left.dial_ends("no-answer")
    left.leaves_voicemail()
    left.ends(seconds=30)
    work()
    assert "call.answered" in client_at.types
    assert client_at.types.count("voicemail.left") == 1
    assert client_at.types.count("call.missed") == 1


def test_what_members_do_and_what_needs_somebody_is_told(plumber, work, endpoint, client_at):
    now, actor = timezone.now(), Actor(plumber.owner.pk, "Sam Lake")
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), now, "Maria")
        thread = touch_conversation(contact.pk, at=now, line="Leak!", direction="in", unread=1)
    with plumber.scope():
        handling.assign([thread], plumber.owner.pk, actor, now)
        handling.close([thread], actor, now)
        handling.reopen([thread], actor, now)
        handling.close([thread], actor, now)
    work()
    assert sorted(client_at.types) == [
        "conversation.assigned", "conversation.closed", "conversation.closed",
        "conversation.reopened",
    ]  # fmt: skip
    closed = next(t.json for t in client_at.got if t.json["type"] == "conversation.closed")
    assert closed["data"]["conversation"]["by"] == "Sam Lake"
    for event in Event.objects.all():
        fits(event)


def test_somebody_added_by_hand_is_told_once(twilio, work, stand_in, endpoint, client_at, plumber):
    caller, actor = a_caller(), Actor(plumber.owner.pk, "Sam Lake")
    with plumber.scope():
        for _ in range(2):
            profile.create(caller, {"name": "Dana"}, actor=actor, at=timezone.now())
    twilio.text(caller, "Hello")
    work()
    assert client_at.types.count("contact.created") == 1
    assert client_at.got[0].json["data"]["contact"]["name"] == "Dana"


def test_whoever_opted_out_and_calls_again_escalates(twilio, work, stand_in, endpoint, client_at):
    caller = a_caller()
    twilio.text(caller, "Stop")
    work()
    twilio.call(caller).dial_ends("no-answer")
    work()
    raised = [each.json for each in client_at.got if each.json["type"] == "conversation.escalated"]
    assert len(raised) == 1 and raised[0]["data"]["alert"]["sentence"]
    jsonschema.validate(raised[0], catalogue.schema_of("conversation.escalated"))


def test_only_chosen_events_are_written(twilio, work, stand_in, client_at, plumber):
    endpoints.make(Owner(business=plumber.business), client_at.url, ["reply.received"])
    twilio.call(caller := a_caller()).dial_ends("no-answer")
    work()
    twilio.text(caller, "Hello")
    work()
    assert client_at.types == ["reply.received"] and told(plumber) == ["reply.received"]


def test_an_agency_hears_of_its_businesses_and_no_other(
    twilio, work, stand_in, client_at, plumber, dentist
):
    endpoints.make(Owner(agency=plumber.business.agency), client_at.url, ["call.missed"])
    twilio.call().dial_ends("no-answer")
    twilio.biz = dentist
    twilio.call().ends("no-answer")
    work()
    assert [each.json["business"]["id"] for each in client_at.got] == [plumber.business.pk]
    assert told(dentist) == []


def test_nobody_listening_costs_no_statement(plumber, dentist, client_at):
    endpoints.make(Owner(business=dentist.business), client_at.url, [])
    with plumber.scope():
        listening.here()  # read once every few seconds in a process
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            assert not telling.tell("call.missed", "call.missed:1", {}, timezone.now())
            assert not listening.somebody()
        assert [q["sql"] for q in asked if "integrations" in q["sql"]] == []
    assert not Event.objects.exists()


def test_a_missed_call_costs_as_many_statements_as_ever(twilio, work, stand_in):
    """None of them is of this room while nobody listens."""
    from tenants import agenda

    twilio.call().dial_ends("no-answer")
    with twilio.biz.scope():
        listening.here()
    with CaptureQueriesContext(connection) as asked:
        agenda.run_due("realtime")
    assert len(asked) > 5 and not [q for q in asked if "integrations_" in q["sql"]]
    with twilio.biz.scope():
        assert Message.objects.filter(status="sent").exists()


def test_what_is_rolled_back_was_never_told(plumber, endpoint, client_at, work):
    with pytest.raises(RuntimeError), plumber.scope(), transaction.atomic():
        assert telling.tell("contact.created", "contact.created:1", {}, timezone.now())
        raise RuntimeError
    work()
    assert client_at.got == [] and not Delivery.objects.exists()


def test_a_stop_stands_though_telling_it_fails(twilio, work, stand_in, endpoint, monkeypatch):
    def broken(*_):
        raise ValueError("no")

    monkeypatch.setattr("integrations.happenings.consent_changed", broken)
    twilio.text(caller := a_caller(), "STOP")
    work()
    with twilio.biz.scope():
        assert Contact.objects.get(phone=caller).opted_out_at is not None


def test_an_erased_person_is_in_no_event(twilio, work, stand_in, endpoint, client_at, plumber):
    twilio.text(caller := a_caller(), "My name is Dana")
    work()
    client_at.got.clear()
    with plumber.scope():
        contact = Contact.objects.get(phone=caller)
        erasure.erase(contact.pk, actor="Sam", door="page", at=timezone.now())
    kept = str(list(Event.objects.values_list("data", flat=True)))
    assert caller not in kept and "Dana" not in kept and "erased" in kept
    with plumber.scope():
        assert Conversation.objects.exists()
    with pytest.raises(endpoints.EndpointError, match="erased"):
        endpoints.redeliver(Delivery.objects.first(), timezone.now())
    assert (
        erasing.erase(forgetting.Person(contact.pk, plumber.business.pk, "", timezone.now()))[
            "events"
        ]
        == 0
    ), "once is enough"
