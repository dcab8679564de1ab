"""A number that is ported, or held by the account already, becomes a line by itself."""

from __future__ import annotations

import pytest

from calls.simulator import office as desk
from messaging.providers.twilio import Twilio
from messaging.senders import bringing, buying
from messaging.senders.steps import SenderError
from tenants.accounts import webhook_urls
from tenants.models import PhoneNumber
from tests.senders.conftest import NEW, others_untouched, step_of


def test_a_port_waits_with_instructions_until_the_account_holds_the_number(
    plumber, dentist, office, work, pass_time, monkeypatch
):
    step = bringing.bring(plumber.business, NEW, by="Ann", carrier="Old Bell")
    assert bringing.bring(plumber.business, NEW, by="Ben").pk == step.pk
    assert bringing.instructions(step)[0].startswith("Have ready: a bill")
    with monkeypatch.context() as patched:  # a provider that takes no orders by its API
        patched.setattr(Twilio, "ports", False)
        assert "(312) 555-0120" in bringing.instructions(step)[0]
    work()
    waiting = step_of(plumber.business, bringing.key_of(NEW))
    assert (waiting.state, waiting.problem) == ("waiting", "")
    assert not PhoneNumber.objects.filter(e164=NEW).exists()
    desk.add_known(office.books, [(NEW, plumber.account_sid)])
    pass_time(3600)
    work()
    line = PhoneNumber.objects.get(e164=NEW)
    assert line.business == plumber.business and line.registration == "unregistered"
    held = next(iter(office.books.held.values()))
    assert held["voice_url"] == webhook_urls("twilio", plumber.account_sid)["voice"]
    assert step_of(plumber.business, bringing.key_of(NEW)).state == "done"
    others_untouched(dentist)


def test_somebody_says_that_it_arrived(plumber, office, work):
    step = bringing.bring(plumber.business, NEW, by="Ann", how="held")
    work()
    step.refresh_from_db()
    assert step.state == "waiting" and "does not hold" in step.problem
    assert bringing.instructions(step) == []
    desk.add_known(office.books, [(NEW, plumber.account_sid)])
    bringing.look_now(step)
    work()
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business


def test_waiting_can_be_called_off(plumber, dentist, office, on):
    step = bringing.bring(plumber.business, NEW, by="Ann")
    with pytest.raises(SenderError, match="another business"):
        buying.buy(dentist.business, NEW, by="Bob")
    assert bringing.call_off(step, by="Ann") and not bringing.call_off(step, by="Ann")
    desk.add_known(office.books, [(NEW, plumber.account_sid)])
    on()
    assert not PhoneNumber.objects.filter(e164=NEW).exists()
    others_untouched(dentist)


@pytest.mark.parametrize(
    ("e164", "how", "field"), [("12", "port", "number"), (NEW, "carry", "how")]
)
def test_what_cannot_be_brought_names_the_field(plumber, office, e164, how, field):
    with pytest.raises(SenderError) as refused:
        bringing.bring(plumber.business, e164, by="Ann", how=how)
    assert refused.value.field == field
