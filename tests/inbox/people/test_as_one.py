"""A person of two numbers is one: in what he was promised, in what is told of him, and to two who answer at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inbox.models import Merge, Notice, Promise, Wait
from inbox.people import merging
from inbox.thread import panel, sending
from inbox.thread.cursors import micros
from inbox.thread.sending import AnsweredMeanwhile, Member
from inbox.waits import climbing, lists, promising, reading
from messaging.models import Contact, Conversation, Message
from messaging.people import lock_numbers, threads_of
from messaging.services import send_as
from tenants.models import AgendaItem
from tests.inbox.people.conftest import ADA
from tests.inbox.waits.test_promising import pass_promise

TOUCH, CALL = "We'll get back to you within 60 minutes.", "We'll call you within 60 minutes."


def say(phone: str, body: str) -> Message:
    return send_as(phone, body, author="person", author_name="Ada", author_user=7)


@pytest.fixture
def one(two):
    """The two, merged."""
    with two.biz.scope():
        two.merge()
    return two


def promised_to(one, number: str, body: str = TOUCH) -> Promise:
    say(number, body)
    Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    return Promise.objects.get()


@pytest.mark.parametrize("to", ["kept", "folded"])
@pytest.mark.parametrize("by", ["kept", "folded"])
@pytest.mark.parametrize("way", ["text", "call"])
def test_a_promise_counts_by_all_numbers(one, dentist, to, by, way):
    phones = {"kept": one.kept_phone, "folded": one.folded_phone}
    with one.biz.scope():
        promise = promised_to(one, phones[to])
        now = timezone.now()
        assert [each.id for each in reading.of_conversation(one.shown.pk, now).promises] == [
            promise.pk
        ]
        (row,) = lists.promises(now)["open"]
        assert (row.name, row.url) == ("Dana Reyes", f"/c/{one.shown.pk}/")
        from zoneinfo import ZoneInfo

        assert panel.about(one.shown, ZoneInfo("UTC"))["promises"] == [promise]
        if way == "text":
            say(phones[by], "It is done.")
        else:
            with transaction.atomic():
                contact = Contact.objects.select_for_update().get(phone=phones[by])
                promising.spoken_with(contact.pk, timezone.now())
        promise.refresh_from_db()
        assert promise.state == "kept"
        assert not AgendaItem.objects.filter(kind="inbox.promise").exists()
    with dentist.scope():
        assert not Promise.objects.exists()


def test_what_falls_due_is_told_of_the_person_who_is_shown(one, dentist, work, pass_time):
    with one.biz.scope():
        promise = promised_to(one, one.folded_phone)
        pass_promise(50)
    pass_time(50 * 60)
    work()
    with one.biz.scope():
        soon = Notice.objects.filter(kind="promise", channel="live").get()
        assert soon.conversation_id == one.shown.pk and "Dana Reyes" in soon.title
        assert one.shown.promise_at is not None
        pass_promise(20)
    pass_time(20 * 60)
    work()
    with one.biz.scope():
        promise.refresh_from_db()
        assert promise.state == "broken" and one.shown.promise_at is not None
        told = Notice.objects.filter(title__contains="was not kept")
        assert told.count() and not told.exclude(conversation=one.shown.pk).exists()
        assert not told.filter(reason__contains="settled").exists()
        say(one.kept_phone, "Sorry, here I am.")
        assert one.shown.promise_at is None
    with dentist.scope():
        assert not Notice.objects.exists()


def test_taken_apart_each_has_the_promises_of_its_own_number(one, work, pass_time):
    with one.biz.scope():
        promised_to(one, one.folded_phone)
        pass_promise(50)
    pass_time(50 * 60)
    work()
    with one.biz.scope():
        since = one.shown.promise_at
        merging.undo(Merge.objects.get().pk, actor=ADA, at=timezone.now())
        assert since and (one.shown.promise_at, one.hidden.promise_at) == (None, since)


def test_a_text_taken_back_has_kept_no_promise_to_another_number(one):
    with one.biz.scope():
        promise = promised_to(one, one.folded_phone)
        text = sending.send(one.kept_phone, "It is done", Member(7, "Ada"), token=None)
        promise.refresh_from_db()
        assert promise.state == "kept"
        sending.undo(text, "Ada")
        promise.refresh_from_db()
        assert promise.state == "open"
        assert AgendaItem.objects.filter(kind="inbox.promise").count() == 1


def test_what_is_told_quotes_their_last_words_by_whichever_number(one, twilio, work):
    twilio.text(one.folded_phone, "Water everywhere")
    work()
    with one.biz.scope():
        assert climbing._last_words(one.shown) == "Water everywhere"


@pytest.mark.parametrize("round", range(6))
def test_two_who_answer_by_two_numbers_at_once_are_one_after_the_other(one, dentist, round):
    with one.biz.scope():
        seen = str(micros(timezone.now()))
    start, went = threading.Barrier(2), []

    def answers(phone: str, member: Member) -> None:
        try:
            with one.biz.scope():
                start.wait(5)
                sending.send(phone, f"{member.name} is on it", member, token=None, seen=seen)
            went.append(member.name)
        except AnsweredMeanwhile as other:
            went.append(f"{member.name} saw {other.text.author_name}")
        finally:
            connection.close()

    numbers = [one.kept_phone, one.folded_phone][:: 1 if round % 2 else -1]
    threads = [
        threading.Thread(target=answers, args=[phone, member])
        for phone, member in zip(numbers, (Member(7, "Ada"), Member(8, "Max")), strict=True)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(went, key=len)[1] in ("Ada saw Max", "Max saw Ada") and len(went) == 2
    with one.biz.scope():
        assert Message.objects.filter(author="person").count() == 1
    with dentist.scope():
        assert not Message.objects.exists()


def test_the_second_keeps_his_words(one, owner, agent):
    with one.biz.scope():
        thread, seen = one.shown.pk, str(micros(timezone.now()))
        whom = {"kept": str(one.kept.pk), "folded": str(one.folded.pk)}
    first = {"body": "I am on it", "client_token": "a", "seen": seen, "whom": whom["kept"]}
    owner.post(f"/c/{thread}/reply/", first, 303)
    second = {"body": "Ray will come", "client_token": "b", "seen": seen, "whom": whom["folded"]}
    page = agent.post(f"/c/{thread}/reply/", second, 422)
    assert "Ray will come</textarea>" in page and "I am on it" in page
    with one.biz.scope():
        assert Message.objects.filter(author="person").count() == 1


def test_texts_promises_and_calls_of_one_person_wait_for_no_one_for_ever(one, dentist, twilio):
    """All that takes the person's locks, at once and over and over: no deadlock, nothing lost."""
    with one.biz.scope():
        say(one.folded_phone, "We will be there in 3 hours.")
        say(one.kept_phone, TOUCH)
        items = list(AgendaItem.objects.filter(kind="inbox.promise"))
        promises = list(Promise.objects.order_by("pk"))
    assert len(items) == 2
    failed, stop = [], threading.Event()

    def over_and_over(work) -> None:
        try:
            while not stop.is_set():
                with one.biz.scope():
                    work()
        except Exception as problem:
            failed.append(problem)
        finally:
            connection.close()

    def taken_back(phone: str) -> None:
        text = sending.send(phone, "One moment", Member(7, "Ada"), token=None)
        sending.undo(text, "Ada")

    def spoken(phone: str) -> None:
        with transaction.atomic():
            contact = Contact.objects.select_for_update().get(phone=phone)
            promising.spoken_with(contact.pk, timezone.now() - timedelta(days=1))

    work = [
        lambda: taken_back(one.kept_phone), lambda: taken_back(one.folded_phone),
        lambda: promising.come_due(items[0]), lambda: promising.come_due(items[1]),
        lambda: spoken(one.kept_phone), lambda: spoken(one.folded_phone),
        lambda: twilio.text(one.folded_phone, "Hello?"),
    ]  # fmt: skip
    threads = [threading.Thread(target=over_and_over, args=[each]) for each in work]
    for each in threads:
        each.start()
    stop.wait(6)
    stop.set()
    for each in threads:
        each.join(30)
    assert failed == []
    with one.biz.scope():
        assert [promise.state for promise in promises] == ["open", "open"]
        assert (
            not Message.objects.filter(author="person", body="One moment")
            .exclude(status="cancelled")
            .exists()
        )
        assert Wait.objects.filter(conversation=one.shown.pk, ended_at=None).count() <= 1
    with dentist.scope():
        assert not Promise.objects.exists()


def test_whoever_locks_a_person_locks_all_his_numbers(one):
    with one.biz.scope(), transaction.atomic():
        lock_numbers(one.folded.pk)
        assert set(
            Conversation.objects.filter(pk__in=threads_of(one.hidden.pk)).values_list(
                "contact", flat=True
            )
        ) == {one.kept.pk, one.folded.pk}
        free = []

        def look() -> None:
            with one.biz.scope(), transaction.atomic():
                rows = Contact.objects.select_for_update(skip_locked=True)
                free.extend(rows.filter(pk__in=[one.kept.pk, one.folded.pk]))
            connection.close()

        other = threading.Thread(target=look)
        other.start()
        other.join(10)
        assert free == []
