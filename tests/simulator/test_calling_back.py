"""Click to call on the simulated network: the staff phone rings, then the person's, through HTTP."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from calls.models import Call
from inbox.models import Wait
from messaging.models import Contact, Conversation
from tests.inbox.conftest import Member
from tests.support.hooks import a_caller


@pytest.fixture
def thread(simulator, plumber):
    """Somebody who waits for a call back."""
    now = timezone.now()
    with plumber.scope():
        contact = Contact.objects.create(phone=a_caller(), created_at=now)
        thread = Conversation.objects.create(
            contact=contact, last_at=now, created_at=now, waiting_since=now
        )
        Wait.objects.create(
            conversation=thread, kind="reply", began_at=now, target_seconds=60, due_at=now
        )
        return thread


class Phones:
    """Both phones of a call back, looked at and pressed as the page does it."""

    def __init__(self, simulator, person: str, line: str) -> None:
        self.simulator, self.person, self.line = simulator, person, line

    def until(self, state: str, staff: str = "") -> dict:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            call = self.simulator.phone(self.person, self.line)["call"]
            if call and call["state"] == state and staff in ("", call["staff"]):
                return call
            time.sleep(0.05)
        raise AssertionError(f"{state}: {call}")

    def press(self, what: str) -> None:
        self.simulator.instruct(self.until_any()["sid"], what)

    def until_any(self) -> dict:
        return self.simulator.phone(self.person, self.line)["call"]


@pytest.fixture
def phones(simulator, plumber, thread, work):
    """The phones, once a member has clicked."""
    owner = Member(plumber.owner, plumber.host)
    owner.post(f"/c/{thread.pk}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    work()
    both = Phones(simulator, thread.contact.phone, plumber.number)
    both.owner = owner
    return both


def told(plumber, work, known: str) -> Call:
    """Wait until the platform was told of an end, and return the call."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        work()
        with plumber.scope():
            call = Call.objects.get()
            if known in call.facts:
                return call
        time.sleep(0.1)
    raise AssertionError(f"{known} was never told: {call.facts}")


def test_both_phones_ring_one_after_the_other_and_they_talk(plumber, dentist, thread, work, phones):
    first = phones.until("back_staff", "back_ringing")
    assert (first["staff_phone"], first["caller"]) == (plumber.staff, thread.contact.phone)
    # Whoever looks at another phone learns whose will ring.
    [begun] = phones.simulator.phone(plumber.number, plumber.number)["story"]
    assert (begun["kind"], begun["caller"]) == ("back", thread.contact.phone)
    phones.press("answer")
    assert phones.until("back_staff", "back_waiting")["says"] == "Connecting your call."
    assert phones.until("back_ringing", "back_waiting")["picked_up_at"] is None
    phones.press("caller_answer")
    phones.until("talking", "talking")
    time.sleep(5.2)  # whoever hangs up within seconds reached a voicemail (telephony.md 1.4)
    phones.press("hang_up")
    phones.until("ended")
    call = told(plumber, work, "call_status")
    assert call.facts["dial_status"] == "completed" and call.talk_seconds >= 5
    with plumber.scope():
        assert Wait.objects.get().ended_how == "called"
        assert Conversation.objects.get().waiting_since is None
    assert "Talked" in phones.owner.get(f"/c/{thread.pk}/timeline/")
    with dentist.scope():
        assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("pressed", "dialled", "words"),
    [
        (["decline"], None, "phone was not picked up"),
        (["answer", "caller_decline"], "busy", "No answer"),
        (["answer", "staff_hang_up"], "canceled", "No answer"),
    ],
)
def test_either_phone_may_decline_and_she_waits_still(
    plumber, dentist, thread, work, phones, pressed, dialled, words
):
    phones.until("back_staff", "back_ringing")
    phones.press(pressed[0])
    if len(pressed) > 1:
        phones.until("back_ringing")
        phones.press(pressed[1])
    phones.until("ended")
    call = told(plumber, work, "call_status")
    assert call.facts.get("dial_status") == dialled
    with plumber.scope():
        assert Wait.objects.get().ended_at is None
    assert words in phones.owner.get(f"/c/{thread.pk}/timeline/")
    with dentist.scope():
        assert not Call.objects.exists()
