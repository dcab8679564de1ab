"""The ledger is one chain: however it is appended to, and whoever tries to change it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config.admin_sites import business_site, support_site
from messaging import audit, consent
from messaging.ledger import as_row
from messaging.marks import mark, mark_here
from messaging.models import (
    AuditEntry,
    ConsentDetail,
    ConsentEvent,
    Contact,
    LedgerHead,
    Policy,
    TemplateVersion,
)
from messaging.people import lock_contact
from tenants.models import AgendaItem, Business, LedgerRoot, PhoneNumber, RegistrationChange, User
from tenants.scope import business_scope
from tests.admin.conftest import Support
from tests.journeys.test_simultaneous import at_once
from tests.support.hooks import a_caller
from tests.support.ledgers import append, checked, exported, guards_set_aside

ROOT = Path(__file__).resolve().parents[2]
GENESIS = "0" * 64


def rows(biz) -> list[ConsentEvent]:
    with biz.scope():
        return list(ConsentEvent.objects.select_related("detail").order_by("seq"))


def head(biz) -> tuple[int, str]:
    with biz.scope():
        return LedgerHead.objects.values_list("seq", "row_hash").get()


def is_chain(biz, count: int) -> None:
    """Assert that a business's ledger is one chain of just so many rows, and stands."""
    found = rows(biz)
    assert [row.seq for row in found] == list(range(1, count + 1))
    hashes = [GENESIS, *(row.row_hash for row in found)]
    assert [row.prev_hash for row in found] == hashes[:-1]
    assert len(set(hashes)) == count + 1
    assert head(biz) == (count, hashes[-1])
    assert [row.recorded_at for row in found] == sorted(row.recorded_at for row in found)
    result = checked(biz)
    assert (result.rows, result.problems, result.total) == (count, [], 0)
    assert result.intact


# --- appending ------------------------------------------------------------------------------------


def test_appends_chain_each_business_by_itself(plumber, dentist):
    append(plumber, 4)
    append(dentist, 2)
    append(plumber, 1, kind="consent", level=2, channel="ivr", provider_id="", raw_text="")
    is_chain(plumber, 5)
    is_chain(dentist, 2)
    assert rows(plumber)[1].phone_mark != rows(dentist)[1].phone_mark


def test_one_person_has_another_mark_in_another_business(plumber, dentist):
    phone = a_caller()
    for biz in (plumber, dentist):
        append(biz, phone=phone)
    (ours,), (theirs,) = rows(plumber), rows(dentist)
    assert ours.phone == theirs.phone == phone
    assert ours.phone_mark != theirs.phone_mark
    assert phone[1:] not in f"{ours.phone_mark} {ours.evidence} {ours.actor}"


def test_a_schema_made_again_has_the_marks_of_its_new_business(plumber, dentist):
    """A business that was dropped, and another in a schema of its name, within one process."""
    phone, found = a_caller(), []
    for _ in range(2):
        made = Business(
            agency=plumber.business.agency, name="Once More", timezone="America/Chicago",
            schema_name="once_more",
        )  # fmt: skip
        made.save()
        with business_scope("once_more"):
            assert mark_here(phone) == mark(phone, made.mark_key)
            found.append(mark_here(phone))
        made.delete(force_drop=True)
    assert found[0] != found[1]


def test_what_is_hashed_is_what_is_stored(plumber):
    append(
        plumber, 1, raw_text='\\ "STOP"\t\x7f\r\n \u2028 é 🛑', matched="arrête", actor="Zoë <z@x>",
        matched_by="per_se",
        evidence={"score": 0.97, "big": 1e22, "none": None, 7: ["a", 1.0], "at": timezone.now()},
    )  # fmt: skip
    append(plumber, 1, evidence={}, raw_text="", level=None, user_agent="ü" * 400)
    is_chain(plumber, 2)
    event = rows(plumber)[0]
    assert event.raw_text == '\\ "STOP"\t\x7f\r\n \u2028 é 🛑'
    assert (event.evidence["score"], event.evidence["big"]) == ("0.97", "1e+22")
    with plumber.scope():
        values = ConsentEvent.objects.filter(seq=1).values().get() | {"contact": event.contact_id}
    (row, _) = exported(plumber)
    assert as_row(values) == {
        name: value
        for name, value in row.items()
        if name not in ("prev_hash", "row_hash", "detail")
    }


@pytest.mark.parametrize(
    ("matched", "matched_by", "stays"),
    [
        ("stop", "per_se", True),
        ("opt out", "", True),
        ("remove", "phrase", True),
        ("st oop", "typo", True),
        ("error 21610", "provider", True),
        ("told us by phone", "human", True),
        ("take ann smith off your list", "phrase", False),
        ("take Ann Smith 312 555 0142 off your list", "hunch", False),
        ("stop 3125550142", "per_se", False),
        ("stop" + " stop" * 10, "per_se", False),
        ("ann smith", "quote", False),
        ("stop ann", "", False),
        ("🛑", "emoji", False),
    ],
)
def test_the_row_that_outlives_an_erasure_keeps_keywords_alone(
    matched, matched_by, stays, plumber, dentist
):
    said = f"Please: {matched}"
    append(plumber, 1, raw_text=said, matched=matched, matched_by=matched_by)
    is_chain(plumber, 1)
    (event,) = rows(plumber)
    assert (event.matched, event.matched_by) == (matched if stays else "", matched_by)
    assert event.raw_text == said, "where it can be erased"


def test_a_rolled_back_append_leaves_no_gap(plumber, dentist):
    append(plumber, 2)
    with plumber.scope():
        with pytest.raises(RuntimeError), transaction.atomic():
            contact = lock_contact(a_caller(), timezone.now())
            assert consent.record(contact, "opt_out", channel="sms", at=timezone.now())
            raise RuntimeError
        with transaction.atomic():
            contact = lock_contact(a_caller(), timezone.now())
            inner = transaction.savepoint()
            consent.record(contact, "opt_out", channel="sms", at=timezone.now())
            transaction.savepoint_rollback(inner)
            consent.record(contact, "help", channel="sms", at=timezone.now())
    append(plumber, 1)
    is_chain(plumber, 4)
    is_chain(dentist, 0)


def test_two_hundred_appends_at_once_leave_no_gap_and_no_fork(plumber, dentist):
    both = (plumber, dentist)
    at_once(40, lambda number: [append(both[(number + turn) % 2]) for turn in range(5)])
    is_chain(plumber, 100)
    is_chain(dentist, 100)


def test_appends_that_are_rolled_back_among_others_leave_no_gap(plumber, dentist):
    def work(number: int) -> None:
        if number % 3:
            append(plumber, 2)
            return
        with plumber.scope(), pytest.raises(RuntimeError), transaction.atomic():
            contact = lock_contact(a_caller(), timezone.now())
            consent.record(contact, "opt_out", channel="sms", at=timezone.now())
            raise RuntimeError

    at_once(18, work)
    is_chain(plumber, 24)
    is_chain(dentist, 0)


def test_a_process_killed_in_the_middle_leaves_the_chain_intact(plumber, dentist):
    append(plumber, 1)
    append(dentist, 1)
    words = [sys.executable, "-c", _APPENDER, plumber.schema]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        # Three rows are committed; the fourth is written, its transaction open.
        assert child.stdout.readline().strip() == "in the middle of row 5"
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    append(plumber, 2)  # waits for the dead one's lock at most until the server notices
    is_chain(plumber, 6)
    is_chain(dentist, 1)


_APPENDER = """
import sys, time, django
django.setup()
from django.db import transaction
from django.utils import timezone
from messaging import consent
from messaging.models import ConsentEvent
from messaging.people import lock_contact
from tenants.scope import business_scope

def append(number):
    contact = lock_contact(f"+1312556{number:04d}", timezone.now())
    return consent.record(contact, "opt_out", channel="sms", at=timezone.now())

with business_scope(sys.argv[1]):
    for number in range(3):
        with transaction.atomic():
            append(number)
    with transaction.atomic():
        event = append(3)
        print("in the middle of row", ConsentEvent.objects.get(pk=event).seq, flush=True)
        time.sleep(60)
"""


def test_the_same_event_again_moves_nothing(plumber, dentist):
    phone = a_caller()
    append(plumber, phone=phone, kind="opt_out", provider_id="SM1")
    append(plumber, phone=phone, kind="opt_in", provider_id="SM2")
    before, waiting = rows(plumber), AgendaItem.objects.count()
    with plumber.scope():
        standing = Contact.objects.values().get(phone=phone)
    assert append(plumber, phone=phone, kind="opt_out", provider_id="SM1") == [None]
    assert append(plumber, 1, kind="opt_out", provider_id="SM1") == [None]  # by whomever
    assert [row.row_hash for row in rows(plumber)] == [row.row_hash for row in before]
    assert AgendaItem.objects.count() == waiting
    with plumber.scope():
        assert Contact.objects.values().get(phone=phone) == standing
        assert ConsentDetail.objects.count() == 2
    is_chain(plumber, 2)
    # The same id in the other business is another event.
    assert append(dentist, phone=phone, kind="opt_out", provider_id="SM1") != [None]


def test_an_erased_detail_leaves_the_chain_intact(plumber):
    append(plumber, 3)
    with plumber.scope():
        ConsentDetail.objects.filter(event__seq=2).delete()
    is_chain(plumber, 3)
    assert checked(plumber).erased == 1
    assert [row.phone != "" for row in rows(plumber)] == [True, False, True]


# --- what the database refuses --------------------------------------------------------------------

NAMES = (
    "contact_id, phone_mark, kind, level, scope, channel, matched_by, matched, classifier, "
    "provider, our_number, evidence, actor, legal_entity, brand_id, campaign_id, ruleset_version, "
    "detail_hash, occurred_at, recorded_at, row_hash"
)
REFUSED = [
    *(
        f"INSERT INTO messaging_consentevent (seq, prev_hash, provider_id, {NAMES}) "
        f"SELECT {seq}, {link}, '', {NAMES} FROM messaging_consentevent WHERE seq = 2"
        for seq, link in (
            ("4", "row_hash"), ("2", "row_hash"), ("1", "prev_hash"), ("0", "row_hash"),
            ("3", "prev_hash"), ("3", "repeat('0', 64)"), ("-1", "prev_hash"),
        )
    ),
    "UPDATE messaging_consentevent SET row_hash = prev_hash WHERE seq = 1",
    "UPDATE messaging_consentevent SET seq = seq + 10",
    "UPDATE messaging_consentevent SET evidence = '{}'",
    "DELETE FROM messaging_consentevent WHERE seq = 2",
    "TRUNCATE messaging_consentevent CASCADE",
    "UPDATE messaging_ledgerhead SET seq = seq - 1",
    "UPDATE messaging_ledgerhead SET seq = seq + 1",
    "UPDATE messaging_ledgerhead SET seq = seq + 1, row_hash = repeat('a', 64)",
    "UPDATE messaging_ledgerhead SET row_hash = repeat('0', 64)",
    "UPDATE messaging_ledgerhead SET seq = 0, row_hash = repeat('0', 64), day = NULL",
    "UPDATE messaging_ledgerhead SET day = NULL",
    "DELETE FROM messaging_ledgerhead",
    "TRUNCATE messaging_ledgerhead",
    "UPDATE messaging_consentdetail SET raw_text = 'start'",
    "UPDATE messaging_consentdetail SET phone = '+13125550999'",
    "UPDATE messaging_consentdetail SET event_id = event_id + 1000",
    "TRUNCATE messaging_consentdetail",
    *(
        statement.format(table)
        for table in (
            "messaging_policy", "messaging_templateversion", "messaging_auditentry",
            "public.tenants_ledgerroot", "public.tenants_registrationchange",
        )
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}")
    ),
]  # fmt: skip


def fill_everything(biz) -> None:
    """Have a row in every table whose rows must stay."""
    append(biz, 2)
    now = timezone.now()
    LedgerRoot.objects.create(
        business=biz.business, day=now.date(), seq=2, row_hash=head(biz)[1], recorded_at=now
    )
    number = PhoneNumber.objects.get(e164=biz.number)
    RegistrationChange.objects.create(
        number=number, before="declared", after="approved", reason="the carrier said so", at=now
    )
    with biz.scope():
        audit.note("ledger.search", actor="Pat", door="page", at=now)
        assert Policy.objects.exists()
        assert TemplateVersion.objects.exists()


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses(statement, plumber, dentist):
    fill_everything(plumber)
    append(dentist, 1)
    with (
        plumber.scope(),
        pytest.raises(DatabaseError, match=r"append-only|duplicate key"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    append(plumber, 1)
    is_chain(plumber, 3)
    is_chain(dentist, 1)
    assert LedgerRoot.objects.count() == RegistrationChange.objects.count() == 1
    with plumber.scope():
        assert AuditEntry.objects.count() == 1


def test_a_second_head_is_refused(plumber):
    with plumber.scope(), pytest.raises(DatabaseError), transaction.atomic():
        LedgerHead.objects.create(id=2)
    with plumber.scope(), pytest.raises(DatabaseError), transaction.atomic():
        LedgerHead.objects.create(id=1)
    assert head(plumber) == (0, GENESIS)


GUARDED = [
    (business_site, ConsentEvent), (business_site, ConsentDetail), (business_site, LedgerHead),
    (business_site, Policy), (business_site, TemplateVersion), (business_site, AuditEntry),
    (support_site, LedgerRoot), (support_site, RegistrationChange),
]  # fmt: skip


@pytest.mark.parametrize(
    ("site", "model"), GUARDED, ids=lambda given: getattr(given, "__name__", "")
)
def test_nothing_of_it_is_changed_by_hand_in_the_admin(site, model, plumber):
    fill_everything(plumber)
    helper = User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True)
    support = Support(helper, plumber.host if site is business_site else "localhost")
    with plumber.scope():
        pk = model.objects.values_list("pk", flat=True).first()
        before = list(model.objects.order_by("pk").values())
    path = f"{model._meta.app_label}/{model._meta.model_name}"
    if not site.is_registered(model):
        support.get(f"{path}/", 404)
        return
    support.get(f"{path}/add/", 403)
    support.post(f"{path}/add/", {"seq": 9, "kind": "opt_in"}, 403)
    support.post(f"{path}/{pk}/change/", {"kind": "opt_in", "body": "x", "reason": "x"}, 403)
    support.post(f"{path}/{pk}/delete/", {"post": "yes"}, 403)
    support.post(f"{path}/", {"action": "delete_selected", "_selected_action": [pk]})
    with plumber.scope():
        after = list(model.objects.order_by("pk").values())
    # The audit log grows by the looks themselves.
    assert after[: len(before)] == before
    assert len(after) == len(before) or model is AuditEntry
    is_chain(plumber, 2)


# --- what is found when somebody set the triggers aside -------------------------------------------


def renumber(cursor, sql: str) -> None:
    """Move numbers about without two rows having one number at any time."""
    cursor.execute(f"UPDATE messaging_consentevent SET seq = -({sql})")
    cursor.execute("UPDATE messaging_consentevent SET seq = -seq")


INSERTED = (
    f"INSERT INTO messaging_consentevent (seq, prev_hash, provider_id, {NAMES}) "
    f"SELECT {{}}, {{}}, 'SM-forged', {NAMES} FROM messaging_consentevent WHERE seq = 2"
)
COLUMNS = {
    "phone_mark": "repeat('b', 64)", "kind": "'opt_in'", "level": "5", "scope": "'marketing'",
    "channel": "'web'", "matched_by": "'human'", "matched": "'start'", "classifier": "'none'",
    "provider": "'other'", "provider_id": "'SM0'", "our_number": "'+13125550999'",
    "evidence": """evidence || '{"line_type": "landline"}'""", "actor": "'nobody'",
    "legal_entity": "'Other LLC'", "brand_id": "'B0'", "campaign_id": "'C0'",
    "ruleset_version": "'x'", "detail_hash": "repeat('c', 64)",
    "occurred_at": "occurred_at - interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 day'", "prev_hash": "repeat('d', 64)",
    "row_hash": "repeat('e', 64)",
    "contact_id": "(SELECT max(contact_id) FROM messaging_consentevent)",
}  # fmt: skip
TAMPERED = [
    *(
        (f"UPDATE messaging_consentevent SET {name} = {value} WHERE seq = 3", r"row 3: changed: its words")
        for name, value in COLUMNS.items()
    ),
    ("UPDATE messaging_consentevent SET evidence = '{}' WHERE seq = 1", "row 1: changed: its words"),
    ("UPDATE messaging_consentevent SET evidence = '[7]' WHERE seq = 5", "row 5: changed: its words"),
    ("DELETE FROM messaging_consentevent WHERE seq = 3", "row 3: removed"),
    ("DELETE FROM messaging_consentevent WHERE seq IN (2, 3)", "rows 2 to 3: removed"),
    ("DELETE FROM messaging_consentevent WHERE seq = 1", "row 1: removed"),
    ("DELETE FROM messaging_consentevent WHERE seq = 6", "row 6: removed: the ledger's head is at row 6"),
    ("DELETE FROM messaging_consentevent WHERE seq > 3", "rows 4 to 6: removed: the ledger's head"),
    ("DELETE FROM messaging_consentevent", "rows 1 to 6: removed: the ledger's head"),
    ("UPDATE messaging_ledgerhead SET row_hash = repeat('0', 64)", "row 6: changed: the ledger's head"),
    (INSERTED.format(7, "repeat('f', 64)"), "row 7: inserted: the ledger's head is at row 6"),
    (
        "UPDATE messaging_consentdetail SET raw_text = 'start' WHERE event_id = "
        "(SELECT id FROM messaging_consentevent WHERE seq = 4)",
        "row 4: changed: its detail",
    ),
    (
        "UPDATE messaging_consentdetail SET phone = '+13125550999' WHERE event_id = "
        "(SELECT id FROM messaging_consentevent WHERE seq = 4)",
        "row 4: changed: its detail",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "told"), TAMPERED)
def test_what_was_done_to_one_row_is_found_and_named(statement, told, plumber, dentist):
    append(plumber, 6)
    append(dentist, 6)
    with guards_set_aside(plumber) as cursor:
        cursor.execute(statement)
        assert cursor.rowcount >= 1
    result = checked(plumber)
    assert not result.intact
    assert any(re.match(told, problem) for problem in result.problems), result.problems
    named = {int(n) for p in result.problems for n in re.findall(r"^rows? (\d+)", p)}
    assert len(named) <= 2, result.problems  # the row it happened to, and nobody else's
    is_chain(dentist, 6)


def test_a_head_that_was_taken_away(plumber, dentist):
    append(plumber, 2)
    kept = head(plumber)
    with guards_set_aside(plumber) as cursor:
        cursor.execute("DELETE FROM messaging_ledgerhead")
    ours, theirs = checked(plumber), checked(dentist)
    with guards_set_aside(plumber) as cursor:  # for the tests behind this one
        cursor.execute("INSERT INTO messaging_ledgerhead VALUES (1, %s, %s, NULL)", kept)
    assert ours.problems == [
        "the ledger's head: removed: what its last row should be cannot be told"
    ]
    assert theirs.intact


def test_a_removed_row_whose_gap_was_closed(plumber, dentist):
    append(plumber, 6)
    append(dentist, 1)
    with guards_set_aside(plumber) as cursor:
        cursor.execute("DELETE FROM messaging_consentevent WHERE seq = 3")
        renumber(cursor, "CASE WHEN seq > 3 THEN seq - 1 ELSE seq END")
        cursor.execute("UPDATE messaging_ledgerhead SET seq = 5")
    told = checked(plumber).problems
    assert told[0].startswith("row 3: removed")
    assert told[1] == "rows 3 to 5: renumbered: written as rows 4 to 6"
    assert any(problem.startswith("detail ") for problem in told)
    is_chain(dentist, 1)


def test_an_inserted_row_for_which_the_others_made_room(plumber, dentist):
    append(plumber, 6)
    append(dentist, 1)
    with guards_set_aside(plumber) as cursor:
        renumber(cursor, "CASE WHEN seq >= 4 THEN seq + 1 ELSE seq END")
        link = "(SELECT row_hash FROM messaging_consentevent WHERE seq = 3)"
        cursor.execute(INSERTED.format(4, link))
        cursor.execute("UPDATE messaging_ledgerhead SET seq = 7")
    told = checked(plumber).problems
    assert any(problem.startswith("row 4: inserted") for problem in told), told
    assert not any(re.match("rows? [123]:", problem) for problem in told)
    is_chain(dentist, 1)


@pytest.mark.parametrize(("first", "second"), [(2, 5), (2, 3), (1, 6), (5, 6)])
def test_rows_that_changed_places(first, second, plumber, dentist):
    append(plumber, 6)
    append(dentist, 1)
    with guards_set_aside(plumber) as cursor:
        renumber(
            cursor, f"CASE seq WHEN {first} THEN {second} WHEN {second} THEN {first} ELSE seq END"
        )
    told = checked(plumber).problems
    wanted = {first: second, second: first}
    found = {
        int(at): int(was)
        for problem in told
        for at, was in re.findall(
            r"row (\d+): re(?:ordered|numbered): written as row (\d+)", problem
        )
    }
    assert found == wanted, told
    assert any("reordered" in problem for problem in told)
    is_chain(dentist, 1)


def test_a_suffix_that_was_hashed_anew_is_found_by_a_root_alone(plumber, dentist):
    from messaging.evidence.verify_ledger import row_hash

    append(plumber, 6)
    append(dentist, 6)
    for biz in (plumber, dentist):
        found = rows(biz)
        for day, seq in (("2026-03-01", 2), ("2026-03-02", 5)):
            LedgerRoot.objects.create(
                business=biz.business, day=day, seq=seq, row_hash=found[seq - 1].row_hash,
                recorded_at=timezone.now(),
            )  # fmt: skip
    assert checked(plumber).intact
    before = ""
    with guards_set_aside(plumber) as cursor:
        for row in exported(plumber):
            if row["seq"] >= 3:
                before = before or row["prev_hash"]
                row["kind"] = "opt_in" if row["seq"] == 3 else row["kind"]
                anew = row_hash(before, row)
                cursor.execute(
                    "UPDATE messaging_consentevent SET kind = %s, prev_hash = %s, row_hash = %s "
                    "WHERE seq = %s",
                    [row["kind"], before, anew, row["seq"]],
                )
                before = anew
        cursor.execute("UPDATE messaging_ledgerhead SET row_hash = %s", [before])
    assert checked(plumber).problems == [
        "root of 2026-03-02: row 5 has another hash than on that day: rows behind row 2 were "
        "changed and hashed anew"
    ]
    is_chain(dentist, 6)
    assert checked(dentist).roots == 2


def test_an_end_that_was_cut_off_with_its_head_is_found_by_a_root(plumber, dentist):
    append(plumber, 4)
    append(dentist, 4)
    last = rows(plumber)[3]
    LedgerRoot.objects.create(
        business=plumber.business, day="2026-03-01", seq=4, row_hash=last.row_hash,
        recorded_at=timezone.now(),
    )  # fmt: skip
    with guards_set_aside(plumber) as cursor:
        cursor.execute("DELETE FROM messaging_consentdetail WHERE event_id = %s", [last.pk])
        cursor.execute("DELETE FROM messaging_consentevent WHERE seq = 4")
        cursor.execute("UPDATE messaging_ledgerhead SET seq = 3, row_hash = %s", [last.prev_hash])
    (problem,) = checked(plumber).problems
    assert problem.startswith("root of 2026-03-01: row 4 is not in this ledger")
    is_chain(dentist, 4)


def test_a_ledger_with_everything_wrong_is_told_in_bounds(plumber):
    append(plumber, 30)
    with guards_set_aside(plumber) as cursor:
        cursor.execute("UPDATE messaging_consentevent SET matched = 'x', prev_hash = row_hash")
    result = checked(plumber)
    assert result.total == len(result.problems) >= 30
    assert {int(re.findall(r"row (\d+)", problem)[0]) for problem in result.problems} == set(
        range(1, 31)
    )


def test_a_check_sees_one_moment_while_others_append(plumber):
    append(plumber, 20)

    def work(number: int) -> None:
        if number:
            append(plumber, 6)
        else:
            for _ in range(8):
                assert checked(plumber).problems == []

    at_once(5, work)
    is_chain(plumber, 44)
