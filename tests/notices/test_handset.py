"""A member's own phone: JOIN, alerts by text, and answers that reach the right caller once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from config.wiring import AGENDA_DEAD_HANDLERS
from inbox import activity
from inbox.activity import Actor
from inbox.models import Activity, Notice, StaffPhone, Wait
from inbox.notices import phones, services, texts
from inbox.people import merging
from messaging.models import ConsentEvent, Contact, Conversation, Message
from messaging.people import lock_contact, touch_conversation
from messaging.services import NotAllowed, send_as
from tenants import agenda
from tenants.models import AgendaItem, Membership, PhoneNumber, User
from tenants.scope import business_scope
from tests.inbox.conftest import a_member
from tests.support.hooks import a_caller, a_sid, texts_to

HANDSET = "+17735550177"


@pytest.fixture
def joined(plumber, twilio, stand_in, work):
    """The owner's handset, which said JOIN."""
    ask(plumber)
    work()
    twilio.text(HANDSET, "Join")
    work()
    stand_in.requests.clear()
    with plumber.scope():
        return StaffPhone.objects.get()


def ask(biz, number="(773) 555-0177", user=None):
    with biz.scope():
        return phones.ask(user or biz.owner, number)


def waits(biz, name, words="My boiler leaks", number=""):
    """Somebody waits for an answer; returns his conversation."""
    now = timezone.now()
    with biz.scope(), transaction.atomic():
        contact = lock_contact(number or a_caller(), now, name)
        thread = touch_conversation(contact.pk, at=now, line=words, direction="in", unread=1)
        Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=900,
            due_at=now + timedelta(minutes=15),
        )  # fmt: skip
    return Conversation.objects.model(pk=thread, contact=contact)


def alert(biz, thread, user=None, **more):
    with biz.scope(), transaction.atomic():
        return services.tell(
            "waiting", user_ids=[(user or biz.owner).pk], channels=["sms"],
            conversation_id=thread.pk, wait_id=Wait.objects.get(conversation=thread.pk).pk,
            **{"title": f"{thread.contact.name} waits 15 min", "body": "My boiler leaks",
               "key": f"wait:{thread.pk}", **more},
        )  # fmt: skip


def process(kind):
    """Do the waiting rows of one kind, and nothing that follows from them."""
    for item in agenda.claim("realtime", "test", 50):
        if item.kind == kind:
            with business_scope(item.schema):
                agenda.handler_of(kind)(item)
            agenda.finish([item])
        else:
            agenda.postpone(item, item.due_at)


def claimed(kind):
    [item] = [each for each in agenda.claim("realtime", "test", 50) if each.kind == kind]
    return item


def bodies(stand_in, number):
    return [request["form"]["Body"] for request in texts_to(stand_in.requests, number)]


def test_a_phone_is_asked_once_and_joins_by_its_own_word(plumber, dentist, twilio, stand_in, work):
    ask(plumber)
    work()
    [asked] = bodies(stand_in, HANDSET)
    assert "Reply JOIN" in asked and "STOP" in asked and "Lakeside Plumbing" in asked
    with plumber.scope():
        thread = waits(plumber, "Maria")
        assert alert(plumber, thread) == 1, "the bell alone: the phone has not joined"
    twilio.text(HANDSET, "JOIN")
    work()
    assert len(bodies(stand_in, HANDSET)) == 2
    with plumber.scope():
        row = StaffPhone.objects.get()
        contact = Contact.objects.get(phone=HANDSET)
        assert row.state == "on" and contact.ignored_at is not None
        assert contact.conversation.hidden == "staff" and contact.conversation.unread == 0
        event = ConsentEvent.objects.get(scope="staff_alerts")
        assert event.kind == "consent" and event.level == 4
    with dentist.scope():
        assert not StaffPhone.objects.exists() and not Contact.objects.exists()


def test_an_alert_says_who_and_the_answer_reaches_her_as_the_member(
    plumber, twilio, stand_in, work, joined
):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    [told] = bodies(stand_in, HANDSET)
    assert "Maria waits 15 min" in told and '"My boiler leaks"' in told
    assert "Reply to this text to answer Maria" in told
    sid = a_sid("SM")
    for _ in range(2):
        twilio.text(HANDSET, "On my way, 20 minutes", sid=sid)
        work()
    [sent] = bodies(stand_in, thread.contact.phone)
    assert "On my way, 20 minutes" in sent
    assert texts_to(stand_in.requests, thread.contact.phone)[0]["form"]["From"] == plumber.number
    with plumber.scope():
        message = Message.objects.get(conversation=thread.pk, direction="out")
        assert message.author == "person" and message.author_user == plumber.owner.pk
        assert message.author_name == str(plumber.owner)
        assert message.client_token == f"handset:twilio:{sid}"
        assert Contact.objects.get(phone=HANDSET).conversation.unread == 0
    assert len(bodies(stand_in, HANDSET)) == 1, "what went well needs no text"


def test_two_callers_have_numbers_and_nobody_is_guessed(plumber, twilio, stand_in, work, joined):
    maria, john = waits(plumber, "Maria"), waits(plumber, "John")
    alert(plumber, maria)
    work()
    alert(plumber, john)
    work()
    told = bodies(stand_in, HANDSET)[-1]
    assert "2 callers wait" in told and "begin with 2:" in told and "1 is Maria" in told
    twilio.text(HANDSET, "on my way")
    work()
    question = bodies(stand_in, HANDSET)[-1]
    assert "who is it for?" in question and "1 is Maria, 2 is John" in question
    assert not bodies(stand_in, maria.contact.phone) and not bodies(stand_in, john.contact.phone)
    twilio.text(HANDSET, "2: on my way")
    work()
    assert any("on my way" in body for body in bodies(stand_in, john.contact.phone))
    assert not bodies(stand_in, maria.contact.phone)


def test_ok_notes_that_he_sees_to_her_and_goes_to_nobody(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    twilio.text(HANDSET, "OK")
    work()
    with plumber.scope():
        wait = Wait.objects.get()
        assert wait.acknowledged_by == plumber.owner.pk and wait.ended_at is None
        assert wait.acknowledged_by_name == str(plumber.owner)
    assert not bodies(stand_in, thread.contact.phone)
    assert "you see to Maria" in bodies(stand_in, HANDSET)[-1]


def test_what_the_gate_refuses_is_told_to_him(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    with plumber.scope():
        Contact.objects.filter(pk=thread.contact.pk).update(opted_out_at=timezone.now())
    twilio.text(HANDSET, "On my way")
    work()
    assert not bodies(stand_in, thread.contact.phone)
    answer = bodies(stand_in, HANDSET)[-1]
    assert answer.startswith("Lakeside Plumbing") or answer.startswith("Not sent to Maria")
    assert "opted out" in answer


def test_no_alert_within_a_day_is_said(plumber, twilio, stand_in, work, joined):
    twilio.text(HANDSET, "hello?")
    work()
    assert "no alert within 24 hours" in bodies(stand_in, HANDSET)[-1]
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    with plumber.scope():
        Notice.objects.update(created_at=timezone.now() - timedelta(hours=25))
    twilio.text(HANDSET, "hello?")
    work()
    assert not bodies(stand_in, thread.contact.phone)


def test_stop_ends_alerts_and_nothing_more_is_texted(plumber, twilio, stand_in, work, joined):
    twilio.text(HANDSET, "STOP")
    work()
    stand_in.requests.clear()
    with plumber.scope():
        assert StaffPhone.objects.get().state == "off"
    thread = waits(plumber, "Maria")
    assert alert(plumber, thread) == 1
    twilio.text(HANDSET, "On my way")
    work()
    assert stand_in.requests == []
    with plumber.scope(), pytest.raises(phones.PhoneError, match="START"):
        StaffPhone.objects.update(asked_at=timezone.now() - timedelta(hours=1))
        phones.ask(plumber.owner, HANDSET)


def test_doubtful_words_to_a_caller_do_not_pause_alerts(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    twilio.text(HANDSET, "No, don't text them anymore about it")
    work()
    with plumber.scope():
        contact = Contact.objects.get(phone=HANDSET)
        assert contact.paused_until is None or contact.opted_out_at is not None


def test_a_strangers_reply_sends_nothing(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    stranger = a_caller()
    twilio.text(stranger, "1: on my way")
    work()
    assert not bodies(stand_in, thread.contact.phone)
    with plumber.scope():
        assert Contact.objects.get(phone=stranger).conversation.hidden == ""


def test_a_removed_members_phone_is_nobodys(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    Membership.objects.filter(user=plumber.owner).update(is_active=False)
    twilio.text(HANDSET, "On my way")
    work()
    assert not bodies(stand_in, thread.contact.phone)
    with plumber.scope():
        contact = Contact.objects.get(phone=HANDSET)
        assert not StaffPhone.objects.exists()
        assert contact.conversation.hidden == "" and contact.ignored_at is None


def test_another_business_knows_nothing_of_the_phone(
    plumber, dentist, twilio, stand_in, work, joined
):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    twilio.biz = dentist
    twilio.text(HANDSET, "On my way")
    work()
    assert not bodies(stand_in, thread.contact.phone)
    with dentist.scope():
        assert Contact.objects.get(phone=HANDSET).conversation.hidden == ""


def test_a_call_from_it_is_no_missed_lead(plumber, twilio, stand_in, work, joined):
    call = twilio.call(HANDSET)
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 20)
    work()
    assert bodies(stand_in, HANDSET) == []
    with plumber.scope():
        assert Contact.objects.get(phone=HANDSET).conversation.hidden == "staff"


def test_the_gate_lets_alerts_go_to_staff_phones_and_nothing_else(plumber, stand_in, work, twilio):
    PhoneNumber.objects.filter(e164=plumber.number).update(staff_numbers=["+13125550190"])
    with plumber.scope(), pytest.raises(NotAllowed):
        send_as("+13125550190", "hello", author="person")
    with plumber.scope(), pytest.raises(NotAllowed):
        send_as("+13125550190", "hello", author="api", purpose="staff_alert")
    ask(plumber, "+13125550190")
    work()
    assert len(bodies(stand_in, "+13125550190")) == 1


def test_a_number_that_cannot_be_his_is_refused(plumber, dentist, work, stand_in):
    for number in ("12", "", "+18005551212", plumber.number, dentist.number):
        with pytest.raises(phones.PhoneError):
            ask(plumber, number)
    ask(plumber)
    with pytest.raises(phones.PhoneError, match="moment ago"):
        ask(plumber)
    ada = a_member(plumber, "agent", "Ada")
    with pytest.raises(phones.PhoneError, match="Another member"):
        ask(plumber, user=ada)
    with pytest.raises(phones.PhoneError, match="enough for today"):
        for number in range(9):
            ask(plumber, f"+1773556020{number}", user=ada)


def test_a_customer_whose_number_was_mistyped_stays_in_the_queue(plumber, twilio, stand_in, work):
    twilio.text(HANDSET, "Hi, my sink leaks")
    work()
    ask(plumber)
    twilio.text(HANDSET, "Who is this?")
    work()
    with plumber.scope():
        conversation = Contact.objects.get(phone=HANDSET).conversation
        assert conversation.hidden == "" and conversation.unread == 2
        assert StaffPhone.objects.get().state == "asked"


def test_an_answer_goes_to_the_number_she_wrote_from(plumber, twilio, stand_in, work, joined):
    old, mobile = waits(plumber, "Maria"), a_caller()
    twilio.text(mobile, "It is me, from my mobile")
    work()
    with plumber.scope():
        new = Contact.objects.get(phone=mobile)
        merging.merge(old.contact.pk, new.pk, actor=Actor(7, "Dana"), at=timezone.now())
        Contact.objects.filter(pk=old.contact.pk).update(opted_out_at=timezone.now())
    twilio.text(mobile, "Answer me here, please")
    work()
    alert(plumber, old)
    work()
    stand_in.requests.clear()
    twilio.text(HANDSET, "On my way")
    work()
    [sent] = bodies(stand_in, mobile)
    assert "On my way" in sent and bodies(stand_in, old.contact.phone) == []


def test_a_phone_that_was_only_asked_is_read_like_anybody_s(plumber, dentist, twilio, work):
    words = "I'm done"
    ask(plumber)
    work()
    other = a_caller()
    for number in (HANDSET, other):
        twilio.text(number, words)
    work()
    with plumber.scope():
        paused = Contact.objects.filter(paused_until__isnull=False).values_list("phone", flat=True)
        assert set(paused) == {HANDSET, other}
    with dentist.scope():
        assert not Contact.objects.exists()


def test_the_phone_of_somebody_who_left_is_read_like_anybody_s(plumber, twilio, work, joined):
    with plumber.scope():
        Membership.objects.filter(user=plumber.owner).update(is_active=False)
    twilio.text(HANDSET, "I'm done")
    work()
    with plumber.scope():
        assert Contact.objects.get(phone=HANDSET).paused_until is not None


def test_an_alert_asks_for_the_phone_s_own_join_and_not_for_a_customer_s_start(
    plumber, dentist, twilio, stand_in, work, joined
):
    customer = a_caller()
    twilio.text(customer, "START")
    work()
    stand_in.requests.clear()
    for number in (customer, HANDSET):
        with plumber.scope(), transaction.atomic():
            contact = lock_contact(number, timezone.now())
            assert contact.consent_level == 4
            row = StaffPhone(phone=number)
            refused = texts.say(row, "An alert", f"alert:{number}", timezone.now())
        assert ("has not said JOIN" in refused) is (number == customer)
    # Who was let go since gets it no more, though it was queued.
    with plumber.scope():
        Membership.objects.filter(user=plumber.owner).update(is_active=False)
    work()
    assert stand_in.requests == []
    with plumber.scope():
        [alerted] = Message.objects.filter(client_token__startswith="alert:")
        assert (alerted.status, alerted.error_code) == ("cancelled", "STAFF_NOT_JOINED")
    with dentist.scope():
        assert not Message.objects.exists()


def test_an_answer_that_was_held_up_goes_to_nobody_and_he_is_told(
    plumber, dentist, twilio, stand_in, work, joined
):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    stand_in.requests.clear()
    twilio.text(HANDSET, "On my way, 20 minutes")
    process("messaging.text_event")
    AgendaItem.objects.filter(kind="inbox.handset").update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    work()
    assert not bodies(stand_in, thread.contact.phone)
    [told] = bodies(stand_in, HANDSET)
    assert "Your answer to Maria was held up on our side and was not sent" in told
    assert "Send it again" in told
    with plumber.scope():
        [done] = Activity.objects.filter(conversation=thread.pk)
        assert activity.sentence(done, ZoneInfo("UTC")).endswith("held up on our side and not sent")
        bell = Notice.objects.get(kind="answer", channel="live")
        assert bell.user == plumber.owner.pk and bell.body == "On my way, 20 minutes"
        assert Wait.objects.get().ended_at is None, "she waits still"
    with dentist.scope():
        assert not Notice.objects.exists() and not Activity.objects.exists()
    twilio.text(HANDSET, "On my way, 20 minutes")
    work()
    assert len(bodies(stand_in, thread.contact.phone)) == 1


def test_an_answer_nobody_could_pass_on_is_told_once_by_another_way_too(
    plumber, dentist, twilio, stand_in, work, joined
):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    stand_in.requests.clear()
    twilio.text(HANDSET, "On my way")
    process("messaging.text_event")
    with plumber.scope():
        StaffPhone.objects.update(state="off")  # the phone may get no text about it
        item = claimed("inbox.handset")
        for _ in range(2):
            settled = import_string(AGENDA_DEAD_HANDLERS["inbox.handset"])
            settled(item, "RuntimeError: what broke")
        ways = set(Notice.objects.filter(kind="answer").values_list("channel", "state"))
        assert ways == {("live", "sent"), ("email", "waiting")}
        assert Activity.objects.filter(conversation=thread.pk).count() == 1
    assert stand_in.requests == []


def test_an_answer_that_did_not_arrive_is_told_to_him(
    plumber, dentist, twilio, stand_in, work, joined
):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    twilio.text(HANDSET, "On my way")
    work()
    with plumber.scope():
        sent = Message.objects.get(conversation=thread.pk, direction="out")
    [request] = texts_to(stand_in.requests, thread.contact.phone)
    stand_in.requests.clear()
    twilio.receipt(
        request["form"]["StatusCallback"], "undelivered", sent.provider_id, ErrorCode="30003"
    )
    work()
    [told] = bodies(stand_in, HANDSET)
    assert "Your answer to Maria did not arrive: " in told
    with plumber.scope():
        assert Notice.objects.filter(kind="answer", channel="live").count() == 1
    with dentist.scope():
        assert not Notice.objects.exists()


def test_an_answer_that_has_to_wait_is_not_taken_for_sent(plumber, twilio, stand_in, work, joined):
    thread = waits(plumber, "Maria")
    alert(plumber, thread)
    work()
    stand_in.requests.clear()
    PhoneNumber.objects.filter(e164=plumber.number).update(registration="pending")
    twilio.text(HANDSET, "On my way")
    work()
    with plumber.scope():
        assert Message.objects.get(conversation=thread.pk, direction="out").status == "held"
        held = Message.objects.filter(client_token__startswith="handset-answer:").get()
        assert "Your answer to Maria waits: our number is not registered" in held.body
    assert not bodies(stand_in, thread.contact.phone)


def test_a_stranger_who_said_stop_and_start_is_a_customer(plumber, dentist, twilio, stand_in, work):
    ask(plumber)
    work()
    twilio.text(HANDSET, "STOP")
    work()
    twilio.text(HANDSET, "START")
    work()
    stand_in.requests.clear()
    twilio.text(HANDSET, "My basement is under water, please come")
    work()
    with plumber.scope():
        thread = Contact.objects.get(phone=HANDSET).conversation
        assert thread.hidden == "" and thread.unread and thread.waiting_since is not None
        assert Wait.objects.filter(conversation=thread, ended_at=None).count() == 1
        assert not StaffPhone.objects.exists()
    assert not any("Alerts are off" in body for body in bodies(stand_in, HANDSET))
    with dentist.scope():
        assert not Conversation.objects.exists()


def test_a_member_s_phone_that_stopped_is_seen_and_told_once(
    plumber, twilio, stand_in, work, joined
):
    for words in ("STOP", "START", "On my way", "Hello?"):
        twilio.text(HANDSET, words)
        work()
    assert sum("Alerts are off for this phone" in body for body in bodies(stand_in, HANDSET)) == 1
    with plumber.scope():
        assert Contact.objects.get(phone=HANDSET).conversation.hidden == ""


def at_three_in_the_morning(user):
    """Let the member live where it is three in the night just now."""
    ahead = (3 - timezone.now().hour + 12) % 24 - 12
    User.objects.filter(pk=user.pk).update(timezone=f"Etc/GMT{-ahead:+d}")
    user.refresh_from_db()


def test_a_question_waits_for_the_member_s_morning_unless_an_owner_asks(
    plumber, dentist, stand_in, work
):
    ada = a_member(plumber, "agent", "Ada")
    for user in (ada, plumber.owner):
        at_three_in_the_morning(user)
    row = ask(plumber, user=ada)
    local = row.asked_at.astimezone(ZoneInfo(ada.timezone))
    assert (local.hour, local.minute) == (8, 0)
    work()
    assert bodies(stand_in, HANDSET) == [], "nobody is woken by a number that was mistyped"
    with pytest.raises(phones.PhoneError, match="in the morning"):
        ask(plumber, user=ada)
    # Another number takes its place: the first is not asked any more.
    other = a_caller()
    ask(plumber, other, user=ada)
    with plumber.scope():
        first = Message.objects.get(their_number=HANDSET)
        assert (first.status, first.error_code) == ("cancelled", "CALLED_OFF")
        assert Message.objects.get(their_number=other).status == "queued"
    ask(plumber, user=plumber.owner)
    work()
    assert len(bodies(stand_in, HANDSET)) == 1 and bodies(stand_in, other) == []
    with dentist.scope():
        assert not Message.objects.exists()


def at_once(work, things):
    """Do the same to several things in threads of their own, each with its own connection."""
    ready = Barrier(len(things))

    def one(thing):
        try:
            ready.wait(10)
            return work(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(one, things))


def test_no_business_asks_by_the_dozen_however_many_ask_at_once(plumber, dentist, work):
    members = [a_member(plumber, "agent", f"Ada {number}") for number in range(4)]
    now = timezone.now()
    with plumber.scope(), transaction.atomic():
        for number in range(phones.MOST_A_BUSINESS - 1):
            row = StaffPhone(phone=f"+1773556{3000 + number}")
            assert texts.say(row, "JOIN?", f"asked:{number}", now, invite=True) == ""

    def asked(number):
        try:
            ask(plumber, f"+1773556{4000 + number}", user=members[number])
        except phones.PhoneError as refused:
            return str(refused)
        return ""

    answers = at_once(asked, range(4))
    assert sorted(answers)[0] == "" and answers.count("") == 1
    assert all("enough for today" in answer for answer in answers if answer)
    with plumber.scope():
        invited = Message.objects.filter(purpose="staff_invite").count()
        assert invited == phones.MOST_A_BUSINESS
    with dentist.scope():
        assert not Message.objects.exists()
