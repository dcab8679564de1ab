"""Calls back: whither, how often, two at once; and what became of one when nobody tells."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from calls import placed, placing, placing_limits, placing_settled
from calls.models import Call
from calls.placing import PlacingError
from inbox.models import Wait
from messaging.models import Contact, Conversation
from messaging.providers.base import ProviderCall
from tenants import agenda
from tenants.models import AgendaItem, PhoneNumber
from tests.providers.api import Reply, serving
from tests.support.hooks import a_caller

STAFF = ("+13125550190", "+13125550191")
NOW = timezone.now()


@pytest.fixture
def thread(plumber, person) -> int:
    with plumber.scope():
        return Conversation.objects.get(contact=person).pk


@pytest.fixture
def two_phones(plumber):
    PhoneNumber.objects.filter(e164=plumber.number).update(staff_numbers=list(STAFF))


def placed_by(biz, contact, phone=STAFF[0], user=1, token="t"):
    with biz.scope():
        return placing.place(contact, phone, by="Ada", user=user, token=token)


def somebody(biz) -> Contact:
    with biz.scope():
        contact = Contact.objects.create(phone=a_caller(), created_at=timezone.now())
        now = timezone.now()
        Conversation.objects.create(contact=contact, last_at=now, created_at=now)
        return contact


def over(biz) -> None:
    with biz.scope():
        Call.objects.update(ended_at=timezone.now())


# --- whither and how often --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "countries", "may"),
    [
        ("+17735550123", {"US"}, True),
        ("+17875550123", {"US"}, True),  # Puerto Rico
        ("+14165550123", {"US", "CA"}, True),
        ("+14165550123", {"US"}, False),
        ("+18765550123", {"US", "CA"}, False),  # Jamaica: ten digits like at home
        ("+12425550123", {"US", "CA"}, False),  # the Bahamas, a range no table knows
        ("+18495550123", {"US", "CA"}, False),
        ("+19005550123", {"US", "CA"}, False),
        ("+447400123456", {"US", "CA"}, False),
    ],
)
def test_the_countries_that_are_called(phone, countries, may):
    refused = placing_limits.abroad(Contact(phone=phone), "+13125550100", countries)
    assert (refused == "") is may


def test_a_line_s_own_country_is_called():
    assert placing_limits.abroad(Contact(phone="+447400123456"), "+442071234567", {"US"}) == ""


def test_two_clicks_at_once_do_not_both_pass_the_limit(plumber, dentist, two_phones, monkeypatch):
    monkeypatch.setattr(placing_limits, "MOST_AN_HOUR", 1)
    people = [somebody(plumber), somebody(plumber)]
    ready = Barrier(2)

    def click(number: int) -> str:
        try:
            ready.wait(10)
            placed_by(plumber, people[number], STAFF[number], token=f"click-{number}")
        except PlacingError as refused:
            return refused.sentence
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(click, range(2)))
    assert said[0] == "" and "within an hour" in said[1]
    with plumber.scope():
        assert Call.objects.count() == 1
    with dentist.scope():
        assert not Call.objects.exists()


def test_one_person_one_phone_and_one_business_have_their_limits(
    plumber, dentist, person, two_phones, monkeypatch
):
    placed_by(plumber, person, token="a")
    with pytest.raises(PlacingError, match="That phone is in a call"):
        placed_by(plumber, somebody(plumber), token="b")
    over(plumber)
    monkeypatch.setattr(placing_limits, "MOST_TO_ONE_AN_HOUR", 1)
    with pytest.raises(PlacingError, match="called 1 times within an hour"):
        placed_by(plumber, person, user=2, token="c")
    monkeypatch.setattr(placing_limits, "MOST_OF_ALL_AN_HOUR", 1)
    with pytest.raises(PlacingError, match="1 calls were placed within an hour"):
        placed_by(plumber, somebody(plumber), user=3, token="d")
    # An hour later it may ring again.
    with plumber.scope():
        Call.objects.update(started_at=timezone.now() - timedelta(minutes=61))
    placed_by(plumber, person, token="e")
    with plumber.scope():
        assert Call.objects.count() == 2
    with dentist.scope():
        assert not Call.objects.exists()


# --- nobody tells -----------------------------------------------------------------------------------


class Books:
    """The provider's own list of calls; `breaks`: what it answers instead."""

    def __init__(self, api) -> None:
        self.calls: list[dict] = []
        self.posted = 0
        self.breaks = 0
        api.say = self._say

    def add(self, sid: str, caller: str, called: str, status: str, seconds: int, **more) -> None:
        now = format_datetime(timezone.now())
        self.calls.append(
            {"sid": sid, "from": caller, "to": called, "direction": "outbound-api", "status": status,
             "start_time": now, "end_time": now, "duration": str(seconds),
             "parent_call_sid": None, **more}
        )  # fmt: skip

    def _say(self, asked) -> Reply:
        if asked.method == "POST":
            self.posted += 1
            return Reply(500, {"message": "no"})
        if self.breaks:
            return Reply(self.breaks, {"message": "no"})
        between = (asked.query["From"], asked.query["To"])
        found = [call for call in self.calls if (call["from"], call["to"]) == between]
        return Reply(200, {"calls": found, "page": 0, "next_page_uri": None})


@pytest.fixture
def books(plumber, person, thread, settings, work):
    """A call back whose placing got no answer."""
    now = timezone.now()
    with plumber.scope():
        Conversation.objects.filter(pk=thread).update(waiting_since=now)
        Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=60, due_at=now
        )
    placed_by(plumber, person)
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        found = Books(api)
        work()
        with plumber.scope():
            assert Call.objects.get().facts["placed_state"] == "unknown"
        assert found.posted == 1
        yield found
        assert found.posted == 1, "it may ring: it is never placed a second time"


def test_a_call_whose_placing_got_no_answer_is_found_at_the_provider(
    owner, plumber, dentist, person, thread, work, pass_time, books
):
    assert "the phone company is being asked" in owner.get(f"/c/{thread}/timeline/")
    books.add("CA7", plumber.number, STAFF[0], "in-progress", 0)
    pass_time(20)
    work()
    with plumber.scope():
        call = Call.objects.get()
        assert (call.provider_id, call.facts["placed_state"]) == ("CA7", "placed")
        assert Wait.objects.get().ended_at is None
    books.calls.clear()
    books.add("CA7", plumber.number, STAFF[0], "completed", 80)
    child = {"direction": "outbound-dial", "parent_call_sid": "CA7"}
    books.add("CA8", plumber.number, person.phone, "completed", 61, **child)
    with plumber.scope():  # both phones have rung out by now, and nobody told of anything
        Call.objects.update(started_at=timezone.now() - placing_settled.RINGS_FOR)
    pass_time(300)
    work()
    with plumber.scope():
        call = Call.objects.get()
        assert (call.talk_seconds, call.facts["call_status"]) == (61, "completed")
        assert Wait.objects.get().ended_how == "called"
        assert Conversation.objects.get(pk=thread).waiting_since is None
    assert not AgendaItem.objects.filter(kind=placing.KIND).exists()
    assert "Talked 1 min 1 s" in owner.get(f"/c/{thread}/timeline/")
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_call_the_provider_does_not_know_was_never_placed(
    owner, plumber, dentist, person, thread, work, pass_time, books
):
    # Another call between the same numbers is another call's.
    with plumber.scope():
        Call.objects.create(
            provider="twilio", provider_id="CA6", contact=person, our_number=plumber.number,
            caller=plumber.number, outcome="ignored", started_at=timezone.now(),
        )  # fmt: skip
    books.add("CA6", plumber.number, STAFF[0], "completed", 5)
    for _ in range(2):
        pass_time(60)
        work()
    with plumber.scope():
        call = Call.objects.get(provider_id__startswith="placing:")
        assert call.facts["placed_state"] == "failed"
        assert call.facts["placed_problem"] == "It never reached the provider."
        assert Wait.objects.get().ended_at is None
    assert not AgendaItem.objects.filter(kind=placing.KIND).exists()
    page = owner.get(f"/c/{thread}/timeline/")
    assert "It could not be placed" in page
    assert f'data-call="/c/{thread}/call/"' in page and "Try again" in page
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_provider_that_stays_silent_is_given_up_with_a_word(
    owner, plumber, thread, work, pass_time, books
):
    books.breaks = 503
    pass_time(60)
    work()
    with plumber.scope():
        assert Call.objects.get().facts["placed_state"] == "unknown"
        Call.objects.update(started_at=timezone.now() - placing_settled.GIVE_UP)
    pass_time(60)
    work()
    assert not AgendaItem.objects.filter(kind=placing.KIND).exists()
    page = owner.get(f"/c/{thread}/timeline/")
    assert "Nobody knows whether it rang" in page and "Try again" in page


def test_a_worker_that_died_with_the_answer_is_asked_about(
    plumber, person, thread, work, pass_time, settings
):
    call = placed_by(plumber, person)
    with plumber.scope():
        Call.objects.filter(pk=call.pk).update(facts=call.facts | {"placed_state": "placing"})
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        books = Books(api)
        books.add("CA9", plumber.number, STAFF[0], "no-answer", 0)
        work()
        pass_time(20)
        work()
        assert books.posted == 0
    with plumber.scope():
        call = Call.objects.get()
        assert (call.provider_id, call.facts["call_status"]) == ("CA9", "no-answer")


def test_a_click_no_worker_took_says_so_with_a_button(
    owner, plumber, person, thread, work, stand_in
):
    placed_by(plumber, person)
    with plumber.scope():
        Call.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    page = owner.get(f"/c/{thread}/timeline/")
    assert "It could not be placed" in page and "Try again" in page
    work()
    assert stand_in.requests == []
    with plumber.scope():
        assert Call.objects.get().facts["placed_state"] == "failed"
    assert f'href="/c/{thread}/call/"' in owner.get(f"/c/{thread}/timeline/")


@pytest.mark.parametrize(("state", "words"), [
    ("wanted", "It could not be placed"), ("placing", "Nobody knows whether it rang"),
])  # fmt: skip
def test_a_call_back_that_was_given_up_says_what_is_known(
    owner, plumber, dentist, person, thread, state, words
):
    call = placed_by(plumber, person)
    with plumber.scope():
        Call.objects.filter(pk=call.pk).update(facts=call.facts | {"placed_state": state})
    AgendaItem.objects.filter(kind=placing.KIND).update(attempts=agenda.MAX_ATTEMPTS)
    [item] = agenda.claim("realtime", "test", 5)
    agenda.fail(item, RuntimeError("what broke"))
    assert AgendaItem.objects.get(kind=placing.KIND).state == "dead"
    page = owner.get(f"/c/{thread}/timeline/")
    assert words in page and "Try again" in page
    with dentist.scope():
        assert not Call.objects.exists()


def a_leg(sid, caller="+1", called="+2", **more) -> ProviderCall:
    usual = {"direction": "outbound-api", "status": "completed", "started_at": NOW, "seconds": 9}
    return ProviderCall(sid, caller, called, **{**usual, **more})


def test_which_leg_it_is():
    one, two = a_leg("CA1"), a_leg("CA2")
    seen = placing_settled.Seen((one, two))
    assert placing_settled.leg_of("CA2", seen, ()) == two
    assert placing_settled.leg_of("placing:x", seen, ()) == "unknown", "two cannot be told apart"
    assert placing_settled.leg_of("placing:x", seen, {"CA1"}) == two
    assert placing_settled.leg_of("placing:x", seen, {"CA1", "CA2"}) == "absent"
    child = a_leg("CA3", parent_id="CA0")
    arrived = a_leg("CA4", direction="inbound")
    assert placing_settled.leg_of("x", placing_settled.Seen((child, arrived)), ()) == "absent"
    assert placing_settled.leg_of("x", None, ()) == "unknown"


def test_what_two_legs_say():
    ours = a_leg("CA1", seconds=70)
    assert placing_settled.facts_of(ours, ()) == {"call_status": "completed", "call_seconds": 70}
    earlier = a_leg("CA0", started_at=NOW - timedelta(minutes=1))
    other = a_leg("CA3", parent_id="CA9")
    theirs = a_leg("CA2", seconds=61, parent_id="CA1")
    facts = placing_settled.facts_of(ours, (earlier, other, theirs))
    assert (facts["dial_status"], facts["dial_seconds"]) == ("completed", 61)
    assert placed.spoke(facts)
    assert not placed.spoke(placing_settled.facts_of(ours, (a_leg("CA2", status="busy"),)))
