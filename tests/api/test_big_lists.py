"""Lists of a business of some thousands: no statement reads a big table whole, none asks too often."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.api import cases
from bench.plans import watched
from inbox.models import Note
from messaging.models import Contact, Conversation
from tenants.models import new_id
from tests.inbox.test_big_inbox import generate


def test_no_list_reads_a_big_table_whole_or_asks_too_often(plumber, dentist, api, other):
    generate(plumber)
    with plumber.scope():
        found = cases(new_id())
    assert {"contacts", "conversations", "messages", "calls", "notes", "waits"} <= set(found)
    headers = {"host": "localhost", "authorization": f"Bearer {api.key}"}
    for name, path in found.items():
        with watched() as asked:
            answer = Client().get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 200, (name, answer.content)
        assert asked.whole == [], name
        assert len(asked.statements) <= 8, (name, asked.statements)
    for name in ("contacts", "conversations", "messages", "calls", "notes", "waits"):
        assert other.get(f"{name}/").json()["results"] == [], name


def asked_of(api, path):
    """Ask for a list; return what came and what was read for it."""
    headers = {"host": "localhost", "authorization": f"Bearer {api.key}"}
    with watched() as asked:
        answer = Client().get(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"], asked


def test_notes_and_people_of_one_name_are_read_by_their_indexes(plumber, dentist, api, other):
    """Many of both: a table of which most rows fit is one that a planner likes to read whole."""
    now, many = timezone.now(), 3_000
    with plumber.scope():
        people = Contact.objects.bulk_create(
            Contact(phone=f"+1312555{n:04d}", name=f"Dana Reyes {n}",
                    created_at=now - timedelta(minutes=n)) for n in range(many)
        )  # fmt: skip
        thread = Conversation.objects.create(contact=people[0], last_at=now, created_at=now)
        Note.objects.bulk_create(
            Note(conversation=thread, author=0, author_name="API key CRM", body=f"Note {n}",
                 created_at=now - timedelta(minutes=n), removed_at=now if n % 3 == 0 else None)
            for n in range(many)
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE inbox_note, messaging_contact")
    rows, asked = asked_of(api, "notes/")
    assert [row["body"] for row in rows[:3]] == ["Note 1", "Note 2", "Note 4"]
    assert asked.whole == []
    rows, asked = asked_of(api, f"notes/?conversation={thread.pk}&limit=200")
    assert len(rows) == 200 and asked.whole == []
    for words, first in (("reyes", "Dana Reyes 0"), ("dana%20rey", "Dana Reyes 0"),
                         ("reyes%202999", "Dana Reyes 2999"), ("zz", None)):  # fmt: skip
        rows, asked = asked_of(api, f"contacts/?q={words}")
        assert [row["name"] for row in rows[:1]] == ([first] if first else [])
        assert asked.whole == [], words
    # Going on is asked in the same way.
    headers = {"host": "localhost", "authorization": f"Bearer {api.key}"}
    after = Client().get("/api/v1/contacts/?q=reyes", headers=headers).json()["next"]
    with watched() as asked:
        second = Client().get(after, headers=headers).json()
    assert asked.whole == [] and second["results"]
    for path in ("notes/", "contacts/?q=reyes"):
        assert other.get(path).json()["results"] == [], path
