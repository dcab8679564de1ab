"""From `tell` to the browser, the letter box and the chat; retries, refusals, and once only."""

from __future__ import annotations

import io
import json
import smtplib
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from config.letters import OneLine
from inbox import handling
from inbox.activity import Actor
from inbox.models import AlertHook, MemberSettings, Note, Notice, PushSubscription, Wait
from inbox.notices import chat, handing, outgoing, push, services
from inbox.notices import mail as letters
from messaging.models import Conversation
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem, Membership
from tests.inbox.conftest import a_member
from tests.support.hooks import a_caller
from tests.support.receivers import Browser, vapid_claims

HOOKS = {
    "slack": "https://hooks.slack.com/services/T0/B0/secret",
    "teams": "https://prod-1.westus.logic.azure.com:443/workflows/ab/triggers/manual?sig=secret",
    "gchat": "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=secret",
}


@pytest.fixture
def maria(plumber):
    """Somebody who waits for an answer of the plumber."""
    now = timezone.now()
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), now, "Maria")
        thread = touch_conversation(contact.pk, at=now, line="Leak!", direction="in", unread=1)
        Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=900,
            due_at=now + timedelta(minutes=15),
        )  # fmt: skip
    return thread


def tell(biz, thread, channels, users=None, key="wait:1", **more):
    """Tell the business's owner of somebody who waits."""
    with biz.scope(), transaction.atomic():
        wait = Wait.objects.filter(conversation=thread).first()
        return services.tell(
            "waiting", user_ids=users or [biz.owner.pk], channels=channels, conversation_id=thread,
            wait_id=wait.pk if wait else None, key=key,
            **{"title": "Maria waits 12 min", "body": "My boiler <!channel> leaks", **more},
        )  # fmt: skip


def subscribed(biz, receiver, user=None, name="one"):
    browser = Browser(receiver.url, name)
    with biz.scope(), transaction.atomic():
        push.subscribe((user or biz.owner).pk, browser.endpoint, browser.keys, "Chrome on Windows")
    return browser


def states(biz):
    with biz.scope():
        return dict(Notice.objects.values_list("channel", "state"))


def test_a_push_is_encrypted_for_the_browser_alone_and_signed(
    plumber, dentist, maria, receiver, work, settings
):
    browser = subscribed(plumber, receiver)
    assert tell(plumber, maria, ["push"]) == 2  # the bell, and the browser
    work()
    [got] = receiver.got
    told = browser.read(got)
    assert got.path == browser.path and b"Maria" not in got.body
    assert told["title"] == "Maria waits 12 min" and told["url"] == f"/c/{maria}/"
    assert "<" not in told["body"] and told["badge"] == 1
    claims = vapid_claims(got, settings.VAPID_PUBLIC_KEY)
    assert claims["aud"] == receiver.url and claims["sub"].startswith("mailto:")
    assert (
        got.headers["TTL"] and got.headers["Urgency"] == "high" and len(got.headers["Topic"]) == 32
    )
    assert states(plumber) == {"live": "sent", "push": "sent"}
    assert states(dentist) == {}


def test_the_same_thing_is_told_once_however_often_it_is_said(plumber, maria, receiver, work):
    subscribed(plumber, receiver)
    said = []

    def again():
        try:
            said.append(tell(plumber, maria, ["push", "email"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert sorted(said) == [0, 0, 0, 3]
    assert len(receiver.got) == 1 and len(mail.outbox) == 1
    assert tell(plumber, maria, ["push"], step=1) == 2, "another step is another notice"


def test_a_browser_that_is_gone_is_forgotten(plumber, maria, receiver, work):
    subscribed(plumber, receiver)
    receiver.answers = [410]
    tell(plumber, maria, ["push"])
    work()
    with plumber.scope():
        assert not PushSubscription.objects.exists()
        notice = Notice.objects.get(channel="push")
    assert notice.state == "failed" and "no more" in notice.reason


def test_a_push_service_that_is_away_is_asked_again_and_no_longer_than_it_is_of_use(
    plumber, maria, receiver, work, pass_time
):
    subscribed(plumber, receiver)
    receiver.answers = [503, 429]
    tell(plumber, maria, ["push"])
    work()
    assert len(receiver.got) == 1 and states(plumber)["push"] == "waiting"
    pass_time(6)
    work()
    pass_time(21)
    work()
    assert len(receiver.got) == 3 and states(plumber)["push"] == "sent"
    receiver.answers = [503] * 20
    tell(plumber, maria, ["push"], key="wait:2")
    for _ in range(10):
        work()
        pass_time(1300)
    assert len(receiver.got) == 3 + 7
    with plumber.scope():
        assert Notice.objects.get(key__startswith="wait:2:push").state == "failed"
    assert not AgendaItem.objects.filter(kind="inbox.notice").exists()


def test_an_e_mail_has_plain_words_a_link_and_a_way_out(plumber, maria, work, settings):
    tell(plumber, maria, ["email"], body="<b>Leak</b> see http://evil.example/x")
    work()
    [letter] = mail.outbox
    page = letter.alternatives[0].content
    assert letter.to == [plumber.owner.email] and "Maria waits 12 min" in letter.subject
    assert f"://{plumber.host}" in letter.body and f"/c/{maria}/" in letter.body
    assert "evil" not in letter.body + page and "<b>" not in page
    assert letter.extra_headers["List-Unsubscribe"].endswith("/notices/ways/>")


def test_without_a_mail_server_a_letter_is_one_line_of_the_log():
    written = io.StringIO()
    letter = mail.EmailMultiAlternatives(
        "Maria waits",
        "Hello\n\nhttp://a.localhost:8000/c/7/\nhttp://b.localhost/",
        to=["a@b.example"],
    )
    letter.attach_alternative("<html>Hello</html>", "text/html")
    assert OneLine(stream=written).send_messages([letter]) == 1
    said = "e-mail to a@b.example: Maria waits http://a.localhost:8000/c/7/\n"
    assert written.getvalue() == said


def test_a_header_takes_no_second_line(plumber, maria, work):
    tell(plumber, maria, ["email"], title="Maria\r\nBcc: spy@evil.example")
    work()
    [letter] = mail.outbox
    assert "\n" not in letter.subject and letter.recipients() == [plumber.owner.email]


@pytest.mark.parametrize("kind", sorted(HOOKS))
def test_a_chat_is_told_in_words_that_mention_nobody(plumber, maria, receiver, work, kind):
    with plumber.scope():
        AlertHook.objects.create(kind=kind, name="Front desk", url=HOOKS[kind],
                                 created_at=timezone.now())  # fmt: skip
    tell(
        plumber, maria, ["hook"], title="Maria <!here> @channel", body="see [x](https://e.example)"
    )
    work()
    [got] = receiver.got
    words = json.dumps(got.json)
    for harmful in ("<!", "@channel", "e.example"):
        assert harmful not in words
    assert f"/c/{maria}/" in words and "secret" in got.path
    with plumber.scope():
        hook = AlertHook.objects.get()
        assert hook.used_at is not None and hook.last_error == ""
        assert "secret" not in repr(hook) + str(hook)


def test_a_chat_that_refuses_says_so_on_its_row(plumber, maria, receiver, work):
    with plumber.scope():
        AlertHook.objects.create(
            kind="slack", name="x", url=HOOKS["slack"], created_at=timezone.now()
        )
    receiver.answers = [403]
    tell(plumber, maria, ["hook"])
    work()
    with plumber.scope():
        assert AlertHook.objects.get().last_error == "Slack: Refused (HTTP 403)."
        assert Notice.objects.get(channel="hook").state == "failed"


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("slack", "http://hooks.slack.com/services/T0/B0/x"),
        ("slack", "https://hooks.slack.com.evil.example/services/T0/B0/x"),
        ("slack", "https://user@hooks.slack.com/services/T0/B0/x"),
        ("slack", "https://hooks.slack.com:8443/services/T0/B0/x"),
        ("slack", "https://hooks.slack.com/other"),
        ("teams", "https://169.254.169.254/workflows/x"),
        ("teams", "https://evil.example/.webhook.office.com/webhookb2/x"),
        ("gchat", "https://chat.googleapis.com/v1/other"),
        ("irc", "https://hooks.slack.com/services/T0/B0/x"),
    ],
)
def test_only_the_chats_own_hosts_are_kept(kind, url):
    assert chat.problem_of(kind, url)
    for known, right in HOOKS.items():
        assert chat.problem_of(known, right) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://10.1.2.3/x", "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x", "https://169.254.169.254/latest", "https://0.0.0.0/x",
        "https://[64:ff9b::a00:1]/x", "https://[::127.0.0.1]/x", "https://[fec0::1]/x",
        "https://[::ffff:0:127.0.0.1]/x", "https://[64:ff9b:1::a00:1]/x",
        "https://2130706433/", "https://100.64.0.1/x",
    ],
)  # fmt: skip
def test_no_push_leads_into_a_private_network(url):
    sent = outgoing.post(url, b"x", {})
    assert sent.kind == "refused" and url not in sent.reason


@pytest.mark.parametrize(
    "url",
    ["http://push.example/x", "ftp://push.example/", "https://a:b@push.example/", "https:///x",
     "https://push.example/" + "x" * 1000, "https://push.example/\r\nHost: x",
     "https://push.example:99999/", "https://push.example:25/"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_by_its_form(plumber, url):
    with pytest.raises(outgoing.Refused):
        outgoing.checked(url)
    browser = Browser("https://push.example")
    with plumber.scope(), transaction.atomic(), pytest.raises(push.BadSubscription):
        push.subscribe(plumber.owner.pk, url, browser.keys, "")


def test_outside_his_hours_a_member_hears_it_in_the_morning_or_not_at_all(
    plumber, maria, receiver, work, pass_time
):
    browser = subscribed(plumber, receiver)
    today = timezone.now().astimezone(timezone.get_default_timezone()).weekday()
    with plumber.scope():
        MemberSettings.objects.create(
            user=plumber.owner.pk, notices={"push": {"days": [(today + 3) % 7]}}
        )
    tell(plumber, maria, ["push"])
    tell(plumber, maria, ["push"], step=1, title="Maria waits 15 min")
    work()
    assert receiver.got == [] and states(plumber)["push"] == "waiting"
    with plumber.scope():
        MemberSettings.objects.update(notices={})
    pass_time(4 * 86400)
    work()
    [got] = receiver.got
    assert browser.read(got)["title"] == "Maria waits 15 min", "the later one says it"
    with plumber.scope():
        assert set(Notice.objects.filter(channel="push").values_list("state", "reason")) == {
            ("sent", ""), ("skipped", "A later notice says it."),
        }  # fmt: skip


@pytest.mark.parametrize("over", ["ended", "acknowledged", "seen", "gone", "hidden"])
def test_what_is_over_when_its_turn_comes_is_not_told(plumber, maria, receiver, work, over):
    subscribed(plumber, receiver)
    tell(plumber, maria, ["push", "email"])
    now = timezone.now()
    with plumber.scope():
        if over == "ended":
            Wait.objects.update(ended_at=now, ended_how="answered")
        elif over == "acknowledged":
            Wait.objects.update(acknowledged_at=now)
        elif over == "seen":
            services.looked(plumber.owner.pk, maria)
        elif over == "hidden":
            Conversation.objects.filter(pk=maria).update(hidden="staff")
        else:
            Membership.objects.filter(user=plumber.owner).update(is_active=False)
    work()
    assert receiver.got == [] and mail.outbox == []
    assert {state for channel, state in states(plumber).items() if channel != "live"} == {"skipped"}


def test_a_stranger_and_another_business_hear_nothing(plumber, dentist, maria, receiver, work):
    subscribed(dentist, receiver)
    assert tell(plumber, maria, ["live", "push", "email"], users=[dentist.owner.pk]) == 2
    work()
    assert receiver.got == [] and mail.outbox == []
    assert states(plumber) == {"live": "skipped", "email": "skipped"}
    assert states(dentist) == {}


def test_who_is_named_in_a_note_is_told_until_he_has_seen_it(plumber, maria, receiver, work):
    ada = a_member(plumber, "agent", "Ada")
    browser = subscribed(plumber, receiver, ada)
    with plumber.scope(), transaction.atomic():
        note = Note.objects.create(
            conversation_id=maria, author=plumber.owner.pk, author_name="Olly", body="@Ada look",
            mentions=[ada.pk, plumber.owner.pk], created_at=timezone.now(),
        )  # fmt: skip
        note.named.create(user=ada.pk)
        assert services.mentioned(note) == 3  # bell, browser, letter; not to himself
    with plumber.scope():
        note.named.update(seen_at=None)
    work()
    assert browser.read(receiver.got[0])["title"] == "Olly mentioned you"
    assert [letter.to for letter in mail.outbox] == [[ada.email]]


def test_whose_it_is_now_is_told_and_nobody_of_what_he_took_himself(plumber, maria, work):
    ada = a_member(plumber, "agent", "Ada")
    owner = Actor(plumber.owner.pk, str(plumber.owner))
    with plumber.scope(), transaction.atomic():
        Conversation.objects.filter(pk=maria).update(assignee=ada.pk)
        assert services.assigned([maria], ada.pk, Actor(ada.pk, "Ada")) == 0
        assert services.assigned([maria], ada.pk, owner) == 2
    work()
    assert "gave you Maria" in mail.outbox[0].subject
    with plumber.scope(), transaction.atomic():
        assert services.assigned([maria] * 5, ada.pk, owner) == 2
    work()
    assert "gave you 5 conversations" in mail.outbox[1].subject


def test_whom_a_colleague_gives_a_conversation_is_told_of_it(plumber, dentist, maria, work):
    ada = a_member(plumber, "agent", "Ada")
    with plumber.scope():
        done = handling.assign([maria], ada.pk, Actor(plumber.owner.pk, "Dana"), timezone.now())
        assert done.count == 1
        handling.assign([maria], plumber.owner.pk, Actor(plumber.owner.pk, "Dana"), timezone.now())
        told = Notice.objects.filter(kind="assigned")
        assert set(told.values_list("user", "channel")) == {(ada.pk, "live"), (ada.pk, "email")}
    with dentist.scope():
        assert not Notice.objects.exists()


def test_a_test_notice_reaches_the_one_device(plumber, receiver, work):
    one, two = subscribed(plumber, receiver), subscribed(plumber, receiver, name="two")
    with plumber.scope(), transaction.atomic():
        row = PushSubscription.objects.order_by("pk").last()
        handing.test("push", row.pk, plumber.owner.pk, "It works", "")
    work()
    [got] = receiver.got
    assert got.path == two.path and two.read(got)["title"] == "It works" and one.path != two.path


def test_a_device_belongs_to_whoever_subscribed_it_last(plumber, receiver):
    ada = a_member(plumber, "agent", "Ada")
    browser = subscribed(plumber, receiver)
    with plumber.scope(), transaction.atomic():
        push.subscribe(ada.pk, browser.endpoint, browser.keys, "Chrome")
        assert list(PushSubscription.objects.values_list("user", flat=True)) == [ada.pk]
        for number in range(push.MOST_DEVICES + 3):
            push.subscribe(ada.pk, f"{receiver.url}/p/{number}", browser.keys, "")
        assert PushSubscription.objects.count() == push.MOST_DEVICES


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no such user")}), "refused"),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (451, b"later")}), "retry"),
        (smtplib.SMTPDataError(554, b"spam"), "refused"),
        (smtplib.SMTPServerDisconnected("gone"), "retry"),
        (TimeoutError("slow"), "retry"),
    ],
)
def test_what_a_mail_server_says_is_for_now_or_for_good(monkeypatch, problem, kind):
    def refuse(_letter):
        raise problem

    monkeypatch.setattr(letters.EmailMultiAlternatives, "send", refuse)
    letter = letters.Letter(
        "a@b.example", "", "Lakeside", "Maria waits", "", "", "https://x.example"
    )
    sent = letters.send(letter)
    assert sent.kind == kind and "a@b.example" not in sent.reason


def test_without_a_mail_server_production_says_so(settings):
    settings.HAS_EMAIL = False
    letter = letters.Letter(
        "a@b.example", "", "Lakeside", "Maria waits", "", "", "https://x.example"
    )
    assert letters.send(letter).reason == "E-mail is not set up on this server."
