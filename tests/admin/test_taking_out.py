"""What a table of support's admin shows, taken out as a file: as masked as it is shown, and written down."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from config.admin_sites import business_site, support_site
from messaging.models import AuditEntry, Contact
from tenants.models import Business, SupportEntry
from tests.admin.conftest import Support, allow
from tests.api.conftest import fill  # noqa: F401
from tests.messaging.test_ledger_chain import fill_everything

CALLER = "+13125560142"


def taken(who: Support, table: str, *ids: object, **more: str) -> list[list[str]]:
    """Have the rows chosen and taken out; returns the lines of the file."""
    chosen = {"action": "take_out", "_selected_action": [str(pk) for pk in ids], **more}
    page = who.post(f"{table}/", chosen, 200)
    assert page.startswith("\ufeff"), page[:500]
    return list(csv.reader(io.StringIO(page.removeprefix("\ufeff"))))


@pytest.fixture
def contacts(world):
    """Of each business one row, the plumber's with a number somebody may not see."""
    found = []
    for biz in (world.plumber, world.dentist):
        with biz.scope():
            who = Contact.objects.create(
                phone=CALLER, name="=HYPERLINK(1)", created_at=timezone.now()
            )
            found.append(who)
    return found


def test_each_table_with_rows_is_taken_out_as_shown(
    support,
    at_plumber,
    plumber,
    dentist,
    fill,  # noqa: F811
):
    fill(plumber), fill(dentist)
    fill_everything(plumber)
    seen = []
    for who, site in ((support, support_site), (at_plumber, business_site)):
        for model, table in site._registry.items():
            with plumber.scope():
                row = model._default_manager.first()
            if row is None:
                continue
            path = f"{model._meta.app_label}/{model._meta.model_name}"
            heads, *rows = taken(who, path, row.pk)
            assert len(heads) == len(table.list_display) and len(rows) <= 1, path
            assert not any("<" in cell or "object at" in cell for line in rows for cell in line), (
                path
            )
            seen.append(path)
    assert len(seen) > 20, seen
    assert SupportEntry.objects.filter(action="tables.csv").count() == len(seen)


def test_a_file_is_as_masked_as_the_list(at_plumber, contacts, plumber):
    ours, theirs = contacts
    heads, *rows = taken(at_plumber, "messaging/contact", ours.pk, theirs.pk + 1000)
    assert "phone" in [head.lower() for head in heads] and len(rows) == 1
    assert CALLER not in str(rows) and "HYPERLINK" not in str(rows)
    noted = SupportEntry.objects.get(action="tables.csv")
    assert noted.subject == "messaging.contact" and noted.detail == {"rows": 1}
    assert noted.business == plumber.business
    assert not SupportEntry.objects.filter(action="tables.full").exists()


def test_with_the_right_it_is_whole_harmless_and_told_to_the_business(
    at_plumber, contacts, plumber, dentist
):
    allow(at_plumber.user, "see_numbers")
    heads, row = taken(at_plumber, "messaging/contact", contacts[0].pk)
    assert CALLER in row and "'=HYPERLINK(1)" in row
    assert len(heads) == len(row)
    assert SupportEntry.objects.filter(action="tables.full", detail__rows=1).exists()
    with plumber.scope():
        assert AuditEntry.objects.filter(action="support.tables").exists()
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="support.tables").exists()


def test_what_is_filtered_is_taken_out_whole_and_shown_words_are_kept(support, plumber):
    rows = taken(support, "tenants/business", plumber.business.pk, select_across="1", index="0")
    assert len(rows) == Business.objects.count() + 1
    assert any(plumber.business.name in row for row in rows)
    assert not any("<" in cell for row in rows for cell in row)


def test_who_is_not_of_support_takes_nothing(plumber, contacts):
    stranger = Support(None, plumber.host)
    chosen = {"action": "take_out", "_selected_action": [str(contacts[0].pk)]}
    answer = stranger.client.post(
        "/admin/messaging/contact/", chosen, headers={"host": stranger.host}
    )
    assert answer.status_code == 302 and "login" in answer.headers["Location"]
    assert not SupportEntry.objects.exists()


def test_evidence_taken_out_is_a_look_with_the_right_and_without(
    at_plumber,
    plumber,
    dentist,
    fill,  # noqa: F811
):
    event = fill(plumber).event
    fill(dentist)
    taken(at_plumber, "messaging/consentevent", event.pk)
    with plumber.scope():
        assert AuditEntry.objects.filter(action="ledger.read").count() == 1
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="ledger.read").exists()
