"""One person's timeline: every kind in it, by pages, around a found moment, in few queries."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.models import Call
from inbox import activity
from inbox.activity import Actor
from inbox.models import Note, Promise
from inbox.thread import reading, rows
from inbox.thread.cursors import Cursor, micros, moment, named, read
from messaging.models import Contact, Conversation, Message
from messaging.people import lock_contact, touch_conversation
from tests.support.hooks import a_caller

CHICAGO = ZoneInfo("America/Chicago")


def say(conversation: Conversation, body: str, at, way: str = "in", **more) -> Message:
    return Message.objects.create(
        conversation=conversation, direction=way, body=body, created_at=at,
        status="received" if way == "in" else "delivered",
        author=more.pop("author", "contact" if way == "in" else "person"),
        our_number="+13125550100", their_number=conversation.contact.phone, provider="twilio", **more,
    )  # fmt: skip


@pytest.fixture
def thread(plumber, person) -> Conversation:
    with plumber.scope():
        return Conversation.objects.select_related("contact").get(contact=person)


def keys(html: str) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', html)


def test_older_pages_go_on_exactly_where_the_newer_ended(owner, other_owner, plumber, thread):
    """Also where many texts came in one and the same moment."""
    now = timezone.now()
    with plumber.scope():
        for n in range(150):
            say(thread, f"Text {n}", now - timedelta(minutes=(150 - n) // 40))
    found = keys(owner.get(f"/c/{thread.pk}/timeline/"))
    page = owner.get(f"/c/{thread.pk}/timeline/")
    while 'data-key="older"' in page:
        place = re.search(r"\?before=([^\"]+)\"", page)[1]
        page = owner.get(f"/c/{thread.pk}/timeline/", before=place)
        found += keys(page)
    texts = [key for key in found if key.startswith("text-")]
    assert len(texts) == len(set(texts)) == 150
    with plumber.scope():
        assert {f"text-{pk}" for pk in Message.objects.values_list("pk", flat=True)} == set(texts)
    assert (
        "Text 3"
        not in other_owner.client.get(
            f"/c/{thread.pk}/timeline/", headers={"host": other_owner.host}
        ).content.decode()
    )


def test_a_found_moment_opens_with_what_stood_around_it(owner, plumber, thread):
    now = timezone.now()
    with plumber.scope():
        made = [
            say(thread, f"Text number {n}.", now - timedelta(hours=300 - n)) for n in range(300)
        ]
        middle = made[150]
    page = owner.get(f"/c/{thread.pk}/", at=f"text-{middle.pk}")
    assert f'data-found="text-{middle.pk}"' in page
    assert "Text number 150." in page and "Text number 121." in page and "Text number 179." in page
    assert "Text number 100." not in page and "Text number 250." not in page
    assert 'data-key="older"' in page and "data-newer" in page
    place = re.search(r"\?after=([^\"]+)\"", page)[1]
    later = owner.get(f"/c/{thread.pk}/timeline/", after=place)
    assert (
        "Text number 181." in later
        and "Text number 180." not in page.partition("Text number 179.")[0]
    )
    for wrong in (
        "text-1",
        "text-x",
        "call-99999",
        "nonsense",
        f"text-{'0' * 36}",
        "note-" + "9" * 30,
    ):
        assert "Text number 299." in owner.get(f"/c/{thread.pk}/", at=wrong)
    for wrong in ("1.2", "x.t.1", "1.t.'", f"{'9' * 30}.t.1", "1.z.1"):
        assert "Text number 299." in owner.get(f"/c/{thread.pk}/timeline/", before=wrong)


def test_every_kind_has_its_place_and_its_author(owner, plumber, thread):
    now = timezone.now()
    with plumber.scope():
        say(thread, "Is <b>anybody</b> there?", now - timedelta(hours=2))
        say(thread, "By rule", now - timedelta(minutes=90), "out", author="rule")
        say(
            thread,
            "By program",
            now - timedelta(minutes=80),
            "out",
            author="api",
            author_name="CRM",
        )
        text = say(
            thread, "Within 30 minutes", now - timedelta(minutes=70), "out", author_name="Dana"
        )
        bad = say(
            thread,
            "Lost",
            now - timedelta(minutes=60),
            "out",
            author_name="Dana",
            error_code="30006",
            error_sentence="This number cannot get texts.",
        )
        Message.objects.filter(pk=bad.pk).update(status="undelivered")
        Note.objects.create(
            conversation=thread,
            author=owner.user.pk,
            author_name="Dana",
            body="<script>alert(1)</script>",
            created_at=now - timedelta(minutes=50),
        )
        with transaction.atomic():
            activity.record(
                [thread.pk],
                activity.CLOSED,
                Actor(owner.user.pk, "Dana"),
                now - timedelta(minutes=40),
            )
        Promise.objects.create(
            conversation=thread,
            message=text.pk,
            words="within 30 minutes",
            due_at=now,
            warn_at=now,
            created_at=now - timedelta(minutes=69),
        )
        Call.objects.create(
            provider="twilio",
            provider_id="CA9",
            contact=thread.contact,
            our_number="+13125550100",
            caller=thread.contact.phone,
            outcome="missed",
            missed_because="no_answer",
            started_at=now - timedelta(minutes=30),
        )
    page = owner.get(f"/c/{thread.pk}/")
    for words in (
        "Is &lt;b&gt;anybody", ">Rule<", "API (CRM)", "Delivered", "This number cannot get texts.",
        "Note, only for your team", "&lt;script&gt;alert(1)", "Dana closed this",
        "Promised “within 30 minutes”", "Missed call, nobody answered", "30006",
    ):  # fmt: skip
        assert words in page, words
    assert "<script>alert" not in page and "<b>anybody" not in page
    assert page.index("Missed call") > page.index("Dana closed") > page.index("only for your team")


def test_a_merged_contact_is_shown_in_the_thread_it_was_merged_into(owner, plumber, thread):
    now = timezone.now()
    with plumber.scope():
        with transaction.atomic():
            second = lock_contact("+17735550188", now, "Maria's mobile")
            touch_conversation(second.pk, at=now, line="Hi", direction="in")
        other = Conversation.objects.select_related("contact").get(contact=second)
        say(other, "From my other phone", now)
        Call.objects.create(
            provider="twilio",
            provider_id="CA8",
            contact=second,
            our_number="+13125550100",
            caller=second.phone,
            outcome="missed",
            missed_because="busy",
            started_at=now,
        )
    assert "other phone" not in owner.get(f"/c/{thread.pk}/")
    with plumber.scope(), transaction.atomic():
        Contact.objects.filter(pk=second.pk).update(merged_into=thread.contact_id)
        Conversation.objects.filter(pk=other.pk).update(hidden="merged")
    page = owner.get(f"/c/{thread.pk}/")
    assert "From my other phone" in page and "(773) 555-0188" in page
    # Its own address leads to the same thread.
    assert f'data-conversation="{thread.pk}"' in owner.get(f"/c/{other.pk}/")


def test_the_tail_is_the_end_of_the_page(owner, plumber, dentist, thread):
    now = timezone.now()
    with plumber.scope():
        for n in range(30):
            say(thread, f"Text {n}", now - timedelta(minutes=30 - n))
        html = reading.tail_html(thread.pk, "en", "America/Chicago")
        spanish = reading.tail_html(thread.pk, "es", "Europe/Madrid")
        assert reading.tail_html(987_654, "en", "UTC") == ""
    page = keys(owner.get(f"/c/{thread.pk}/timeline/"))
    tail = [key for key in keys(html) if not key.startswith("day-")]
    assert len(tail) == reading.TAIL
    assert [key for key in page if not key.startswith("day-")][-10:] == tail
    assert keys(spanish) and spanish != html
    with dentist.scope():
        assert reading.tail_html(thread.pk, "en", "UTC") == ""


def test_few_queries_and_each_by_an_index(owner, plumber, thread):
    test_every_kind_has_its_place_and_its_author(owner, plumber, thread)
    now = timezone.now()
    with plumber.scope():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            reading.page(Conversation.objects.select_related("contact").get(pk=thread.pk), CHICAGO)
        assert len(asked) <= 8
        contacts = [
            Contact(phone=f"+1312{n:07d}", created_at=now) for n in range(2_000_000, 2_001_000)
        ]
        contacts = Contact.objects.bulk_create(contacts)
        threads = Conversation.objects.bulk_create(
            Conversation(contact=c, last_at=now, created_at=now) for c in contacts
        )
        Message.objects.bulk_create(
            Message(conversation=t, direction="in", status="received", author="contact", body="x", created_at=now - timedelta(minutes=n), our_number="+1", their_number="+1", provider="p")
            for t in threads for n in range(5)
        )  # fmt: skip
        with connection.cursor() as cursor:
            for table in ("messaging_message", "messaging_contact", "messaging_conversation"):
                cursor.execute(f"ANALYZE {table}")
            whose = rows.person(thread.contact_id)
            place = Cursor(now, "t", "x")
            for statement in (rows._NEWEST, rows._BEFORE, rows._AFTER):
                values = {
                    "v": list(whose.of),
                    "p": list(whose.numbers),
                    "n": 61,
                    "at": place.at,
                    "kind": place.kind,
                    "id": place.id,
                }
                cursor.execute(f"EXPLAIN {statement}", values)
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan on messaging_message" not in plan, plan
    with CaptureQueriesContext(connection) as asked:
        answer = owner.client.get(
            f"/c/{thread.pk}/",
            headers={"host": owner.host, "hx-request": "true", "hx-target": "thread"},
        )
    assert answer.status_code == 200
    real = [
        query["sql"]
        for query in asked
        if not query["sql"].startswith(
            ("SET ", "SELECT set_config", "BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        )
    ]
    assert len(real) <= 18, "\n".join(sql[:160] for sql in real)


def test_places_are_exact_and_strangers_are_none():
    now = timezone.now()
    assert moment(str(micros(now))) == now
    place = Cursor(now, "t", "00000000-0000-7000-8000-000000000000")
    assert read(str(place)) == place
    assert named("voicemail-12") == ("c", "12") and named("note-5") == ("n", "5")
    for wrong in ("", "t", "-1.t.1", "1.t.", "1.t.x", "٣.t.1", "1.t.1.1", "1" * 19 + ".t.1"):
        assert read(wrong) is None, wrong
    for wrong in ("", "text", "text-12", "call-x", "refusal-1", "note-" + "9" * 19, "voicemail-٣"):
        assert named(wrong) is None, wrong


def test_the_caller_s_own_time_stands_in_the_head(owner, plumber):
    now = timezone.now()
    with plumber.scope(), transaction.atomic():
        contact = lock_contact("+12125550147", now, "Nina")
        conversation = touch_conversation(contact.pk, at=now, line="Hi", direction="in")
    assert "their time" in owner.get(f"/c/{conversation}/").partition('id="timeline"')[0]
    with plumber.scope(), transaction.atomic():
        near = lock_contact(a_caller("312"), now, "Near")
        here = touch_conversation(near.pk, at=now, line="Hi", direction="in")
    assert "their time" not in owner.get(f"/c/{here}/").partition('id="timeline"')[0]
