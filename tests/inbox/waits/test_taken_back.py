"""What is taken back gives everything back: a text before it left, and a closing; a killed worker changes nothing."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inbox import handling
from inbox.activity import Actor
from inbox.models import Wait
from inbox.people import merging
from inbox.thread import sending
from inbox.thread.sending import Member
from messaging import alerts, delivery, scheduled
from messaging.models import Alert, Contact, Conversation, Message
from messaging.scheduled import HasLeft
from tenants import agenda
from tenants.models import AgendaItem

DANA = Actor(7, "Dana")
ANA = Member(7, "Ana", undo_seconds=5)
SAID = ("state", "unread", "closed_at", *handling.NEEDS)


def needs_everything(thread: Conversation) -> None:
    """They wrote, one of our texts did not arrive, a VIP called: all of it calls for somebody."""
    now = timezone.now()
    with transaction.atomic():
        Conversation.objects.filter(pk=thread.pk).update(
            failed_at=now - timedelta(minutes=3), voicemail_at=now - timedelta(minutes=2)
        )
        alerts.raise_alert(
            "VIP_CALLED", "Maria called.", at=now, subject=thread.contact.phone,
            contact=thread.contact,
        )  # fmt: skip


def standing(*threads: Conversation) -> list[object]:
    """All that conversations, their people, their alerts and their waits say."""
    ids = [each.pk for each in threads]
    return [
        *Conversation.objects.filter(pk__in=ids).order_by("pk").values("pk", *SAID),
        *Contact.objects.filter(conversation__in=ids).order_by("pk").values(
            "last_person_text_at", "introduced_at"),
        *Alert.objects.order_by("pk").values(),
        *Wait.objects.order_by("pk").values("began_at", "due_at", "ended_at", "ended_how",
            "answered_by", "waited_seconds", "conversation"),
    ]  # fmt: skip


def open_alerts() -> int:
    return Alert.objects.filter(resolved_at=None).count()


def climbing() -> int:
    return AgendaItem.objects.filter(kind="inbox.wait").count()


def reply(phone: str, body: str = "On our way", member: Member = ANA) -> Message:
    return sending.send(phone, body, member, token=None)


@pytest.fixture
def thread(writes, plumber):
    """Somebody who needs everything."""
    found = writes()
    with plumber.scope():
        needs_everything(found)
    return found


@pytest.fixture
def two_numbers(writes, plumber):
    """The same by two numbers: the one that is shown, and the folded one, which needs everything."""
    kept, folded = writes(), writes("From the office")
    with plumber.scope():
        merging.merge(kept.contact_id, folded.contact_id, actor=DANA, at=timezone.now())
        needs_everything(folded)
    return kept, folded


def let_go(pass_time, work) -> None:
    pass_time(30)
    work()


def is_due(text: Message) -> None:
    """As if its seconds were over."""
    Message.objects.filter(pk=text.pk).update(send_after=timezone.now())


def test_a_text_that_is_taken_back_leaves_all_as_it_was(thread, plumber, dentist, work):
    with plumber.scope():
        before = standing(thread)
        text = reply(thread.contact.phone)
        seen = Conversation.objects.get()
        assert seen.waiting_since is None, "who was answered waits no more"
        assert (seen.unread, open_alerts()) == (1, 1) and seen.failed_at and seen.escalated_at
        assert sending.undo(text, "Ana") == "On our way"
        assert standing(thread) == before
    assert climbing() == 1
    work()
    with dentist.scope():
        assert not Conversation.objects.exists() and not Alert.objects.exists()


def test_what_leaves_ends_it_all(thread, plumber, pass_time, work, stand_in):
    with plumber.scope():
        text = reply(thread.contact.phone)
        is_due(text)
    let_go(pass_time, work)
    assert len(stand_in.requests) == 1
    with plumber.scope():
        seen = Conversation.objects.get()
        assert (seen.unread, seen.waiting_since, seen.failed_at, seen.escalated_at) == (
            0, None, None, None,
        )  # fmt: skip
        alert = Alert.objects.get()
        assert alert.resolved_by == "Ana"
        assert Wait.objects.get().ended_how == "answered"
        with pytest.raises(HasLeft):
            sending.undo(Message.objects.get(pk=text.pk), "Ana")
        assert open_alerts() == 0


@pytest.mark.parametrize("to", ["kept", "folded"])
@pytest.mark.parametrize("taken", [True, False])
def test_by_whichever_number(two_numbers, plumber, dentist, pass_time, work, stand_in, to, taken):
    kept, folded = two_numbers
    addressed = kept if to == "kept" else folded
    with plumber.scope():
        before = standing(kept, folded)
        text = reply(addressed.contact.phone)
        shown = Conversation.objects.get(pk=kept.pk)
        assert (shown.waiting_since, shown.unread, open_alerts()) == (None, 2, 1)
        if taken:
            sending.undo(text, "Ana")
            assert standing(kept, folded)[0] == before[0] or addressed is folded
            shown = Conversation.objects.get(pk=kept.pk)
            assert shown.waiting_since == kept.waiting_since
            assert (shown.unread, open_alerts()) == (2, 1) and shown.failed_at
            assert Wait.objects.filter(ended_at=None).count() == 2  # the folded one's own sleeps
            assert shown.actionable_at == before[0]["failed_at"]
        else:
            is_due(text)
    if not taken:
        let_go(pass_time, work)
        assert len(stand_in.requests) == 1
        with plumber.scope():
            shown = Conversation.objects.get(pk=kept.pk)
            assert (shown.unread, shown.waiting_since, shown.failed_at, shown.escalated_at) == (
                0, None, None, None,
            )  # fmt: skip
            assert open_alerts() == 0
    with dentist.scope():
        assert not Conversation.objects.exists()


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_texts_the_other_is_the_answer_until_it_is_taken_back_too(thread, plumber, first):
    with plumber.scope():
        before = standing(thread)
        texts = [reply(thread.contact.phone, "On our way"), reply(thread.contact.phone, "At nine")]
        sending.undo(texts[first], "Ana")
        wait = Wait.objects.get()
        assert (wait.ended_how, wait.ended_at) == ("answered", texts[1 - first].created_at)
        assert Conversation.objects.get().waiting_since is None and climbing() == 0
        sending.undo(texts[1 - first], "Ana")
        assert standing(thread) == before
    assert climbing() == 1


def test_who_wrote_once_more_waits_since_before(thread, writes, plumber):
    with plumber.scope():
        text = reply(thread.contact.phone)
        began = Wait.objects.get().began_at
    writes("Hello? Water everywhere", thread.contact.phone)
    with plumber.scope():
        assert Wait.objects.filter(ended_at=None).get().began_at > began
        sending.undo(text, "Ana")
        wait = Wait.objects.get()
        assert (wait.began_at, wait.ended_at) == (began, None)
        assert Conversation.objects.get().waiting_since == began
    assert climbing() == 1


def test_what_came_in_since_it_was_written_is_not_answered(
    thread, writes, plumber, pass_time, work, stand_in
):
    with plumber.scope():
        text = reply(thread.contact.phone)
    newer = writes("Hello? Water everywhere", thread.contact.phone)
    with plumber.scope():
        alerts.raise_alert(
            "VIP_CALLED", "Maria called.", at=timezone.now(), subject=thread.contact.phone,
            contact=thread.contact,
        )  # fmt: skip
        is_due(text)
    let_go(pass_time, work)
    assert len(stand_in.requests) == 1
    with plumber.scope():
        seen = Conversation.objects.get()
        assert seen.waiting_since == newer.waiting_since and seen.unread > 0
        assert seen.failed_at is None and open_alerts() == 1
        assert Wait.objects.filter(ended_at=None).count() == 1


def test_one_that_the_gate_holds_is_given_back_as_well(thread, plumber):
    with plumber.scope():
        from tenants.models import PhoneNumber

        PhoneNumber.objects.filter(e164=plumber.number).update(registration="pending")
        before = standing(thread)[:1]
        text = reply(thread.contact.phone, member=Member(7, "Ana", undo_seconds=0))
        assert text.status == "held" and open_alerts() >= 1
        assert Conversation.objects.get().failed_at is not None
        sending.undo(text, "Ana")
        after = standing(thread)[:1]
        assert {**after[0], "escalated_at": 0} == {**before[0], "escalated_at": 0}
        assert Alert.objects.get(code="VIP_CALLED").resolved_at is None


def test_one_without_an_undo_ends_it_at_once_and_cannot_be_taken_back(thread, plumber):
    with plumber.scope():
        text = reply(thread.contact.phone, member=Member(7, "Ana", undo_seconds=0))
        seen = Conversation.objects.get()
        assert (seen.unread, seen.failed_at, seen.escalated_at, open_alerts()) == (0, None, None, 0)
        with pytest.raises(HasLeft):
            sending.undo(text, "Ana")
        assert Message.objects.get(pk=text.pk).status == "queued"


def test_a_scheduled_one_ends_nothing_until_it_leaves(thread, plumber, pass_time, work, stand_in):
    with plumber.scope():
        before = standing(thread)
        at = timezone.now() + timedelta(hours=2)
        text = sending.send(thread.contact.phone, "Good morning", ANA, token=None, at=at)
        assert standing(thread) == before
        sending.call_off(text, "Ana")
        assert standing(thread) == before
        text = sending.send(thread.contact.phone, "Good morning", ANA, token=None, at=at)
        sending.send_now(text)
        assert open_alerts() == 0 and Conversation.objects.get().unread == 0
        with pytest.raises(HasLeft):
            sending.undo(Message.objects.get(pk=text.pk), "Ana")
    let_go(pass_time, work)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("at", ["before it ends", "while it ends", "after the claim"])
def test_a_worker_that_is_killed_ends_it_neither_never_nor_twice(
    thread, writes, plumber, pass_time, work, stand_in, at
):
    with plumber.scope():
        text = reply(thread.contact.phone)
        is_due(text)
    pass_time(30)
    child = os.fork()
    if not child:
        # The parent's connection is not ours to close.
        connection.connection = None
        place, name = {
            "before it ends": (delivery, "it_answers"),
            "while it ends": (scheduled, "answered"),
            "after the claim": (delivery, "_hand"),
        }[at]
        real = getattr(place, name)

        def killed(*args, **named):
            if at == "while it ends":
                real(*args, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(place, name, killed)
        agenda.run_due("realtime")
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with plumber.scope():
        seen, message = Conversation.objects.get(), Message.objects.get(pk=text.pk)
        if at == "after the claim":
            assert (message.status, seen.unread, open_alerts()) == ("sending", 0, 0)
        else:
            assert (message.status, seen.unread, open_alerts()) == ("queued", 1, 1)
    # What comes in meanwhile is not ended by the text when it is taken up again.
    newer = writes("Hello?", thread.contact.phone, run=False)
    for _ in range(4):
        pass_time(600)
        work()
    assert stand_in.requests or at == "after the claim"  # whether it left is asked for a while
    with plumber.scope():
        seen = Conversation.objects.get()
        assert newer.contact_id == thread.contact_id
        assert seen.unread >= 1 and seen.failed_at is None and open_alerts() == 0
        assert seen.waiting_since is not None


def test_closing_that_is_taken_back_gives_all_back(thread, plumber, dentist):
    with plumber.scope():
        before = standing(thread)
        at = timezone.now()
        done = handling.close([thread.pk], DANA, at)
        seen = Conversation.objects.get()
        assert (seen.unread, seen.actionable_at, open_alerts()) == (0, None, 0)
        handling.take_back(done, DANA, timezone.now())
        assert standing(thread) == before
    assert climbing() == 1
    with dentist.scope():
        assert not Alert.objects.exists()


def test_closing_a_person_of_two_numbers_and_taking_it_back(two_numbers, plumber):
    kept, _folded = two_numbers
    with plumber.scope():
        before = Conversation.objects.filter(pk=kept.pk).values(*SAID).get()
        done = handling.close([kept.pk], DANA, timezone.now())
        assert open_alerts() == 0
        handling.take_back(done, DANA, timezone.now())
        assert Conversation.objects.filter(pk=kept.pk).values(*SAID).get() == before
        assert open_alerts() == 1 and before["escalated_at"] is not None


def test_an_alert_that_was_raised_anew_stands_for_both(thread, plumber):
    with plumber.scope():
        done = handling.close([thread.pk], DANA, timezone.now())
        alerts.raise_alert(
            "VIP_CALLED", "Maria called.", at=timezone.now(), subject=thread.contact.phone,
            contact=thread.contact,
        )  # fmt: skip
        Conversation.objects.update(escalated_at=None)
        handling.take_back(done, DANA, timezone.now())
        raised = Alert.objects.get(resolved_at=None).raised_at
        assert (open_alerts(), Conversation.objects.get().escalated_at) == (1, raised)


def test_a_wait_that_was_closed_long_ago_does_not_begin_again(writes, plumber):
    thread = writes()
    with plumber.scope():
        handling.close([thread.pk], DANA, timezone.now())
        reply(thread.contact.phone, "All done, then.", Member(7, "Ana"))
        handling.reopen([thread.pk], DANA, timezone.now())
        done = handling.close([thread.pk], DANA, timezone.now())
        handling.take_back(done, DANA, timezone.now())
        assert not Wait.objects.filter(ended_at=None).exists()
    assert climbing() == 0


def test_closing_and_reopening_by_mistake_takes_nobody_out_of_sight(
    writes, twilio, work, plumber, dentist
):
    thread = writes()
    call = twilio.call(thread.contact.phone)
    call.dial_ends("no-answer")
    call.leaves_voicemail()
    work()
    with plumber.scope():
        thread.refresh_from_db()
        assert thread.voicemail_at is not None
        with transaction.atomic():
            alerts.raise_alert(
                "VIP_CALLED", "Maria called.", at=timezone.now(), subject=thread.contact.phone,
                contact=thread.contact,
            )  # fmt: skip
        fields = ("state", "closed_at", "waiting_since", "voicemail_at", "escalated_at")
        before = Conversation.objects.values(*fields).get(pk=thread.pk)
        handling.close([thread.pk], DANA, timezone.now())
        assert Conversation.objects.get(pk=thread.pk).actionable_at is None and open_alerts() == 0
        done = handling.reopen([thread.pk], DANA, timezone.now())
        assert Conversation.objects.values(*fields).get(pk=thread.pk) == before
        assert Conversation.objects.get(pk=thread.pk).actionable_at is not None
        assert Wait.objects.get(ended_at=None).began_at == before["waiting_since"]
        assert open_alerts() == 1 and climbing() == 1
        # And the reopening taken back is the closing again, with all it ended.
        handling.take_back(done, DANA, timezone.now())
        again = Conversation.objects.get(pk=thread.pk)
        assert (again.state, again.actionable_at, open_alerts()) == ("closed", None, 0)
        assert not Wait.objects.filter(ended_at=None).exists() and climbing() == 0
    with dentist.scope():
        assert not Wait.objects.exists() and not Alert.objects.exists()
