"""A number is bought once and answers at once, or says why not; whatever fails on the way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging.senders import bringing, buying, releasing, searching, steps
from messaging.senders.steps import SenderError
from tenants import agenda
from tenants.accounts import webhook_urls
from tenants.models import AgencyEntry, AgendaItem, Business, PhoneNumber, ProviderStep
from tests.senders.conftest import NEW, bought, others_untouched, step_of


def buy(biz, e164=NEW):
    return buying.buy(biz.business, e164, by="Ann", door="page")


def state(biz, e164=NEW):
    return step_of(biz.business, buying.key_of(e164)).state


def test_numbers_are_found_by_place_and_digits(plumber, dentist, office):
    chicago = searching.search(plumber.business, area_code="312")
    assert chicago and all(each.e164.startswith("+1312") for each in chicago)
    assert chicago[0].locality == "Chicago" and chicago[0].region == "IL" and chicago[0].texts
    assert {each.e164[:5] for each in searching.search(plumber.business, locality="phoenix")} == {
        "+1602"
    }
    assert all("0144" in each.e164 for each in searching.search(plumber.business, contains="0144"))
    assert searching.search(plumber.business, area_code="833")[0].e164.startswith("+1833")
    assert searching.search(plumber.business, area_code="907") == []
    others_untouched(dentist)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"area_code": "12"}, "area_code"), ({"area_code": "312", "toll_free": True}, "area_code"),
        ({"contains": "1"}, "contains"), ({"locality": "<b>"}, "locality"),
        ({"region": "Illinois"}, "region"), ({"account_id": 99999}, "account"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_asked_names_the_field(plumber, office, asked, field):
    with pytest.raises(SenderError) as refused:
        searching.search(plumber.business, **asked)
    assert refused.value.field == field and office.asked == []


def test_a_provider_that_does_not_answer_is_said(plumber, office):
    office.control({"faults": [{"path": "Available", "mode": "500"}]})
    with pytest.raises(SenderError) as refused:
        searching.search(plumber.business, area_code="312")
    assert refused.value.field == "provider" and "token" not in str(refused.value)


def test_a_bought_number_is_the_business_s_own_line(plumber, dentist, office, work):
    step = buy(plumber)
    assert step.state == "wanted" and office.asked == []
    work()
    line = PhoneNumber.objects.get(e164=NEW)
    assert line.business == plumber.business and line.is_active
    assert line.registration == "unregistered" and line.sender_kind == "local"
    assert state(plumber) == "done" and bought(office) == [NEW]
    held = next(iter(office.books.held.values()))
    urls = webhook_urls("twilio", plumber.account_sid)
    assert held["voice_url"] == urls["voice"] and held["sms_url"] == urls["messaging"]
    assert held["status_callback"] == urls["voice_status"]
    assert str(step.pk) in held["friendly_name"]
    said = AgencyEntry.objects.filter(action="number.buy").latest("id")
    assert said.business == plumber.business and said.detail == {"number": NEW}
    assert not AgendaItem.objects.filter(kind=buying.KIND).exists()
    assert NEW not in [each.e164 for each in searching.search(plumber.business, area_code="312")]
    others_untouched(dentist)


def test_a_call_to_it_is_answered_and_a_text_is_heard(plumber, twilio, office, work):
    buy(plumber)
    work()
    plumber.number, before = NEW, plumber.number
    try:
        assert twilio.call().arrives().status_code == 200
        assert twilio.text("+17735551234", "hello").status_code == 200
    finally:
        plumber.number = before


def test_the_same_number_twice_is_one_step_and_one_purchase(plumber, dentist, office, work):
    assert buy(plumber).pk == buy(plumber, "(312) 555-0120").pk
    work()
    assert buy(plumber).state == "done"
    work()
    assert bought(office) == [NEW] and len(posts(office)) == 1
    others_untouched(dentist)


def posts(office):
    return [
        asked for asked in office.asked
        if asked["method"] == "POST" and asked["path"].endswith("IncomingPhoneNumbers.json")
    ]  # fmt: skip


def test_two_clicks_at_once_buy_one(plumber, dentist, office, work):
    made, failed = [], []
    gate = threading.Barrier(4)

    def click() -> None:
        gate.wait()
        try:
            made.append(buy(plumber).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    [each.start() for each in clicks]
    [each.join() for each in clicks]
    assert failed == [] and len(set(made)) == 1
    work()
    assert bought(office) == [NEW] and len(posts(office)) == 1
    others_untouched(dentist)


def test_another_business_cannot_take_what_one_is_buying(plumber, dentist, office, work):
    buy(plumber)
    with pytest.raises(SenderError, match="another business"):
        buy(dentist)
    work()
    with pytest.raises(SenderError, match="already belongs"):
        buy(dentist)
    others_untouched(dentist)


def test_a_number_that_is_gone_is_refused_with_a_sentence(plumber, dentist, office, on):
    sold = "+13125550199"
    buy(plumber, sold)
    on()
    step = step_of(plumber.business, buying.key_of(sold))
    assert (step.state, step.problem, step.problem_field) == ("refused", buying.GONE, "number")
    assert not PhoneNumber.objects.filter(e164=sold).exists()
    assert buy(plumber, sold).pk != step.pk  # and may be asked for anew
    others_untouched(dentist)


@pytest.mark.parametrize(
    "mode", ["accept_then_timeout", "accept_then_500", "timeout", "500", "429"]
)
def test_an_answer_that_is_lost_buys_nothing_twice(plumber, dentist, office, on, mode):
    office.control({"faults": [{"method": "POST", "path": "Incoming", "mode": mode}]})
    buy(plumber)
    on()
    assert bought(office) == [NEW] and state(plumber) == "done"
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business
    assert len(posts(office)) == (1 if mode.startswith("accept") else 2)
    others_untouched(dentist)


def test_a_step_found_half_done_asks_first(plumber, office, work):
    """As a worker leaves it that died right after the provider had taken the order."""
    step = buy(plumber)
    work()
    PhoneNumber.objects.filter(e164=NEW).delete()
    ProviderStep.objects.filter(pk=step.pk).update(state="trying", external_id="")
    agenda.put(
        buying.KIND, str(step.pk), lane="realtime", business_id=plumber.business.pk,
        due_at=timezone.now(),
    )  # fmt: skip
    work()
    assert state(plumber) == "done" and len(posts(office)) == 1
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business


def test_a_number_of_the_account_that_was_not_bought_here_is_left_alone(plumber, office, on):
    from calls.simulator import office as desk

    desk.add_known(office.books, [(NEW, plumber.account_sid)])
    office.control({"faults": [{"method": "POST", "path": "Incoming", "mode": "500"}]})
    buy(plumber)
    on()
    step = step_of(plumber.business, buying.key_of(NEW))
    assert step.state == "refused" and step.problem == buying.NOT_OURS
    assert not PhoneNumber.objects.filter(e164=NEW).exists()


def test_a_provider_that_stays_silent_is_asked_ever_less_and_it_is_said(plumber, office, on):
    office.control({"faults": [{"path": "Incoming", "mode": "500", "times": 9999}]})
    buy(plumber)
    on()
    step = step_of(plumber.business, buying.key_of(NEW))
    assert step.state == "trying" and "does not answer" in step.problem
    assert [steps.pause(n).total_seconds() for n in (1, 2, 6, 40)] == [5, 15, 3600, 3600]


def test_a_business_that_leaves_buys_nothing(plumber, office):
    Business.objects.filter(pk=plumber.business.pk).update(stage="leaving")
    with pytest.raises(SenderError) as refused:
        buy(plumber)
    assert refused.value.field == "business"
    with pytest.raises(SenderError) as refused:
        bringing.bring(plumber.business, NEW, by="Ann")
    assert refused.value.field == "business" and office.asked == []


# --- giving it back ----------------------------------------------------------------------------


def test_a_number_is_given_back_in_two_steps(plumber, dentist, office, work, pass_time):
    buy(plumber)
    work()
    line = PhoneNumber.objects.get(e164=NEW)
    asked_at = timezone.now() - timedelta(days=6)
    releasing.release(line, by="Ann", at=asked_at)
    assert releasing.release(line, by="Ben").asked_by == "Ann"
    work()
    line.refresh_from_db()
    assert line.is_active and bought(office) == [NEW]  # its days are not over
    assert list(releasing.leaving(plumber.business)) == [NEW]
    step = step_of(plumber.business, releasing.key_of(NEW))
    step.wanted["due"] = timezone.now().isoformat()
    step.save()
    pass_time(90000)
    work()
    line.refresh_from_db()
    assert not line.is_active and bought(office) == [] and releasing.leaving(plumber.business) == {}
    assert state(plumber) == "cancelled"
    others_untouched(dentist)
    # And it can be bought again: the same line, to be registered anew.
    buy(plumber)
    work()
    line.refresh_from_db()
    assert line.is_active and line.registration == "unregistered" and state(plumber) == "done"
    releasing.release(line, by="Ann", grace=timedelta(0))
    work()
    line.refresh_from_db()
    assert not line.is_active and bought(office) == []
    # By another business it begins as its own, with no history of the first.
    buy(dentist)
    work()
    theirs = PhoneNumber.objects.get(e164=NEW)
    assert theirs.business == dentist.business and theirs.pk != line.pk


def test_a_mind_can_be_changed(plumber, office, work, on):
    buy(plumber)
    work()
    line = PhoneNumber.objects.get(e164=NEW)
    releasing.release(line, by="Ann")
    assert releasing.undo(plumber.business, NEW, by="Ann")
    assert not releasing.undo(plumber.business, NEW, by="Ann")
    on()
    line.refresh_from_db()
    assert line.is_active and bought(office) == [NEW]
    releasing.release(line, by="Ann", grace=timedelta(0))
    work()
    assert not releasing.undo(plumber.business, NEW, by="Ann")
    assert [
        e.action for e in AgencyEntry.objects.filter(action__startswith="number.").order_by("id")
    ][-4:] == ["number.buy", "number.release", "number.keep", "number.release"]


@pytest.mark.parametrize("mode", ["500", "accept_then_500", "timeout"])
def test_giving_back_is_asked_again_until_it_is_so(plumber, office, work, on, mode):
    buy(plumber)
    work()
    office.control({"faults": [{"method": "DELETE", "path": "Incoming", "mode": mode}]})
    releasing.release(PhoneNumber.objects.get(e164=NEW), by="Ann", grace=timedelta(0))
    on()
    assert bought(office) == [] and not PhoneNumber.objects.get(e164=NEW).is_active
    assert step_of(plumber.business, releasing.key_of(NEW)).state == "done"
