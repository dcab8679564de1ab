"""Support repairs, replays, settles dead work and moves the brake: by right, with a reason, on record."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from bench.standin import StandIn
from calls.models import Call, OpeningHours
from calls.simulator import office
from messaging.models import AuditEntry, Message
from tenants import brakes, velocity
from tenants.accounts import webhook_urls
from tenants.brakes import BrakeError
from tenants.models import (
    AgendaItem,
    ApiKey,
    Membership,
    PlatformBrake,
    ProviderEvent,
    ProviderStep,
    StepState,
    SupportEntry,
    User,
)  # fmt: skip
from tests.admin.conftest import Support, allow
from tests.admin.test_public_floor import an_event, an_item
from tests.support.hooks import a_caller
from tests.support.rules import change_rule

WHY = "Ticket 4711"
PAGES = ("provider/", "provider/{}/", "replay/", "dead/", "brake/")


def held(stand_in: StandIn, biz, **more) -> dict:
    """Enter a number of a business in the provider's books; returns its resource."""
    books = stand_in.office.books
    office.add_known(books, [(biz.number, biz.account_sid)])
    found = next(n for n in books.held.values() if n["phone_number"] == biz.number)
    found.update(more)
    return found


def test_strangers_members_and_support_without_rights(support, plumber):
    for path in PAGES:
        path = path.format(plumber.business.pk)
        for person in (None, plumber.owner):
            for way in ("get", "post"):
                answer = getattr(Support(person).client, way)(
                    f"/admin/{path}", headers={"host": "localhost"}
                )
                refused = 405 if (path, way) == ("provider/", "post") else 302  # it only reads
                assert answer.status_code == refused, path
    support.get("replay/", 403)
    dead = an_item(plumber, state="dead")
    support.post("dead/", {"row": dead.pk, "act": "drop", "reason": WHY}, 403)
    support.post("brake/", {"texts": 1, "dollars": 1, "hours": 1, "reason": WHY}, 403)
    number = plumber.business.numbers.get().pk
    form = {"act": "repair", "number": number, "reason": WHY}
    support.post(f"provider/{plumber.business.pk}/", form, 403)
    assert not PlatformBrake.objects.exists() and not ProviderStep.objects.exists()
    assert AgendaItem.objects.filter(pk=dead.pk).exists()


def test_what_the_provider_says_is_compared_and_set_right(
    support, plumber, dentist, stand_in, work
):
    urls = webhook_urls("twilio", plumber.account_sid)
    theirs = held(stand_in, dentist, voice_url="https://elsewhere.example/")
    number = held(
        stand_in, plumber, voice_url="https://elsewhere.example/voice", voice_method="POST",
        sms_url=urls["messaging"], sms_method="POST", voice_application_sid="AP" + "0" * 32,
    )  # fmt: skip
    path = f"provider/{plumber.business.pk}/"
    assert "elsewhere.example" not in support.get(path)
    page = support.post(path, {"act": "ask"}, 200)
    assert "https://elsewhere.example/voice" in page and "calls do not reach us" in page
    assert "Set " not in page  # no right to
    allow(support.user, "repair_provider")
    form = {"act": "repair", "number": plumber.business.numbers.get().pk}
    assert "Say why" in support.post(path, form, 422)
    form["reason"] = WHY
    assert "is being set right" in support.post(path, form)
    assert number["voice_url"] == "https://elsewhere.example/voice"  # not in the request itself
    support.post(path, form)  # two clicks are one repair
    assert ProviderStep.objects.count() == 1
    work()
    changed = stand_in.office.books.held[number["sid"]]
    assert changed["voice_url"] == urls["voice"] and changed["sms_url"] == urls["messaging"]
    step = ProviderStep.objects.get()
    assert (step.state, step.problem, step.business) in [
        (StepState.DONE, "", plumber.business),
        (
            StepState.REFUSED,
            "Still different at the provider: Voice application.",
            plumber.business,
        ),
    ]
    assert stand_in.office.books.held[theirs["sid"]]["voice_url"] == "https://elsewhere.example/"
    assert SupportEntry.objects.filter(action="repair.apply").count() == 1
    with plumber.scope():
        assert AuditEntry.objects.get(action="support.repair").detail["reason"] == WHY
    with dentist.scope():
        assert not AuditEntry.objects.exists()


def test_a_provider_that_fails_is_said_and_a_repair_tries_again(
    support, plumber, stand_in, work, pass_time
):
    held(stand_in, plumber)
    allow(support.user, "repair_provider")
    path = f"provider/{plumber.business.pk}/"
    stand_in.office.control({"faults": [{"path": "IncomingPhoneNumbers", "mode": "500"}]})
    assert "could not be read" in support.post(path, {"act": "ask"}, 200)
    form = {"act": "repair", "number": plumber.business.numbers.get().pk, "reason": WHY}
    support.post(path, form)
    stand_in.office.control({"faults": [{"path": "IncomingPhoneNumbers", "mode": "500"}]})
    work()
    step = ProviderStep.objects.get()
    assert step.state == StepState.TRYING and "could not be read" in step.problem
    pass_time(60)
    work()
    step.refresh_from_db()
    assert (step.state, step.attempts, step.problem) == (StepState.DONE, 2, "")


def test_a_number_the_account_has_not_is_said(support, plumber, stand_in):
    page = support.post(f"provider/{plumber.business.pk}/", {"act": "ask"}, 200)
    assert "has no such number" in page


def test_health_of_all_names_errors_and_late_work(support, plumber, dentist):
    an_event(plumber, kind="messaging.status", params={"ErrorCode": "30034", "MessageSid": "SM1"})
    an_item(plumber, 400, state="dead")
    an_item(dentist, 400)
    page = support.get("provider/")
    assert "30034" in page and "not registered" in page
    assert "1 given up" in page and "the oldest since" in page


@pytest.fixture
def missed(twilio, stand_in, work):
    """A call of the plumber's, texted back; returns its provider id."""
    call = twilio.call(a_caller())
    call.dial_ends("no-answer")
    work()
    return call.sid


def texts(biz) -> int:
    with biz.scope():
        return Message.objects.count()


def test_a_replay_texts_nobody_twice(missed, support, plumber, dentist, stand_in, work):
    allow(support.user, "replay_webhooks")
    sent = len(stand_in.requests)
    page = support.post("replay/", {"subject": missed, "act": "preview"}, 200)
    assert missed in page and "Process them again" in page
    assert not SupportEntry.objects.filter(action="replay").exists()
    assert "Say why" in support.post("replay/", {"subject": missed, "act": "replay"}, 422)
    support.post("replay/", {"subject": missed, "act": "replay", "reason": WHY})
    work()
    now = timezone.now()
    span = {
        "since": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "business": plumber.business.pk,
    }
    support.post("replay/", {**span, "act": "replay", "reason": WHY})
    work()
    assert len(stand_in.requests) == sent and texts(plumber) == 1 and texts(dentist) == 0
    done = SupportEntry.objects.filter(action="replay")
    assert done.count() == 2 and all(entry.detail["again"] for entry in done)


def test_a_replay_texts_nobody_late(twilio, stand_in, support, plumber, work):
    """Webhooks that failed when they came, three days later: the inbox has the call, nobody a text."""
    allow(support.user, "replay_webhooks")
    caller = a_caller()
    call = twilio.call(caller)
    call.dial_ends("no-answer")
    old = timezone.now() - timedelta(days=3)
    AgendaItem.objects.filter(kind="calls.voice_event").delete()
    for event in ProviderEvent.objects.filter(subject=call.sid):
        params = {k: v for k, v in event.params.items() if k != "Timestamp"}
        ProviderEvent.objects.filter(pk=event.pk).update(
            state="failed", received_at=old, params=params
        )
    support.post("replay/", {"subject": call.sid, "act": "replay", "reason": WHY})
    work()
    with plumber.scope():
        found = Call.objects.get()
        assert (found.decision, found.decision_reason) == ("skip", "EXPIRED")
        assert not Message.objects.exists()
    assert not stand_in.requests


def test_what_cannot_be_replayed_is_said_by_field(support, plumber):
    allow(support.user, "replay_webhooks")
    for form, sentence in (
        ({}, "Say from when to when"),
        ({"since": "2026-01-02T00:00", "until": "2026-01-01T00:00"}, "must be after"),
        ({"since": "2026-01-02T00:00", "until": "2026-06-01T00:00"}, "At most 31 days"),
        ({"since": "yesterday", "until": "x"}, "expected a day and a time"),
        ({"event": "x"}, "expected the number of a row"),
        ({"subject": "CA1", "state": "odd"}, "expected one of"),
    ):
        assert sentence in support.post("replay/", {**form, "act": "preview"}, 422)
    assert "No stored webhook fits" in support.post(
        "replay/", {"event": "1", "act": "preview"}, 200
    )


def test_dead_work_is_asked_again_or_dropped_with_a_reason(support, plumber, dentist):
    allow(support.user, "settle_agenda")
    first = an_item(plumber, state="dead", last_error="ValueError: +13125560142 is odd")
    second, alive = an_item(dentist, state="dead"), an_item(plumber)
    page = support.get("dead/")
    assert "+1312•••••42 is odd" in page and "+13125560142" not in page
    assert plumber.business.name in page and dentist.business.name in page
    assert "Say why" in support.post("dead/", {"row": first.pk, "act": "again"}, 422)
    assert "Choose at least one" in support.post("dead/", {"act": "drop", "reason": WHY}, 422)
    support.post("dead/", {"row": first.pk, "act": "again", "reason": WHY})
    support.post("dead/", {"row": [second.pk, alive.pk], "act": "drop", "reason": WHY})
    first.refresh_from_db()
    assert (first.state, first.attempts) == ("waiting", 0)
    assert not AgendaItem.objects.filter(pk=second.pk).exists()
    assert AgendaItem.objects.filter(pk=alive.pk).exists()  # only what is dead
    told = {(e.action, e.business, e.reason) for e in SupportEntry.objects.all()}
    assert told == {
        ("agenda.again", plumber.business, WHY), ("agenda.drop", dentist.business, WHY),
    }  # fmt: skip


def test_the_brake_stops_and_lets_go(twilio, stand_in, work, support, plumber, dentist):
    allow(support.user, "move_brakes")
    for form, sentence in (
        ({"texts": "-1", "dollars": 1, "hours": 1}, "whole number"),
        ({"texts": 1, "dollars": 1, "hours": 48}, "1 to 24"),
        ({"texts": 1, "dollars": 1, "hours": 1, "reason": ""}, "Say why"),
    ):
        page = support.post("brake/", {"reason": WHY, "act": "set", **form}, 422)
        assert sentence in page
    form = {"texts": 0, "dollars": 0, "hours": 2, "act": "set", "reason": WHY}
    assert "Set by hand" in support.post("brake/", form)
    for _ in range(2):  # the first text reads the history of a platform nobody knows yet
        twilio.call(a_caller()).dial_ends("no-answer")
        work()
    with plumber.scope():
        held_back = Message.objects.order_by("created_at").last()
        assert (held_back.status, held_back.hold_code) == ("held", "PLATFORM_LIMIT")
    support.post("brake/", {"act": "lift", "reason": WHY})
    before = len(stand_in.requests)
    twilio.call(a_caller()).dial_ends("no-answer")
    work()
    assert len(stand_in.requests) == before + 1
    told = list(SupportEntry.objects.order_by("pk").values_list("action", "reason"))
    assert told == [("brake.set", WHY), ("brake.lift", WHY)]
    assert texts(dentist) == 0


def test_a_brake_outlives_what_redis_forgets_and_ends_by_itself(support, plumber):
    now = timezone.now()
    brakes.move(support.user, texts=0, cents=0, hours=1, reason=WHY, at=now)
    from tenants.redis import client

    client().flushdb()
    brakes.restore(now)
    kept = client().hget("ringback:brakes:platform", "forced_texts")
    assert kept == b"0" and brakes.is_stopped(now)
    assert brakes.hour(now).is_reached
    assert not brakes.is_stopped(now + timedelta(hours=2))
    assert brakes.in_force(now + timedelta(hours=2)) is None


def test_without_redis_no_brake_is_moved(support, plumber, monkeypatch):
    def away(act, now):
        raise velocity.Away

    monkeypatch.setattr(velocity, "with_redis", away)
    with pytest.raises(BrakeError):
        brakes.move(support.user, texts=1, cents=1, hours=1, reason=WHY, at=timezone.now())
    assert not PlatformBrake.objects.exists() and not SupportEntry.objects.exists()


def test_the_tables_buttons_need_the_same_rights(support, plumber):
    event, item = an_event(plumber, "failed"), an_item(plumber, state="dead")
    support.post(f"tenants/providerevent/{event.pk}/this_again/", {"_form_submitted": "on"}, 403)
    for table, act, pk in (
        ("providerevent", "again", event.pk), ("agendaitem", "ask_again", item.pk),
    ):  # fmt: skip
        support.post(f"tenants/{table}/", {"action": act, "_selected_action": [pk]})
    item.refresh_from_db()
    assert item.state == "dead" and AgendaItem.objects.count() == 1


def test_nobody_gives_himself_a_right(support, plumber, world):
    boss = User.objects.create_superuser("boss@ringback.example", "x", name="Boss")
    other = User.objects.create_user("pat@ringback.example", "x", name="Pat", is_staff=True)
    right = Permission.objects.get(codename="enter_business")
    form = {"email": support.user.email, "name": "Sam", "is_active": "on", "is_staff": "on",
            "user_permissions": [right.pk]}  # fmt: skip
    support.post(f"tenants/user/{support.user.pk}/change/", form)
    assert not support.user.user_permissions.exists()
    # Nor does he become somebody who has it, by a password he sets.
    for path in (f"tenants/user/{boss.pk}/change/", f"tenants/user/{other.pk}/password/"):
        support.post(
            path, {**form, "password1": "a b c d e f 1", "password2": "a b c d e f 1"}, 403
        )
    Support(boss).post(f"tenants/user/{support.user.pk}/change/", form)
    assert [r.codename for r in support.user.user_permissions.all()] == ["enter_business"]
    # A member of a business is changed with the right for it, and is made no support by that.
    allow(support.user, "give_access")
    member = {"email": plumber.owner.email, "name": "Owner", "is_active": "on", "is_staff": "on"}
    support.post(f"tenants/user/{plumber.owner.pk}/change/", member)
    plumber.owner.refresh_from_db()
    assert (plumber.owner.name, plumber.owner.is_staff) == ("Owner", False)


def test_nobody_lets_himself_in_without_the_right_for_it(support, plumber, dentist):
    """A place, a key or an owner's password would open all that the other rights are asked for."""
    place = Membership.objects.filter(business=plumber.business).first()
    before = (Membership.objects.count(), ApiKey.objects.count(), User.objects.count())
    mine = {"user": support.user.pk, "agency": "", "business": plumber.business.pk, "role": "owner",
            "is_active": "on"}  # fmt: skip
    word = {"password1": "a long sentence 7", "password2": "a long sentence 7"}
    for path, form in (
        ("tenants/membership/add/", mine),
        (f"tenants/membership/{place.pk}/change/", mine),
        ("tenants/apikey/add/", {"business": plumber.business.pk, "name": "Mine"}),
        ("tenants/user/add/", {"email": "me@else.example", "usable_password": "true", **word}),
        (f"tenants/user/{plumber.owner.pk}/change/",
         {"email": "me@else.example", "name": "Me", "is_active": "on"}),
        (f"tenants/user/{plumber.owner.pk}/password/", {"usable_password": "true", **word}),
    ):  # fmt: skip
        support.post(path, form, 403)
    assert before == (Membership.objects.count(), ApiKey.objects.count(), User.objects.count())
    plumber.owner.refresh_from_db()
    assert plumber.owner.email != "me@else.example"
    assert not plumber.owner.check_password("a long sentence 7")
    for path in ("tenants/membership/", "tenants/apikey/", "tenants/user/"):
        support.get(path)  # looking is for all of support


def test_a_rule_that_waits_for_the_opening_is_not_late_either(
    twilio, stand_in, support, plumber, work
):
    """Called in a closed hour days ago: the opening that counts is the one after the call, not after now."""
    allow(support.user, "replay_webhooks")
    now = timezone.now()
    with plumber.scope():
        change_rule(action="hold", states=["closed"])
        OpeningHours.objects.all().delete()
        # Open one hour a day, half a day away from now.
        opens = (now + timedelta(hours=12)).astimezone(ZoneInfo("America/Chicago"))
        opens = min(opens.replace(minute=0, second=0), opens.replace(hour=22, minute=0, second=0))
        for weekday in range(7):
            OpeningHours.objects.create(
                weekday=weekday, opens=opens.time(), closes=opens.replace(minute=59).time()
            )
    call = twilio.call(a_caller())
    call.dial_ends("no-answer")
    AgendaItem.objects.filter(kind="calls.voice_event").delete()
    for event in ProviderEvent.objects.filter(subject=call.sid):
        params = {k: v for k, v in event.params.items() if k != "Timestamp"}
        ProviderEvent.objects.filter(pk=event.pk).update(
            state="failed", received_at=now - timedelta(days=3), params=params
        )
    support.post("replay/", {"subject": call.sid, "act": "replay", "reason": WHY})
    work()
    with plumber.scope():
        found = Call.objects.get()
        assert (found.decision, found.decision_reason) == ("skip", "EXPIRED")
        assert not Message.objects.exists()
