"""Lists taken out as CSV: what the page shows, for whoever governs, harmless to a spreadsheet, written down."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from django.utils import timezone

from calls.models import Call
from messaging.models import AuditEntry, Contact, Conversation
from tests.support.hooks import a_caller

LISTS = ("/contacts/contacts.csv", "/inbox/conversations.csv?folder=all", "/answers/calls.csv")


def lines(member, path: str) -> list[dict[str, str]]:
    """Return the lines of a file by their headings."""
    answer = member.sent(path)
    assert answer.status_code == 200, (path, answer.status_code)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_people_leave_as_the_list_shows_them_and_no_cell_calculates(
    owner, plumber, person, dentist
):
    with plumber.scope():
        Contact.objects.filter(pk=person.pk).update(
            name="=HYPERLINK(1)", company="+1 Co", tags=["vip"]
        )
        Contact.objects.create(
            phone=a_caller(), name="Zoe", created_at=timezone.now(), vip_at=timezone.now()
        )
    found = lines(owner, "/contacts/contacts.csv")
    assert {row["name"] for row in found} == {"'=HYPERLINK(1)", "Zoe"}
    assert found[0]["number"] == person.phone and found[0]["company"] == "'+1 Co"
    only = lines(owner, "/contacts/contacts.csv?show=vip")
    assert [(row["name"], row["vip"]) for row in only] == [("Zoe", "yes")]
    with plumber.scope():
        noted = AuditEntry.objects.filter(action="list.export").order_by("pk")
        assert [entry.detail for entry in noted] == [
            {"list": "contacts", "rows": 2}, {"list": "contacts", "rows": 1},
        ]  # fmt: skip
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="list.export").exists()


def test_more_than_a_page_leaves_whole(owner, other_owner, plumber):
    now = timezone.now()
    with plumber.scope():
        people = Contact.objects.bulk_create(
            [Contact(phone=f"+1312556{n:04}", name=f"P {n:03}", created_at=now) for n in range(730)]
        )
        Conversation.objects.bulk_create(
            [
                Conversation(contact=who, last_at=now, last_line="x", created_at=now)
                for who in people
            ]
        )
    assert len({row["number"] for row in lines(owner, "/contacts/contacts.csv")}) == 730
    found = lines(owner, "/inbox/conversations.csv?folder=all")
    assert len({row["number"] for row in found}) == 730
    assert all(lines(other_owner, path) == [] for path in LISTS)


def test_calls_leave_with_what_was_decided(owner, other_owner, twilio, work, stand_in, plumber):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    (row,) = lines(owner, "/answers/calls.csv?days=7")
    assert (row["caller"], row["outcome"], row["decision"]) == (call.caller, "missed", "send")
    assert row["reason"] and row["started_at"].endswith("Z")
    with plumber.scope():
        Call.objects.update(started_at=timezone.now() - timedelta(days=40))
    assert lines(owner, "/answers/calls.csv?days=30") == []
    assert len(lines(owner, "/answers/calls.csv?days=90")) == 1
    assert lines(other_owner, "/answers/calls.csv?days=90") == []


def test_a_receptionist_takes_nothing_out(agent, owner, person, plumber, dentist):
    for path in LISTS:
        assert agent.sent(path).status_code == 403, path
        assert agent.client.get(path, headers={"host": plumber.host}).status_code == 405
        assert path.partition("?")[0] not in agent.get("/contacts/") + agent.get("/")
    assert "contacts.csv" in owner.get("/contacts/") and "conversations.csv" in owner.get("/")
    assert "calls.csv?days=30" in owner.get("/answers/figures/")
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="list.export").exists()
