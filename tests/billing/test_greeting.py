"""What a caller is told of texts where a bill stops them: nothing, at once and without anybody doing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from billing import services
from billing.models import Plan, Subscription
from calls import flow, lines
from calls.models import Call
from calls.webhooks import line_of
from inbox.models import Wait
from messaging.models import Alert, Contact, Message
from tenants.models import Business, PhoneNumber
from tenants.routing import Directory
from tests.operating.test_routing import ask_postgresql, at_once
from tests.operating.test_routing_news import Web, lived, run, until
from tests.support.hooks import Provider, texts_to

DAY = timedelta(days=1)


@pytest.fixture
def stands(world, settings) -> Iterator[Callable[..., None]]:
    """Put a business's subscription into a state; both are in order at first, and billing is on."""
    from config.asgi import hub

    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    services.forget_kept()
    plan = Plan.objects.create(
        key="standard", name="Standard", monthly_cents=5900, included_texts=500, text_overage=200,
        included_turns=50, turn_overage=900,
    )  # fmt: skip
    for biz in (world.plumber, world.dentist):
        Subscription.objects.create(business=biz.business, plan=plan, status="active")

    def put(biz: Any, status: str, days: float = 0, **more: Any) -> None:
        moment = timezone.now() - days * DAY
        Subscription.objects.filter(business=biz.business).update(
            status=status, past_due_since=moment, trial_end=moment, **more
        )
        # What a web process remembers for some seconds.
        hub.directory.forget()
        services.forget_kept()

    hub.directory.forget()
    yield put
    hub.directory.forget()
    services.forget_kept()


@pytest.fixture
def posture(world) -> Callable[[Any, str], None]:
    """Choose a business's posture."""
    from config.asgi import hub

    def choose(biz: Any, key: str) -> None:
        Business.objects.filter(pk=biz.business.pk).update(posture=key)
        hub.directory.forget()

    return choose


def hears(twilio: Provider) -> tuple[str, Any]:
    """Somebody calls and nobody answers; return everything he hears, and the call."""
    call = twilio.call()
    said = call.arrives().text + call.dial_ends("no-answer").text
    return said, call


PAYS = [("trialing", -3), ("active", 0), ("past_due", 1), ("past_due", 13.9), ("none", 3)]
OWES = [
    ("past_due", 14.1), ("unpaid", 0), ("paused", 0), ("canceled", 0), ("incomplete", 0),
    ("none", 15), ("trialing", 15),
]  # fmt: skip


@pytest.mark.parametrize(("status", "days"), PAYS)
@pytest.mark.parametrize("key", ["implied", "notice", "press_one"])
def test_whoever_pays_or_is_in_grace_offers_texts(status, days, key, twilio, stands, posture):
    stands(twilio.biz, status, days)
    posture(twilio.biz, key)
    said, _call = hears(twilio)
    told = {
        "implied": flow.TEXT_NOTICE, "notice": flow.FIRST_NOTICE, "press_one": "would like a text",
    }  # fmt: skip
    assert told[key] in said


@pytest.mark.parametrize(("status", "days"), OWES)
@pytest.mark.parametrize("key", ["implied", "notice", "press_one"])
def test_where_no_text_would_come_none_is_spoken_of(
    status, days, key, twilio, stands, posture, dentist
):
    stands(twilio.biz, status, days)
    posture(twilio.biz, key)
    said, call = hears(twilio)
    assert "Lakeside Plumbing" in said and "<Record" in said
    assert " text" not in said and "STOP" not in said and 'action="/voice/consent' not in said
    fields = call.fields(CallStatus="in-progress", Digits="1")
    assert "text" not in twilio.post("voice/consent", fields).text.partition("?>")[2]
    other, _call = hears(Provider(dentist, twilio.base_url))
    assert flow.TEXT_NOTICE in other


@pytest.mark.parametrize("key", ["implied", "notice", "press_one"])
@pytest.mark.parametrize("status", ["past_due", "unpaid", "paused", "canceled"])
def test_such_a_call_is_something_to_do_and_its_receipt_says_why(
    status, key, twilio, stands, posture, work, pass_time, stand_in, dentist
):
    stands(twilio.biz, status, 20)
    posture(twilio.biz, key)
    _said, call = hears(twilio)
    call.ends("completed", 40)
    work()
    pass_time(200)
    work()
    with twilio.biz.scope():
        (row,) = Call.objects.all()
        assert (row.decision, row.decision_reason) == ("skip", "BILLING")
        assert "billing: the " in row.receipt["sentence"]
        assert Alert.objects.get(code="BILLING").resolved_at is None
        assert Wait.objects.filter(ended_at=None).count() == 1
    assert stand_in.requests == []
    # Texts still come in, and STOP is obeyed.
    assert twilio.text(call.caller, "Anybody there?").status_code == 200
    assert twilio.text(call.caller, "STOP").status_code == 200
    work()
    with twilio.biz.scope():
        assert Message.objects.filter(direction="in").count() == 2
        assert Contact.objects.get().opted_out_at is not None
    with dentist.scope():
        assert not Call.objects.exists() and not Alert.objects.exists()


def test_a_grace_ends_by_the_clock_alone(twilio, stands, dentist):
    """What was read of the line before is judged by the moment of the call."""
    stands(twilio.biz, "past_due", 0)
    directory = Directory(ask_postgresql)
    ours = at_once(directory.route(twilio.biz.number))
    theirs = at_once(directory.route(dentist.number))
    now = timezone.now()
    offers = [line_of(ours, now + days * DAY).offers_texts for days in (0, 13.9, 14.1, 44, 60)]
    assert offers == [True, True, False, False, False]
    assert line_of(theirs, now + 60 * DAY).offers_texts


CHANGES = {
    "a state": "UPDATE public.billing_subscription SET status = 'unpaid' WHERE business_id = %s",
    "a plan": "UPDATE public.billing_plan SET included_texts = 0, text_overage = NULL "
    "WHERE id = (SELECT plan_id FROM public.billing_subscription WHERE business_id = %s)",
    # By billing/tally.py, with the version of the set-up, once it changes what is allowed.
    "what was used": "WITH used AS (UPDATE public.billing_subscription SET used_cents = 900 "
    "WHERE business_id = %s RETURNING business_id) UPDATE public.tenants_business b "
    "SET setup_version = setup_version + 1 FROM used WHERE used.business_id = b.id",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_process_that_knows_a_line_for_long_hears_of_its_bill(twilio, stands, what):
    stands(twilio.biz, "active", budget_cents=100, budget_stops=True,
           used_until=timezone.now() + DAY)  # fmt: skip

    async def scene(web: Web) -> None:
        async def offers() -> bool:
            route = await web.directory.route(twilio.biz.number)
            return line_of(route, timezone.now()).offers_texts

        async def is_known() -> bool:
            return not await offers()

        assert await offers() and web.asked == []
        await sync_to_async(run)(CHANGES[what], twilio.biz.business.pk)
        await until(is_known)

    lived(scene)


def test_who_pays_is_offered_texts_with_the_next_call(twilio, stands, work, stand_in):
    stands(twilio.biz, "unpaid")
    assert flow.TEXT_NOTICE not in hears(twilio)[0]
    stands(twilio.biz, "active")
    said, call = hears(twilio)
    work()
    assert flow.TEXT_NOTICE in said and len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_month_s_texts_used_up_and_a_budget_reached_promise_none_until_the_month_is_over(
    twilio, stands, dentist
):
    now = timezone.now()
    stands(twilio.biz, "active", budget_cents=100, budget_stops=True, used_cents=100,
           used_until=now + DAY)  # fmt: skip
    assert flow.TEXT_NOTICE not in hears(twilio)[0]
    ours = at_once(Directory(ask_postgresql).route(twilio.biz.number))
    assert not line_of(ours, now).offers_texts
    assert line_of(ours, now + 2 * DAY).offers_texts
    assert flow.TEXT_NOTICE in hears(Provider(dentist, twilio.base_url))[0]


def test_the_page_of_a_line_shows_what_is_heard(twilio, stands, dentist):
    stands(twilio.biz, "unpaid")
    now = timezone.now()
    for biz, offers in ((twilio.biz, False), (dentist, True)):
        number = PhoneNumber.objects.select_related("business__agency").get(e164=biz.number)
        with biz.scope():
            line = lines.as_line(number, lines.values_of(number), now)
        assert line.offers_texts is offers


def test_where_nobody_is_billed_nothing_is_asked(twilio, stands, settings):
    stands(twilio.biz, "canceled")
    settings.STRIPE_SECRET_KEY = ""
    assert flow.TEXT_NOTICE in hears(twilio)[0]
