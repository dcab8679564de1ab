"""Rows that were written before the ledger was a chain are chained, whole and in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from messaging.ledger_check import check
from messaging.marks import mark_here
from messaging.models import (
    ConsentEvent,
    Contact,
    LedgerHead,
    MessageTemplate,
    Policy,
    TemplateVersion,
)
from tenants.models import Business
from tenants.scope import business_scope
from tests.support.ledgers import append
from tests.support.world import Biz

BEGAN = datetime(2026, 2, 27, 9, 30, 0, 123, tzinfo=UTC)
BEFORE = [
    ("+13125560101", "opt_out", "sms", "STOP ✋ «é»", "stop", "twilio", "SM1", ""),
    ("+13125560102", "help", "sms", "HELP", "help", "twilio", "SM2", ""),
    ("+13125560101", "opt_in", "sms", "start", "start", "twilio", "SM3", ""),
    ("+13125560102", "opt_out", "staff", "", "", "", "", "Pat"),
]


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


@pytest.fixture
def older(plumber):
    """A business whose schema is still as the first release made it, with four ledger rows."""
    business = Business.objects.get(pk=plumber.business.pk)
    business.pk, business.schema_name, business.name = None, "older_business", "Older Business"
    business.auto_create_schema = False
    business.save()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA older_business")
    with business_scope("older_business"):
        migrate(("messaging", "0002_guards"))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO messaging_messagetemplate (key, name, body, updated_at) "
                "VALUES ('missed-open', 'Missed', 'Hi', %s)",
                [BEGAN],
            )
            for position, (phone, *words) in enumerate(BEFORE):
                at = BEGAN + timedelta(days=position % 2, hours=position)
                cursor.execute(
                    "INSERT INTO messaging_contact (phone, name, created_at) VALUES (%s, '', %s) "
                    "ON CONFLICT (phone) DO UPDATE SET name = '' RETURNING id",
                    [phone, at],
                )
                cursor.execute(
                    "INSERT INTO messaging_consentevent (contact_id, phone, kind, channel, "
                    "raw_text, matched, provider, provider_id, actor, occurred_at, recorded_at) "
                    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [*cursor.fetchone(), phone, *words, at, at + timedelta(microseconds=7)],
                )
        migrate()
    return Biz(business, "", "", "", "", "", plumber.owner, "")


def test_they_are_chained_in_their_order_and_the_chain_goes_on(older, plumber):
    append(plumber, 1)
    with older.scope():
        found = list(ConsentEvent.objects.select_related("detail", "contact").order_by("seq"))
        assert [
            (e.phone, e.kind, e.channel, e.raw_text, e.matched, e.provider, e.provider_id, e.actor)
            for e in found
        ] == BEFORE
        assert [e.seq for e in found] == [1, 2, 3, 4]
        assert [e.occurred_at for e in found][:2] == [BEGAN, BEGAN + timedelta(days=1, hours=1)]
        assert all(e.phone_mark == mark_here(e.phone) and e.contact.phone == e.phone for e in found)
        assert len({e.detail.salt for e in found}) == 4
        result = check(older.business.pk)
        assert (result.rows, result.erased, result.problems) == (4, 0, [])
        last = LedgerHead.objects.get()
        assert (last.seq, last.row_hash) == (4, found[3].row_hash)
        assert last.day == found[3].recorded_at.date()
        assert Policy.objects.count() == 1
        assert list(TemplateVersion.objects.values_list("key", "version", "body")) == [
            ("missed-open", 1, "Hi")
        ]
    append(older, 2)
    with older.scope():
        assert check(older.business.pk).problems == []
        assert ConsentEvent.objects.count() == 6


def test_they_are_guarded_like_any_other(older):
    statements = (
        "UPDATE messaging_consentevent SET kind = 'opt_in'",
        "DELETE FROM messaging_consentevent",
        "UPDATE messaging_ledgerhead SET seq = 9",
        "UPDATE messaging_templateversion SET body = ''",
    )
    for statement in statements:
        with (
            older.scope(),
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with older.scope():
        assert Contact.objects.count() == 2
        MessageTemplate.objects.update(body="Hello")
        assert TemplateVersion.objects.count() == 2
