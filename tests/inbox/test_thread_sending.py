"""Texts of members: taken back, scheduled, never past a colleague's answer; what the gate would say."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inbox.models import MemberSettings, QuickReply
from inbox.thread import sending
from inbox.thread.cursors import micros
from inbox.thread.sending import AnsweredMeanwhile, Member
from messaging import scheduled
from messaging.models import Contact, Conversation, Message, Refusal
from messaging.scheduled import HasLeft
from tenants import agenda
from tenants.models import AgendaItem
from tests.support.world import Biz


def conversation_of(biz: Biz, contact: Contact) -> int:
    with biz.scope():
        return Conversation.objects.get(contact=contact).pk


def box(page: str, name: str) -> str:
    """Return a hidden field of the reply box."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def texts(biz: Biz, **where) -> list[Message]:
    with biz.scope():
        return list(Message.objects.filter(direction="out", **where).order_by("created_at"))


def test_a_text_can_be_taken_back_and_its_words_return(
    owner, person, plumber, dentist, work, stand_in
):
    thread = conversation_of(plumber, person)
    owner.post(f"/c/{thread}/reply/", {"body": "Be there at 9", "client_token": "a"}, 303)
    (text,) = texts(plumber)
    assert text.status == "queued" and text.send_after is not None
    assert timedelta(seconds=3) < text.send_after - text.created_at <= timedelta(seconds=5)
    page = owner.get(f"/c/{thread}/")
    assert "Sending…" in page and f"/texts/{text.pk}/undo/" in page
    work()
    assert stand_in.requests == []  # nothing leaves before its time
    back = owner.client.post(
        f"/texts/{text.pk}/undo/", headers={"host": owner.host, "hx-request": "true"}
    )
    assert back.status_code == 200 and "Be there at 9</textarea>" in back.content.decode()
    assert "Be there at 9" not in owner.get(f"/c/{thread}/timeline/")
    (text,) = texts(plumber)
    assert (text.status, text.error_code) == ("cancelled", "UNDONE")
    assert not AgendaItem.objects.filter(subject=str(text.pk)).exists()
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).last_person_text_at is None
        assert "Be there" not in Conversation.objects.get(pk=thread).last_line
    assert texts(dentist) == []


def test_what_has_left_cannot_be_taken_back(owner, person, plumber, work, pass_time, stand_in):
    thread = conversation_of(plumber, person)
    owner.post(f"/c/{thread}/reply/", {"body": "Be there at 9", "client_token": "a"}, 303)
    (text,) = texts(plumber)
    with plumber.scope():
        Message.objects.filter(pk=text.pk).update(send_after=timezone.now())
    pass_time(10)
    work()
    assert len(stand_in.requests) == 1
    answer = owner.client.post(
        f"/texts/{text.pk}/undo/", {"body": "half written"},
        headers={"host": owner.host, "hx-request": "true"},
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 422 and "has left already" in page and "half written" in page
    owner.post("/texts/00000000-0000-7000-8000-000000000000/undo/", status=404)


def test_whoever_wants_no_undo_sends_at_once(owner, person, plumber, work, stand_in):
    with plumber.scope():
        MemberSettings.objects.create(user=owner.user.pk, undo_seconds=0, signature="– Dana")
    thread = conversation_of(plumber, person)
    assert "– Dana" in owner.get(f"/c/{thread}/")
    owner.post(f"/c/{thread}/reply/", {"body": "On our way\r\nsoon", "client_token": "a"}, 303)
    (text,) = texts(plumber)
    assert text.send_after is None and "On our way\nsoon\n– Dana" in text.body
    work()
    assert len(stand_in.requests) == 1


def test_of_undo_and_sending_exactly_one_wins(plumber, dentist, person, stand_in):
    """Both at once, over and over, in threads of their own: never both, never neither."""
    rounds, undone, sent = 12, 0, 0
    for _ in range(rounds):
        with plumber.scope():
            text = sending.send(
                person.phone, "Now or never", Member(1, "Ana", undo_seconds=5), token=None
            )
            Message.objects.filter(pk=text.pk).update(send_after=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("UPDATE public.tenants_agendaitem SET due_at = now()")
        start, outcome = threading.Barrier(2), []

        def undo(text=text, start=start, outcome=outcome) -> None:
            try:
                with plumber.scope():
                    start.wait()
                    outcome.append(bool(sending.undo(text, "Ana")))
            except HasLeft:
                outcome.append(False)
            finally:
                connection.close()

        def drain(start=start) -> None:
            try:
                start.wait()
                agenda.run_due("realtime")
            finally:
                connection.close()

        threads = [threading.Thread(target=undo), threading.Thread(target=drain)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        with plumber.scope():
            text.refresh_from_db()
        was_sent = text.status in ("sending", "sent", "delivered")
        assert [was_sent] == [not outcome[0]], text.status
        assert was_sent or text.status == "cancelled"
        undone, sent = undone + outcome[0], sent + was_sent
    assert undone + sent == rounds and len(stand_in.requests) == sent
    assert texts(dentist) == []


def test_a_colleague_s_answer_is_seen_before_one_s_own_goes(owner, agent, person, plumber):
    thread = conversation_of(plumber, person)
    seen = box(owner.get(f"/c/{thread}/"), "seen")
    agent.post(
        f"/c/{thread}/reply/", {"body": "I am on it", "client_token": "x", "seen": seen}, 303
    )
    typed = {"body": "Somebody will call", "client_token": "y", "seen": seen}
    page = owner.post(f"/c/{thread}/reply/", typed, 422)
    assert "Ada answered meanwhile" in page and "I am on it" in page
    assert "Somebody will call</textarea>" in page and "Send anyway" in page
    assert len(texts(plumber)) == 1
    again = typed | {"seen": box(page, "seen"), "client_token": box(page, "client_token")}
    owner.post(f"/c/{thread}/reply/", again, 303)
    assert [text.body[-18:] for text in texts(plumber)] == [
        texts(plumber)[0].body[-18:],
        "Somebody will call",
    ]
    # One's own earlier text, and one that was taken back, stand in nobody's way.
    owner.post(
        f"/c/{thread}/reply/",
        {"body": "And again", "client_token": "z", "seen": again["seen"]},
        303,
    )
    assert len(texts(plumber)) == 3


def test_of_two_members_who_send_at_once_one_is_told_of_the_other(plumber, dentist, person):
    seen = str(micros(timezone.now()))
    start, outcome = threading.Barrier(2), []

    def write(member: Member) -> None:
        try:
            with plumber.scope():
                start.wait()
                sending.send(
                    person.phone, f"Hello from {member.name}", member, token=None, seen=seen
                )
                outcome.append("sent")
        except AnsweredMeanwhile as told:
            outcome.append(told.text.author_name)
        finally:
            connection.close()

    members = [Member(91, "Ana"), Member(92, "Ben")]
    threads = [threading.Thread(target=write, args=(each,)) for each in members]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (text,) = texts(plumber)
    assert sorted(outcome) == sorted(["sent", text.author_name])
    assert texts(dentist) == []


def test_a_text_waits_for_the_hour_that_was_chosen(
    owner, person, plumber, work, pass_time, stand_in
):
    thread = conversation_of(plumber, person)
    with plumber.scope():
        Conversation.objects.filter(pk=thread).update(waiting_since=timezone.now())
    owner.post(
        f"/c/{thread}/reply/",
        {"body": "Good morning", "when": "tomorrow", "client_token": "a"},
        303,
    )
    (text,) = texts(plumber)
    assert timedelta(0) < text.send_after - text.created_at < timedelta(days=2)
    page = owner.get(f"/c/{thread}/")
    assert "1 scheduled text" in page and "Good morning" in page
    assert f'data-key="text-{text.pk}"' not in page  # it has not happened yet
    with plumber.scope():
        # Nobody was answered by what has not left.
        assert Conversation.objects.get(pk=thread).waiting_since is not None
        assert Contact.objects.get(pk=person.pk).last_person_text_at is None
        Contact.objects.filter(pk=person.pk).update(last_inbound_at=timezone.now())
    assert "Is it still right?" in owner.get(f"/c/{thread}/scheduled/")
    work()
    assert stand_in.requests == []
    before = texts(plumber)[0].created_at
    with plumber.scope():
        Message.objects.filter(pk=text.pk).update(
            send_after=timezone.now() - timedelta(seconds=1),
            created_at=timezone.now() - timedelta(hours=9),
        )
    pass_time(3 * 86400)
    work()
    assert len(stand_in.requests) == 1
    with plumber.scope():
        text.refresh_from_db()
        assert text.created_at > before  # it stands where it left
        assert Conversation.objects.get(pk=thread).waiting_since is None
        assert Contact.objects.get(pk=person.pk).last_person_text_at is not None
    assert "scheduled text" not in owner.get(f"/c/{thread}/scheduled/")


def test_a_scheduled_text_is_changed_sent_or_called_off(
    owner, agent, person, plumber, work, stand_in
):
    thread = conversation_of(plumber, person)
    hour = {"when": "hour", "client_token": "a"}
    owner.post(f"/c/{thread}/reply/", {"body": "First words"} | hour, 303)
    (first,) = texts(plumber)
    form = agent.get(f"/c/{thread}/composer/", edit=str(first.pk))
    assert "First words" in form and box(form, "replaces") == str(first.pk)
    changed = {
        "body": "Second words",
        "when": "hour",
        "client_token": "b",
        "replaces": str(first.pk),
    }
    agent.post(f"/c/{thread}/reply/", changed, 303)
    first, second = texts(plumber)
    assert (first.status, first.error_code, second.status) == ("cancelled", "REPLACED", "queued")
    assert "First words" not in owner.get(f"/c/{thread}/")
    # Another who changes the old one is told, and keeps his words.
    late = agent.post(f"/c/{thread}/reply/", changed | {"client_token": "c", "body": "Third"}, 422)
    assert "has left already" in late and "Third</textarea>" in late and len(texts(plumber)) == 2
    owner.post(f"/texts/{second.pk}/now/", status=303)
    work()
    assert len(stand_in.requests) == 1 and texts(plumber)[-1].status == "sent"
    owner.post(f"/texts/{second.pk}/call-off/", status=303)  # too late: it stays sent
    assert texts(plumber)[-1].status == "sent"
    owner.post(
        f"/c/{thread}/reply/",
        {"body": "Off", "when": "hour", "client_token": "d", "seen": "9" * 16},
        303,
    )
    last = texts(plumber)[-1]
    agent.post(f"/texts/{last.pk}/call-off/", status=303)
    assert "Called off by Ada before it left." in owner.get(f"/c/{thread}/")


@pytest.mark.parametrize(
    ("when", "at", "words"),
    [
        ("at", "2020-01-01T10:00", "at least two minutes away"),
        ("at", "2999-01-01T10:00", "within the next 90 days"),
        ("at", "tomorrow-ish", "choose a day and a time"),
        ("never", "", "choose a day and a time"),
    ],
)
def test_an_hour_nobody_can_send_at_is_refused(owner, person, plumber, when, at, words):
    thread = conversation_of(plumber, person)
    typed = {"body": "Kept words", "when": when, "at": at, "client_token": "a"}
    page = owner.post(f"/c/{thread}/reply/", typed, 422)
    assert words in page and "Kept words</textarea>" in page
    assert texts(plumber) == []


def test_an_opt_out_calls_scheduled_texts_off_and_closing_does_not(owner, person, plumber):
    from inbox import handling
    from inbox.activity import Actor
    from messaging.standing import opt_out_by_staff

    thread = conversation_of(plumber, person)
    owner.post(f"/c/{thread}/reply/", {"body": "Later", "when": "hour", "client_token": "a"}, 303)
    with plumber.scope():
        handling.close([thread], Actor(owner.user.pk, "Dana"), timezone.now())
    assert texts(plumber)[0].status == "queued"
    with plumber.scope():
        opt_out_by_staff(person.pk, actor="Dana", at=timezone.now())
    assert texts(plumber)[0].status == "cancelled"
    assert not AgendaItem.objects.filter(kind="messaging.deliver").exists()


def test_ten_megabytes_are_refused_with_words(owner, person, plumber, web_url):
    thread = conversation_of(plumber, person)
    page = owner.post(f"/c/{thread}/reply/", {"body": "x" * 20_000, "client_token": "a"}, 422)
    assert "20,000 characters" in page and "at most 1,600" in page
    answer = owner.sent(f"/c/{thread}/reply/", {"body": "x" * 10_000_000, "client_token": "a"})
    assert answer.status_code in (400, 413) and texts(plumber) == []


def test_the_gate_says_before_sending_what_will_happen(owner, person, plumber, dentist):
    from tests.inbox.test_compliance_page import pause

    thread = conversation_of(plumber, person)

    def told(**typed: str) -> str:
        return owner.post(f"/c/{thread}/foretell/", {"body": "Hello there"} | typed, 200)

    first = told()
    assert "Goes out at once" in first and "We add:" in first and "Lakeside Plumbing" in first
    assert "Goes out" in told(when="hour") and "Goes out at once" not in told(when="hour")
    assert "Not possible" in told(body="Look at bit.ly/3xYz")
    assert "at most 1,600" in told(body="x" * 2_000)
    with plumber.scope():
        pause(person)
    assert "Waits until somebody decides" in told()
    with plumber.scope():
        Contact.objects.filter(pk=person.pk).update(opted_out_at=timezone.now(), paused_until=None)
    out = told()
    assert "Not possible" in out and "texting START" in out
    with plumber.scope():
        assert not Message.objects.filter(direction="out").exists()
        assert not Refusal.objects.exists()  # it only asked
    assert texts(dentist) == []


def test_quick_replies_fill_their_fields_and_belong_to_their_owner(owner, agent, person, plumber):
    thread = conversation_of(plumber, person)
    with plumber.scope():
        QuickReply.objects.all().delete()
        ours = QuickReply.objects.create(
            shortcut="eta",
            title="On our way",
            body="Hi {first_name}, {business} is on the way. {member}",
        )
        QuickReply.objects.create(
            shortcut="mine", title="Mine", body="{name} <script>x</script>", owner=owner.user.pk
        )
    page = owner.get(f"/c/{thread}/quick/", q="et")
    assert "Hi Maria, Lakeside Plumbing is on the way." in page and "Mine" not in page
    everything = owner.get(f"/c/{thread}/quick/")
    assert "&lt;script&gt;x" in everything and "<script>" not in everything
    assert "Mine" not in agent.get(f"/c/{thread}/quick/")
    owner.get(f"/c/{thread}/quick/", 204, used=str(ours.pk))
    with plumber.scope():
        ours.refresh_from_db()
        assert ours.uses == 1
        QuickReply.objects.all().delete()
    # Where there are none, whoever can change that is led there.
    assert 'href="/settings/replies/"' in owner.get(f"/c/{thread}/quick/")
    none = agent.get(f"/c/{thread}/quick/")
    assert "href=" not in none and "Whoever manages the business" in none


def test_a_refusal_while_a_scheduled_text_is_changed_leaves_it_waiting(plumber, person):
    with plumber.scope():
        at = timezone.now() + timedelta(hours=2)
        text = sending.send(person.phone, "Fine words", Member(1, "Ana"), token=None, at=at)
        with pytest.raises(Exception, match=r"."):
            sending.send(
                person.phone,
                "See bit.ly/3xYz",
                Member(1, "Ana"),
                token=None,
                at=at,
                replaces=str(text.pk),
            )
        text.refresh_from_db()
        assert text.status == "queued" and scheduled.waiting(str(text.pk)) is not None
        with transaction.atomic():
            assert AgendaItem.objects.filter(subject=str(text.pk)).count() == 1
