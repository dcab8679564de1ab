"""Files of businesses: read with every problem named, made row by row, each at most once."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from inbox.agency.imports import checking, columns, importing, sheet, week
from inbox.agency.playbooks import saving
from inbox.models import Tag
from inbox.settings import services
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    Business,
    BusinessFacts,
    BusinessImport,
    BusinessImportRow,
    CompiledHours,
    PhoneNumber,
    PlaybookUse,
    ProviderAccount,
    Stage,
)
from tenants.scope import business_scope

HEAD = "Business Name;CRM ID;Tax ID;Address;City;State;Zip;Website;Industry;Time Zone;Business Hours;Phone;Forwarding;Email;Playbook"


def bring(biz, *lines: str, head: str = HEAD, **more) -> BusinessImport:
    agency = biz.business.agency
    account = ProviderAccount.objects.get(agency=agency)
    content = "\n".join([head, *lines]).encode()
    return importing.bring(
        agency, content, "clients.csv", settled={"account": account.pk, **more}, by="Ana",
        door="page", at=timezone.now(),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def at_the_provider(held, plumber):
    """The plumber's account holds the number of the good row."""
    held(plumber, "+13035550111")


def row(brought, line: int) -> BusinessImportRow:
    return brought.rows.get(line=line)


GOOD = "Hilltop Plumbing;C-1;12-3456789;12 Main St;Denver;CO;80202;hilltop.example.com;Plumber;Mountain;Mon-Fri 8-17;(303) 555-0111;303-555-0190;bo@hilltop.example.com;"


def test_a_row_becomes_a_draft_with_everything_the_file_says(
    world, plumber, dentist, work, mailoutbox
):
    brought = bring(plumber, GOOD)
    assert row(brought, 2).problems == {}
    assert Business.objects.count() == 2
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    brought.refresh_from_db()
    made = row(brought, 2)
    assert (brought.state, made.state, made.problems) == ("done", "made", {})
    business = made.business
    assert (business.name, business.stage, business.external_id) == (
        "Hilltop Plumbing",
        Stage.DRAFT,
        "C-1",
    )
    assert (business.timezone, business.playbook) == ("America/Denver", "plumbing")
    facts = BusinessFacts.objects.get(business=business)
    assert (facts.ein, facts.street, facts.region) == ("123456789", "12 Main St", "CO")
    assert facts.contact_email == "bo@hilltop.example.com"
    number = PhoneNumber.objects.get(business=business)
    assert (number.e164, number.staff_numbers) == ("+13035550111", ["+13035550190"])
    assert CompiledHours.objects.get(business=business).spans[0] == [0, "08:00", "17:00"]
    assert business.agency == plumber.business.agency
    [letter] = mailoutbox
    assert letter.to == ["bo@hilltop.example.com"]
    assert "hilltop-plumbing." in letter.body
    assert not AgencyEntry.objects.filter(
        agency=dentist.business.agency, action__startswith="import"
    ).exists()


def test_every_problem_is_named_by_its_field_and_what_is_twice_by_its_line(world, plumber, dentist):
    theirs = dentist.number
    brought = bring(
        plumber,
        GOOD,
        f"Valley;C-1;99;;;ZZ;x;not a site;;Mars;Someday 9-5;{theirs};900-555-0100;nobody;Gold",
        f"{plumber.business.name};;;;;;;;;Mountain;;;;;",
        ";C-9;;;;;;;;Mountain;;303 555 0111;;;",
    )
    assert row(brought, 2).problems == {}
    assert set(row(brought, 3).problems) == {
        "external_id", "ein", "region", "postcode", "website", "timezone", "hours", "number", "forward_to",
        "owner_email", "playbook",
    }  # fmt: skip
    assert "line 2" in row(brought, 3).problems["external_id"]
    assert set(row(brought, 4).problems) == {"name"}
    assert set(row(brought, 5).problems) == {"name", "number"}
    assert "line 2" in row(brought, 5).problems["number"]


def test_what_fails_stops_no_other_and_the_rest_can_be_mended_and_brought_again(
    world, plumber, dentist, work
):
    brought = bring(plumber, GOOD, "Valley Plumbing;C-2;;;;;;;;Mars;;;;;")
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    brought.refresh_from_db()
    assert brought.state == "done"
    told = list(csv.DictReader(io.StringIO(importing.result(brought).lstrip("\ufeff"))))
    assert [each["Result"] for each in told] == ["made", "wrong"]
    assert told[1]["What is wrong"].startswith("Time zone: ")
    again = importing.result(brought, only_open=True).replace("Mars", "Mountain")
    second = importing.bring(
        plumber.business.agency, again.encode(), "mended.csv", settled={}, by="Ana", door="page",
        at=timezone.now(),
    )  # fmt: skip
    importing.start(second, by="Ana", door="page", at=timezone.now())
    work()
    assert Business.objects.filter(agency=plumber.business.agency).count() == 3
    third = bring(plumber, GOOD)
    assert "external_id" in row(third, 2).problems


def test_a_row_is_made_at_most_once_whoever_dies(world, plumber, dentist):
    brought = bring(plumber, GOOD)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    item = agenda.Item(
        1,
        "housekeeping",
        importing.MAKE,
        None,
        "",
        str(row(brought, 2).pk),
        timezone.now(),
        None,
        1,
    )
    first, second = importing.make(item), importing.make(item)  # the lease of the first was lost
    for each in (first, second):
        assert isinstance(each, agenda.Outside) and each.settle(each.act()) is None
    assert importing.make(item) is None
    assert Business.objects.filter(name="Hilltop Plumbing").count() == 1


def test_calling_off_leaves_what_is_made(world, plumber, dentist, work):
    brought = bring(plumber, GOOD, "Valley Plumbing;C-2;;;;;;;;Mountain;;;;;")
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    assert importing.cancel(brought, by="Ana", door="page", at=timezone.now()) == 2
    work()
    assert Business.objects.count() == 2
    with pytest.raises(importing.ImportRefused):
        importing.start(brought, by="Ana", door="page", at=timezone.now())


def test_the_agency_s_own_playbook_comes_with_the_row_and_another_agency_s_never(
    world, plumber, dentist, work
):
    with plumber.scope():
        services.save_tag(None, "north side", "blue", at=timezone.now())
    for biz, name in ((plumber, "Ours"), (dentist, "Theirs")):
        saving.save(
            biz.business.agency, biz.business, name=name, chosen=["tags", "texts"], by="Ana",
            door="page", at=timezone.now(),
        )  # fmt: skip
    brought = bring(
        plumber, GOOD + "ours", GOOD.replace("C-1", "C-2").replace("0111", "0112") + "Theirs"
    )
    assert set(row(brought, 3).problems) == {"playbook"}
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    made = row(brought, 2).business
    assert PlaybookUse.objects.get(business=made).state == "applied"
    with business_scope(made.schema_name):
        assert list(Tag.objects.values_list("name", flat=True)) == ["north side"]


def test_columns_are_guessed_chosen_and_looked_at_again(world, plumber, dentist):
    brought = bring(plumber, "x;Hilltop;Mountain", head="Code;What they are called;Where")
    assert "name" in row(brought, 2).problems or "timezone" in row(brought, 2).problems
    importing.settle(brought, {"name": 1, "timezone": 2, "ein": 99}, {"timezone": "America/Denver"})
    brought.refresh_from_db()
    assert brought.mapping == {"name": 1, "timezone": 2}
    assert row(brought, 2).problems == {}


def test_formulas_and_files_that_are_none(world, plumber, dentist):
    brought = bring(plumber, '"=HYPERLINK(""http://x"")";C-1;;;;;;;;Mountain;;;;;')
    told = importing.result(brought)
    assert "'=HYPERLINK" in told
    assert '\n"=' not in told
    for content, why in (
        (b"", "empty"), (b"PK\x03\x04rest", "workbook"), (b"Name\n", "line for each"),
        (b'Name\n"open' + b"\nx" * 40, "quote"), (b"x" * (sheet.MAX_BYTES + 1), "larger"),
    ):  # fmt: skip
        with pytest.raises(sheet.BadFile, match=why):
            sheet.read(content)
    assert BusinessImport.objects.count() == 1


def test_our_own_template_is_read_as_it_is_meant():
    read = sheet.read(columns.template().encode())
    assert columns.guess(read.header) == {c.field: n for n, c in enumerate(columns.COLUMNS)}
    cells = columns.cells(columns.guess(read.header), read.rows[0][1])
    assert cells["number"] == "+13035550111"
    assert len(week.read(cells["hours"])) == 6


@tried(max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(content):
    try:
        read = sheet.read(content)
    except sheet.BadFile as wrong:
        assert str(wrong)
        return
    mapping = columns.guess(read.header)
    assert all(
        isinstance(each, str)
        for _, row in read.rows
        for each in columns.cells(mapping, row).values()
    )


@tried(max_examples=60)
@given(st.text(alphabet="MonSatui 0123456789:-;,+/closed24h", max_size=40))
def test_no_hours_break_the_week(cell):
    try:
        found = week.read(cell)
    except week.BadWeek as wrong:
        assert str(wrong)
        return
    assert all(0 <= each.weekday <= 6 for each in found)


def other_row(line: str, number: str) -> str:
    return GOOD.replace("555-0111", number).replace("C-1", line).replace("Hilltop", line)


def test_a_provider_that_does_not_answer_is_asked_again(
    world, plumber, dentist, held, stand_in, work, pass_time
):
    """Its row waits for an answer, nothing of it is made meanwhile, and the rest goes on."""
    silent = {"path": "IncomingPhoneNumbers", "mode": "500", "times": 3}
    stand_in.office.control({"faults": [silent]})
    brought = bring(plumber, GOOD, "Plain Plumbing;C-2;;;;;;;;Mountain;;;;;")
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    for asked in (1, 2, 3):
        work()
        waits = row(brought, 2)
        assert (waits.state, waits.problems, waits.unanswered) == ("waiting", {}, asked)
        assert row(brought, 3).state == "made"
        brought.refresh_from_db()
        assert brought.state == "running"
        assert not Business.objects.filter(external_id="C-1").exists()
        pass_time(300)
    work()
    pass_time(10)
    work()
    brought.refresh_from_db()
    assert (row(brought, 2).state, brought.state) == ("made", "done")
    assert PhoneNumber.objects.get(e164="+13035550111").business == row(brought, 2).business
    assert not BusinessImportRow.objects.filter(of__agency=dentist.business.agency).exists()


def test_a_provider_that_never_answers_is_said_with_the_field_and_the_row_is_there_to_bring_again(
    world, plumber, dentist, held, stand_in, settings, work, pass_time
):
    settings.PROVIDER_TIMEOUT_SECONDS = 1
    held(plumber, "+13035550112")
    silent = {"path": "IncomingPhoneNumbers", "mode": "timeout", "times": 9999}
    refuses = {"path": "IncomingPhoneNumbers", "mode": "500", "times": 9999}
    for fault, number, name in ((silent, "555-0111", "C-1"), (refuses, "555-0112", "C-2")):
        stand_in.office.control({"faults": [fault]})
        brought = bring(plumber, other_row(name, number))
        importing.start(brought, by="Ana", door="page", at=timezone.now())
        for _ in range(4):
            work()
            assert row(brought, 2).state == "waiting"
            pass_time(900)
        work()
        pass_time(10)
        work()
        brought.refresh_from_db()
        failed = row(brought, 2)
        assert (failed.state, brought.state) == ("failed", "done")
        assert failed.problems == {"number": checking.unanswered(5)}
        assert "Bring this line in again later." in failed.problems["number"]
        assert not Business.objects.filter(external_id=name).exists()
        told = list(csv.DictReader(io.StringIO(importing.result(brought).lstrip("\ufeff"))))
        assert told[0]["CRM ID"] == name and "asked 5 times" in told[0]["What is wrong"]
        stand_in.office.control({"faults": []})
        again = bring(plumber, other_row(name, number))
        importing.start(again, by="Ana", door="page", at=timezone.now())
        work()
        assert row(again, 2).state == "made"
    assert not BusinessImportRow.objects.filter(of__agency=dentist.business.agency).exists()


def test_a_file_that_is_called_off_asks_no_more(
    world, plumber, dentist, held, stand_in, work, pass_time
):
    silent = {"path": "IncomingPhoneNumbers", "mode": "500", "times": 9999}
    stand_in.office.control({"faults": [silent]})
    brought = bring(plumber, GOOD)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    importing.cancel(brought, by="Ana", door="page", at=timezone.now())
    stand_in.office.control({"faults": []})
    pass_time(900)
    work()
    assert row(brought, 2).state == "cancelled" and row(brought, 2).unanswered == 1
    assert not Business.objects.filter(external_id="C-1").exists()


def test_an_account_that_is_not_let_in_fails_at_once(world, plumber, dentist, stand_in, work):
    refused = {"path": "IncomingPhoneNumbers", "mode": "401", "times": 9999}
    stand_in.office.control({"faults": [refused]})
    brought = bring(plumber, GOOD)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    failed = row(brought, 2)
    assert (failed.state, failed.unanswered) == ("failed", 0)
    assert "is not known" in failed.problems["number"]


def test_a_number_that_the_account_does_not_hold_makes_no_business(
    world, plumber, dentist, held, stand_in, work
):
    held(dentist, "+13035550112")
    theirs = GOOD.replace("555-0111", "555-0112").replace("C-1", "C-2").replace("Hilltop", "Other")
    unheard = GOOD.replace("555-0111", "555-0113").replace("C-1", "C-3").replace("Hilltop", "Third")
    brought = bring(plumber, GOOD, theirs, unheard)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    work()
    assert [row(brought, line).state for line in (2, 3, 4)] == ["made", "failed", "failed"]
    for line in (3, 4):
        assert "does not hold the number" in row(brought, line).problems["number"]
    assert Business.objects.count() == 3 and PhoneNumber.objects.count() == 3
    brought.refresh_from_db()
    assert brought.state == "done"
