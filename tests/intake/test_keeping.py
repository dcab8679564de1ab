"""What is kept of reported events: processed again, forgotten with a person, secrets rotated."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from calls.intake import sources
from messaging import erasure
from messaging.models import Contact
from tenants.events import process_again
from tenants.models import CallSource, EventState, ProviderEvent
from tests.intake.conftest import calls_of, nobody_else
from tests.support.hooks import a_caller


def test_an_event_is_processed_again_without_a_second_text(pbx, work, stand_in, dentist):
    pbx.send(pbx.event(a_caller()))
    pbx.send({"event_id": "t1", "type": "test"})
    work()
    for event in ProviderEvent.objects.filter(provider="reported"):
        process_again(event)
    work()
    assert len(stand_in.requests) == 1
    assert len(calls_of(pbx.biz)) == 1
    states = ProviderEvent.objects.filter(provider="reported").values_list("state", flat=True)
    assert set(states) == {EventState.PROCESSED}
    nobody_else(dentist)


def test_what_was_refused_is_no_call_when_processed_again(pbx, work):
    pbx.send(pbx.event(a_caller()) | {"outcome": "lost"})
    process_again(ProviderEvent.objects.get(provider="reported"))
    work()
    assert calls_of(pbx.biz) == []
    assert ProviderEvent.objects.get(provider="reported").state == EventState.PROCESSED


def test_a_person_who_is_erased_is_in_no_reported_event(pbx, work, stand_in, dentist):
    caller = a_caller()
    pbx.send(pbx.event(caller, crm_note=f"call {caller} back"))
    work()
    with pbx.biz.scope():
        contact = Contact.objects.get(phone=caller)
        erasure.erase(contact.pk, actor="test", door="page", at=timezone.now())
    work()
    digits = caller[-7:]
    for event in ProviderEvent.objects.filter(provider="reported"):
        assert digits not in json.dumps(event.params)
    [call] = calls_of(pbx.biz)
    assert digits not in call.caller + json.dumps(call.facts) + json.dumps(call.receipt)


def test_of_events_nothing_is_done_with_no_number_is_kept(pbx, work):
    caller = a_caller()
    with pbx.biz.scope():
        sources.set_active(pbx.source, False, by="test", at=timezone.now())
    pbx.send(pbx.event(caller))
    with pbx.biz.scope():
        sources.set_active(pbx.source, True, by="test", at=timezone.now())
    pbx.send(pbx.event(caller, "answered", direction="outbound", to=caller))
    pbx.send(pbx.event(caller, type="call.ringing"))
    pbx.send(pbx.event(caller) | {"outcome": caller})
    kept = list(ProviderEvent.objects.filter(provider="reported"))
    assert len(kept) == 4
    for event in kept:
        assert caller[-7:] not in json.dumps(event.params) + event.note
        process_again(event)
    work()
    assert calls_of(pbx.biz) == []


def test_secrets_are_written_anew_with_the_newest_key(pbx, settings):
    with pbx.biz.scope():
        sources.rotate(pbx.source, by="test", at=timezone.now())
    before = CallSource.objects.get()
    known = (before.secret, before.previous_secret)
    assert all(known)
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]
    try:
        call_command("rotate_keys")
        settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
        after = CallSource.objects.get()
        assert (after.secret, after.previous_secret) == known
    finally:
        settings.FIELD_ENCRYPTION_KEYS = [*settings.FIELD_ENCRYPTION_KEYS, *old]
        settings.FIELD_ENCRYPTION_KEYS = [*old, *settings.FIELD_ENCRYPTION_KEYS]
        call_command("rotate_keys")
        settings.FIELD_ENCRYPTION_KEYS = old


def test_a_secret_stands_encrypted(pbx):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM public.tenants_callsource")
        [(stored,)] = cursor.fetchall()
    assert pbx.secret not in stored
    assert pbx.secret not in repr(pbx.source)


@pytest.mark.parametrize("length", [1, 200])
def test_long_ids_fit(pbx, work, length):
    answer = pbx.send(pbx.event(a_caller(), event_id="é" * length, call_id="☎" * length))
    assert answer.status_code == 202, answer.text
    work()
    [call] = calls_of(pbx.biz)
    assert len(call.provider_id) <= 64
