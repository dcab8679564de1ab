"""The event catalogue: schemas that fit their examples, and a document that says the same."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from integrations import catalogue
from integrations.catalogue_page import page

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


@pytest.mark.parametrize("name", catalogue.TYPES)
def test_every_example_fits_its_schema(name):
    schema = catalogue.schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    told = catalogue.example_of(name)
    jsonschema.validate(told, schema)
    assert told["type"] == name and told["version"] == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, "data": {}}, schema)


def test_the_document_says_what_the_catalogue_says():
    assert page() in DOCUMENT.read_text()


def test_events_are_chosen_in_the_catalogues_order_and_strangers_are_named():
    assert catalogue.chosen(["text.failed", "call.missed", " "]) == ["call.missed", "text.failed"]
    assert catalogue.chosen([]) == []
    for stranger in ("call.rang", catalogue.TEST):
        with pytest.raises(catalogue.UnknownEvent, match=stranger):
            catalogue.chosen(["call.missed", stranger])


def test_a_payload_stays_below_twenty_thousand_bytes():
    told = catalogue.example_of("reply.received")
    told["data"]["text"]["body"] = "😀" * 9000
    body = catalogue.as_bytes(told)
    assert len(body) < catalogue.MOST_BYTES
    read = json.loads(body)
    assert read["id"] == told["id"] and read["data"]["text"]["body"].startswith("😀😀")
    assert read["data"]["text"]["body"].endswith("…")
