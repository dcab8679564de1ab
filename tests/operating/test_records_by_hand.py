"""`manage.py apply_retention`, `erase_person` and `export_evidence`: what they do when something is wrong."""

from __future__ import annotations

import errno
import io
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from messaging.management.new_file import NewFile
from messaging.models import AuditEntry, Contact
from messaging.people import lock_contact
from tests.support.hooks import a_caller

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def known(plumber, dentist) -> str:
    """Return a number that both businesses know somebody of."""
    phone = a_caller()
    for biz in (plumber, dentist):
        with biz.scope(), transaction.atomic():
            lock_contact(phone, timezone.now(), "Dana")
    return phone


# --- who answers for it ---------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["", "  ", "x" * 121, "Pat\x00", "Pat\nroot"])
@pytest.mark.parametrize("command", ["erase_person", "export_evidence", "apply_retention"])
def test_nobody_answers_for_nothing(command, by, known, plumber, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = [] if command == "apply_retention" else [known]
    with pytest.raises(CommandError, match=r"^--by: "):
        call_command(command, *number, business=plumber.schema, by=by)
    assert list(tmp_path.iterdir()) == []
    with plumber.scope():
        assert Contact.objects.get(phone=known).name == "Dana"
        assert not AuditEntry.objects.exists()


# --- the file of an export ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 300, "File name too long"),
        ("x" * 250 + "/y.zip", "there is no such directory"),
        ("nowhere/y.zip", "there is no such directory"),
        ("taken/y.zip", "there is no such directory"),
        ("taken", "the file exists"),
        ("dangling", "the file exists"),
        ("a\x00b", "has a NUL"),
        ("/", "expected the name of a file"),
    ],
)
def test_where_no_file_can_be_nothing_is_gathered(name, said, known, plumber, dentist, tmp_path):
    (tmp_path / "taken").write_text("old")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    out = name if name.startswith("/") else f"{tmp_path}/{name}"
    with pytest.raises(CommandError, match=r"^--out: ") as raised:
        call_command("export_evidence", known, business=plumber.schema, out=out)
    assert said in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "taken"]
    assert (tmp_path / "taken").read_text() == "old"
    with plumber.scope():
        assert not AuditEntry.objects.exists(), "no export was made, so none is noted"


def test_without_out_it_is_where_one_stands(known, plumber, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call_command("export_evidence", known, business=plumber.schema)
    (made,) = tmp_path.iterdir()
    assert made.name.startswith(f"evidence-{known[1:]}-") and made.name in capsys.readouterr().out
    assert zipfile.ZipFile(made).testzip() is None


def takes_the_name(about):
    """Stand in for somebody who makes a file of that name while the export is gathered."""
    if not Path("evidence.zip").exists():  # the second time it is there
        assert [path.suffix for path in Path().iterdir()] == [".part"], "the room is made first"
        Path("evidence.zip").write_text("theirs")
    return iter(())


def test_an_export_that_cannot_be_written_is_not_left_as_made_in_the_audit_log(
    known, plumber, dentist, tmp_path, monkeypatch, settings
):
    monkeypatch.chdir(tmp_path)
    settings.EVIDENCE_SOURCES = {"x.jsonl": f"{__name__}.{takes_the_name.__name__}"}
    with pytest.raises(CommandError, match=r"^--out: evidence\.zip: File exists"):
        call_command(
            "export_evidence", known, business=plumber.schema, out="evidence.zip", by="Pat"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["evidence.zip"]
    assert (tmp_path / "evidence.zip").read_text() == "theirs"
    with plumber.scope():
        made, failed = AuditEntry.objects.order_by("pk")
    assert (failed.action, failed.actor, failed.door) == ("evidence.export", "Pat", "command")
    assert failed.subject == made.subject and known[1:] not in str(failed.detail)
    sha256 = made.detail["sha256"]
    assert failed.detail == {
        "failed": f"the file of SHA-256 {sha256} could not be written: File exists"
    }
    with dentist.scope():
        assert not AuditEntry.objects.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from messaging.management.new_file import NewFile

class Source:
    pieces = 0
    def read(self, size):
        self.pieces += 1
        if self.pieces > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return b"x" * size

with NewFile(Path(sys.argv[1]), "evidence.zip") as room:
    room.write(Source(), Path(sys.argv[1]) / "evidence.zip")
"""


def test_one_who_is_killed_leaves_nothing_under_the_final_name(tmp_path):
    whole = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (left,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.evidence-[0-9a-f]{16}\.part", left.name)


class Full(io.BytesIO):
    """A source whose second piece cannot be read any more."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().read(size)


def test_what_breaks_off_is_taken_away(tmp_path):
    out = tmp_path / "evidence.zip"
    with pytest.raises(OSError, match="No space"), NewFile(tmp_path, out.name) as room:
        room.write(Full(b"x" * 3_000_000), out)
    assert list(tmp_path.iterdir()) == []
