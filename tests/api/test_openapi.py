"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from messaging.models import Conversation, Message
from tenants.api_scopes import ANY, LEVELS, SCOPES
from tests.api.operations import operations


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
    assert document()["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document()).validate()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yml")
    )


def test_every_operation_is_described_with_examples_scope_and_its_problems():
    whole = document()
    told = {
        (method, path): operation
        for path, methods in whole["paths"].items()
        for method, operation in methods.items()
    }
    views = {(each.method, each.path): each.view for each in operations()}
    assert set(told) == set(views)
    names = [operation["operationId"] for operation in told.values()]
    assert len(set(names)) == len(names)
    for (method, path), operation in told.items():
        assert operation["summary"] and operation["description"] and operation["tags"], path
        answers = operation["responses"]
        if path.endswith("/{token}/"):
            assert operation["security"] == [{"sourceSignature": []}]
        else:
            assert list(operation["security"][0]) == ["apiKey"], path
            assert operation["x-scope"] in {*SCOPES, ANY} and operation["x-level"] in LEVELS, path
        wanted = {"401", "403", "406", "422", "429"} | ({"404"} if "{" in path else set())
        wanted |= {"400", "413", "415"} if method != "get" else set()
        assert wanted <= set(answers), f"{method} {path}: {wanted - set(answers)}"
        for status, answer in answers.items():
            answer = resolved(whole, answer)
            assert answer["description"] or status.startswith("2"), f"{method} {path} {status}"
            assert "X-Request-Id" in answer["headers"]
            if int(status) >= 400:
                [problem] = answer["content"].items()
                assert problem[0] == "application/problem+json" and problem[1]["examples"]
            elif "application/json" in answer.get("content", {}):
                assert answer["content"]["application/json"]["examples"], path
        assert [status for status in answers if status.startswith("2")], path
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], path
        once = {"POST", "PUT", "PATCH", "DELETE"}
        if method.upper() in once and getattr(views[method, path], "keeps_answers", True):
            assert "409" in answers, path


def resolved(whole, part):
    while "$ref" in part:
        found = whole
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def test_every_example_fits_its_schema():
    whole = document()

    def fits(schema, value):
        found = OAS31Validator({**schema, "components": whole["components"]})
        return [error.message for error in found.iter_errors(value)]

    seen = 0
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            bodies += [resolved(whole, answer) for answer in operation["responses"].values()]
            for body in bodies:
                for kind, content in body.get("content", {}).items():
                    for example in content.get("examples", {}).values():
                        seen += 1
                        wrong = fits(content["schema"], example["value"])
                        assert not wrong, f"{method} {path} {kind}: {wrong[0]}"
    assert seen > 100


def test_examples_have_exactly_the_fields_of_their_schema():
    whole = document()
    for methods in whole["paths"].values():
        for operation in methods.values():
            if "204" in operation["responses"]:
                continue
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
        problems = list(OAS31Validator(schema).iter_errors(answer.json()))
        assert not problems, problems[0].message
