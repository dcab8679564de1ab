"""`manage.py verify_ledger`: one line a ledger that stands, the rows of one that does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from messaging.models import AuditEntry, ConsentDetail
from tests.support.ledgers import append, guards_set_aside

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ledgers(plumber, dentist):
    """Give four rows to the plumber and two to the dentist."""
    append(plumber, 4)
    append(dentist, 2)
    return plumber, dentist


def falsify(biz) -> None:
    with guards_set_aside(biz) as cursor:
        cursor.execute("UPDATE messaging_consentevent SET kind = 'opt_in' WHERE seq = 3")


def test_every_business_has_a_line(ledgers, capsys):
    plumber, dentist = ledgers
    with plumber.scope():
        ConsentDetail.objects.filter(event__seq=1).delete()
    call_command("verify_ledger")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{plumber.schema}: intact, 4 rows, 1 erased, 0 roots, last ")
    assert second.startswith(f"{dentist.schema}: intact, 2 rows, 0 roots, last ")
    call_command("verify_ledger", business=dentist.schema)
    assert capsys.readouterr().out.splitlines() == [second]


def test_a_broken_one_is_told_and_the_others_stand(ledgers, capsys):
    plumber, dentist = ledgers
    falsify(plumber)
    with pytest.raises(CommandError, match="1 of 2 ledgers") as raised:
        call_command("verify_ledger")
    assert raised.value.returncode == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{plumber.schema}: BROKEN, 1 problems in 4 rows"
    assert lines[1] == "  row 3: changed: its words are not those its hash was made of"
    assert lines[2].startswith(f"{dentist.schema}: intact")
    call_command("verify_ledger", business=dentist.schema)


def test_as_json(ledgers, capsys):
    plumber, _ = ledgers
    falsify(plumber)
    with pytest.raises(CommandError):
        call_command("verify_ledger", json=True)
    broken, intact = json.loads(capsys.readouterr().out)
    assert (broken["business"], broken["intact"], broken["total"]) == (plumber.schema, False, 1)
    assert broken["problems"][0].startswith("row 3: changed")
    assert (intact["intact"], intact["rows"], intact["problems"]) == (True, 2, [])
    assert len(intact["last_hash"]) == 64


@pytest.mark.parametrize("schema", ["nobody", "public", "", "x'; --"])
def test_an_unknown_business(schema, ledgers, capsys):
    with pytest.raises(CommandError, match="--business: there is no business") as raised:
        call_command("verify_ledger", business=schema)
    assert raised.value.returncode == 2
    assert capsys.readouterr().out == ""


def test_exit_codes_of_the_process(ledgers):
    plumber, dentist = ledgers
    falsify(plumber)

    def code(*words: str) -> int:
        whole = [sys.executable, "manage.py", "verify_ledger", *words]
        return subprocess.run(whole, cwd=ROOT, env=os.environ, capture_output=True).returncode

    assert code("--business", dentist.schema) == 0
    assert code() == 1
    assert code("--business", "nobody", "--json") == 2


def test_a_business_whose_ledger_cannot_be_read_keeps_nobody_from_the_others(ledgers, capsys):
    plumber, dentist = ledgers
    with connection.cursor() as cursor:
        table = f"{plumber.schema}.messaging_consentdetail"
        cursor.execute(f"ALTER TABLE {table} RENAME TO put_aside")
        try:
            with pytest.raises(CommandError):
                call_command("verify_ledger")
        finally:
            cursor.execute(
                f"ALTER TABLE {plumber.schema}.put_aside RENAME TO messaging_consentdetail"
            )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{plumber.schema}: BROKEN, 1 problems in 0 rows"
    assert lines[1].startswith("  cannot be read: ")
    assert lines[2].startswith(f"{dentist.schema}: intact, 2 rows")


def test_that_it_was_asked_is_in_each_audit_log(ledgers, capsys):
    plumber, dentist = ledgers
    falsify(plumber)
    with pytest.raises(CommandError):
        call_command("verify_ledger")
    call_command("verify_ledger", business=dentist.schema, by="Counsel")
    for biz, told in (
        (plumber, [("command line", {"rows": 4, "problems": 1})]),
        (dentist, [("command line", {"rows": 2, "problems": 0}),
                   ("Counsel", {"rows": 2, "problems": 0})]),
    ):  # fmt: skip
        with biz.scope():
            entries = AuditEntry.objects.order_by("pk")
            assert [(e.actor, e.detail) for e in entries] == told
            assert {(e.door, e.action) for e in entries} == {("command", "ledger.check")}
