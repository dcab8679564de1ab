"""Notes with mentions, the panel, a new text to anyone, calling back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from calls import placing_limits
from calls.models import Call
from inbox.activity import Actor
from inbox.models import CustomField, Mention, Note, Notice, Promise, Wait
from inbox.people import merging
from messaging.models import Contact, Conversation, Message, Refusal
from tenants.models import AgendaItem, PhoneNumber
from tests.inbox.conftest import Member
from tests.providers.api import serving


@pytest.fixture
def thread(plumber, person) -> int:
    with plumber.scope():
        return Conversation.objects.get(contact=person).pk


def of(owner: Member, thread: int) -> str:
    return owner.get(f"/c/{thread}/timeline/")


def test_a_note_names_a_colleague_and_he_is_told(owner, agent, plumber, dentist, thread):
    ada = agent.user.pk
    body = "@Ada please call her <script>alert(1)</script> @Nobody"
    typed = {"body": body, "named": f"{ada},999,x", "client_token": "n1"}
    owner.post(f"/c/{thread}/notes/", typed, 303)
    owner.post(f"/c/{thread}/notes/", typed, 303)  # a click sent twice is one note
    with plumber.scope():
        note = Note.objects.get()
        assert (note.mentions, note.author) == ([ada], owner.user.pk)
        assert Mention.objects.get().user == ada
        assert set(Notice.objects.filter(kind="mention").values_list("user", flat=True)) <= {ada}
        assert Notice.objects.filter(kind="mention").exists()
    page = of(agent, thread)
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    assert "Ada" in owner.get("/notes/members/") and "Desert" not in owner.get("/notes/members/")
    with dentist.scope():
        assert not Note.objects.exists()


def test_a_note_is_changed_and_removed_by_its_author_alone(owner, agent, plumber, thread):
    owner.post(f"/c/{thread}/notes/", {"body": "First", "client_token": "n1"}, 303)
    with plumber.scope():
        note = Note.objects.get()
    agent.get(f"/notes/{note.pk}/", 403)
    agent.post(f"/notes/{note.pk}/", {"body": "Hacked"}, 403)
    agent.post(f"/notes/{note.pk}/remove/", status=403)
    assert "First</textarea>" in owner.get(f"/notes/{note.pk}/")
    assert "empty" in owner.post(f"/notes/{note.pk}/", {"body": "  "}, 422)
    owner.post(f"/notes/{note.pk}/", {"body": "Second, @Ada", "named": str(agent.user.pk)}, 204)
    page = of(owner, thread)
    assert "Second" in page and "edited" in page and "First" not in page
    with plumber.scope():
        assert Mention.objects.get().user == agent.user.pk
    owner.post(f"/notes/{note.pk}/remove/", status=204)
    assert "Second" not in of(owner, thread)
    owner.get(f"/notes/{note.pk}/", 404)
    with plumber.scope():
        assert not Mention.objects.exists()


def test_a_note_that_cannot_be_kept_stays_in_its_box(owner, plumber, thread):
    assert "The note is empty" in owner.post(f"/c/{thread}/notes/", {"body": " "}, 422)
    long = owner.post(f"/c/{thread}/notes/", {"body": "y" * 5_001}, 422)
    assert "at most 5,000" in long and "yyyy</textarea>" in long
    with plumber.scope():
        assert not Note.objects.exists()


def test_the_panel_says_who_it_is_and_what_waits(owner, other_owner, plumber, person, thread):
    now = timezone.now()
    with plumber.scope():
        CustomField.objects.all().delete()
        CustomField.objects.create(key="boiler", label="Boiler <b>", kind="text")
        Contact.objects.filter(pk=person.pk).update(
            tags=["<i>vip</i>"], company="Lopez & Sons", email="m@example.org", opted_out_at=now,
            fields={"boiler": "Vaillant <script>", "unknown": "x"},
        )  # fmt: skip
        Conversation.objects.filter(pk=thread).update(assignee=owner.user.pk)
        Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=60, due_at=now
        )
        Promise.objects.create(
            conversation_id=thread,
            message="0197b0f0-0000-7000-8000-000000000000",
            words="Tuesday <9>",
            due_at=now,
            warn_at=now,
            created_at=now,
        )
    page = owner.get(f"/c/{thread}/panel/")
    for words in (
        "Maria Lopez", "Lopez &amp; Sons", "Opted out on", "&lt;i&gt;vip", "Boiler &lt;b&gt;",
        "Vaillant &lt;script&gt;", "They wrote", "Promised “Tuesday &lt;9&gt;”", "m@example.org",
    ):  # fmt: skip
        assert words in page, words
    assert "<script>" not in page and "<i>vip" not in page
    other_owner.get(f"/c/{thread + 987}/panel/", 404)
    with plumber.scope():
        CustomField.objects.all().delete()


@pytest.mark.parametrize(
    "typed", ["(312) 555-0177", "312.555.0177", "+1 312 555 0177", "13125550177"]
)
def test_a_new_text_goes_to_a_number_in_any_format(owner, plumber, dentist, typed):
    look = owner.post("/new/look/", {"to": typed, "body": "Hello"}, 200)
    assert "(312) 555-0177" in look and "Goes out at once" in look and "No lasting consent" in look
    page = owner.post("/new/", {"to": typed, "body": "Your part is here", "client_token": "a"}, 303)
    assert page == ""
    with plumber.scope():
        text = Message.objects.get()
        assert (text.their_number, text.status) == ("+13125550177", "queued")
        assert "Your part is here" in text.body and "Lakeside Plumbing" in text.body
    with dentist.scope():
        assert not Message.objects.exists()


def test_a_new_text_finds_people_and_says_what_is_wrong(owner, plumber, person):
    assert "Maria Lopez" in owner.get("/new/find/", to="lope")
    assert "Maria Lopez" in owner.get("/new/find/", to=person.phone[-4:])
    assert owner.get("/new/find/", to="m").strip() == ""
    assert "Maria Lopez" in owner.post("/new/look/", {"to": "maria lopez", "body": ""}, 200)
    for to, words in (
        ("", "type a number or a name"), ("Zoe Nobody", "nobody has that name"),
        ("12345", "no phone number"), ("<script>1</script>", "nobody has that name"),
    ):  # fmt: skip
        page = owner.post("/new/", {"to": to, "body": "Kept <words>", "client_token": "a"}, 422)
        assert words in page and "Kept &lt;words&gt;</textarea>" in page
        assert "<script>1" not in page
    with plumber.scope():
        Contact.objects.filter(pk=person.pk).update(opted_out_at=timezone.now())
    look = owner.post("/new/look/", {"to": person.phone, "body": "Hello"}, 200)
    assert "Opted out on" in look and "until they text START" in look
    assert "Not possible" not in look and f'href="tel:{person.phone}"' in look
    opened = owner.get("/new/", to=person.phone)
    assert 'type="submit" disabled' in opened and f'href="tel:{person.phone}"' in opened
    page = owner.post("/new/", {"to": person.phone, "body": "Hello", "client_token": "b"}, 422)
    assert "Hello</textarea>" in page
    with plumber.scope():
        assert not Message.objects.exists() and Refusal.objects.count() == 1


def told(twilio, path: str, **fields: str) -> None:
    """The provider tells of a call that a member placed."""
    said = {
        "AccountSid": twilio.biz.account_sid, "CallSid": "CA123", "Direction": "outbound-api",
        "From": twilio.biz.number, "To": twilio.biz.staff, **fields,
    }  # fmt: skip
    assert twilio.post(path, said).status_code == 200


def test_somebody_called_back_is_called_once_and_waits_until_they_talked(
    owner, plumber, dentist, person, thread, work, settings, twilio
):
    now = timezone.now()
    with plumber.scope():
        Conversation.objects.filter(pk=thread).update(waiting_since=now)
        Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=60, due_at=now
        )
    asked = owner.get(f"/c/{thread}/call/")
    assert "(312) 555-0190" in asked and "Which phone rings first?" in asked
    wrong = owner.post(f"/c/{thread}/call/", {"phone": "+13125559999", "token": "t"}, 422)
    assert "none of your staff phones" in wrong
    for _ in range(2):
        owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    with serving() as api:
        api.always(201, {"sid": "CA123", "status": "queued"})
        settings.TWILIO_API_BASE_URL = api.url
        work()
    (placed,) = api.asked
    # The member's phone rings; the person sees the business's number.
    assert (placed.form["To"], placed.form["From"]) == (plumber.staff, plumber.number)
    said = placed.form["Twiml"]
    assert f">{person.phone}<" in said and f'callerId="{plumber.number}"' in said
    path = placed.form["StatusCallback"].removeprefix(settings.PUBLIC_BASE_URL)
    # Nobody's greeting is played to a member: the end of the ringing has an answer of its own.
    assert said.count("action=") == 1 and f'{settings.PUBLIC_BASE_URL}{path}"' in said
    with plumber.scope():
        call = Call.objects.get()
        assert (call.contact_id, call.outcome) == (person.pk, "ignored")
        assert call.facts["placed_state"] == "placed" and call.provider_id == "CA123"
        assert Conversation.objects.get(pk=thread).waiting_since == now, "nobody picked up yet"
    assert "Ringing…" in of(owner, thread)
    told(twilio, path, DialCallStatus="no-answer", DialBridged="false", CallStatus="in-progress")
    # Of another number's call, and of another business's: it tells of this one nothing.
    told(twilio, path, DialCallStatus="completed", DialCallDuration="60", To=person.phone)
    work()
    with plumber.scope():
        assert Conversation.objects.get(pk=thread).waiting_since == now
        assert Wait.objects.get().ended_at is None
    assert "No answer" in of(owner, thread)
    told(
        twilio, path, DialCallStatus="completed", DialBridged="true", DialCallDuration="61",
        CallStatus="in-progress",
    )  # fmt: skip
    told(twilio, path, CallStatus="completed", CallDuration="75")
    work()
    with plumber.scope():
        call = Call.objects.get()
        assert (call.talk_seconds, call.ended_at is not None) == (61, True)
        assert Conversation.objects.get(pk=thread).waiting_since is None
        assert Wait.objects.get().ended_how == "called"
        assert not AgendaItem.objects.filter(kind="calls.call_back").exists()
    page = of(owner, thread)
    assert f"{owner.user} called" in page and "Talked 1 min 1 s" in page
    assert "Ringing…" not in page and "No answer" not in page
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_phone_nobody_picked_up_ends_no_wait(owner, plumber, person, thread, work, twilio):
    owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    with plumber.scope():
        call = Call.objects.get()
        Call.objects.filter(pk=call.pk).update(facts=call.facts | {"placed_state": "placed"})
        Conversation.objects.filter(pk=thread).update(waiting_since=timezone.now())
    told(twilio, f"voice/placed?call={call.pk}", CallStatus="no-answer", CallDuration="0")
    work()
    with plumber.scope():
        assert Conversation.objects.get(pk=thread).waiting_since is not None
        assert Call.objects.get().facts["call_status"] == "no-answer"
    assert "phone was not picked up" in of(owner, thread)


def test_a_page_open_since_before_a_merge_writes_to_its_own_person(
    owner, plumber, dentist, person, thread
):
    """Its reply box names no number: words for one phone never go to another."""
    now = timezone.now()
    with plumber.scope():
        other = Contact.objects.create(phone="+17735550999", created_at=now)
        theirs = Conversation.objects.create(contact=other, last_at=now, created_at=now).pk
        merging.merge(person.pk, other.pk, actor=Actor(None, "Ada"), at=now)
    owner.post(f"/c/{theirs}/reply/", {"body": "For you", "client_token": "a"}, 303)
    owner.post(f"/c/{thread}/reply/", {"body": "For her", "client_token": "b", "seen": ""}, 303)
    with plumber.scope():
        sent = dict(Message.objects.filter(direction="out").values_list("body", "their_number"))
        to = {body.rpartition("For ")[2][:3]: number for body, number in sent.items()}
        assert to == {"you": other.phone, "her": person.phone}
    with dentist.scope():
        assert not Message.objects.exists()


@pytest.mark.parametrize(
    "phone", ["+252612345678", "+881612345678", "+18765550123", "+37120000000", "+5352345678"]
)
def test_a_dear_number_abroad_is_not_called_back(phone, owner, plumber, dentist, person, thread):
    with plumber.scope():
        Contact.objects.filter(pk=person.pk).update(phone=phone)
    page = owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 422)
    assert "United States and Canada" in page
    for biz in (plumber, dentist):
        with biz.scope():
            assert not Call.objects.exists()


def test_a_person_is_called_by_one_member_at_a_time_and_not_without_end(
    owner, plumber, person, thread, monkeypatch
):
    form = {"phone": plumber.staff}
    owner.post(f"/c/{thread}/call/", form | {"token": "a"}, 303)
    assert "called already" in owner.post(f"/c/{thread}/call/", form | {"token": "b"}, 422)
    with plumber.scope():
        call = Call.objects.get()
        # The provider's id takes the click's place: the click is known all the same.
        Call.objects.filter(pk=call.pk).update(provider_id="CA1", ended_at=timezone.now())
    owner.post(f"/c/{thread}/call/", form | {"token": "a"}, 303)
    with plumber.scope():
        assert Call.objects.count() == 1
    monkeypatch.setattr(placing_limits, "MOST_AN_HOUR", 1)
    assert "within an hour" in owner.post(f"/c/{thread}/call/", form | {"token": "c"}, 422)
    monkeypatch.setattr(placing_limits, "MOST_AN_HOUR", 9)
    monkeypatch.setattr(placing_limits, "MOST_A_DAY", 1)
    assert "within a day" in owner.post(f"/c/{thread}/call/", form | {"token": "c"}, 422)


def test_a_call_half_placed_is_not_placed_again(owner, plumber, person, thread, work, stand_in):
    owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    with plumber.scope():
        call = Call.objects.get()
        Call.objects.filter(pk=call.pk).update(facts=call.facts | {"placed_state": "placing"})
    work()
    assert stand_in.requests == []
    with plumber.scope():
        assert Call.objects.get().facts["placed_state"] == "unknown"


def test_without_a_staff_phone_one_dials_oneself(owner, plumber, person, thread):
    PhoneNumber.objects.filter(e164=plumber.number).update(staff_numbers=[])
    page = owner.get(f"/c/{thread}/call/")
    assert f'href="tel:{person.phone}"' in page and "No staff phone is known" in page
    owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 422)
    with plumber.scope():
        assert not Call.objects.exists()
