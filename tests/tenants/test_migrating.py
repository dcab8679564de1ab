"""One migration across every business: each by itself, once, told by name where it fails, and gone on with."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bench.column import COLUMN, NAME
from tenants import migrating, migrating_locks
from tenants.models import Business


def has_column(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = %s "
            "AND table_name = 'messaging_contact' AND column_name = %s",
            [schema, COLUMN],
        )
        return bool(cursor.fetchone()[0])


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def one_more(world, settings):
    """A release with one column more; both businesses lack it, and lack it again afterwards."""
    settings.MIGRATION_MODULES = {"messaging": "bench.column"}
    schemas = [world.plumber.schema, world.dentist.schema]
    yield schemas
    for schema in schemas:
        run(f"ALTER TABLE {schema}.messaging_contact DROP COLUMN IF EXISTS {COLUMN}")
        run(f"DELETE FROM {schema}.django_migrations WHERE name = '{NAME}'")


def test_every_business_gets_it_once_and_is_told(one_more):
    told = []
    assert migrating.bring_up_all(one_more, told=lambda *each: told.append(each)) == {}
    assert all(has_column(schema) for schema in one_more)
    assert (told[-1][0], told[-1][1]) == (2, 2)
    assert all(("messaging", NAME) in migrating.applied(schema) for schema in one_more)
    assert migrating.Migrator().bring_up(one_more[0]) == 0
    assert Business.objects.count() == 2


def test_one_that_fails_is_named_holds_up_no_other_and_is_mended_by_running_again(one_more):
    plumber, dentist = one_more
    run(f"ALTER TABLE {plumber}.messaging_contact ADD COLUMN {COLUMN} text")
    wrong = migrating.bring_up_all(one_more, told=lambda *each: None)
    assert set(wrong) == {plumber}
    assert COLUMN in wrong[plumber]
    assert has_column(dentist)
    assert ("messaging", NAME) not in migrating.applied(plumber)
    run(f"ALTER TABLE {plumber}.messaging_contact DROP COLUMN {COLUMN}")
    assert migrating.bring_up_all(one_more, told=lambda *each: None) == {}
    assert has_column(plumber)


def test_a_death_on_the_way_leaves_whole_schemas_or_none(one_more, monkeypatch):
    plumber, dentist = one_more

    def dies(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(migrating.MigrationRecorder, "record_applied", dies)
    with pytest.raises(KeyboardInterrupt):
        migrating.Migrator().bring_up(plumber)
    assert not has_column(plumber)
    monkeypatch.undo()
    assert migrating.Migrator().bring_up(plumber) == 1
    assert (has_column(plumber), has_column(dentist)) == (True, False)


def test_the_bar_tells_how_many_and_how_long(capsys):
    bar = migrating.Bar("preparing business")
    bar(10, 1000, 42.0)
    bar(1000, 1000, 0.0)
    told = capsys.readouterr().err
    assert "preparing business 10 of 1000, about 42 s left" in told
    assert "preparing business 1000 of 1000\n" in told


@pytest.fixture
def reader(one_more):
    """Somebody who reads the plumber's contacts in a transaction that stays open."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as wire:
        wire.execute(f"SELECT count(*) FROM {one_more[0]}.messaging_contact")
        yield wire


def test_a_table_in_use_is_asked_for_again_and_nobody_waits_behind(one_more, reader, monkeypatch):
    plumber, dentist = one_more
    monkeypatch.setattr(migrating_locks, "LONGEST_WAIT", "50ms")
    written = []

    def between_two_tries(_seconds):
        with psycopg.connect(os.environ["DATABASE_URL"]) as writer:
            writer.execute("SET lock_timeout = '5s'")
            changed = writer.execute(f"UPDATE {plumber}.messaging_contact SET name = ''")
            written.append(changed.statusmessage)
            writer.rollback()
        if len(written) == 2:
            reader.rollback()

    monkeypatch.setattr(migrating_locks.time, "sleep", between_two_tries)
    assert migrating.Migrator().bring_up(plumber) == 1
    assert len(written) == 2 and has_column(plumber) and not has_column(dentist)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_lock_that_is_never_let_go_is_told_and_the_schema_stays_as_it_was(
    one_more, reader, monkeypatch
):
    plumber, dentist = one_more
    monkeypatch.setattr(migrating_locks, "LONGEST_WAIT", "20ms")
    monkeypatch.setattr(migrating_locks.time, "sleep", lambda _seconds: None)
    wrong = migrating.bring_up_all(one_more, told=lambda *each: None)
    assert set(wrong) == {plumber} and "lock timeout" in wrong[plumber]
    assert not has_column(plumber) and has_column(dentist)


def test_two_prepare_one_after_the_other(world):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        asked = "SELECT pg_try_advisory_lock(%s)"
        with migrating_locks.alone():
            assert other.execute(asked, [migrating_locks.LOCK]).fetchone() == (False,)
        assert other.execute(asked, [migrating_locks.LOCK]).fetchone() == (True,)


def test_the_index_of_a_report_is_made_anew_where_a_half_of_it_was_left(world):
    # Back to before it, with whatever came since: a migration is only made anew with those that follow.
    MigrationExecutor(connection).migrate([("billing", "0005_subscription_begun_at")])
    run("CREATE INDEX usage_of_report ON public.billing_usagerecord (quantity)")
    call_command("prepare_database")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'usage_of_report'")
        assert "(report_id) WHERE (report_id IS NOT NULL)" in cursor.fetchone()[0]
