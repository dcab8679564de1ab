"""An agency's businesses over the API: made and live in one request, once by their external_id."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from inbox.agency.onboarding import setting_up
from inbox.models import QuickReply
from messaging.models import Alert, MessageTemplate
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    AgendaItem,
    ApiKey,
    Business,
    BusinessFacts,
    Invitation,
    PhoneNumber,
    ProviderStep,
)
from tenants.scope import business_scope
from tests.api.conftest import PUBLIC
from tests.tenants.test_drafts import at_once

ADDRESS = "/api/v1/businesses/"


class Agent:
    """An agency's program."""

    def __init__(self, agency, scopes=()):
        self.key, self.plain = ApiKey.issue(agency, "CRM", scopes=scopes)

    def send(self, method, path, data=None):
        headers = {"host": PUBLIC, "authorization": f"Bearer {self.plain}"}
        return getattr(Client(), method)(
            f"{ADDRESS}{path}", data, content_type="application/json", headers=headers
        )


NEW = "+13125550777"


@pytest.fixture(autouse=True)
def at_the_provider(held, plumber, dentist):
    """Each agency's account holds one number that is no line yet."""
    held(plumber, NEW)
    held(dentist, "+16025550777")


@pytest.fixture
def ours(plumber):
    return Agent(plumber.business.agency)


@pytest.fixture
def theirs(dentist):
    return Agent(dentist.business.agency)


def given(**more):
    return {
        "name": "Harbor Auto", "timezone": "America/Chicago", "external_id": "crm-7",
        "playbook": "auto", "number": "+13125550777", "registration": "declared",
        "forward_to": ["+13125550143"], "owner_email": "ann@harbor.example",
        "facts": {"legal_name": "Harbor Auto LLC", "ein": "12-3456789"},
        "hours": [{"weekday": 0, "opens": "08:00", "closes": "18:00"}], "publish": True, **more,
    }  # fmt: skip


def test_one_request_makes_a_business_that_is_live(ours, theirs, plumber, dentist):
    answer = ours.send("post", "", given())
    made = answer.json()
    assert answer.status_code == 201, made
    assert (made["stage"], made["missing"], made["external_id"]) == ("live", [], "crm-7")
    assert made["facts"]["ein"] == "••-•••6789" and made["facts"]["legal_name"] == "Harbor Auto LLC"
    assert [line["number"] for line in made["numbers"]] == ["+13125550777"]
    assert made["host"] == "harbor-auto.localhost" and "voice" in made["webhook_urls"]
    business = Business.objects.get(pk=made["id"])
    assert business.agency_id == plumber.business.agency_id and business.published_at
    with business_scope(business.schema_name):
        assert MessageTemplate.objects.count() == 4 and QuickReply.objects.exists()
    assert Invitation.objects.get(business=business).email == "ann@harbor.example"
    (letter,) = mail.outbox
    assert "harbor-auto.localhost" in letter.body
    hers = {"host": made["host"], "authorization": f"Bearer {made['api_key']}"}
    assert Client().get("/api/v1/calls/", headers=hers).status_code == 200
    actions = set(AgencyEntry.objects.filter(business=business).values_list("action", flat=True))
    assert {"business.create", "business.facts", "business.number", "business.publish"} <= actions
    assert theirs.send("get", f"{made['id']}/").status_code == 404
    assert [row["id"] for row in theirs.send("get", "").json()["results"]] == [dentist.business.pk]
    listed = ours.send("get", "?external_id=crm-7").json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]


def test_the_same_external_id_is_the_same_business(ours, theirs, plumber, dentist):
    first = ours.send("post", "", given(publish=False)).json()
    assert first["stage"] == "draft"
    again = ours.send("post", "", given(name="Other", publish=True))
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["name"]) == (first["id"], "Harbor Auto")
    assert again.json()["api_key"] == "" and again.json()["stage"] == "live"
    assert Invitation.objects.count() == 1
    other = theirs.send("post", "", given(number="+16025550777"))
    assert other.status_code == 201 and other.json()["id"] != first["id"]


def test_one_external_id_asked_for_at_once_is_made_once(ours, plumber, dentist):
    came = at_once(*[lambda: ours.send("post", "", given())] * 3)
    assert sorted(answer.status_code for answer in came) == [200, 200, 201]
    assert len({answer.json()["id"] for answer in came}) == 1
    assert PhoneNumber.objects.filter(e164="+13125550777").count() == 1
    assert dentist.business.agency.businesses.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"timezone": "Mars"}, "timezone"),
        ({"playbook": "pirates"}, "playbook"),
        ({"number": "312"}, "number"),
        ({"number": "+16025550100"}, "number"),
        ({"area_code": "312"}, "area_code"),
        ({"forward_to": ["+13125550777"]}, "forward_to"),
        ({"facts": {"ein": "07-1234567"}}, "facts.ein"),
        ({"facts": {"region": "XX"}}, "facts.region"),
        ({"hours": [{"weekday": 0, "opens": "9", "closes": "late"}]}, "hours"),
        ({"hours": [{"weekday": 9, "opens": "9", "closes": "17"}]}, "hours.0.weekday"),
        ({"owner_email": "ann@"}, "owner_email"),
        ({"account": "999999"}, "account"),
        ({"registration": "sure"}, "registration"),
    ],
)
def test_what_is_wrong_names_its_field_and_makes_nothing(more, field, ours, plumber, dentist):
    before = Business.objects.count()
    answer = ours.send("post", "", given(**more))
    assert answer.status_code == 422, answer.json()
    assert answer.json()["errors"][0]["field"] == field
    assert Business.objects.count() == before and not BusinessFacts.objects.exists()
    assert not Invitation.objects.exists() and mail.outbox == []
    assert not AgencyEntry.objects.filter(action="business.create").exists()


def test_a_number_is_taken_only_from_the_account_that_holds_it(
    ours, theirs, plumber, dentist, stand_in
):
    before = Business.objects.count()
    for number in ("+16025550777", "+13125550778"):  # another's, and nobody's
        refused = ours.send("post", "", given(number=number))
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert error["field"] == "number" and "does not hold the number" in error["detail"]
    stand_in.office.control(
        {"faults": [{"path": "IncomingPhoneNumbers", "mode": "500", "times": 9}]}
    )
    (error,) = ours.send("post", "", given()).json()["errors"]
    assert error["field"] == "number" and "is not known" in error["detail"]
    assert Business.objects.count() == before and PhoneNumber.objects.count() == 2
    assert not AgencyEntry.objects.exists()
    stand_in.office.control({"faults": []})
    assert theirs.send("post", "", given(number="+16025550777")).status_code == 201
    assert ours.send("post", "", given()).status_code == 201
    again = ours.send("post", "", given())  # a repeat asks nobody
    assert again.status_code == 200 and PhoneNumber.objects.count() == 4


def test_what_is_missing_keeps_it_a_draft_that_says_so(ours, plumber, dentist):
    made = ours.send("post", "", given(number="", facts={})).json()
    assert made["stage"] == "draft"
    missing = {gap["field"] for gap in made["missing"] if gap["blocking"]}
    assert missing == {"legal_name", "number"}
    refused = ours.send("post", f"{made['id']}/publish/")
    assert refused.status_code == 422
    assert refused.json()["errors"][0] | {"detail": ""} == {
        "field": "legal_name", "code": "missing", "detail": "",
    }  # fmt: skip
    assert Business.objects.get(pk=dentist.business.pk).stage == "live"


def test_a_number_is_bought_and_the_business_goes_live_by_itself(
    ours, plumber, dentist, settings, stand_in, work, pass_time
):
    made = ours.send("post", "", given(number="", area_code="312", registration="")).json()
    assert made["stage"] == "draft", made
    assert [each["state"] for each in made["numbers_coming"]] == ["wanted"]
    assert AgendaItem.objects.filter(kind="inbox.publish").count() == 1
    pass_time(30)
    work()
    business = Business.objects.get(pk=made["id"])
    assert ProviderStep.objects.get(business=business).state == "done"
    pass_time(30)
    work()
    business.refresh_from_db()
    assert business.stage == "live" and business.numbers.count() == 1
    assert not AgendaItem.objects.filter(kind="inbox.publish").exists()
    assert dentist.business.numbers.count() == 1


def test_a_number_that_never_comes_is_asked_after_seldomer_and_said_in_the_end(
    ours, plumber, dentist, settings, stand_in
):
    made = ours.send("post", "", given(number="", area_code="312", registration="")).json()
    row = AgendaItem.objects.get(kind=setting_up.KIND)
    business = Business.objects.get(pk=made["id"])

    def asked(expires_at):
        item = agenda.Item(
            row.pk, row.lane, row.kind, business.pk, str(business.schema_name), row.subject,
            row.due_at, expires_at, 1,
        )  # fmt: skip
        with business_scope(str(business.schema_name)):
            return setting_up.publish_when_ready(item)

    now = timezone.now()
    soon, late = asked(now + setting_up.WAITS), asked(now + timedelta(days=1))
    assert soon.at - now < timedelta(minutes=5) < late.at - now
    assert asked(now - timedelta(seconds=1)) is None
    business.refresh_from_db()
    assert business.stage == "draft"
    with business_scope(str(business.schema_name)):
        assert Alert.objects.get().code == "NOT_PUBLISHED"
    with dentist.scope():
        assert not Alert.objects.exists()


def test_configured_suspended_and_resumed_by_its_agency_alone(ours, theirs, plumber, dentist):
    pk = plumber.business.pk
    answer = ours.send(
        "patch", f"{pk}/", {"facts": {"website": "lakeside.example"}, "posture": "notice"}
    )
    assert answer.status_code == 200, answer.json()
    assert answer.json()["facts"]["website"] == "https://lakeside.example"
    assert answer.json()["posture"] == "notice"
    wrong = ours.send("patch", f"{pk}/", {"facts": {"city": "Chicago"}, "playbook": "salon"})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "playbook"
    assert BusinessFacts.objects.get(business=pk).city == ""
    assert ours.send("post", f"{pk}/suspend/").json()["suspended_by"] == "agency"
    assert ours.send("post", f"{pk}/resume/").json()["suspended_by"] == ""
    assert ours.send("post", f"{pk}/off-board/").json()["stage"] == "leaving"
    assert ours.send("post", f"{pk}/suspend/").json()["errors"][0]["code"] == "leaving"
    assert ours.send("post", f"{pk}/stay/").json()["stage"] == "live"
    for method, path in (
        ("get", f"{pk}/"), ("patch", f"{pk}/"), ("post", f"{pk}/publish/"),
        ("post", f"{pk}/suspend/"), ("post", f"{pk}/resume/"), ("post", f"{pk}/off-board/"),
        ("post", f"{pk}/stay/"),
    ):  # fmt: skip
        assert theirs.send(method, path, {}).status_code == 404
    assert Business.objects.get(pk=pk).suspended_at is None


def test_a_business_s_own_key_and_a_key_without_the_scope_make_none(plumber, dentist):
    headers = {"host": PUBLIC, "authorization": f"Bearer {plumber.api_key}"}
    answer = Client().post(ADDRESS, given(), content_type="application/json", headers=headers)
    assert answer.status_code == 403
    reader = Agent(plumber.business.agency, ["businesses:read"])
    assert reader.send("get", "").status_code == 200
    assert reader.send("post", "", given()).status_code == 403
    assert not Business.objects.filter(external_id="crm-7").exists()
    assert dentist.business.agency.businesses.count() == 1


def test_the_first_key_can_no_more_than_the_key_that_asked_for_it(plumber, dentist):
    agency, soon = plumber.business.agency, timezone.now() + timedelta(hours=1)
    narrow = Agent(agency, ("businesses:write",))
    made = narrow.send("post", "", given(number="", external_id="crm-8", publish=False))
    assert made.status_code == 201 and made.json()["api_key"] == ""
    assert not ApiKey.objects.filter(business=made.json()["id"]).exists()
    wider = Agent(agency, ("businesses:write", "calls:read"))
    ApiKey.objects.filter(pk=wider.key.pk).update(expires_at=soon)
    made = wider.send("post", "", given(number="", external_id="crm-9", publish=False))
    key = ApiKey.objects.get(business=made.json()["id"])
    assert made.json()["api_key"].startswith(f"rb_{key.prefix}_")
    assert (key.scopes, key.expires_at) == (["calls:read"], soon)
    assert not Business.objects.filter(agency=dentist.business.agency, external_id="crm-9").exists()
