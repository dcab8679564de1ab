"""The page of one person: profile, standing, erasing; and the verbs behind its buttons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from messaging import holds, standing
from messaging.models import Alert, AuditEntry, ConsentEvent, Contact, Message
from messaging.people import lock_contact
from messaging.services import NotAllowed, send_as
from messaging.standing import StandingError
from tenants.models import AgendaItem
from tests.inbox.conftest import Member
from tests.inbox.test_compliance_page import pause


def test_a_person_belongs_to_one_business(owner, other_owner, plumber, person):
    assert "Maria Lopez" in owner.get(f"/contacts/{person.pk}/")
    assert (
        "Maria Lopez"
        not in other_owner.client.get(
            f"/contacts/{person.pk}/", headers={"host": other_owner.host}
        ).content.decode()
    )
    stranger = Member(other_owner.user, plumber.host)
    assert "Maria" not in stranger.get(f"/contacts/{person.pk}/", 404)
    owner.get("/contacts/999999999999999999999/", 404)
    for verb in ("opt-out", "resume", "erase"):
        owner.post(f"/contacts/987654/{verb}/", status=404)
        assert (
            owner.client.get(
                f"/contacts/{person.pk}/{verb}/", headers={"host": owner.host}
            ).status_code
            == 405
        )


def test_the_thread_leads_to_the_page_and_back(owner, person, plumber):
    with plumber.scope():
        conversation = Contact.objects.get(pk=person.pk).conversation.pk
    assert f'href="/contacts/{person.pk}/"' in owner.get(f"/c/{conversation}/")
    assert f'href="/c/{conversation}/"' in owner.get(f"/contacts/{person.pk}/")


def test_where_somebody_is_can_be_said(owner, person, plumber):
    page = owner.post(
        f"/contacts/{person.pk}/",
        {"name": "Maria L.", "state": "texas", "zone": "", "source": "stated"},
    )
    assert "Saved." in page and 'value="Texas"' in page and "Maria L." in page
    with plumber.scope():
        stored = Contact.objects.get(pk=person.pk)
        assert (stored.state, stored.zone, stored.place_source) == ("TX", "", "stated")
        assert stored.place_at is not None
        assert AuditEntry.objects.filter(action="contact.place").count() == 1
    owner.post(f"/contacts/{person.pk}/", {"name": "Maria", "state": "", "zone": "", "source": ""})
    with plumber.scope():
        stored = Contact.objects.get(pk=person.pk)
        assert (stored.state, stored.place_source, stored.place_at) == ("", "", None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"state": "Ontario"}, "State: expected a state of US"),
        ({"state": "<script>"}, "State: expected a state of US"),
        ({"state": "Texas", "zone": "Mars/Olympus"}, "Zone: expected a time zone"),
        ({"zone": "America/Chicago"}, "State: choose the state as well"),
        ({"state": "Texas", "source": "guess"}, "Source: say how you know it"),
        ({"name": "x" * 121}, "Name: expected at most 120"),
    ],
)
def test_a_wrong_entry_names_its_field_and_is_kept(owner, person, plumber, wrong, words):
    typed = {"name": "Typed name", "state": "", "zone": "", "source": "stated"} | wrong
    page = owner.post(f"/contacts/{person.pk}/", typed, status=422)
    assert words in page and "<script>" not in page.partition("<body>")[2]
    if "name" not in wrong:
        assert 'value="Typed name"' in page
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).name == "Maria Lopez"


def test_a_stop_by_phone_is_obeyed_and_written_down(agent, person, plumber):
    with plumber.scope():
        pause(person)
        text = send_as(person.phone, "Are you home?", author="person")
    assert text.status == "held"
    page = agent.post(f"/contacts/{person.pk}/opt-out/")
    assert "Texts are off" in page and "text <strong>START</strong>" in page
    assert "stop-dialog" not in page  # no button opts anybody in again
    with plumber.scope():
        event = ConsentEvent.objects.get(kind="opt_out")
        assert (event.channel, event.matched_by, event.actor) == ("staff", "human", "Ada")
        stored = Contact.objects.get(pk=person.pk)
        assert stored.opted_out_at is not None and stored.paused_until is None
        text.refresh_from_db()
        assert text.status == "cancelled"
        assert not AgendaItem.objects.filter(subject=str(text.pk)).exists()
        assert not Alert.objects.filter(resolved_at=None).exists()
        with pytest.raises(NotAllowed):
            send_as(person.phone, "Hello?", author="person")
    agent.post(f"/contacts/{person.pk}/opt-out/")  # twice is one row
    refused = agent.post(f"/contacts/{person.pk}/resume/")
    assert "only their own START brings texts back" in refused
    with plumber.scope():
        assert ConsentEvent.objects.filter(kind__in=["opt_out", "resume"]).count() == 1


def test_resumed_texts_are_asked_again_at_once(agent, person, plumber):
    with plumber.scope():
        pause(person)
        text = send_as(person.phone, "Are you home?", author="person")
        conversation = text.conversation_id
    thread = agent.get(f"/c/{conversation}/")
    assert "Their last reply could mean stop." in thread
    assert "Waits until somebody decides" in thread
    # What is written now would wait as well; the line under the box says so.
    told = agent.sent(f"/c/{conversation}/foretell/", {"body": "And today?"})
    assert "Waits until somebody decides" in told.content.decode()
    answer = agent.sent(f"/contacts/{person.pk}/resume/", {"back": "thread"})
    assert answer.headers["Location"] == f"/c/{conversation}/"
    assert "Their last reply could mean stop." not in agent.get(f"/c/{conversation}/")
    with plumber.scope():
        event = ConsentEvent.objects.get(kind="resume")
        assert (event.channel, event.matched_by, event.actor) == ("staff", "human", "Ada")
        assert Contact.objects.get(pk=person.pk).paused_until is None
        assert AgendaItem.objects.get(subject=str(text.pk)).due_at <= timezone.now()
        assert Alert.objects.get().resolved_by == "Ada"
        assert not standing.resume_by_staff(person.pk, actor="Ada", at=timezone.now())


def test_a_pause_that_is_over_is_not_resumed(person, plumber):
    with plumber.scope():
        pause(person)
        later = timezone.now() + timedelta(days=8)
        assert not standing.resume_by_staff(person.pk, actor="Ada", at=later)
        assert not ConsentEvent.objects.filter(kind="resume").exists()
        with pytest.raises(StandingError, match="contact: there is no such person"):
            standing.opt_out_by_staff(10**15, actor="Ada", at=later)


def test_only_an_owner_erases_and_says_so_twice(owner, manager, agent, person, plumber):
    path = f"/contacts/{person.pk}/erase/"
    for member in (manager, agent):
        member.post(path, {"sure": "yes"}, status=403)
        assert "A person is erased by an owner." in member.get(f"/contacts/{person.pk}/")
    assert "say first that no law" in owner.post(path, status=422)
    with plumber.scope():
        hold = holds.place(person.phone, "Matter 7", "Dana", timezone.now())
    assert "a legal hold" in owner.post(path, {"sure": "yes"}, status=422)
    assert "Matter 7" in owner.get(f"/contacts/{person.pk}/")
    with plumber.scope():
        holds.lift(hold.pk, "Dana", timezone.now())
        assert Contact.objects.get(pk=person.pk).erased_at is None
    page = owner.post(path, {"sure": "yes"})
    assert "Erased person" in page and "Maria" not in page and person.phone not in page
    with plumber.scope():
        gone = Contact.objects.select_related("conversation").get(pk=person.pk)
        assert gone.erased_at is not None
        assert AuditEntry.objects.get(action="person.erase").actor == str(owner.user)
        with pytest.raises(StandingError, match="was erased"):
            standing.opt_out_by_staff(person.pk, actor="Ada", at=timezone.now())
    owner.post(f"/contacts/{person.pk}/", {"name": "Zebediah", "source": "stated"}, status=422)
    assert "Zebediah" not in owner.get(f"/contacts/{person.pk}/")
    thread = owner.get(f"/c/{gone.conversation.pk}/")
    assert "This person was erased." in thread and "tel:" not in thread and gone.phone not in thread


def test_every_look_is_written_down(agent, person, plumber):
    agent.get(f"/contacts/{person.pk}/")
    with plumber.scope():
        entry = AuditEntry.objects.get(action="ledger.view")
        assert (entry.actor, entry.door, entry.subject) == ("Ada", "page", str(person.pk))


def test_a_text_says_why_it_was_sent_and_a_refusal_why_not(owner, person, plumber, work, stand_in):
    with plumber.scope():
        text = send_as(person.phone, "Good morning", author="person", author_name="Dana")
        with pytest.raises(NotAllowed):
            send_as(person.phone, "See bit.ly/3xYz", author="person", author_name="Dana")
    page = owner.get(f"/c/{text.conversation_id}/")
    assert "ALLOW_MANUAL" in page and "Illinois, by area code" in page
    assert (
        "Central time" in page and "Version 1, implied by the call" in page
    ) or "Version" in page
    assert "Text not sent: " in page and "CONTENT_BLOCKED" in page
    # The words that were refused stand there, not in the fold alone, and once.
    assert page.count("See bit.ly/3xYz") == 1
    assert page.index("See bit.ly/3xYz") < page.index("Why it was not sent")
    assert "Why it was allowed" in page
    work()
    with plumber.scope():
        assert Message.objects.get(pk=text.pk).status == "sent"
    fragment = owner.get(f"/c/{text.conversation_id}/timeline/")
    assert "Why it was sent" in fragment and f"/contacts/{person.pk}/" in owner.get(
        f"/contacts/{person.pk}/"
    )


def test_somebody_whose_only_text_was_kept_back_has_a_page(owner, plumber):
    with plumber.scope():
        with pytest.raises(NotAllowed):
            send_as("+8801712345678", "Hello from us", author="person", author_name="Dana")
        stranger = Contact.objects.get(phone="+8801712345678")
    page = owner.get(f"/contacts/{stranger.pk}/")
    assert "COUNTRY_NOT_ENABLED" in page and "Back to the conversation" not in page
    assert f'href="/contacts/{stranger.pk}/"' in owner.get("/compliance/texts/")
    answer = owner.sent(f"/contacts/{stranger.pk}/opt-out/", {"back": "thread"})
    assert answer.headers["Location"] == f"/contacts/{stranger.pk}/"


def test_old_texts_without_an_answer_show_none(owner, person, plumber):
    with plumber.scope():
        text = send_as(person.phone, "Good morning", author="person")
        Message.objects.filter(pk=text.pk).update(clearances=[])
    page = owner.get(f"/c/{text.conversation_id}/")
    assert "Good morning" in page and "Why it was" not in page


def test_a_refused_missed_call_tells_the_gate_in_its_receipt(owner, plumber, twilio, work):
    caller = "+12065561234"  # Washington
    call = twilio.call(caller)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    call.ends()
    work()
    with plumber.scope():
        contact = Contact.objects.get(phone=caller)
        conversation = contact.conversation.pk
    page = owner.get(f"/c/{conversation}/")
    assert page.count("CONSENT_LEVEL_TOO_LOW") >= 1
    assert "Text not sent" not in page  # the receipt says it
    assert "Washington, by area code" in page and "Less consent than your policy wants" in page


def test_events_are_told_in_words(owner, person, plumber):
    from messaging import consent

    with plumber.scope(), transaction.atomic():
        locked = lock_contact(person.phone, timezone.now())
        at = timezone.now()
        for kind, more in (
            ("consent", {"level": 4, "channel": "sms", "raw_text": "Hi"}),
            ("consent", {"level": 1, "channel": "call"}),
            ("pause", {"channel": "sms", "raw_text": "enough"}),
            ("resume", {"channel": "sms", "matched_by": "answer"}),
            ("resume", {"channel": "staff", "matched_by": "human", "actor": "Ada"}),
            ("invalid", {"channel": "provider"}),
            ("refusal", {"channel": "voicemail", "raw_text": "no texts please"}),
            ("help", {"channel": "sms", "raw_text": "HELP"}),
            ("opt_out", {"channel": "staff", "actor": "Ada"}),
            ("opt_out", {"channel": "provider", "matched": "error 21610"}),
            ("opt_in", {"channel": "sms", "raw_text": "START"}),
            ("erasure", {"channel": "staff", "actor": "Ada"}),
        ):
            consent.record(locked, kind, at=at, **more)
        conversation = Contact.objects.get(pk=person.pk).conversation.pk
    page = owner.get(f"/c/{conversation}/")
    for words in (
        "Agreed to texts by writing to us", "Texts paused: “enough” could mean stop",
        "Texts go on: they wrote again", "Texts go on: Ada decided",
        "this number gets no texts", "Said by voice that they want no texts: “no texts please”",
        "Asked for help: replied “HELP”", "Opted out: told Ada by phone",
        "Opted out: the carrier told us", "Opted in again: replied “START”",
        "Erased on request by Ada",
    ):  # fmt: skip
        assert words in page, words
    assert "Called, which allows one answer" not in page
