"""The wizard's pages: each step kept by itself, wrong input named where it stands, another agency sees nothing."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from calls.models import OpeningHours, TestCall
from messaging.models import Policy
from tenants import drafts
from tenants.models import (
    Agency,
    AgencyEntry,
    Business,
    BusinessFacts,
    Invitation,
    PhoneNumber,
    ProviderAccount,
    ProviderStep,
    User,
)
from tenants.publish_rules import STEPS
from tenants.scope import business_scope
from tests.api.conftest import PUBLIC
from tests.inbox.conftest import Member

FACTS = {
    "name": "Harbor Auto", "timezone": "America/Chicago", "legal_name": "Harbor Auto LLC",
    "ein": "12-3456789", "legal_kind": "llc", "street": "1 Main St", "city": "Chicago",
    "region": "IL", "postcode": "60614", "country": "US", "website": "harborauto.example",
    "contact_name": "", "contact_title": "", "contact_email": "", "contact_phone": "",
    "day-0": "spans", "opens-0": "08:00", "closes-0": "18:00",
}  # fmt: skip


def at_agency(email: str) -> Member:
    return Member(User.objects.get(email=email), PUBLIC)


@pytest.fixture
def ann(plumber):
    """Somebody of the plumber's agency, at the public host."""
    return at_agency("agency@northwind.example")


@pytest.fixture
def bob(dentist):
    """Somebody of the other agency."""
    return at_agency("agency@southwind.example")


def room(agency, rest=""):
    return f"/agency/{agency.pk}/onboarding/{rest}"


def begun(ann, plumber, **more) -> Business:
    ann.post(
        room(plumber.business.agency),
        {"name": "Harbor Auto", "playbook": "auto", "timezone": "America/Chicago", **more},
    )
    return Business.objects.get(name="Harbor Auto", agency=plumber.business.agency)


def at(business, step):
    return room(business.agency, f"{business.pk}/{step}/")


def test_a_business_is_begun_once_however_often_it_is_clicked(ann, plumber, dentist):
    first = begun(ann, plumber)
    assert begun(ann, plumber).pk == first.pk
    assert first.stage == "draft"
    assert Business.objects.filter(agency=plumber.business.agency).count() == 2
    assert "Harbor Auto" in ann.get(room(plumber.business.agency))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "Give the name as its customers know it"),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone"),
        ({"playbook": "pirates"}, "Choose what kind of business"),
    ],
)
def test_a_beginning_that_cannot_be_keeps_what_was_typed(typed, said, ann, plumber, dentist):
    whole = {"name": "Harbor Auto", "playbook": "auto", "timezone": "America/Chicago"} | typed
    page = ann.post(room(plumber.business.agency), whole, 422)
    assert said in page
    assert "Harbor Auto" in page or typed.get("name")
    assert not Business.objects.filter(stage="draft").exists()


def test_another_agency_sees_nothing_of_a_draft(ann, bob, plumber, dentist):
    business = begun(ann, plumber)
    theirs = dentist.business.agency
    for step in STEPS:
        ann.get(at(business, step))
        bob.get(at(business, step), 404)
        bob.get(room(theirs, f"{business.pk}/{step}/"), 404)
        assert bob.sent(room(theirs, f"{business.pk}/{step}/"), {}).status_code == 404
    assert "Harbor Auto" not in bob.get(room(theirs))
    ann.get(room(plumber.business.agency, f"{business.pk}/nonsense/"), 404)
    nobody = Member(None, PUBLIC)
    assert nobody.sent(at(business, "live"), {}).status_code == 302
    assert Business.objects.get(pk=business.pk).stage == "draft"


def test_wrong_facts_are_named_at_their_fields_and_nothing_typed_is_lost(ann, plumber, dentist):
    business = begun(ann, plumber)
    typed = FACTS | {"ein": "07-1234567", "postcode": "6", "opens-0": "never"}
    page = ann.post(at(business, "facts"), typed, 422)
    for said in (
        "No EIN begins",
        "Expected a ZIP code",
        "is no time",
        "Harbor Auto LLC",
        "1 Main St",
    ):
        assert said in page
    assert "07-1234567" in page
    assert BusinessFacts.objects.get(business=business).legal_name == ""
    page = ann.post(at(business, "facts"), FACTS)
    assert "123456789" not in page and "•••6789" in page
    # Saved once more without the number: it stays, for it is never shown.
    ann.post(at(business, "facts"), FACTS | {"ein": ""})
    assert BusinessFacts.objects.get(business=business).ein == "123456789"
    with business_scope(business.schema_name):
        assert list(OpeningHours.objects.values_list("weekday", flat=True)) == [0]
    assert not BusinessFacts.objects.filter(business=dentist.business).exists()


def test_a_pack_is_looked_at_before_it_is_chosen(ann, plumber, dentist):
    business = begun(ann, plumber)
    page = ann.get(at(business, "playbook"), look="salon")
    assert "with a guest" in page and "Take this one" in page
    assert Business.objects.get(pk=business.pk).playbook == "auto"
    ann.post(at(business, "playbook"), {"playbook": "salon"})
    assert Business.objects.get(pk=business.pk).playbook == "salon"
    assert "Choose what kind" in ann.post(at(business, "playbook"), {"playbook": "x"}, 422)
    assert Business.objects.get(pk=dentist.business.pk).playbook == "dental"


def test_a_number_is_bought_once_and_the_step_goes_on_by_itself(
    ann, plumber, dentist, stand_in, work
):
    business = begun(ann, plumber)
    account = plumber.business.numbers.get().account
    page = ann.get(at(business, "number"), 422, account=account.pk, area_code="12")
    assert "Expected three digits" in page
    page = ann.get(at(business, "number"), account=account.pk, area_code="312")
    wish = {"act": "buy", "account": account.pk}
    offered = page.partition('name="number" value="')[2].partition('"')[0]
    assert offered.startswith("+1312")
    for _ in range(2):
        ann.post(at(business, "number"), wish | {"number": offered})
    assert ProviderStep.objects.filter(business=business).count() == 1
    assert "It is being bought" in ann.get(at(business, "number"), part="state")
    work()
    answer = ann.client.get(at(business, "number"), {"part": "state"}, headers={"host": PUBLIC})
    assert answer.headers["HX-Redirect"] == at(business, "number")
    assert business.numbers.get().e164 == offered
    page = ann.post(at(business, "number"), wish | {"number": dentist.number}, 422)
    assert "already belongs" in page
    theirs = dentist.business.numbers.get().account
    page = ann.post(at(business, "number"), {"act": "buy", "number": "+13125550999", "account": theirs.pk}, 422)  # fmt: skip
    assert "provider accounts" in page


def with_number(business, plumber, e164="+13125550777") -> PhoneNumber:
    account = plumber.business.numbers.get().account
    return drafts.take_number(
        business,
        account,
        e164,
        by="Ann",
        door="page",
        at=timezone.now(),
        registration="declared",
        staff=["+13125550143"],
    )


def test_a_live_business_takes_another_number_and_gives_one_back(
    ann, bob, plumber, dentist, stand_in, work
):
    business, (mine,) = plumber.business, plumber.business.numbers.all()
    page = ann.get(at(business, "number"), account=mine.account.pk, area_code="312")
    offered = page.partition('class="offers"')[2].partition('name="number" value="')[2][:12]
    ann.post(at(business, "number"), {"act": "buy", "account": mine.account.pk, "number": offered})
    work()
    assert business.numbers.filter(e164=offered, is_active=True).exists()
    wish = {"act": "release", "number": offered}
    page = ann.post(at(business, "number"), wish)
    assert "Goes back to the provider on" in page and "It is being bought" not in page
    assert bob.sent(at(business, "number"), wish).status_code == 404
    page = ann.post(at(business, "number"), {"act": "release", "number": dentist.number})
    assert page.count("Goes back to the provider on") == 1
    assert not ProviderStep.objects.filter(business=dentist.business).exists()
    page = ann.post(at(business, "number"), wish | {"act": "keep"})
    assert "The number stays" in page and "Goes back" not in page
    assert "too late" in ann.post(at(business, "number"), wish | {"act": "keep"})
    business.numbers.exclude(pk=mine.pk).delete()


def test_a_port_is_ordered_by_a_form_that_names_what_is_wrong(
    ann, bob, plumber, dentist, stand_in, work
):
    business, account = begun(ann, plumber), plumber.business.numbers.get().account
    bring = {"act": "bring", "how": "port", "account": account.pk, "from_carrier": "Old Bell"}
    page = ann.post(at(business, "number"), bring | {"brought": "(312) 555-0198"}, 422)
    assert "does not let it go" in page and not ProviderStep.objects.exists()
    page = ann.post(at(business, "number"), bring | {"brought": "(312) 555-0166"})
    assert "Order the port of" in page and "(312) 555-0166" in page
    step = ProviderStep.objects.get(business=business)
    wish = {
        "act": "port", "step": step.pk, "holder": "Harbor Auto LLC", "holder_kind": "business",
        "signer": "Dana", "signer_email": "dana@harbor.example", "street": "1 Main St",
        "city": "Chicago", "region": "IL", "postal_code": "60614", "pin": "4711",
        "account_number": "",
    }  # fmt: skip
    page = ann.post(at(business, "number"), wish, 422)
    assert "Write first and last name." in page and 'value="Harbor Auto LLC"' in page
    assert "Choose a bill" in page  # all that is wrong, at once
    assert "4711" not in page
    wish["signer"] = "Dana Kowalski"
    assert "Choose a bill" in ann.post(at(business, "number"), wish, 422)
    html = SimpleUploadedFile("bill.pdf", b"<html><script>", content_type="application/pdf")
    assert "Expected a PDF" in ann.post(at(business, "number"), wish | {"bill": html}, 422)
    assert bob.sent(at(business, "number"), wish).status_code == 404
    bill = SimpleUploadedFile("../bill.pdf", b"%PDF-1.7", content_type="text/html")
    page = ann.post(at(business, "number"), wish | {"bill": bill})
    assert "The port is ordered." in page and "Order the port of" not in page
    work()
    assert "The order is with the provider" in ann.get(at(business, "number"), part="state")
    papers = stand_in.office.books.papers.values()
    assert [paper["numbers"] for paper in papers if paper["kind"] == "PortIn"] == [["+13125550166"]]
    assert not ProviderStep.objects.filter(business=dentist.business).exists()


def test_phones_and_forwarding_say_what_is_wrong(ann, plumber, dentist):
    business = begun(ann, plumber)
    number = with_number(business, plumber)
    page = ann.post(at(business, "number"), {"act": "staff", "staff": "12"}, 422)
    assert "is no phone number" in page and 'value="12"' in page
    ann.post(at(business, "number"), {"act": "staff", "staff": "(312) 555-0144"})
    number.refresh_from_db()
    assert (number.staff_numbers, number.answering) == (["+13125550144"], "staff_first")
    wish = {"act": "forward", "own": dentist.number, "carrier": "att"}
    assert "one of our lines" in ann.post(at(business, "number"), wish, 422)
    page = ann.post(at(business, "number"), wish | {"own": "(312) 555-0188"})
    assert "3125550777" in page and "dial__code" in page
    number.refresh_from_db()
    assert number.forwards_from == "+13125550188"
    assert dentist.business.numbers.get().forwards_from == ""


def test_an_account_is_connected_and_its_token_never_shown(ann, plumber, dentist):
    business = begun(ann, plumber)
    wish = {
        "act": "connect", "provider": "twilio", "account_sid": "AC" + "9" * 32,
        "auth_token": "a-secret-token", "public_key": "", "application_id": "",
    }  # fmt: skip
    page = ann.post(at(business, "number"), wish | {"account_sid": "?"}, 422)
    assert "account id" in page and "a-secret-token" not in page
    page = ann.post(at(business, "number"), wish)
    assert "a-secret-token" not in page
    kept = ProviderAccount.objects.get(account_sid="AC" + "9" * 32)
    assert kept.agency_id == business.agency_id and kept.auth_token == "a-secret-token"
    assert "connected already" in ann.post(at(business, "number"), wish, 422)
    assert "a-secret" not in str(list(AgencyEntry.objects.values_list("detail", flat=True)))
    assert not ProviderAccount.objects.filter(agency=dentist.business.agency).exclude(
        account_sid=dentist.account_sid
    )


def test_an_agency_s_floor_bars_what_is_milder(ann, plumber, dentist):
    business = begun(ann, plumber)
    Agency.objects.filter(pk=business.agency_id).update(posture_floor="notice")
    page = ann.post(at(business, "consent"), {"posture": "implied"}, 422)
    assert "your agency requires" in page
    ann.post(at(business, "consent"), {"posture": "press_one"})
    with business_scope(business.schema_name):
        assert Policy.objects.latest("pk").posture == "press_one"
    with dentist.scope():
        assert Policy.objects.latest("pk").posture == "implied"


def test_a_registration_is_taken_by_the_agency_s_word(ann, plumber, dentist):
    business = begun(ann, plumber)
    number = with_number(business, plumber)
    PhoneNumber.objects.filter(pk=number.pk).update(registration="unregistered")
    assert "brand and a campaign" in ann.get(at(business, "registration"))
    ann.post(at(business, "registration"), {"number": dentist.number})
    ann.post(at(business, "registration"), {"number": number.e164})
    number.refresh_from_db()
    assert number.registration == "declared"
    assert not dentist.business.numbers.get().registration_changes.exists()


def test_who_is_invited_gets_a_link_to_the_business_s_own_host(ann, plumber, dentist):
    business = begun(ann, plumber)
    page = ann.post(at(business, "team"), {"email": "ann@", "role": "owner"}, 422)
    assert "no email address" in page and 'value="ann@"' in page
    ann.post(
        at(business, "team"), {"email": "ann@harbor.example", "role": "owner", "language": "es"}
    )
    (letter,) = mail.outbox
    assert "harbor-auto.localhost" in letter.body and "/join/" in letter.body
    invitation = Invitation.objects.get(business=business)
    ann.post(at(business, "team"), {"withdraw": invitation.pk})
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None
    assert not Invitation.objects.filter(business=dentist.business).exists()


def test_a_test_call_names_what_is_wrong(ann, plumber, dentist, stand_in):
    business = begun(ann, plumber)
    assert "A test call needs a number" in ann.get(at(business, "test"))
    with_number(business, plumber)
    page = ann.post(at(business, "test"), {"condition": "no_answer", "from": "12"}, 422)
    assert "Which number is it placed from" in page
    assert "Expected one of" in ann.post(at(business, "test"), {"condition": "odd"}, 422)
    with business_scope(business.schema_name):
        assert not TestCall.objects.exists()


def test_going_live_says_what_is_missing_and_happens_once(ann, plumber, dentist):
    business = begun(ann, plumber)
    page = ann.post(at(business, "live"), status=422)
    assert "The legal name is missing" in page and "It has no number yet" in page
    assert at(business, "facts") in page
    ann.post(at(business, "facts"), FACTS)
    with_number(business, plumber)
    for _ in range(2):
        page = ann.post(at(business, "live"))
    assert "Harbor Auto is live" in page
    entries = AgencyEntry.objects.filter(business=business, action="business.publish")
    assert entries.count() == 1 and entries.get().door == "page"
    # Numbers come and go, and carriers ask again; every other step leads to the last one.
    for step in ("playbook", "consent", "team", "test"):
        assert "Harbor Auto is live" in ann.client.get(
            at(business, step), follow=True, headers={"host": PUBLIC}
        ).content.decode()  # fmt: skip
    assert at(business, "registration") in ann.get(at(business, "facts"))
    assert at(business, "number") in ann.get(at(business, "registration"))
    assert at(business, "consent") not in ann.get(at(business, "registration"))
    assert not AgencyEntry.objects.filter(agency=dentist.business.agency).exists()


def test_it_is_gone_on_with_at_the_step_that_wants_something(ann, plumber, dentist):
    """Whatever died on the way: what is kept is in rows, and another browser finds it."""
    business = begun(ann, plumber)
    go_on = room(business.agency, f"{business.pk}/")

    def leads_to() -> str:
        fresh = at_agency("agency@northwind.example")
        return fresh.client.get(go_on, headers={"host": PUBLIC}).headers["Location"]

    assert leads_to() == at(business, "facts")
    ann.post(at(business, "facts"), FACTS)
    assert leads_to() == at(business, "number")
    with_number(business, plumber)
    assert leads_to() == at(business, "team")
    ann.post(at(business, "team"), {"email": "ann@harbor.example", "role": "owner"})
    assert leads_to() == at(business, "test")
    with business_scope(business.schema_name):
        TestCall.objects.create(
            line="+13125550777", condition="no_answer", provider="twilio", asked_by="Ann",
            state="passed", started_at=timezone.now(),
        )  # fmt: skip
    assert leads_to() == at(business, "live")
    assert Business.objects.get(pk=dentist.business.pk).stage == "live"
