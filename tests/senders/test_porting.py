"""A port is ordered from the provider: what is wrong names its field, nothing is ordered twice or kept."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from messaging.providers.base import ProviderFailed
from messaging.providers.porting import Bill, Ordered, PortOrder
from messaging.providers.twilio import Twilio
from messaging.senders import bringing, porting, steps
from messaging.senders.steps import SenderError
from tenants import lifecycle
from tenants.models import AgencyEntry, AgendaItem, PhoneNumber, ProviderStep
from tests.senders.conftest import NEW, others_untouched, step_of

BILL = Bill(b"%PDF-1.7 a bill", "application/pdf", "bill.pdf")
TYPED = {
    "holder": "Lakeside Plumbing LLC", "holder_kind": "business", "account_number": "A-778",
    "pin": "4711", "signer": "Dana Kowalski", "signer_email": "dana@lakeside.example",
    "street": "12 Main St", "city": "Chicago", "region": "il", "postal_code": "60601",
}  # fmt: skip


@pytest.fixture
def step(plumber, dentist, office, work) -> ProviderStep:
    """The plumber waits for a number; orders move on as often as they are looked at."""
    office.books.seconds["port"] = 1e9
    made = bringing.bring(plumber.business, NEW, by="Ann", carrier="Old Bell")
    work()
    return made


def orders(office) -> list[dict[str, object]]:
    return [paper for paper in office.books.papers.values() if paper["kind"] == "PortIn"]


def fault(office, mode: str, path: str = "/v1/Porting/PortIn", method: str = "POST") -> None:
    office.control({"faults": [{"method": method, "path": path, "mode": mode}]})


def test_an_order_is_followed_until_the_number_is_a_line(
    plumber, dentist, office, step, work, pass_time
):
    assert porting.takes_orders(step)
    porting.order(step, TYPED, BILL, by="Ann")
    [order] = orders(office)
    assert order["numbers"] == [NEW]
    work()
    step.refresh_from_db()
    assert not porting.takes_orders(step)
    assert bringing.instructions(step)[0].startswith("The order is with the provider")
    order["at"] = -1e10  # long ago: the old carrier has let it go
    pass_time(3600)
    work()
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business
    assert step_of(plumber.business, bringing.key_of(NEW)).state == "done"
    said = AgencyEntry.objects.filter(agency=plumber.business.agency, action="number.port_order")
    assert said.get().detail["number"] == NEW
    others_untouched(dentist)


def test_the_letter_is_waited_for_and_what_the_old_carrier_refuses_is_told(
    office, step, work, pass_time
):
    porting.order(step, TYPED | {"pin": "0000"}, BILL, by="Ann")
    [order] = orders(office)
    told = []
    for steps_on in (1.5, 2.5, 9.0):
        order["at"] = timezone.now().timestamp() - steps_on * 1e6
        office.books.seconds["port"] = 1e6
        bringing.look_now(step)
        work()
        step.refresh_from_db()
        told.append(bringing.instructions(step)[0])
    assert "dana@lakeside.example" in told[0] and "old carrier" in told[1]
    assert "The PIN is not the one the carrier has." in told[2]
    assert not PhoneNumber.objects.filter(e164=NEW).exists()


def test_neither_the_pin_nor_the_bill_nor_the_account_is_kept(office, step, work):
    porting.order(step, TYPED, BILL, by="Ann")
    work()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(to_jsonb(s)::text, '') || (SELECT string_agg(to_jsonb(e)::text, '') "
            "FROM tenants_agencyentry e) || coalesce((SELECT string_agg(to_jsonb(a)::text, '') "
            "FROM tenants_agendaitem a), '') FROM tenants_providerstep s"
        )
        (kept,) = cursor.fetchone()
    for secret in ("4711", "A-778", "%PDF"):
        assert secret not in kept
    secrets = {"account_number": "A-778", "pin": "4711", "bill": BILL}
    typed = {name: TYPED[name] for name in TYPED if name != "holder_kind"}
    assert "4711" not in repr(PortOrder(e164=NEW, is_business=True, **(typed | secrets)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("holder", ""), ("street", " "), ("city", ""), ("signer", "Dana"), ("region", "Illinois"),
        ("signer_email", "dana"), ("postal_code", "1"), ("pin", "=1+1"), ("holder", "x" * 121),
        ("account_number", "<b>"), ("holder", "a\x00b"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_field_and_asks_nobody(office, step, field, value):
    before = len(office.asked)
    with pytest.raises(SenderError) as refused:
        porting.order(step, TYPED | {field: value}, BILL, by="Ann")
    assert set(refused.value.problems) == {field} and len(office.asked) == before
    step.refresh_from_db()
    assert "port" not in step.wanted


@pytest.mark.parametrize("content", [b"", b"<html>", b"MZ\x90", b"%PDF" + b"0" * 10_000_001])
def test_a_bill_is_what_its_bytes_say(office, step, content):
    with pytest.raises(SenderError) as refused:
        porting.order(step, TYPED, Bill(content, "application/pdf", "bill.pdf"), by="Ann")
    assert refused.value.field == "bill" and orders(office) == []


@pytest.mark.parametrize("mode", ["accept_then_timeout", "accept_then_500", "timeout", "500"])
def test_without_an_answer_it_is_looked_for_before_it_is_ordered_again(office, step, mode):
    fault(office, mode)
    with pytest.raises(SenderError, match="nothing is ordered twice"):
        porting.order(step, TYPED, BILL, by="Ann")
    step.refresh_from_db()
    assert porting.takes_orders(step)
    porting.order(step, TYPED, BILL, by="Ann")
    assert len(orders(office)) == 1
    step.refresh_from_db()
    assert porting.order_of(step) == orders(office)[0]["sid"]
    with pytest.raises(SenderError, match="ordered already"):
        porting.order(step, TYPED, BILL, by="Ben")


def test_whoever_died_while_asking_begins_again_once_nobody_else_asks(office, step):
    step.wanted["port"] = {"asked": timezone.now().isoformat()}
    step.save(update_fields=["wanted"])
    with pytest.raises(SenderError, match="this moment"):
        porting.order(step, TYPED, BILL, by="Ben")
    assert orders(office) == []
    step.wanted["port"] = {"asked": (timezone.now() - timedelta(minutes=3)).isoformat()}
    step.save(update_fields=["wanted"])
    porting.order(step, TYPED, BILL, by="Ben")
    assert len(orders(office)) == 1
    looked = [each for each in office.asked if "PortInRequests" in each["path"]]
    assert looked


@pytest.mark.parametrize("path", ["/v1/Porting/PortIn", "/v1/Documents"])
def test_a_refusal_is_told_and_can_be_mended(office, step, path):
    fault(office, "401", path)
    with pytest.raises(SenderError, match="refused the order"):
        porting.order(step, TYPED, BILL, by="Ann")
    porting.order(step, TYPED, BILL, by="Ann")
    assert len(orders(office)) == 1


def test_a_number_that_cannot_be_ported_is_said_before_anybody_waits(plumber, office):
    stuck = "+13125550198"
    with pytest.raises(SenderError, match="does not let it go") as refused:
        porting.refuse_stuck(plumber.business, stuck, None)
    assert refused.value.field == "number"
    porting.refuse_stuck(plumber.business, NEW, None)
    fault(office, "500", "Portability", "GET")
    porting.refuse_stuck(plumber.business, stuck, None)  # nobody knows: nothing is refused


def test_called_off_the_order_is_taken_back_until_the_provider_says_so(dentist, office, step, on):
    porting.order(step, TYPED, BILL, by="Ann")
    fault(office, "500", "/v1/Porting/PortIn/", "DELETE")
    assert bringing.call_off(step, by="Ann")
    on()
    assert orders(office)[0]["is_off"]
    assert not AgendaItem.objects.filter(kind=porting.CANCEL, state="waiting").exists()
    others_untouched(dentist)


def test_a_business_that_leaves_takes_its_order_back(plumber, office, step, on):
    porting.order(step, TYPED, BILL, by="Ann")
    lifecycle.off_board(
        plumber.business, actor="Ann", door="page", now=timezone.now(), reason="They moved away."
    )
    on()
    assert orders(office)[0]["is_off"]
    step.refresh_from_db()
    assert step.state == "cancelled" and step.problem == ""


def test_an_order_that_ended_there_can_be_made_anew(office, step, work):
    porting.order(step, TYPED, BILL, by="Ann")
    orders(office)[0]["is_off"] = True
    bringing.look_now(step)
    work()
    step.refresh_from_db()
    assert porting.takes_orders(step)
    assert "ended the order" in bringing.instructions(step)[0]
    porting.order(step, TYPED, BILL, by="Ann")
    assert [order["is_off"] for order in orders(office)] == [True, False]
    assert json.dumps(step.wanted)


def test_a_bill_travels_as_a_file(office, step):
    picture = SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n rest").read()
    porting.order(step, TYPED, Bill(picture, "image/png", "bill.png"), by="Ann")
    assert [each["path"] for each in office.asked if "Documents" in each["path"]]


def test_what_is_sent_is_what_the_provider_s_own_description_names(office, step):
    from twilio.rest.numbers.v1.porting_port_in import PortingPortInList

    porting.order(step, TYPED, BILL, by="Ann")
    [sent] = [json.loads(raw) for raw in office.said]
    whole = PortingPortInList.NumbersV1PortingPortInCreate(sent).to_dict()
    assert sent.keys() <= whole.keys()
    known = sent["losing_carrier_information"]
    assert known.keys() <= whole["losing_carrier_information"].keys()
    assert known["address"].keys() <= whole["losing_carrier_information"]["address"].keys()
    assert sent["phone_numbers"] == [{"phone_number": NEW, "pin": "4711"}]
    assert known["customer_type"] == "Business" and known["authorized_representative"]
    assert known["address"]["state"] == "IL" and sent["account_sid"].startswith("AC")
    assert len(sent["documents"]) == 1 and None not in sent.values()


def test_an_order_whose_answer_was_lost_is_taken_back_by_its_number(dentist, office, step, on):
    fault(office, "accept_then_timeout")
    with pytest.raises(SenderError, match="nothing is ordered twice"):
        porting.order(step, TYPED, BILL, by="Ann")
    step.refresh_from_db()
    assert "is not known" in bringing.instructions(step)[0]
    assert bringing.call_off(step, by="Ann")
    on()
    assert [order["is_off"] for order in orders(office)] == [True]
    others_untouched(dentist)


def test_what_is_ordered_elsewhere_is_found_and_not_ordered_again(plumber, office, step):
    porting.order(step, TYPED, BILL, by="Ann")
    [first] = orders(office)
    # Another step for the same number knows nothing of it, as after an order in the provider's portal.
    step.refresh_from_db()
    step.wanted.pop("port")
    step.save(update_fields=["wanted"])
    porting.order(step, TYPED, BILL, by="Ben")
    assert orders(office) == [first]
    step.refresh_from_db()
    assert porting.order_of(step) == first["sid"]


def test_a_number_arrives_though_its_order_cannot_be_read(plumber, office, step, work, pass_time):
    porting.order(step, TYPED, BILL, by="Ann")
    [order] = orders(office)
    order["at"] = -1e10
    porting.standing_of(*_desk(step), order["sid"])  # the old carrier lets it go
    fault(office, "500", f"/v1/Porting/PortIn/{order['sid']}", "GET")
    bringing.look_now(step)
    work()
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business


def test_an_order_that_is_not_there_any_more_can_be_made_anew(office, step, work):
    porting.order(step, TYPED, BILL, by="Ann")
    office.books.papers.clear()
    bringing.look_now(step)
    work()
    step.refresh_from_db()
    assert porting.takes_orders(step) and "not there any more" in bringing.instructions(step)[0]


def test_called_off_while_it_is_asked_for_it_is_taken_back(office, step, on, monkeypatch):
    begun = porting._settled

    def first_called_off(*given):
        bringing.call_off(step, by="Ben")
        begun(*given)

    monkeypatch.setattr(porting, "_settled", first_called_off)
    porting.order(step, TYPED, BILL, by="Ann")
    on()
    assert [order["is_off"] for order in orders(office)] == [True]


def test_a_late_answer_leaves_what_another_ordered_meanwhile(office, step, monkeypatch):
    begun = porting._settled

    def late(step, wanted, result, mark, by):
        monkeypatch.setattr(porting, "_settled", begun)
        kept = ProviderStep.objects.get(pk=step.pk)
        kept.wanted["port"] = {"id": "KW-of-another", "asked": "later"}
        kept.save(update_fields=["wanted"])
        begun(step, wanted, Ordered("refused", detail="late"), mark, by)

    monkeypatch.setattr(porting, "_settled", late)
    with pytest.raises(SenderError, match="late"):
        porting.order(step, TYPED, BILL, by="Ann")
    step.refresh_from_db()
    assert porting.order_of(step) == "KW-of-another"


@pytest.mark.parametrize("e164", ["+18335550166", "+14165550166", "+9995550166123"])
def test_what_goes_by_the_portal_waits_with_the_portal_s_instructions(plumber, office, e164):
    porting.refuse_stuck(plumber.business, e164, None)
    made = bringing.bring(plumber.business, e164, by="Ann")
    assert not porting.takes_orders(made)
    assert "console" in bringing.instructions(made)[0]
    assert office.asked == []


def test_what_the_provider_never_takes_back_is_in_the_agency_s_record(
    plumber, office, step, on, monkeypatch
):
    def too_late(*_given):
        raise ProviderFailed("It is ported already (error 22102).", http_status=400)

    porting.order(step, TYPED, BILL, by="Ann")
    monkeypatch.setattr(Twilio, "cancel_port", too_late)
    assert bringing.call_off(step, by="Ann")
    on()
    noted = AgencyEntry.objects.filter(action="number.port_stands")
    assert noted.get().agency == plumber.business.agency
    assert not AgendaItem.objects.filter(kind=porting.CANCEL, state="waiting").exists()


def _desk(step):
    return steps.office_of(steps.account_of(step.business, step.wanted["account"]))
