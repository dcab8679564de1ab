"""What developers take with them is made from the API as it is, and works against it."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from django.core.management import call_command
from django.test import Client

from config.api_files import _name
from messaging.models import Contact, Message
from tenants.api_scopes import AGENCY
from tenants.models import ApiKey
from tests.api.operations import operations
from tests.matrix.asking import Asker
from tests.matrix.real import arguments, names_a_thing, real_of
from tests.support.hooks import a_caller


@pytest.fixture(scope="module")
def made(django_db_setup, tmp_path_factory):
    place = tmp_path_factory.mktemp("api")
    call_command("api_files", str(place), "--base", "https://api.example")
    return place


@pytest.fixture(scope="module")
def client_module(made):
    spec = importlib.util.spec_from_file_location("api_client", made / "client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_client_reads_writes_turns_pages_and_says_what_was_wrong(
    client_module, web_url, plumber, dentist
):
    ours, theirs = (client_module.Client(web_url, biz.api_key) for biz in (plumber, dentist))
    assert ours.me()["name"] == "Lakeside Plumbing"
    sent = [
        ours.messages_create({"to": a_caller(), "body": "On our way."}, idempotency_key=f"job-{n}")
        for n in range(3)
    ]
    again = ours.messages_create(
        {"to": sent[0]["their_number"], "body": "On our way."}, idempotency_key="job-0"
    )
    assert again == sent[0]
    rows = list(ours.pages(ours.messages_list, limit=1))
    assert {row["id"] for row in rows} == {row["id"] for row in sent} and len(rows) == 3
    assert "On our way." in ours.messages_retrieve(sent[0]["id"])["body"]
    with pytest.raises(client_module.Problem) as refusal:
        ours.messages_create({"to": "nobody", "body": "Hello"})
    assert refusal.value.status == 422 and refusal.value.errors[0]["field"] == "to"
    assert refusal.value.request_id
    with pytest.raises(client_module.Problem):
        theirs.messages_retrieve(sent[0]["id"])
    with dentist.scope():
        assert not Message.objects.exists() and not Contact.objects.exists()


def test_the_client_speaks_for_an_agency(client_module, web_url, plumber, dentist):
    _, plain = ApiKey.issue(plumber.business.agency, "Portal")
    agency = client_module.Client(web_url, plain, business=plumber.business.pk)
    assert agency.me()["id"] == plumber.business.pk
    stranger = client_module.Client(web_url, plain, business=dentist.business.pk)
    with pytest.raises(client_module.Problem) as refusal:
        stranger.contacts_list()
    assert refusal.value.errors[0]["code"] == "business_not_found"


def test_every_operation_is_in_both(made, client_module):
    document = json.loads((made / "openapi.json").read_text())
    names = [told["operationId"] for path in document["paths"].values() for told in path.values()]
    assert len(names) == len(operations())
    assert [name for name in names if not hasattr(client_module.Client, name)] == []
    collection = json.loads((made / "postman.json").read_text())
    requests = [each["request"] for folder in collection["item"] for each in folder["item"]]
    assert len(requests) == len(names)
    addresses = {(each["method"].lower(), each["url"]["raw"]) for each in requests}
    assert len(addresses) == len(names)
    for each in requests:
        assert each["url"]["raw"].startswith("{{base}}/api/v1/")
        assert ("body" in each) <= (each["method"] != "GET")
        if "body" in each:
            json.loads(each["body"]["raw"])


def test_every_request_of_the_collection_is_understood(made, plumber, dentist, stand_in):
    real, wrong = real_of(plumber), {}
    keys = {False: plumber.api_key, True: ApiKey.issue(plumber.business.agency, "Portal")[1]}
    by_address = {(each.method.upper(), each.path): each for each in operations()}
    collection = json.loads((made / "postman.json").read_text())
    told = [each["request"] for folder in collection["item"] for each in folder["item"]]
    for each in told:
        path = re.sub(r":(\w+)", r"{\1}", each["url"]["raw"].removeprefix("{{base}}"))
        operation = by_address[each["method"], path]
        if not names_a_thing(operation) and "{" in path:
            continue  # its address is a secret that nobody was given
        values = arguments(operation, real) if "{" in path else {}
        assert {one["key"] for one in each["url"]["variable"]} <= values.keys()
        key = keys[getattr(operation.view, "level", "") == AGENCY]
        body = each.get("body", {}).get("raw", "")
        at, headers = operation.at(**values), {"authorization": f"Bearer {key}"}
        if "evidence-exports" in path:  # which begins a transaction of its own, and changes nothing
            headers["host"] = "localhost"
            answer = Client().post(at, body, content_type="application/json", headers=headers)
        else:
            answer = Asker(None, "localhost").ask(each["method"], at, body, headers)
        if answer.status_code in (401, 403, 404, 405, 415) or answer.status_code >= 500:
            wrong[str(operation)] = (answer.status_code, answer.content[:200])
    assert not wrong and len(told) > 120
    assert not dentist.business.endpoints.exists()


def test_every_method_of_the_client_asks_what_its_operation_is(made, client_module, plumber):
    """Each is called once, and what it would send is an address of the application's own table."""
    sent, real = [], real_of(plumber)

    class Noting(client_module.Client):
        def ask(self, method, path, **more):
            sent.append((method, path, more.get("body"), set(more.get("query") or ())))

    client = Noting("https://api.example", "rb_x")
    document = json.loads((made / "openapi.json").read_text())
    known = {(each.method, each.path): each for each in operations()}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            operation = known[method, path]
            values = arguments(operation, real) if names_a_thing(operation) else {"token": "t" * 32}
            holes = re.findall(r"\{(\w+)\}", path)
            call = getattr(client, _name(told["operationId"]))
            body = [{"a": 1}] if told.get("requestBody") else []
            call(*(values[hole] for hole in holes), *body)
            asked = sent.pop()
            assert asked[:2] == (method.upper(), operation.at(**values)), told["operationId"]
            assert asked[2] == (body[0] if body else None)
            queries = {
                each.get("name") for each in told.get("parameters", []) if each.get("in") == "query"
            }
            assert queries <= asked[3]
    assert not sent
