"""Logs through the database and the agenda: read once, whatever happens, and gone on their day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.files.storage import InMemoryStorage, Storage, default_storage
from django.db import connection, transaction
from django.utils import timezone

from calls.audit import copies, expiry, files, importing, logs
from calls.audit.columns import MappingError
from calls.audit.logs import LogError
from calls.audit.value import Assumptions
from messaging import erasure, holds
from messaging.people import lock_contact
from tenants import agenda
from tenants.models import AgendaItem, CallLog, LoggedCall
from tests.calls.audit.conftest import HEADING, lines, received

ROOT = Path(__file__).resolve().parents[3]


def rows_of(log: CallLog) -> list[int]:
    return sorted(LoggedCall.objects.filter(log=log).values_list("row", flat=True))


def test_a_log_is_read_counted_and_its_file_let_go(plumber, dentist, work, files_here):
    log = received(plumber, HEADING + lines(120) + "nonsense,=1+1,x,in,Answered,1\n")
    logs.begin(log, timezone.now())
    work()
    log.refresh_from_db()
    assert (log.state, log.rows, log.bad_rows, log.done) == ("ready", 120, 1, 1.0)
    assert log.result["missed"] == 40 and log.result["rows_read"] == 121
    assert rows_of(log) == list(range(2, 122))
    assert log.file == "" and log.bad_file
    with default_storage.open(log.bad_file) as file:
        text = file.read().decode()
    assert text.splitlines()[1].startswith("122,The time “nonsense” cannot be read.,nonsense,'=1+1")
    assert [path.name for path in files_here.rglob("*") if path.is_file()] == [
        Path(log.bad_file).name
    ]
    assert log.expires_at > timezone.now() + timedelta(days=89)
    assert not CallLog.objects.filter(business=dentist.business).exists()


def test_calls_come_in_order_as_the_back_test_takes_them(plumber, dentist, work):
    log = received(plumber, HEADING + lines(20, start=20) + lines(20))
    other = received(dentist, HEADING + lines(3))
    for each in (log, other):
        logs.begin(each, timezone.now())
    work()
    calls = list(logs.calls_of(log.pk))
    assert [c.started_at for c in calls] == sorted(c.started_at for c in calls)
    assert (len(calls), calls[0].row, calls[0].caller) == (40, 22, "+13125550000")
    assert calls[0].was_missed and calls[1].talk_seconds == 40
    assert len(list(logs.calls_of(other.pk))) == 3


def test_a_killed_worker_leaves_nothing_doubled(plumber, dentist, work, files_here):
    """A process of its own is killed between two portions; the next one goes on."""
    log = received(plumber, HEADING + lines(3_000))
    logs.begin(log, timezone.now())
    script = (
        "import django, sys; django.setup()\n"
        "from calls.audit import importing\n"
        "importing.PORTION, commit = 500, importing._commit\n"
        "def slow(*given):\n"
        "    found = commit(*given); print('portion', flush=True)\n"
        "    import time; time.sleep(0.3); return found\n"
        "importing._commit = slow\n"
        "from tenants import agenda; agenda.run_due('housekeeping')\n"
    )
    env = os.environ | {"FILES_DIR": str(files_here), "RINGBACK_ROLE": "worker",
                        "DJANGO_SETTINGS_MODULE": "config.settings",
                        "DATABASE_URL": _database_url()}  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    for _ in range(2):
        assert worker.stdout.readline() == "portion\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    log.refresh_from_db()
    assert 0 < log.rows < 3_000 and log.state == "importing" and 0 < log.done < 1
    with connection.cursor() as cursor:  # the lease runs out
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET due_at = now() WHERE kind = %s", [logs.IMPORT]
        )
    work()
    log.refresh_from_db()
    assert (log.state, log.rows) == ("ready", 3_000)
    assert rows_of(log) == list(range(2, 3_002))


def _database_url() -> str:
    given = connection.settings_dict
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def test_two_workers_at_once_commit_a_portion_once(plumber, world, monkeypatch):
    monkeypatch.setattr(importing, "PORTION", 50)
    log = received(plumber, HEADING + lines(200))
    logs.begin(log, timezone.now())
    log.refresh_from_db()
    stale = CallLog.objects.get(pk=log.pk)
    item = agenda.Item(
        1, "housekeeping", logs.IMPORT, None, "", str(log.pk), timezone.now(), None, 1
    )
    importing.import_log(item)
    assert importing._read_on(stale) is None
    assert rows_of(log) == list(range(2, 202))


def test_a_turn_ends_after_its_seconds_and_is_gone_on_with(plumber, work, monkeypatch):
    monkeypatch.setattr(importing, "PORTION", 40)
    monkeypatch.setattr(importing, "TURN_SECONDS", 0.0)
    log = received(plumber, HEADING + lines(100))
    logs.begin(log, timezone.now())
    assert agenda.run_due("housekeeping", limit=1) >= 1
    log.refresh_from_db()
    assert log.state == "importing" and log.rows in (40, 80)
    work()
    log.refresh_from_db()
    assert (log.state, rows_of(log)) == ("ready", list(range(2, 102)))


def test_a_log_that_cannot_be_read_at_all_says_so(plumber, dentist, world, files_here):
    log = received(plumber, HEADING + lines(3))
    logs.begin(log, timezone.now())
    default_storage.delete(log.file)
    AgendaItem.objects.filter(kind=logs.IMPORT).update(attempts=agenda.MAX_ATTEMPTS - 1)
    agenda.run_due("housekeeping")
    log.refresh_from_db()
    assert log.state == "failed" and "could not go on" in log.error
    assert AgendaItem.objects.get(kind=logs.IMPORT).state == "dead"


def test_deleting_in_mid_import_leaves_nothing(plumber, work, monkeypatch, files_here):
    monkeypatch.setattr(importing, "PORTION", 40)
    monkeypatch.setattr(importing, "TURN_SECONDS", 0.0)
    log = received(plumber, HEADING + lines(100))
    logs.begin(log, timezone.now())
    agenda.run_due("housekeeping", limit=1)
    assert logs.delete(log.pk) and not logs.delete(log.pk)
    work()
    assert not LoggedCall.objects.exists() and not CallLog.objects.exists()
    assert not [path for path in files_here.rglob("*") if path.is_file()]


def test_a_file_without_a_readable_row_fails_with_words_and_may_be_mapped_anew(plumber, work):
    log = received(plumber, "Moment,From,Result\nsoon,+13125550142,Missed\nlater,x,Missed\n")
    with pytest.raises(MappingError):
        logs.begin(log, timezone.now())
    logs.choose(log, {"started": "Moment", "caller": "From", "outcome": "Result"}, "month",
                name="January", timezone="America/Chicago", hours=[])  # fmt: skip
    logs.begin(log, timezone.now())
    work()
    log.refresh_from_db()
    assert log.state == "failed" and "Line 2" in log.error and log.file
    logs.choose(log, {"started": "Moment", "caller": "From", "outcome": "Result"}, "day",
                name="Anew", timezone="America/Chicago", hours=[])  # fmt: skip
    assert log.name == "Anew"


def test_dates_nobody_can_tell_are_asked_about(plumber, work):
    text = (
        "Start,From,Result\n1/2/2026 9:00,+13125550142,Missed\n3/4/2026 9:00,+13125550142,Missed\n"
    )
    log = received(plumber, text)
    with pytest.raises(LogError) as asked:
        logs.begin(log, timezone.now())
    assert asked.value.field == "order"
    logs.choose(log, log.mapping["columns"], "day", name="x", timezone="America/Chicago", hours=[])
    logs.begin(log, timezone.now())
    work()
    assert [c.started_at.month for c in logs.calls_of(log.pk)] == [2, 4]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"%PDF-1.4", "PDF"), (b"one\ntwo\nthree\n", "one column"), (b"\x00\x01" * 500, "not a text")],
)  # fmt: skip
def test_what_is_no_log_leaves_nothing_behind(plumber, files_here, content, says):
    with pytest.raises(files.FileRefused) as refused:
        received(plumber, content)
    assert says in refused.value.sentence
    assert not CallLog.objects.exists() and not list(files_here.rglob("*.csv"))


def test_the_limit_of_an_upload_is_a_setting(plumber, settings):
    settings.CALL_LOG_MAX_BYTES = 1_000_000
    with pytest.raises(files.FileRefused, match="larger than 1 MB"):
        received(plumber, HEADING + lines(20_000))


@pytest.mark.parametrize(
    ("more", "field"),
    [({"name": " "}, "name"), ({"timezone": "Mars/Olympus"}, "timezone"), ({"hours": [[9, "x", "y"]]}, "hours")],
)  # fmt: skip
def test_wrong_words_about_a_log_name_their_field(plumber, more, field):
    with pytest.raises(LogError) as wrong:
        received(plumber, HEADING + lines(2), **more)
    assert wrong.value.field == field


def test_other_assumptions_are_counted_again(plumber, work):
    log = received(plumber, HEADING + lines(90))
    logs.begin(log, timezone.now())
    work()
    log.refresh_from_db()
    assert (log.result["missed"], log.result["closed"][0]) == (30, 0)
    logs.assume(log, {**Assumptions().as_dict(), "short_seconds": 60}, [], timezone.now())
    log.refresh_from_db()
    assert log.result["counting"]
    work()
    log.refresh_from_db()
    assert (log.result["missed"], log.result["closed"][0]) == (90, 90)
    assert "counting" not in log.result and log.result["rows_read"] == 90


def test_a_log_expires_with_its_calls_and_files(plumber, dentist, work, pass_time, files_here):
    log = received(plumber, HEADING + lines(5) + "bad,x,y,in,Missed,0\n")
    kept = received(dentist, HEADING + lines(5))
    for each in (log, kept):
        logs.begin(each, timezone.now())
    work()
    CallLog.objects.filter(pk=log.pk).update(expires_at=timezone.now())
    pass_time(2 * 86_400)
    work()
    assert list(CallLog.objects.all()) == [kept]
    assert set(LoggedCall.objects.values_list("log", flat=True)) == {kept.pk}
    assert not [path for path in files_here.rglob("*") if path.is_file()]
    again = AgendaItem.objects.get(kind=logs.EXPIRE)
    assert again.due_at > timezone.now() + timedelta(days=80)


def test_an_upload_nobody_read_is_gone_after_a_day(plumber, work, pass_time, files_here):
    log = received(plumber, HEADING + lines(5))
    CallLog.objects.filter(pk=log.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    pass_time(2 * 86_400)
    work()
    assert not CallLog.objects.exists()
    assert not [path for path in files_here.rglob("*") if path.is_file()]


def test_a_legal_hold_keeps_a_log(plumber, work, pass_time):
    log = received(plumber, HEADING + lines(5))
    logs.begin(log, timezone.now())
    work()
    with plumber.scope():
        hold = holds.place("", "matter 7", "Dana", timezone.now())
    CallLog.objects.filter(pk=log.pk).update(expires_at=timezone.now())
    pass_time(2 * 86_400)
    work()
    assert CallLog.objects.filter(pk=log.pk).exists()
    with plumber.scope():
        holds.lift(hold.pk, "Dana", timezone.now())
    pass_time(31 * 86_400)
    work()
    assert not CallLog.objects.filter(pk=log.pk).exists()


def test_an_erased_person_is_taken_out_of_the_logs_of_that_business(plumber, dentist, work):
    person = "+13125550000"
    bad = "bad,(312) 555-0000,y,in,Missed,0\n"
    log = received(plumber, HEADING + lines(100) + bad)
    other = received(dentist, HEADING + lines(100) + bad)
    for each in (log, other):
        logs.begin(each, timezone.now())
    work()
    waiting = received(plumber, HEADING + lines(3))
    theirs = received(dentist, HEADING + lines(3))
    with plumber.scope():
        with transaction.atomic():
            contact = lock_contact(person, timezone.now())
        erased = erasure.erase(contact.pk, actor="Dana", door="page", at=timezone.now())
    assert erased.counts["logged calls"] == 2 and erased.counts["call log files"] == 2
    assert not LoggedCall.objects.filter(log=log, caller=person).exists()
    assert LoggedCall.objects.filter(log=other, caller=person).count() == 2
    for each in (log, other, waiting, theirs):
        each.refresh_from_db()
    assert log.bad_file == "" and other.bad_file
    assert log.state == "ready" and log.result["problems"] == []
    assert (waiting.file, waiting.state) == ("", "failed") and "erased" in waiting.error
    assert theirs.file and theirs.state == "uploaded"
    assert not default_storage.exists(waiting.file or "call-logs/none")


def test_nobody_is_erased_while_a_log_is_read(plumber, world):
    log = received(plumber, HEADING + lines(3))
    logs.begin(log, timezone.now())
    with plumber.scope():
        with transaction.atomic():
            contact = lock_contact("+13125550000", timezone.now())
        with pytest.raises(erasure.ErasureRefused, match="being read"):
            erasure.erase(contact.pk, actor="Dana", door="page", at=timezone.now())
    assert expiry._GONE and CallLog.objects.get(pk=log.pk).state == "importing"


def test_a_prospects_log_becomes_the_business_s(plumber, dentist, work):
    log = received(plumber, HEADING + lines(9), business=None, name="Prospect")
    with pytest.raises(LogError):
        logs.attach(log, plumber.business)  # not read yet
    logs.begin(log, timezone.now())
    work()
    with pytest.raises(LogError):
        logs.attach(log, dentist.business)  # another agency's
    logs.attach(log, plumber.business)
    log.refresh_from_db()
    assert log.business == plumber.business


class Elsewhere(Storage):
    """Files with no path on this machine, as in an object store; notes which were fetched."""

    fetched: ClassVar[list[str]] = []

    def __init__(self) -> None:
        files = InMemoryStorage()
        self._save, self.exists, self.delete, self.size = (
            files._save, files.exists, files.delete, files.size,
        )  # fmt: skip
        self._files = files

    def _open(self, name: str, mode: str):
        self.fetched.append(name)
        return self._files._open(name, mode)


def test_a_file_kept_elsewhere_is_fetched_once_however_many_turns_it_takes(
    plumber, dentist, work, settings, monkeypatch
):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Elsewhere"}}
    log = received(plumber, HEADING + lines(90))
    path = log.file
    Elsewhere.fetched.clear()
    monkeypatch.setattr(importing, "PORTION", 10)
    monkeypatch.setattr(importing, "TURN_SECONDS", 0)
    logs.begin(log, timezone.now())
    work()
    log.refresh_from_db()
    assert (log.state, log.rows) == ("ready", 90)
    assert Elsewhere.fetched == [path]
    assert copies._kept == {} and not default_storage.exists(path)
    assert not CallLog.objects.filter(business=dentist.business).exists()
