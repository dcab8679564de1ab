"""The end of a business: once its grace is over, all of it but what proves its consents; killed or not."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_exists

from inbox.agency.lifecycle import dropping
from messaging.holds import lift, place
from messaging.marks import mark_here
from messaging.senders import releasing
from tenants import agenda, lifecycle
from tenants.lifecycle import LifecycleRefused
from tenants.models import (
    AgendaItem,
    Business,
    Departure,
    Domain,
    LedgerRoot,
    PhoneNumber,
    ProviderEvent,
    Stage,
)
from tests.inbox.conftest import Member
from tests.lifecycle.conftest import CALLER, departure_of
from tests.support.hooks import Provider, a_caller

ANN = {"actor": "Ann", "door": "page"}
OURS = (dropping.DROP, releasing.KIND)
STEPS = (1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 44)


def grace_is_over(biz) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Departure.objects.filter(business=biz.business).update(due_at=past)
    AgendaItem.objects.filter(kind=dropping.DROP).update(due_at=past, claimed_by="")


@pytest.fixture
def ends(work, pass_time):
    """Do what is due: numbers are given back first, and the data goes when somebody looks again."""

    def run() -> None:
        for _ in range(2):
            work()
            pass_time(90)
        work()

    return run


@pytest.fixture
def leaving(lived, work):
    lifecycle.off_board(lived.business, now=timezone.now(), **ANN)
    work()
    return lived


def test_before_its_day_nothing_is_deleted(leaving, north, south, work):
    AgendaItem.objects.filter(kind=dropping.DROP).update(due_at=timezone.now())
    work()
    assert schema_exists(leaving.schema)
    assert Business.objects.get(pk=leaving.business.pk).stage == Stage.LEAVING
    assert departure_of(leaving).begun_at is None
    assert south.first.business.stage == Stage.LIVE


def test_all_of_it_is_deleted_but_what_proves_consents(leaving, north, south, work, ends, web_url):
    with leaving.scope():
        mark = mark_here(CALLER)
    path = f"attachments/{leaving.schema}/a-voicemail"
    assert default_storage.exists(path)
    grace_is_over(leaving)
    ends()
    business, departure = Business.objects.get(pk=leaving.business.pk), departure_of(leaving)
    assert business.stage == Stage.GONE and departure.done_at
    assert not schema_exists(leaving.schema) and not default_storage.exists(path)
    for rows in (
        Domain.objects.filter(tenant=business), ProviderEvent.objects.filter(business=business),
        PhoneNumber.objects.filter(business=business, is_active=True),
        AgendaItem.objects.filter(business_id=business.pk).exclude(kind__startswith="messaging.release"),
    ):  # fmt: skip
        assert not rows.exists()
    with default_storage.open(departure.ledger) as kept:
        lines = [json.loads(line) for line in gzip.decompress(kept.read()).splitlines()]
    assert [line["kind"] for line in lines if line["phone_mark"] == mark][-1] == "opt_out"
    assert lines[-1]["row_hash"] == departure.ledger_hash
    assert CALLER not in json.dumps(lines) and not any("detail" in line for line in lines)
    newest = LedgerRoot.objects.filter(business=business).first()
    assert newest.row_hash == departure.ledger_hash
    # The export can be fetched for a time, then it is kept no longer.
    url = north.url(f"businesses/{business.pk}/lifecycle/")
    assert "Deleted" in north.boss.get(url)
    assert (
        north.boss.client.get(url + "export.zip", headers={"host": "localhost"}).status_code == 200
    )
    AgendaItem.objects.filter(kind=dropping.FORGET).update(due_at=timezone.now())
    work()
    north.boss.get(url + "export.zip", status=404)
    # Calls and texts that still come in, pages and whatever goes over all businesses.
    provider = Provider(leaving, web_url)
    assert provider.text(CALLER, "STOP").status_code < 500
    assert provider.call(CALLER).arrives().status_code < 500
    work()
    assert Member(leaving.owner, leaving.host).sent("/").status_code in (400, 404)
    call_command("prepare_database")
    for other in (north.first, south.first):
        with other.scope(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM messaging_policy")
            assert cursor.fetchone()[0]
    with pytest.raises(LifecycleRefused):
        lifecycle.off_board(business, now=timezone.now(), **ANN)
    assert lifecycle.stay(business, now=timezone.now(), **ANN) is False


def test_a_legal_hold_keeps_it(leaving, north, south, work, ends):
    with leaving.scope():
        hold = place(CALLER, "A claim", "Ann", timezone.now())
    grace_is_over(leaving)
    work()
    assert schema_exists(leaving.schema)
    url = north.url(f"businesses/{leaving.business.pk}/lifecycle/")
    assert "A legal hold keeps its data." in north.boss.get(url)
    with leaving.scope():
        lift(hold.pk, "Ann", timezone.now())
    grace_is_over(leaving)
    ends()
    assert not schema_exists(leaving.schema)
    assert south.first.business.stage == Stage.LIVE


def test_without_its_export_nothing_is_deleted(leaving, north, south, work):
    Departure.objects.filter(business=leaving.business).update(export="")
    grace_is_over(leaving)
    work()
    assert schema_exists(leaving.schema) and departure_of(leaving).problem
    assert south.first.business.stage == Stage.LIVE


def test_once_it_has_begun_nobody_changes_his_mind(leaving, north, south):
    Departure.objects.filter(business=leaving.business).update(begun_at=timezone.now())
    with pytest.raises(LifecycleRefused) as refused:
        lifecycle.stay(leaving.business, now=timezone.now(), **ANN)
    assert refused.value.code == "too_late"
    page = north.boss.post(north.url(f"businesses/{leaving.business.pk}/lifecycle/stay/"))
    assert "It is too late" in page
    assert south.first.business.stage == Stage.LIVE


def test_killed_at_any_step_it_ends_the_same(leaving, north, south, ends):
    grace_is_over(leaving)
    deaths = 0
    for step in STEPS:
        AgendaItem.objects.filter(kind__in=OURS).update(due_at=timezone.now(), claimed_by="")
        AgendaItem.objects.exclude(kind__in=OURS).delete()
        if not AgendaItem.objects.exists():
            break
        ended = subprocess.run(
            [sys.executable, "-m", "tests.lifecycle.killed", str(step)],
            cwd=settings.BASE_DIR, capture_output=True, check=False,
            env={**os.environ, "TWILIO_API_BASE_URL": settings.TWILIO_API_BASE_URL},
        )  # fmt: skip
        deaths += ended.returncode == -signal.SIGKILL
        stage = Business.objects.get(pk=leaving.business.pk).stage
        assert schema_exists(leaving.schema) is (stage != Stage.GONE)
    assert deaths >= 5
    AgendaItem.objects.filter(kind__in=OURS).update(due_at=timezone.now(), claimed_by="")
    ends()
    departure = departure_of(leaving)
    assert departure.done_at and not schema_exists(leaving.schema)
    assert default_storage.exists(departure.ledger) and default_storage.exists(departure.export)
    for other in (north.first, south.first, south.second):
        business = getattr(other, "business", other)
        assert schema_exists(str(business.schema_name))


def kept_lines(departure) -> list[dict]:
    with default_storage.open(departure.ledger) as kept:
        return [json.loads(line) for line in gzip.decompress(kept.read()).splitlines()]


def test_a_stop_that_comes_while_it_is_deleted_is_kept(
    leaving, north, south, work, web_url, monkeypatch, pass_time
):
    """Between the kept ledger and the dropped schema: the file is written again before anything goes."""
    late, provider, real = a_caller(), Provider(leaving, web_url), dropping.files.remove_all
    with leaving.scope():
        mark = mark_here(late)
    came = []

    def meanwhile(business_id: int) -> None:
        real(business_id)
        if not came:
            came.append(provider.text(late, "STOP").status_code)

    monkeypatch.setattr(dropping.files, "remove_all", meanwhile)
    grace_is_over(leaving)
    work()
    pass_time(90)
    work()
    assert came == [200] and schema_exists(leaving.schema)
    pass_time(10)
    work()
    departure = departure_of(leaving)
    assert departure.done_at and not schema_exists(leaving.schema)
    lines = kept_lines(departure)
    assert [line["kind"] for line in lines if line["phone_mark"] == mark][-1] == "opt_out"
    assert lines[-1]["row_hash"] == departure.ledger_hash
    assert LedgerRoot.objects.filter(business=leaving.business).first().row_hash == lines[-1]["row_hash"]  # fmt: skip
    for other in (north.first, south.first):
        assert other.business.stage == Stage.LIVE and schema_exists(other.schema)


def test_a_stop_that_waits_for_the_worker_is_read_before_anything_goes(
    leaving, north, south, work, pass_time
):
    grace_is_over(leaving)
    work()
    grace_is_over(leaving)
    agenda.put(
        "messaging.text_event", "0", lane="realtime", business_id=leaving.business.pk,
        due_at=timezone.now() + timedelta(seconds=30),
    )  # fmt: skip
    agenda.run_due("housekeeping")
    assert schema_exists(leaving.schema) and departure_of(leaving).done_at is None
    AgendaItem.objects.filter(kind="messaging.text_event").delete()
    pass_time(10)
    work()
    assert not schema_exists(leaving.schema) and departure_of(leaving).done_at


def test_whoever_writes_just_now_is_waited_for(leaving, north, south, work, pass_time):
    grace_is_over(leaving)
    work()
    grace_is_over(leaving)
    url = connection.get_connection_params()
    with psycopg.connect(
        **{k: url[k] for k in ("dbname", "user", "password", "host", "port") if url.get(k)}
    ) as other:
        other.execute(f'SELECT 1 FROM "{leaving.schema}".messaging_contact LIMIT 1 FOR UPDATE')
        work()
        assert schema_exists(leaving.schema) and departure_of(leaving).done_at is None
        other.rollback()
    pass_time(10)
    work()
    assert not schema_exists(leaving.schema)


def test_a_stop_to_one_that_is_gone_stays_as_it_came(leaving, north, south, work, ends, web_url):
    late, provider = a_caller(), Provider(leaving, web_url)
    grace_is_over(leaving)
    ends()
    assert not schema_exists(leaving.schema)
    assert provider.text(late, "STOP").status_code < 500
    work()
    stored = ProviderEvent.objects.filter(kind="messaging", params__From=late)
    assert stored.get().params["Body"] == "STOP"
