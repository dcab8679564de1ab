"""Legal holds: placed and lifted by somebody, for a reason, and asked before anything is purged."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from messaging import holds
from messaging.holds import HoldError
from messaging.marks import mark_here
from messaging.models import AuditEntry, Contact, LegalHold
from messaging.people import lock_contact
from tests.support.hooks import a_caller

PHONE = "+17735561234"


def test_a_hold_covers_its_number_until_it_is_lifted(plumber, dentist):
    now = timezone.now()
    with plumber.scope():
        hold = holds.place("(773) 556-1234", " Case 1 ", "Counsel", now, door="admin")
        assert (hold.phone, hold.reason, hold.placed_by) == (PHONE, "Case 1", "Counsel")
        assert holds.covers(PHONE) == hold
        assert holds.covers("+17735561235") is None
        assert holds.covers_mark(mark_here(PHONE)) == hold
    with dentist.scope():
        assert holds.covers(PHONE) is None and not LegalHold.objects.exists()
    with plumber.scope():
        holds.lift(hold.pk, "Judge", now)
        assert holds.covers(PHONE) is None
        entries = list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "door"))
        assert entries == [("hold.place", "Counsel", "admin"), ("hold.lift", "Judge", "command")]
        assert {e.subject for e in AuditEntry.objects.all()} == {mark_here(PHONE)}
        assert PHONE not in str(list(AuditEntry.objects.values()))
        assert holds.place(PHONE, "Case 2", "Counsel", now).pk != hold.pk


def test_everybody_is_held_and_who_that_is(plumber):
    now = timezone.now()
    with plumber.scope():
        with transaction.atomic():
            contact = lock_contact(PHONE, now)
            lock_contact(a_caller(), now)
        assert holds.held_contacts() == frozenset()
        holds.place(PHONE, "Case 1", "Counsel", now)
        assert holds.held_contacts() == {contact.pk}
        everybody = holds.place("", "Inquiry", "Counsel", now)
        assert holds.held_contacts() is None
        assert holds.covers(a_caller()) == everybody
        assert holds.covers(PHONE).phone == PHONE, "the hold of its own is named first"


@pytest.mark.parametrize(
    ("phone", "reason", "by", "field"),
    [
        ("12", "Case", "Counsel", "number"),
        ("anonymous", "Case", "Counsel", "number"),
        (PHONE, "  ", "Counsel", "reason"),
        (PHONE, "x" * 301, "Counsel", "reason"),
        (PHONE, "Case", " ", "by"),
        (PHONE, "Case", "x" * 121, "by"),
        (PHONE, "Case\x00 7", "Counsel", "reason"),
        (PHONE, "Case\n7", "Counsel", "reason"),
        (PHONE, "Case\x1b[2J", "Counsel", "reason"),
        (PHONE, "Case\x85 7", "Counsel", "reason"),
        (PHONE, "Case", "Coun\x07sel", "by"),
    ],
)
def test_what_is_wrong_with_a_hold_is_named(phone, reason, by, field, plumber):
    with plumber.scope():
        with pytest.raises(HoldError) as error:
            holds.place(phone, reason, by, timezone.now())
        assert error.value.field == field
        assert not LegalHold.objects.exists() and not AuditEntry.objects.exists()


def test_one_open_hold_a_number_and_lifting_once(plumber):
    now = timezone.now()
    with plumber.scope():
        hold = holds.place(PHONE, "Case 1", "Counsel", now)
        with pytest.raises(HoldError, match="number: a hold on it is open already"):
            holds.place("773-556-1234", "Case 2", "Counsel", now)
        assert LegalHold.objects.count() == AuditEntry.objects.count() == 1
        with pytest.raises(HoldError, match="id: there is no such hold"):
            holds.lift(hold.pk + 1, "Judge", now)
        with pytest.raises(HoldError, match="by: "):
            holds.lift(hold.pk, "", now)
        holds.lift(hold.pk, "Judge", now)
        with pytest.raises(HoldError, match="id: it was lifted on"):
            holds.lift(hold.pk, "Judge", now)


def test_no_hold_comes_between_the_question_and_the_deed(plumber):
    placed = threading.Event()

    def place():
        try:
            with plumber.scope():
                holds.place(PHONE, "Case 1", "Counsel", timezone.now())
            placed.set()
        finally:
            connection.close()

    other = threading.Thread(target=place)
    with plumber.scope(), transaction.atomic():
        holds.settle()
        assert holds.covers(PHONE) is None
        other.start()
        with connection.cursor() as cursor:
            while True:  # until the other stands before the lock
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
        assert not placed.is_set() and holds.covers(PHONE) is None
    other.join()
    assert placed.is_set()
    with plumber.scope():
        assert holds.covers(PHONE) is not None


def test_the_command(plumber, dentist, capsys):
    at = {"business": plumber.schema}
    for words, said in (
        (["place", "12", "--reason", "x", "--by", "c"], "NUMBER: expected a phone number"),
        (["place", " ", "--reason", "x", "--by", "c"], "NUMBER: expected a phone number"),
        (["place", PHONE, "--reason", " ", "--by", "c"], "--reason: expected"),
        (["place", PHONE, "--reason", "x", "--by", " "], "--by: expected"),
        (["lift", "99", "--by", "c"], "ID: there is no such hold"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("legal_hold", *words, f"--business={plumber.schema}")
    with pytest.raises(CommandError, match="--business: there is no business"):
        call_command("legal_hold", "list", "--business", "nowhere")
    call_command("legal_hold", "place", PHONE, "--reason", "Case 1", "--by", "Counsel",
                 "--business", plumber.schema)  # fmt: skip
    call_command("legal_hold", "place", "--everybody", "--reason", "Inquiry", "--by", "Counsel",
                 "--business", plumber.schema)  # fmt: skip
    with plumber.scope():
        first = LegalHold.objects.get(phone=PHONE)
    call_command("legal_hold", "lift", str(first.pk), "--by", "Judge", "--business", plumber.schema)
    capsys.readouterr()
    call_command("legal_hold", "list", **at)
    lines = capsys.readouterr().out.splitlines()
    assert "open" in lines[0] and "everybody" in lines[0]
    assert "lifted" in lines[1] and PHONE in lines[1] and "Case 1" in lines[1]
    call_command("legal_hold", "list", business=dentist.schema)
    assert capsys.readouterr().out == "no holds\n"
    with dentist.scope():
        assert not Contact.objects.exists()
