"""Who waits: begun by a text, a voicemail or a missed call, ended once by an answer, a call or closing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from calls import voicemails
from calls.models import Call
from inbox import handling
from inbox.activity import Actor
from inbox.models import InboxPolicy, MemberSettings, Notice, Wait
from inbox.waits import policy, services
from inbox.waits.services import acknowledge
from messaging import alerts
from messaging.clearance import Clearance
from messaging.models import Alert, Conversation, Message
from messaging.scheduled import call_off
from tenants import agenda
from tenants.models import AgendaItem
from tests.inbox.waits.conftest import answer
from tests.support.hooks import a_caller, texts_to

DANA = Actor(7, "Dana")


def steps(biz) -> int:
    return AgendaItem.objects.filter(kind="inbox.wait", business_id=biz.business.pk).count()


def test_who_writes_waits_until_a_member_answers(writes, plumber, dentist):
    thread = writes()
    with plumber.scope():
        wait = Wait.objects.get()
        assert (wait.kind, wait.conversation_id, wait.ended_at) == ("reply", thread.pk, None)
        assert thread.waiting_since == wait.began_at == Message.objects.get().created_at
        assert thread.actionable_at == thread.waiting_since
        assert wait.due_at - wait.began_at == timedelta(minutes=15)
    assert steps(plumber) == 1
    answer(plumber, thread.contact.phone)
    with plumber.scope():
        wait.refresh_from_db()
        thread.refresh_from_db()
        assert (wait.ended_how, wait.answered_by, wait.answered_by_name) == ("answered", 7, "Dana")
        assert wait.waited_seconds == int((wait.ended_at - wait.began_at).total_seconds())
        assert thread.waiting_since is None and thread.actionable_at is None
    assert steps(plumber) == 0
    with dentist.scope():
        assert not Wait.objects.exists() and not Notice.objects.exists()
        assert not Conversation.objects.exists()


def test_a_second_text_waits_since_the_first(writes, plumber):
    first = writes()
    again = writes("Hello?", first.contact.phone)
    with plumber.scope():
        assert Wait.objects.count() == 1
        assert again.waiting_since == first.waiting_since


def test_an_answer_of_an_api_client_counts_and_a_rule_s_does_not(writes, twilio, work, plumber):
    thread = writes()
    call = twilio.call(thread.contact.phone)
    call.dial_ends("no-answer")
    work()
    with plumber.scope():
        assert Wait.objects.filter(ended_at=None).exists()
        assert Conversation.objects.get().waiting_since is not None
    answer(plumber, thread.contact.phone, author="api", author_name="CRM", author_user=None)
    with plumber.scope():
        assert Wait.objects.get().ended_how == "answered"
        assert Wait.objects.get().answered_by_name == "CRM"


@pytest.mark.parametrize("word", ["STOP", "HELP", "START", "stop texting me", "ALTO"])
def test_an_instruction_waits_for_nobody(writes, plumber, word):
    thread = writes(word)
    with plumber.scope():
        assert not Wait.objects.exists()
        assert thread.waiting_since is None


def test_an_opt_out_ends_the_wait(writes, plumber):
    thread = writes()
    thread = writes("STOP", thread.contact.phone)
    with plumber.scope():
        assert Wait.objects.get().ended_how == "opted_out"
        assert thread.waiting_since is None
    assert steps(plumber) == 0


def test_help_from_somebody_who_waits_changes_nothing(writes, plumber):
    thread = writes()
    writes("HELP", thread.contact.phone)
    with plumber.scope():
        assert Wait.objects.get().ended_at is None
        assert Conversation.objects.get().waiting_since == thread.waiting_since


def test_who_opted_out_and_asks_something_waits_for_a_call(writes, plumber):
    thread = writes("STOP")
    thread = writes("When are you coming tomorrow?", thread.contact.phone)
    with plumber.scope():
        assert Wait.objects.get().ended_at is None and thread.waiting_since is not None


def test_hidden_conversations_do_not_wait(writes, plumber):
    thread = writes("STOP")
    with plumber.scope():
        Conversation.objects.update(hidden="test")
    writes("And one more", thread.contact.phone)
    with plumber.scope():
        assert not Wait.objects.exists()


def test_closing_ends_it_and_taking_that_back_begins_it_again(writes, plumber):
    thread = writes()
    with plumber.scope():
        began = Wait.objects.get().began_at
        done = handling.close([thread.pk], DANA, timezone.now())
        wait = Wait.objects.get()
        assert (wait.ended_how, wait.answered_by_name) == ("closed", "Dana")
        assert steps(plumber) == 0
        handling.take_back(done, DANA, timezone.now())
        wait.refresh_from_db()
        assert (wait.ended_at, wait.ended_how, wait.began_at) == (None, "", began)
        assert Conversation.objects.get().waiting_since == began
    assert steps(plumber) == 1


def test_an_answer_that_is_taken_back_was_none(writes, plumber):
    thread = writes()
    message = answer(
        plumber, thread.contact.phone, send_after=timezone.now() + timedelta(seconds=5)
    )
    with plumber.scope():
        assert Wait.objects.get().ended_how == "answered"
        call_off(message, plumber.business.pk, code="UNDONE", sentence="Taken back by Dana.")
        wait = Wait.objects.get()
        assert (wait.ended_at, wait.waited_seconds, wait.answered_by) == (None, None, None)
        assert Conversation.objects.get().waiting_since == thread.waiting_since
    assert steps(plumber) == 1


def test_a_reply_opens_what_was_closed_or_snoozed(writes, plumber):
    thread = writes()
    for act in ("close", "snooze"):
        with plumber.scope():
            if act == "close":
                handling.close([thread.pk], DANA, timezone.now())
            else:
                handling.snooze(
                    [thread.pk], timezone.now() + timedelta(days=1), DANA, timezone.now()
                )
        thread = writes("One more thing", thread.contact.phone)
        assert (thread.state, thread.closed_at, thread.snoozed_until) == ("open", None, None)
        assert thread.actionable_at is not None


def test_an_answered_call_ends_it(writes, twilio, work, plumber):
    thread = writes()
    call = twilio.call(thread.contact.phone)
    call.arrives()
    call.screened("1")
    call.dial_ends("completed", bridged="true", DialCallDuration="60")
    call.ends(seconds=80)
    work()
    with plumber.scope():
        wait = Wait.objects.get()
        assert (wait.ended_how, wait.answered_by) == ("called", None)
        assert Conversation.objects.get().waiting_since is None


def test_who_called_and_got_no_text_waits(twilio, work, pass_time, plumber, always_open):
    caller = a_caller()
    twilio.text(caller, "STOP")
    work()
    call = twilio.call(caller)
    call.dial_ends("no-answer")
    work()
    pass_time(11)
    work()
    with plumber.scope():
        wait = Wait.objects.get()
        assert wait.kind == "call" and wait.ended_at is None
        thread = Conversation.objects.get()
        assert thread.waiting_since == wait.began_at
        assert thread.escalated_at is not None and Alert.objects.filter(resolved_at=None).exists()


def test_who_was_texted_back_does_not_wait(twilio, work, pass_time, plumber, always_open):
    twilio.call().dial_ends("no-answer")
    work()
    pass_time(11)
    work()
    with plumber.scope():
        assert not Wait.objects.exists()
        assert Conversation.objects.get().actionable_at is None


def test_the_steps_are_taken_once_each_and_stop_when_somebody_sees_to_it(
    writes, work, pass_time, plumber, dentist
):
    with plumber.scope():
        InboxPolicy.objects.create(target_minutes=10)
    thread = writes()
    with plumber.scope():
        assert Wait.objects.get().step == 1
        told = list(Notice.objects.values_list("kind", "channel", "user"))
        assert ("waiting", "live", plumber.owner.pk) in told
        count = len(told)
        Wait.objects.update(began_at=timezone.now() - timedelta(minutes=5))
    pass_time(300)
    work()
    with plumber.scope():
        assert Wait.objects.get().step == 2
        assert Notice.objects.count() > count
        emails = Notice.objects.filter(channel="email", kind="waiting")
        assert emails.filter(user=plumber.owner.pk).count() == 1
        wait = Wait.objects.get()
        assert acknowledge(wait.pk, plumber.owner, timezone.now())
        assert not acknowledge(wait.pk, plumber.owner, timezone.now())
        Wait.objects.update(began_at=timezone.now() - timedelta(minutes=20))
    assert steps(plumber) == 0
    pass_time(3600)
    work()
    with plumber.scope():
        assert Wait.objects.get().step == 2
        assert Wait.objects.get().acknowledged_by_name == str(plumber.owner)
        assert Conversation.objects.get(pk=thread.pk).waiting_since is not None
    with dentist.scope():
        assert not Notice.objects.exists()


def test_the_last_step_reaches_whoever_is_away_where_nobody_is_here(
    writes, work, pass_time, plumber
):
    with plumber.scope():
        InboxPolicy.objects.update_or_create(
            defaults={"in_open_hours": False, "target_minutes": 10, "ladder": [
                {"at_percent": 50, "channels": ["email"], "whom": "all"},
                {"at_percent": 100, "channels": ["email"], "whom": "owners"},
            ]}
        )  # fmt: skip
        MemberSettings.objects.create(
            user=plumber.owner.pk, away_until=timezone.now() + timedelta(days=9),
            notices={"email": {"days": []}},
        )  # fmt: skip
    policy.forget()
    writes()
    for minutes, taken in ((6, 1), (11, 2)):
        with plumber.scope():
            assert not Notice.objects.exists(), "nobody is here, and it is not the last step"
            Wait.objects.update(began_at=timezone.now() - timedelta(minutes=minutes))
        pass_time(600)
        work()
        with plumber.scope():
            assert Wait.objects.get().step == taken
    with plumber.scope():
        told = Notice.objects.get(channel="email", user=plumber.owner.pk)
        assert (told.state, told.must_reach) == ("sent", True)


def test_asked_again_for_the_same_step_nobody_hears_it_twice(writes, work, plumber):
    writes()
    with plumber.scope():
        wait, count = Wait.objects.get(), Notice.objects.count()
        Wait.objects.update(step=0)  # as if the worker had died before it was written down
        agenda.put(
            "inbox.wait", str(wait.pk), lane="realtime", business_id=plumber.business.pk,
            due_at=timezone.now(),
        )  # fmt: skip
    work()
    with plumber.scope():
        assert Notice.objects.count() == count
        assert Wait.objects.get().step == 1


def test_while_it_is_snoozed_nobody_is_told(writes, work, pass_time, plumber):
    thread = writes(run=True)
    with plumber.scope():
        Wait.objects.update(began_at=timezone.now() - timedelta(minutes=8), step=1)
        handling.snooze([thread.pk], timezone.now() + timedelta(hours=1), DANA, timezone.now())
        count = Notice.objects.count()
    pass_time(500)
    work()
    with plumber.scope():
        assert Notice.objects.count() == count and Wait.objects.get().step == 1
    assert steps(plumber) == 1


def test_two_answers_end_one_wait_once(writes, plumber):
    thread = writes()

    def end(name: str) -> bool:
        with plumber.scope(), transaction.atomic():
            return services.end(thread.pk, "answered", timezone.now(), by_name=name)

    def in_a_thread(name: str) -> bool:
        try:
            return end(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(in_a_thread, ["Dana", "Ada"])) == [False, True]
    with plumber.scope():
        assert Wait.objects.get().answered_by_name in ("Dana", "Ada")


def test_a_text_that_fails_is_seen_until_one_arrives(writes, twilio, work, stand_in, plumber):
    thread = writes()
    phone = thread.contact.phone
    answer(plumber, phone)
    work()
    sent = texts_to(stand_in.requests, phone)[-1]
    twilio.receipt(sent["form"]["StatusCallback"], "undelivered", sent["sid"], ErrorCode="30003")
    work()
    with plumber.scope():
        failed = Conversation.objects.get(pk=thread.pk)
        assert failed.failed_at is not None and failed.actionable_at == failed.failed_at
    answer(plumber, phone, "Trying again")
    with plumber.scope():
        assert Conversation.objects.get(pk=thread.pk).failed_at is None
    work()
    sent = texts_to(stand_in.requests, phone)[-1]
    with plumber.scope():
        Conversation.objects.update(failed_at=timezone.now())
    twilio.receipt(sent["form"]["StatusCallback"], "delivered", sent["sid"])
    work()
    with plumber.scope():
        assert Conversation.objects.get(pk=thread.pk).failed_at is None


def test_an_alert_about_a_person_is_told_once(writes, plumber, dentist):
    thread = writes()
    with plumber.scope(), transaction.atomic():
        for _ in range(2):
            alerts.raise_alert(
                "VIP_CALLED", "Somebody called.", at=timezone.now(), subject="x",
                contact=thread.contact,
            )  # fmt: skip
        found = Conversation.objects.get()
        assert found.escalated_at is not None
        told = Notice.objects.filter(kind="alert", channel="live")
        assert set(told.values_list("user", flat=True)) == {plumber.owner.pk}
        assert told.count() == 1
        alerts.spoken_with(thread.contact_id, by="Dana", at=timezone.now())
        assert Conversation.objects.get().escalated_at is None
    with dentist.scope():
        assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "code", ["OPTOUT_NEW_CALL_NO_TEXT", "CONSENT_LEVEL_TOO_LOW", "NOT_VOUCHED"]
)
def test_a_talk_settles_what_said_to_phone_a_caller_who_got_no_text(code, writes, plumber, dentist):
    thread, other = writes(), writes()
    with plumber.scope():
        with transaction.atomic():
            for each in (thread, other):
                answer = Clearance("never", code, "33", ("R-HRS-1",), "No text: as told.")
                alerts.tell(answer, each.contact.phone, timezone.now(), each.contact)
        assert Conversation.objects.filter(escalated_at__isnull=False).count() == 2
        assert {each.fix for each in Alert.objects.all()} == {"Phone them back."}
        with transaction.atomic():
            alerts.spoken_with(thread.contact_id, by="Dana", at=timezone.now())
        assert Conversation.objects.get(escalated_at__isnull=False).pk == other.pk
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_voicemail_waits_and_is_heard(twilio, work, pass_time, plumber, always_open):
    call = twilio.call()
    call.dial_ends("no-answer")
    call.leaves_voicemail()
    work()
    with plumber.scope():
        thread = Conversation.objects.get()
        assert thread.voicemail_at is not None and thread.actionable_at is not None
    pass_time(11)
    work()
    with plumber.scope():
        wait = Wait.objects.get()
        assert wait.kind == "voicemail"
        voicemails.heard(Call.objects.get().pk, timezone.now())
        thread = Conversation.objects.get()
        assert thread.voicemail_at is None
        assert thread.waiting_since == wait.began_at  # heard is not answered
    answer(plumber, call.caller)
    with plumber.scope():
        assert Wait.objects.get().ended_how == "answered"
        assert Conversation.objects.get().actionable_at is None
