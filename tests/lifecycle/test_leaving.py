"""A business leaves: nothing goes out, everything of it is exported, and somebody may change his mind."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from inbox.agency.lifecycle import export, files
from integrations.models import Endpoint
from messaging.senders import releasing
from tenants import lifecycle
from tenants.models import AgendaItem, ApiKey, Business, Departure, PhoneNumber, Stage
from tests.inbox.conftest import Member
from tests.lifecycle.conftest import CALLER, departure_of

LEAVE = {"actor": "Ann", "door": "page"}


def page_of(north):
    return north.url(f"businesses/{north.second.pk}/lifecycle/")


@pytest.fixture
def left(lived, north, work):
    """The business leaves, and its export is made."""
    Endpoint.objects.create(business=lived.business, url="https://x.example/", events=["*"])
    page = north.boss.post(
        page_of(north) + "off-board/",
        {"name": lived.business.name.upper(), "reason": "They sold it"},
    )
    assert "Nothing goes out for it any more." in page
    work()
    lived.business.refresh_from_db()
    return lived


def test_its_name_must_be_typed_and_why(north, south, lived):
    page = north.boss.post(page_of(north) + "off-board/", {"name": "another"}, status=422)
    assert "Type the name of the business" in page and "Say why" in page
    assert 'value="another"' in page
    north.helper.post(page_of(north) + "off-board/", {"name": lived.business.name}, status=403)
    assert not Departure.objects.exists()
    assert Business.objects.get(pk=lived.business.pk).stage == Stage.LIVE


def test_at_once_nothing_goes_out_and_nobody_but_the_agency_comes_in(left, north, south):
    business = left.business
    assert business.stage == Stage.LEAVING and business.delete_after > timezone.now()
    assert not ApiKey.objects.filter(business=business, revoked_at=None).exists()
    assert not Endpoint.objects.filter(business=business, is_active=True).exists()
    Member(left.owner, left.host).get("/", status=404)
    assert left.business.name in Member(north.boss.user, left.host).get("/")
    assert releasing.leaving(business) == {left.number: business.delete_after}
    assert PhoneNumber.objects.get(e164=left.number).is_active  # still answered
    for other in (north.first.business, south.first.business, south.second):
        assert Business.objects.get(pk=other.pk).stage == Stage.LIVE
        assert not releasing.leaving(other)


def test_the_export_holds_everything_of_it_and_nothing_of_others(left, north, south, tmp_path):
    departure = departure_of(left)
    answer = north.boss.client.get(page_of(north) + "export.zip", headers={"host": "localhost"})
    content = b"".join(answer.streaming_content)
    assert answer.headers["X-Content-SHA256"] == departure.export_sha256
    assert len(content) == departure.export_bytes
    bundle = zipfile.ZipFile(io.BytesIO(content))
    names = set(bundle.namelist())
    with left.scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        tables = {name for (name,) in cursor.fetchall()} - set(export.LEFT_OUT)
    assert {f"tables/{name}.csv" for name in tables} <= names
    said = bundle.read("tables/messaging_contact.csv").decode("utf-8-sig")
    (person,) = csv.DictReader(io.StringIO(said))
    assert CALLER in person["phone"] and person["name"] == "'=Rosa"
    assert "Is my boiler ready?" in bundle.read("tables/messaging_message.csv").decode()
    assert any(name.startswith("files/") and bundle.read(name) == b"RIFF sound" for name in names)
    about = json.loads(bundle.read("business.json"))
    assert about["numbers"][0]["e164"] == left.number and about["members"][0]["role"] == "owner"
    whole = b"\n".join(bundle.read(name) for name in names)
    for stranger in (north.first, south.first):
        assert stranger.business.name.encode() not in whole
        assert stranger.number.encode() not in whole
    bundle.extractall(tmp_path)
    checked = subprocess.run(
        [sys.executable, "verify_ledger.py", "ledger.jsonl", "roots.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    south.boss.get(page_of(north) + "export.zip", status=404)
    north.helper.get(page_of(north) + "export.zip", status=403)


def test_every_path_of_the_file_storage_is_known(left, south):
    with left.scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
            "current_schema() AND column_name IN ('file', 'preview', 'recording', 'path', 'bad_file')"
        )
        assert set(cursor.fetchall()) == set(files.COLUMNS)
    assert south.first.business.stage == Stage.LIVE


def test_made_twice_it_is_one_export(left, north, south, work):
    departure = departure_of(left)
    assert default_storage.exists(departure.export)
    export.leaves(departure, "", "", timezone.now())
    work()
    assert departure_of(left).export_sha256 == departure.export_sha256
    folder, _, name = departure.export.rpartition("/")
    same = [each for each in default_storage.listdir(folder)[1] if each.startswith(name[:40])]
    assert same == [name]
    assert lifecycle.off_board(left.business, now=timezone.now(), **LEAVE) == departure


def test_somebody_changes_his_mind(left, north, south, work):
    path = departure_of(left).export
    page = north.boss.post(page_of(north) + "stay/")
    assert "stays. Make new API keys" in page
    left.business.refresh_from_db()
    assert left.business.stage == Stage.LIVE and left.business.delete_after is None
    assert not releasing.leaving(left.business)
    assert not default_storage.exists(path)
    assert not AgendaItem.objects.filter(kind="inbox.drop_business").exists()
    assert left.business.name in Member(left.owner, left.host).get("/")
    assert "Download" not in north.boss.get(page_of(north))
    # It may leave once more.
    lifecycle.off_board(left.business, now=timezone.now(), **LEAVE)
    work()
    assert departure_of(left).export
    assert lifecycle.stay(south.first.business, now=timezone.now(), **LEAVE) is False
