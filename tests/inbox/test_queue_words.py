"""A list narrowed by words that were said: rare ones, and those that are everywhere, page by page."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from inbox.queue import reading, said
from inbox.queue.folders import Folder, Selection, Sort
from inbox.search.reading import COMMON
from messaging.models import Conversation, Message
from messaging.people import lock_contact, touch_conversation
from tenants.models import Role
from tests.inbox.conftest import Member, a_member

MANY = COMMON + 20


def _writes(phone: str, at, body: str) -> int:
    with transaction.atomic():
        person = lock_contact(phone, at)
        pk = touch_conversation(person.pk, at=at, line=body, direction="in")
    Message.objects.create(
        conversation_id=pk, direction="in", status="received", author="contact", body=body,
        our_number="+13125550100", their_number=phone, provider="simulator", created_at=at,
    )  # fmt: skip
    return pk


@pytest.fixture
def talk(plumber, dentist) -> dict[str, list[int]]:
    """Everybody of the plumber's speaks of a boiler, the oldest two of a zebra; the dentist's of both."""
    now = timezone.now()
    with dentist.scope():
        _writes("+16025550777", now, "The boiler met a zebra")
    with plumber.scope():
        made = []
        for place in range(MANY):
            body = "A boiler and a zebra" if place >= MANY - 2 else "The boiler hums"
            at = now - timedelta(minutes=place)
            made.append(_writes(f"+1312555{place:04d}", at, body))
    return {"boiler": made, "zebra": made[-2:]}


def _pages(words: str, size: int) -> list[list[int]]:
    selection = Selection(folder=Folder.ALL, sort=Sort.NEWEST, words=words)
    found, cursor = [], ""
    for _ in range(2 * MANY):
        page = reading.page(selection, 1, cursor=cursor, size=size)
        found.append([row.id for row in page.rows])
        cursor = page.after
        if not cursor:
            return found
    raise AssertionError("it never ends")


@pytest.mark.parametrize("words", ["boiler", "zebra", "a zebra", "boi", "BOILER"])
def test_every_conversation_with_the_words_once_newest_first(plumber, talk, words):
    wanted = talk["zebra" if "zebra" in words else "boiler"]
    with plumber.scope():
        pages = _pages(words, 25)
    assert list(itertools.chain(*pages)) == wanted
    assert all(len(page) <= 25 for page in pages)


def test_a_page_ends_where_so_many_were_looked_through(plumber, talk, monkeypatch):
    monkeypatch.setattr(said, "AT_ONCE", 7)
    with plumber.scope():
        pages = _pages("boiler", 25)
        assert list(itertools.chain(*pages)) == talk["boiler"] and max(map(len, pages)) <= 7
        assert _pages("|!:", 25) == [[]] and _pages("xylophone", 25) == [[]]


def test_a_page_without_rows_goes_on_and_does_not_say_that_nothing_is_here(
    plumber, talk, monkeypatch
):
    monkeypatch.setattr(said, "AT_ONCE", 7)
    with plumber.scope():
        # The newest ones are silent now: their words are gone, the folder is as long as before.
        first = talk["boiler"][:10]
        Message.objects.filter(conversation__in=first).update(body="Silence")
        assert Conversation.objects.filter(pk__in=first).count() == 10
    page = Member(a_member(plumber, Role.AGENT, "Ada"), plumber.host).get(
        "/?folder=all&words=boiler"
    )
    assert (
        'data-key="more"' in page and "queue__empty" not in page and "queue-row__title" not in page
    )
