"""The consent ledger is append-only in the database itself, whoever asks and however."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from messaging import consent
from messaging.models import ConsentEvent, Contact

REFUSED = "append-only"


@pytest.fixture
def ledger(world):
    """One opt-out in each business's ledger; the test runs in the plumber's schema."""
    for biz in (world.dentist, world.plumber):
        with biz.scope():
            contact = Contact.objects.create(phone="+17735561234", created_at=timezone.now())
            consent.record(
                contact,
                "opt_out",
                channel="sms",
                raw_text="STOP",
                matched="stop",
                provider="twilio",
                provider_id="SM1",
                at=timezone.now(),
            )
    with world.plumber.scope():
        yield world


def _unchanged() -> bool:
    return list(ConsentEvent.objects.values_list("kind", "detail__raw_text")) == [
        ("opt_out", "STOP")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messaging_consentevent SET kind = 'opt_in'",
        "DELETE FROM messaging_consentevent",
        "TRUNCATE messaging_consentevent",
        "TRUNCATE messaging_consentevent CASCADE",
        "TRUNCATE messaging_contact CASCADE",
        "INSERT INTO messaging_consentevent SELECT * FROM messaging_consentevent ON CONFLICT (id) DO UPDATE SET kind = 'opt_in'",
        "WITH gone AS (DELETE FROM messaging_consentevent RETURNING 1) SELECT count(*) FROM gone",
        "MERGE INTO messaging_consentevent e USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_sql_is_refused(statement, ledger):
    with (
        pytest.raises(DatabaseError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert _unchanged()


@pytest.mark.parametrize("schema", ["plumber", "dentist"])
def test_every_business_s_ledger_is_guarded(schema, ledger):
    name = getattr(ledger, schema).schema
    for word in ("UPDATE {} SET matched = ''", "DELETE FROM {}", "TRUNCATE {}"):
        with (
            pytest.raises(DatabaseError, match=REFUSED),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(word.format(f"{name}.messaging_consentevent"))


def test_the_orm_is_refused(ledger):
    event = ConsentEvent.objects.get()
    event.kind = "opt_in"
    attempts = [
        event.save,
        event.delete,
        ConsentEvent.objects.all().delete,
        lambda: ConsentEvent.objects.update(matched=""),
        lambda: ConsentEvent.objects.bulk_update([event], ["kind"]),
        lambda: ConsentEvent.objects.filter(pk=event.pk)._raw_delete("default"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
            attempt()
    assert _unchanged()


def test_a_person_in_the_ledger_cannot_be_deleted(ledger):
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        Contact.objects.get().delete()


def test_the_same_event_is_written_once_and_standing_follows(ledger):
    contact = Contact.objects.get()
    again = {
        "channel": "sms",
        "raw_text": "STOP",
        "matched": "stop",
        "provider": "twilio",
        "at": timezone.now(),
    }
    assert consent.record(contact, "opt_out", provider_id="SM1", **again) is None
    assert consent.record(contact, "opt_in", provider_id="SM2", **again) is not None
    assert Contact.objects.get().opted_out_at is None
    assert consent.record(contact, "opt_out", provider_id="SM1", **again) is None
    assert Contact.objects.get().opted_out_at is None
    assert ConsentEvent.objects.count() == 2
