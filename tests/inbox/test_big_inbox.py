"""A business of some thousands: generated as told, found by search, and no page reads a big table whole."""

from __future__ import annotations

import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from bench.plans import watched
from inbox.generation.plan import shares
from inbox.models import Note, SearchEntry, Wait
from inbox.queue.folders import Sort, cursor_of
from messaging.models import Contact, Conversation, Message
from tenants.models import Role
from tests.inbox.conftest import Member, a_member

# Enough for the planner to find an index worth its while.
CONVERSATIONS, MESSAGES = 15_000, 30_000


def generate(biz, **more) -> str:
    said = StringIO()
    wanted = {"business": biz.schema, "conversations": CONVERSATIONS, "messages": MESSAGES} | more
    call_command("generate_inbox", seed=7, stdout=said, stderr=StringIO(), **wanted)
    return said.getvalue()


def search_entries() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, ref, conversation, at, words::text FROM inbox_searchentry ORDER BY kind, ref"
        )
        return cursor.fetchall()


def test_what_is_generated_is_as_many_as_wanted_and_searched_as_if_written(plumber, dentist):
    assert "300 conversations and 900 texts" in generate(plumber, conversations=300, messages=900)
    with plumber.scope():
        assert (Conversation.objects.count(), Message.objects.count()) == (300, 900)
        assert Conversation.objects.filter(actionable_at__isnull=False).exists()
        assert Wait.objects.filter(ended_at=None).exists() and Note.objects.exists()
        filled = search_entries()
        bodies = list(Message.objects.order_by("id").values_list("body", flat=True))
        # The triggers would have written the very same.
        SearchEntry.objects.all().delete()
        with connection.cursor() as cursor:
            for statement in (
                "UPDATE messaging_message SET body = body || ' '",
                "UPDATE messaging_message SET body = rtrim(body)",
                "UPDATE inbox_note SET body = body",
                "UPDATE calls_call SET transcript = transcript || ' '",
                "UPDATE calls_call SET transcript = rtrim(transcript)",
            ):
                cursor.execute(statement)
        assert [row[:3] + row[4:] for row in search_entries()] == [
            row[:3] + row[4:] for row in filled
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'messaging_message'::regclass "
                "AND NOT tgisinternal AND tgenabled = 'D'"
            )
            assert cursor.fetchone() == (0,)
        next_one = Contact.objects.create(phone="+13129990000", created_at=timezone.now())
        assert next_one.pk == Contact.objects.order_by("-pk").values_list("pk", flat=True)[0]
    with dentist.scope():
        assert not Conversation.objects.exists() and not SearchEntry.objects.exists()
    generate(dentist, conversations=300, messages=900)
    with dentist.scope():
        again = list(Message.objects.order_by("id").values_list("body", flat=True))
    assert sorted(again) == sorted(
        body.replace("Lakeside Plumbing", "Desert Dental") for body in bodies
    )


def test_it_says_what_it_cannot_do(plumber, settings):
    with pytest.raises(CommandError, match=r"There are: .*lakeside_plumbing"):
        generate(plumber, business="nobody")
    with pytest.raises(CommandError, match="--messages: at least one for each"):
        generate(plumber, conversations=10, messages=9)
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="Not in production"):
        generate(plumber)
    with plumber.scope():
        assert not Conversation.objects.exists()


@pytest.mark.parametrize(("conversations", "messages"), [(1, 1), (10, 10), (100, 12_345)])
def test_texts_are_shared_out_exactly(conversations, messages):
    found = shares(conversations, messages, random.Random(1))
    assert sum(found) == messages and min(found) >= 1 and len(found) == conversations


@pytest.fixture
def big(plumber):
    generate(plumber)
    return Member(a_member(plumber, Role.AGENT, "Ada"), plumber.host)


def test_no_page_reads_a_big_table_whole_or_asks_too_often(big, plumber):
    with plumber.scope():
        rows = Conversation.objects.filter(hidden="", state="closed").order_by("-last_at", "-pk")
        deep = rows[int(rows.count() * 0.9)]
        name = Contact.objects.exclude(name="").order_by("pk")[9].name
        digits = Contact.objects.order_by("pk")[9].phone[-7:]
        hit = SearchEntry.objects.filter(kind="text").order_by("at")[5]
    after = cursor_of(Sort.NEWEST, deep.last_at, deep.pk)
    htmx = {"hx-request": "true"}
    pages = [
        ("/", {}), ("/?sort=newest", {}), ("/?folder=mine", {}), ("/?folder=mine&sort=waiting", {}),
        ("/?folder=unassigned", {}), ("/?folder=team&team=1", {}), ("/?folder=all", {}),
        ("/?folder=all&sort=waiting&who=me", {}), ("/?folder=snoozed", {}), ("/?folder=closed", {}),
        ("/?folder=closed&tag=vip", {}), ("/?folder=all&unread=1", {}), ("/?folder=all&words=furnace", {}),
        (f"/inbox/list/?folder=closed&after={after}", htmx), ("/inbox/counts/", {}),
        (f"/search/?q={name}", htmx), (f"/search/?q={digits}", htmx), ("/search/?q=555", htmx),
        ("/search/?q=thanks", htmx), ("/search/?q=zzyzx", htmx), ("/search/?q=an", htmx),
        (f"/c/{hit.conversation}/?at=text-{hit.ref}", {**htmx, "hx-target": "thread"}),
    ]  # fmt: skip
    big.get("/")  # the first visit of a session is noted among the member's devices
    whole, too_often = [], []
    for path, headers in pages:
        with watched() as asked:
            answer = big.client.get(path, headers={"host": big.host, **headers})
        assert answer.status_code == 200, path
        whole += [f"{path}: {each}" for each in asked.whole]
        if len(asked.statements) > 12 and not path.startswith("/c/"):
            too_often.append((path, len(asked.statements)))
    assert not whole, "\n".join(whole)
    assert not too_often, too_often


def test_the_watch_sees_a_whole_table_read(plumber):
    generate(plumber, conversations=2_000, messages=2_000)
    with plumber.scope(), watched() as asked:
        list(Conversation.objects.filter(last_line__contains="zzz"))
    assert asked.whole and asked.whole[0].startswith("messaging_conversation: SELECT")
    with plumber.scope(), watched() as asked:
        list(
            Conversation.objects.filter(last_at__lt=timezone.now() - timedelta(days=9999)).order_by(
                "-last_at"
            )[:5]
        )
    assert not asked.whole and len(asked.statements) == 1
