"""REST: endpoints, deliveries, polling, REST Hooks; of one owner and nobody else."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from openapi_schema_validator import OAS31Validator

from integrations import catalogue, telling
from integrations.models import Delivery, Endpoint, Event
from tenants.models import ApiKey

_EPOCH = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


class Api:
    """Speaks to /api/v1/ with one key, on one host."""

    def __init__(self, key, host="localhost"):
        self.headers = {"host": host, "authorization": f"Bearer {key}"}

    def ask(self, method, path, data=None, **headers):
        answer = getattr(Client(), method)(
            f"/api/v1/{path}", data, content_type="application/json",
            headers={**self.headers, **headers},
        )  # fmt: skip
        return answer.status_code, answer.json()

    def get(self, path):
        answer = Client().get(f"/api/v1/{path}", headers=self.headers)
        return answer.status_code, answer.json()


@pytest.fixture
def api(plumber):
    return Api(plumber.api_key, plumber.host)


@pytest.fixture
def stranger(dentist):
    return Api(dentist.api_key)


@pytest.fixture
def agency(plumber):
    """A key of the plumber's agency."""
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        agency=plumber.business.agency, name="Portal", prefix=prefix, key_hash=ApiKey.digest(secret)
    )
    yield Api(f"rb_{prefix}_{secret}")
    Delivery.objects.all().delete()
    Endpoint.objects.all().delete()
    key.delete()


def happen(biz, name="reply.received"):
    with biz.scope(), transaction.atomic():
        data = catalogue.TYPES[name].example
        telling.tell(name, f"{name}:{timezone.now()}", data, timezone.now())


def test_the_life_of_an_endpoint(api, stranger, client_at, plumber, work):
    status, made = api.ask(
        "post", "webhook-endpoints/", {"url": client_at.url, "events": ["reply.received"]}
    )
    assert status == 201 and made["secret"].startswith("whsec_") and "url" not in made
    at = f"webhook-endpoints/{made['id']}/"
    assert (
        "secret" not in api.get(at)[1]
        and api.get("webhook-endpoints/")[1]["results"][0]["id"] == made["id"]
    )
    happen(plumber)
    happen(plumber, "call.missed")
    work()
    [got] = client_at.got
    assert got.verified(made["secret"])["type"] == "reply.received"
    [row] = api.get(f"webhook-deliveries/?endpoint={made['id']}")[1]["results"]
    assert (row["state"], row["status"], row["type"]) == ("delivered", 204, "reply.received")
    assert api.ask("post", f"webhook-deliveries/{row['id']}/redeliver/")[0] == 202
    status, tried = api.ask("post", f"{at}test/")
    assert status == 202 and tried["type"] == "webhook.test"
    status, rotated = api.ask("post", f"{at}rotate/", {"overlap_hours": 0})
    assert status == 200 and rotated["secret"] != made["secret"]
    work()
    assert client_at.types == ["reply.received", "reply.received", "webhook.test"]
    assert client_at.got[2].verified(rotated["secret"])
    status, changed = api.ask("patch", at, {"is_active": False, "events": []})
    assert (status, changed["is_active"], changed["disabled_why"]) == (200, False, "member")
    assert api.ask("post", f"{at}test/")[0] == 422
    assert api.ask("patch", at, {"is_active": True})[1]["disabled_why"] == ""
    for method, path in (
        ("get", at), ("patch", at), ("delete", at), ("post", f"{at}test/"), ("post", f"{at}rotate/"),
        ("get", f"webhook-deliveries/{row['id']}/"),
        ("post", f"webhook-deliveries/{row['id']}/redeliver/"),
    ):  # fmt: skip
        status = stranger.get(path)[0] if method == "get" else stranger.ask(method, path, {})[0]
        assert status == 404, path
    assert stranger.get("webhook-endpoints/")[1]["results"] == []
    assert stranger.get("webhook-deliveries/")[1]["results"] == []
    assert api.ask("delete", at)[0] == 200 and not Endpoint.objects.exists()


@pytest.mark.parametrize("count", [1, 3, 51])
def test_what_several_endpoints_were_told_is_one_list_page_by_page(
    count, api, stranger, plumber, dentist
):
    def told(biz, endpoints, times):
        rows = []
        for n in range(times):
            at = _EPOCH + timedelta(seconds=n // 3)  # some at the same moment
            event = Event.objects.create(
                business=biz.business, type="call.missed", key=f"{n}", data={}, occurred_at=at
            )
            rows.append(
                Delivery(event=event, endpoint=endpoints[n % len(endpoints)], due_at=at,
                         state="gave_up" if n % 5 == 0 else "delivered")
            )  # fmt: skip
        made = Delivery.objects.bulk_create(rows)
        for n, row in enumerate(made):
            Delivery.objects.filter(pk=row.pk).update(created_at=_EPOCH + timedelta(seconds=n // 3))
        return [row.pk for row in made]

    def some(biz, times):
        return [
            Endpoint.objects.create(
                business=biz.business, url="https://a.example/", shown_url="https://a.example",
                secret="whsec_x",
            )
            for _ in range(times)
        ]  # fmt: skip

    ours = some(plumber, count)
    made = told(plumber, ours, 23)[::-1]
    told(dentist, some(dentist, 2), 9)

    def walk(path):
        pages, back = [], []
        while path:
            status, page = api.get(path)
            assert status == 200
            pages.append([row["id"] for row in page["results"]])
            path = page["next"] and page["next"].partition("/api/v1/")[2]
            last = page["previous"]
        while last:
            _, page = api.get(last.partition("/api/v1/")[2])
            back.append([row["id"] for row in page["results"]])
            last = page["previous"]
        assert back[::-1] == pages[:-1]
        return [pk for page in pages for pk in page]

    assert walk("webhook-deliveries/?limit=4") == made
    assert (
        walk("webhook-deliveries/?limit=4&state=gave_up")
        == [pk for n, pk in enumerate(made[::-1]) if n % 5 == 0][::-1]
    )
    of_one = [pk for n, pk in enumerate(made[::-1]) if n % count == 0][::-1]
    assert walk(f"webhook-deliveries/?limit=4&endpoint={ours[0].pk}") == of_one
    theirs = Endpoint.objects.filter(business=dentist.business).first()
    assert walk(f"webhook-deliveries/?endpoint={theirs.pk}") == []
    assert len(stranger.get("webhook-deliveries/")[1]["results"]) == 9


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "url"), ({"url": "http://hooks.example/"}, "url"), ({"url": "https://x.example:99/"}, "url"),
     ({"url": "https://x.example/", "events": ["call.rang"]}, "events"),
     ({"url": "https://x.example/", "events": "all"}, "events"),
     ({"url": "https://x.example/", "description": "x" * 121}, "description")],
)  # fmt: skip
def test_what_cannot_be_used_is_named(api, given, field):
    status, problem = api.ask("post", "webhook-endpoints/", given)
    assert status == 422 and problem["errors"][0]["field"].startswith(field)
    assert not Endpoint.objects.exists()


def test_rest_hooks_subscribe_unsubscribe_and_say_who_they_are(
    api, stranger, client_at, plumber, work
):
    status, made = api.ask(
        "post",
        "hooks/",
        {"hookUrl": client_at.url, "event": "call.missed"},
        **{"user-agent": "Zapier"},
    )
    assert status == 201 and Endpoint.objects.get().source == "zapier"
    happen(plumber, "call.missed")
    happen(plumber, "reply.received")
    work()
    assert client_at.types == ["call.missed"]
    assert stranger.ask("delete", f"hooks/{made['id']}/")[0] == 404
    assert api.ask("delete", f"hooks/{made['id']}/")[0] == 200 and not Endpoint.objects.exists()
    assert api.ask("delete", f"hooks/{made['id']}/")[0] == 404
    status, problem = api.ask("post", "hooks/", {"event": "call.missed"})
    assert status == 422 and problem["errors"][0]["field"] == "target_url"
    status, problem = api.ask("post", "hooks/", {"target_url": "https://x.example/", "event": "x"})
    assert status == 422 and problem["errors"][0]["field"] == "event"
    status, me = api.get("me/")
    assert (status, me["name"], me["kind"]) == (200, "Lakeside Plumbing", "business")


def test_a_subscription_that_is_gone_ends_itself(api, client_at, plumber, work):
    api.ask("post", "hooks/", {"target_url": client_at.url, "event": "call.missed"})
    client_at.answers = [410]
    happen(plumber, "call.missed")
    work()
    assert not Endpoint.objects.get().is_active


def test_whoever_has_no_endpoint_asks(api, stranger, plumber, dentist, work):
    happen(plumber)
    assert not Event.objects.exists()
    assert api.get("events/")[1]["results"] == []
    for name in ("reply.received", "call.missed", "reply.received"):
        happen(plumber, name)
        happen(dentist, name)
    work()
    assert not Delivery.objects.exists() and api.get("webhook-endpoints/")[1]["results"] == []
    status, page = api.get("events/?limit=2")
    assert status == 200 and [e["type"] for e in page["results"]] == [
        "reply.received",
        "call.missed",
    ]
    for told in page["results"]:
        jsonschema.validate(told, catalogue.schema_of(told["type"]))
    cursor = page["next"].split("?")[1]
    assert len(api.get(f"events/?{cursor}")[1]["results"]) == 1
    assert len(api.get("events/?type=call.missed")[1]["results"]) == 1
    assert api.get("events/?type=call.rang")[0] == 422
    first = page["results"][0]["id"]
    assert (
        api.get(f"events/{first}/")[1]["id"] == first and stranger.get(f"events/{first}/")[0] == 404
    )
    assert stranger.get("events/")[1]["results"] == []


def test_samples_are_real_or_the_catalogue_s(api, stranger, endpoint, plumber):
    status, page = api.get("events/samples/?type=call.missed")
    assert status == 200 and page["results"] == [catalogue.example_of("call.missed")]
    happen(plumber, "call.missed")
    [sample] = api.get("events/samples/?type=call.missed")[1]["results"]
    assert sample["id"] == str(Event.objects.get().pk)
    assert stranger.get("events/samples/?type=call.missed")[1]["results"][0]["id"] != sample["id"]
    types = api.get("event-types/")[1]["results"]
    assert [each["name"] for each in types] == list(catalogue.CHOICES)


def test_an_agency_s_key_sees_to_the_agency_s_endpoints(
    agency, api, stranger, client_at, plumber, dentist, work
):
    status, made = agency.ask("post", "webhook-endpoints/", {"url": client_at.url})
    assert status == 201 and agency.get("me/")[1]["kind"] == "agency"
    happen(plumber)
    happen(dentist)
    work()
    assert [told.json["business"]["id"] for told in client_at.got] == [plumber.business.pk]
    for other in (api, stranger):
        assert other.get(f"webhook-endpoints/{made['id']}/")[0] == 404
    assert (
        len(agency.get("events/")[1]["results"]) == 1 and not stranger.get("events/")[1]["results"]
    )
    assert agency.ask("post", f"webhook-endpoints/{made['id']}/test/")[0] == 202


@pytest.mark.parametrize(
    "path", ["webhook-endpoints/", "webhook-deliveries/", "events/", "event-types/", "me/"]
)
def test_without_a_key_nothing_is_said(path, world):
    assert Client().get(f"/api/v1/{path}", headers={"host": "localhost"}).status_code == 401


def test_real_answers_are_what_the_document_says(api, endpoint, client_at, plumber, work):
    from drf_spectacular.generators import SchemaGenerator

    happen(plumber)
    work()
    whole = SchemaGenerator().get_schema(request=None, public=True)
    for path in ("webhook-endpoints/", "webhook-deliveries/", "events/", "event-types/", "me/"):
        good = whole["paths"][f"/api/v1/{path}"]["get"]["responses"]["200"]["content"]
        schema = {**good["application/json"]["schema"], "components": whole["components"]}
        status, told = api.get(path)
        problems = list(OAS31Validator(schema).iter_errors(told))
        assert status == 200 and not problems, (path, problems[0].message)
