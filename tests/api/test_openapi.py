"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client
from openapi_schema_validator import OAS30Validator

from messaging.models import Conversation, Message


def document():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def well(operation):
    """What an operation answers when all is well."""
    return next(
        operation["responses"][code]
        for code in ("200", "201", "202")
        if code in operation["responses"]
    )


def test_the_document_is_valid_and_without_warnings(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yml")
    )


def test_every_operation_is_described_with_an_example_and_its_errors():
    seen = 0
    for path, operations in document()["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in operations.values():
            seen += 1
            assert operation["summary"] and operation["description"], path
            proof = "sourceSignature" if path.endswith("/{token}/") else "businessKey"
            assert operation["security"] == [{proof: []}]
            assert "application/problem+json" in operation["responses"]["401"]["content"]
            good = well(operation)
            # A zip is described by what is asked for.
            told = good if "application/zip" not in good["content"] else operation["requestBody"]
            assert told["content"]["application/json"]["examples"], path
    assert seen == 20


def test_examples_have_exactly_the_fields_of_their_schema():
    whole = document()
    for operations in whole["paths"].values():
        for operation in operations.values():
            good = well(operation)
            if "application/zip" in good["content"]:
                continue
            content = good["content"]["application/json"]
            name = content["schema"]["$ref"].rsplit("/", 1)[1].removeprefix("Paginated")
            fields = whole["components"]["schemas"][name.removesuffix("List")]["properties"]
            for example in content["examples"].values():
                value = example["value"]
                row = value["results"][0] if "results" in value else value
                assert set(row) == set(fields), name


@pytest.mark.parametrize("where", ["public", "business"])
def test_schema_and_docs_are_served_from_here_alone(where, plumber):
    host = "localhost" if where == "public" else plumber.host
    schema = Client().get("/api/schema/", headers={"host": host})
    assert schema.status_code == 200
    page = Client().get("/api/docs/", headers={"host": host})
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert addresses
    assert all(address.startswith("/static/") for address in addresses), addresses
    assert (
        '<html lang="en">' in page.content.decode()
        and 'data-schema="/api/schema/"' in page.content.decode()
    )
    assert "<script>" not in page.content.decode()
    assert "script-src" not in page.headers["Content-Security-Policy"]  # so: our own files alone


@pytest.mark.parametrize(
    "path", ["contacts", "conversations", "messages", "calls", "consent-events"]
)
@pytest.mark.parametrize("last", ["in", "out", "call", "miss"])
def test_real_answers_are_what_the_document_says(path, last, api, plumber, fill):
    shown = fill(plumber)
    with plumber.scope():
        Conversation.objects.update(last_direction=last)
        Message.objects.update(media=[{"url": "https://example.com/1", "type": "image/png"}])
    whole = document()
    for address, answer in (
        (f"/api/v1/{path}/", api.get(f"{path}/")),
        (f"/api/v1/{path}/{{id}}/", api.get(f"{path}/{shown.ids()[path]}/")),
    ):
        good = whole["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**good["schema"], "components": whole["components"]}
        problems = list(OAS30Validator(schema).iter_errors(answer.json()))
        assert not problems, problems[0].message
