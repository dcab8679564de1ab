"""What kind of line a new caller has is asked where the business wants it, once, and never in a text's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from billing.models import UsageRecord
from calls.models import Call
from messaging import lookups
from messaging.models import Contact
from messaging.people import lock_contact
from tenants.models import AgendaItem, NumberFact
from tests.support.hooks import a_caller, texts_to
from tests.support.moved import alerts, the_text

pytestmark = pytest.mark.usefixtures("apart")


@pytest.fixture
def missed(missed, go):
    """A missed call, and what came of the question it may have caused."""

    def run(caller: str | None = None) -> str:
        caller = missed(caller)
        go()
        return caller

    return run


def contact(biz) -> Contact:
    with biz.scope():
        return Contact.objects.get()


def test_nobody_is_asked_about_unless_the_business_wants_it(missed, plumber, stand_in):
    caller = missed()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert stand_in.asked == [] and contact(plumber).line_type == ""


def test_a_new_caller_is_asked_about_and_texted_at_once(missed, choose, plumber, stand_in, clock):
    choose(look_up_callers=True)
    caller = missed()
    assert stand_in.asked == [caller]
    assert len(texts_to(stand_in.requests, caller)) == 1  # the clock has not moved
    person = contact(plumber)
    assert (person.line_type, person.line_type_at) == ("mobile", clock.now)
    (used,) = UsageRecord.objects.filter(kind="lookup")
    assert (used.business_id, used.quantity) == (plumber.business.pk, 1)
    (fact,) = NumberFact.objects.all()
    assert fact.line_type == "mobile" and caller[1:] not in fact.digest


def test_a_landline_gets_no_text_and_somebody_is_told_to_phone(missed, choose, plumber, stand_in):
    choose(look_up_callers=True)
    caller = a_caller()
    stand_in.lines[caller] = "landline"
    missed(caller)
    assert stand_in.asked == [caller] and stand_in.requests == []
    message = the_text(plumber)
    assert message.status == "cancelled" and "landline" in message.error_sentence
    assert contact(plumber).untextable_at is not None
    (alert,) = alerts(plumber, "LANDLINE_CALLED")
    assert "landline" in alert.sentence and alert.fix == "Phone them back."
    missed(caller)
    assert stand_in.asked == [caller] and stand_in.requests == []
    (alert,) = alerts(plumber, "LANDLINE_CALLED")
    assert alert.times == 2 and "called 2 times since" in alert.sentence
    with plumber.scope():
        assert Call.objects.latest("pk").decision_reason == "LANDLINE"


@pytest.mark.parametrize("kind", ["fixedVoip", "nonFixedVoip", "unknown", "60601"])
def test_voip_and_what_nobody_knows_is_texted(missed, choose, plumber, stand_in, kind):
    choose(look_up_callers=True)
    caller = a_caller()
    stand_in.lines[caller] = kind
    missed(caller)
    assert len(texts_to(stand_in.requests, caller)) == 1
    # A failure costs nothing, and is asked about again another day.
    assert UsageRecord.objects.filter(kind="lookup").count() == (kind != "60601")
    assert contact(plumber).line_type == ("" if kind == "60601" else kind)


def test_what_another_business_learned_is_not_asked_again(
    missed, choose, plumber, stand_in, clock, go
):
    choose(look_up_callers=True)
    caller, other = a_caller(), a_caller()
    for number in (caller, other):
        NumberFact.objects.create(
            digest=lookups.digest(number), line_type="landline", looked_up_at=clock.now
        )
    missed(caller)
    assert stand_in.asked == [] and stand_in.requests == []
    with plumber.scope():
        call = Call.objects.get()
        assert (call.decision, call.decision_reason) == ("skip", "NUMBER_INVALID")
        assert "landline" in call.receipt["sentence"]
    assert len(alerts(plumber, "LANDLINE_CALLED")) == 1
    assert UsageRecord.objects.filter(kind="lookup").count() == 0
    NumberFact.objects.update(looked_up_at=clock.now - lookups.KEPT - timedelta(days=1))
    missed(other)
    assert stand_in.asked == [other] and len(texts_to(stand_in.requests, other)) == 1
    clock.forward(days=1, seconds=1)
    go()
    (kept,) = NumberFact.objects.all()  # what is too old to be of use is forgotten
    assert kept.digest == lookups.digest(other)
    assert AgendaItem.objects.filter(kind="messaging.forget_facts").count() == 1
    NumberFact.objects.all().delete()
    clock.forward(days=1, seconds=1)
    go()
    assert not AgendaItem.objects.filter(kind="messaging.forget_facts").exists()


def test_a_provider_that_never_answers_keeps_no_text_back(
    missed, choose, plumber, stand_in, clock, go
):
    choose(look_up_callers=True)
    caller = a_caller()
    stand_in.lines[caller] = "silence"
    missed(caller)
    clock.forward(seconds=2)
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert contact(plumber).line_type == ""
    (fact,) = NumberFact.objects.all()
    assert fact.line_type == "unknown"
    assert UsageRecord.objects.filter(kind="lookup").count() == 0


def test_a_text_goes_after_two_seconds_while_the_question_hangs(
    twilio, choose, plumber, stand_in, clock, go
):
    choose(look_up_callers=True)
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    go()
    # Another worker has the question, and is still waiting for its answer.
    AgendaItem.objects.filter(kind="messaging.lookup").update(state="dead")
    go()
    assert stand_in.requests == []
    clock.forward(seconds=2)
    go()
    assert stand_in.asked == [] and len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_spent_month_asks_nothing_more_and_texts_all_the_same(
    missed, choose, plumber, stand_in, settings, clock
):
    clock.now = datetime.now(UTC)  # use is dated by the database's clock
    choose(look_up_callers=True)
    settings.LOOKUP_PRICE, settings.LOOKUP_CENTS_A_MONTH = 100, 2
    callers = [missed() for _ in range(4)]
    assert stand_in.asked == callers[:2]
    assert [len(texts_to(stand_in.requests, caller)) for caller in callers] == [1] * 4


def test_whom_the_business_knows_is_not_asked_about(missed, choose, plumber, stand_in, clock):

    choose(look_up_callers=True)
    caller = a_caller()
    with plumber.scope(), transaction.atomic():
        lock_contact(caller, clock.now - timedelta(days=3))
    missed(caller)
    assert stand_in.asked == [] and len(texts_to(stand_in.requests, caller)) == 1


def test_whoever_writes_has_a_line_that_takes_texts(missed, twilio, choose, plumber, stand_in, go):
    choose(look_up_callers=True)
    caller = a_caller()
    stand_in.lines[caller] = "landline"
    missed(caller)
    assert contact(plumber).untextable_at is not None
    twilio.text(caller, "Can you come by tomorrow?")
    go()
    person = contact(plumber)
    assert (person.untextable_at, person.line_type) == (None, "")
