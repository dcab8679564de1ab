"""The daily roots of the ledger, downloaded by a program of the business and held against an export."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from openapi_schema_validator import OAS31Validator

from messaging.evidence import verify_ledger
from messaging.ledger_roots import roots
from tenants.models import LedgerRoot
from tests.api.conftest import Api, refused
from tests.api.test_openapi import document
from tests.support.ledgers import append, exported


def keep_roots(biz, count: int) -> None:
    """Append an event and keep a root for each of so many days."""
    append(biz, count)
    for row in exported(biz):
        day = date(2026, 3, 1) + timedelta(days=row["seq"])
        LedgerRoot.objects.create(
            business=biz.business, day=day, seq=row["seq"], row_hash=row["row_hash"],
            recorded_at=datetime(day.year, day.month, day.day, 0, 5, 0, 123, tzinfo=UTC),
        )  # fmt: skip


def test_each_business_sees_its_own_newest_first(api, other, plumber, dentist):
    keep_roots(plumber, 3)
    keep_roots(dentist, 1)
    for host in ("localhost", plumber.host):
        listed = Api(plumber.api_key, host).get("ledger-roots/").json()
        assert listed["results"] == roots(plumber.business.pk)[::-1]
        assert (listed["next"], listed["previous"]) == (None, None)
    assert other.get("ledger-roots/").json()["results"] == roots(dentist.business.pk)
    assert [root["seq"] for root in api.get("ledger-roots/").json()["results"]] == [3, 2, 1]


def test_pages_and_a_single_day(api, plumber, dentist):
    keep_roots(plumber, 5)
    first = api.get("ledger-roots/", limit=2).json()
    cursor = first["next"].rsplit("cursor=", 1)[1].split("&")[0].replace("%3D", "=")
    second = api.get("ledger-roots/", limit=2, cursor=cursor).json()
    assert [root["seq"] for root in first["results"] + second["results"]] == [5, 4, 3, 2]
    (one,) = api.get("ledger-roots/", day="2026-03-03").json()["results"]
    assert one["seq"] == 2
    assert api.get("ledger-roots/", day="2026-02-03").json()["results"] == []


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "20260303x", "\x00"])
def test_a_day_that_is_none_is_refused(day, api, plumber, dentist):
    refused(api.get("ledger-roots/", day=day), 422, "day")


def test_only_reading_with_a_key(api, plumber, dentist):
    refused(Api("").get("ledger-roots/"), 401)
    refused(Api(dentist.api_key, plumber.host).get("ledger-roots/"), 401)
    refused(api.post("ledger-roots/", {"seq": 1}), 405)
    refused(api.get("ledger-roots/1/"), 404)


def test_the_answer_is_what_the_document_says(api, plumber, dentist):
    keep_roots(plumber, 2)
    whole = document()
    good = whole["paths"]["/api/v1/ledger-roots/"]["get"]["responses"]["200"]
    schema = {**good["content"]["application/json"]["schema"], "components": whole["components"]}
    assert not list(OAS31Validator(schema).iter_errors(api.get("ledger-roots/").json()))


def test_what_was_downloaded_is_what_the_verifier_takes(api, plumber, dentist, tmp_path):
    keep_roots(plumber, 4)
    (tmp_path / "roots.json").write_text(json.dumps(api.get("ledger-roots/", limit=3).json()))
    rows = exported(plumber)

    def verified() -> tuple[int, str]:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "ledger.jsonl").write_text(lines)
        words = [sys.executable, "-I", "-S", verify_ledger.__file__, "ledger.jsonl", "roots.json"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, told = verified()
    assert (code, told.splitlines()[1]) == (0, "3 daily roots stand")
    del rows[-1]
    code, told = verified()
    assert (code, told.splitlines()[0]) == (
        1,
        "root of 2026-03-05: row 4 is not in this ledger: removed, or everything behind row 3 was",
    )
