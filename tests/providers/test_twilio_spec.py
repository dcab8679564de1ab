"""Calls and lookups we ask for, held against the provider's published descriptions.

They stand beside the checkout; texts are held against them in tests/messaging/test_contract.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from messaging.plan import Hangup, Say
from messaging.providers.base import Credentials, PlacedCall
from messaging.providers.twilio import Twilio
from tests.providers.api import Asked, Reply, serving

CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"
ACCOUNT = Credentials("AC" + "1" * 32, "token")
CALL = PlacedCall("+13125550100", "+17735561234", (Say("A check."), Hangup()))


@dataclass
class Described:
    """Answers with a description's own examples, and notes what it would not allow."""

    file: str
    host: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        from openapi_core import Config, OpenAPI

        self.spec = json.loads((CONTRACTS / self.file).read_text())
        self.openapi = OpenAPI.from_dict(self.spec, config=Config(spec_validator_cls=None))

    def __call__(self, asked: Asked) -> Reply:
        try:
            operation = self.validate(asked)
        except Exception as error:
            self.wrong.append(f"{asked.method} {asked.path}: {error!r} {error}")
            return Reply(400, {"code": 20001, "message": "no", "status": 400})
        status = "201" if asked.method == "POST" else "200"
        examples = operation["responses"][status]["content"]["application/json"]["examples"]
        return Reply(int(status), next(iter(examples.values()))["value"])

    def validate(self, asked: Asked) -> dict[str, Any]:
        """Return the operation. Raises for a request that is not what is described."""
        from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
        from werkzeug.test import EnvironBuilder
        from werkzeug.wrappers import Request

        host = self.host

        class Hosted(WerkzeugOpenAPIRequest):
            host_url = host

        request = Request(
            EnvironBuilder(
                path=asked.path, query_string=urlencode(asked.query), method=asked.method,
                data=asked.body, headers=asked.headers,
            ).get_environ()
        )  # fmt: skip
        request.get_data(cache=True)  # before the form, else the validator sees an empty body
        self.openapi.validate_request(Hosted(request))
        operation = dict(self._operation(asked))
        if asked.method == "POST":
            body = operation.get("requestBody", {"content": {}})["content"]  # a bare POST has none
            content = body.get("application/x-www-form-urlencoded", {"schema": {"properties": {}}})
            known = set(content["schema"]["properties"])
            given = set(request.form)
        else:
            known = {self._whole(parameter)["name"] for parameter in operation["parameters"]}
            given = set(request.args)
        assert given <= known, f"fields the provider does not know: {given - known}"
        return operation

    def _whole(self, parameter: dict[str, Any]) -> dict[str, Any]:
        """Return a parameter that may be described elsewhere."""
        name = parameter.get("$ref", "").rpartition("/")[2]
        return dict(self.spec["components"]["parameters"][name]) if name else parameter

    def _operation(self, asked: Asked) -> dict[str, Any]:
        for path, item in self.spec["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path).replace(".", r"\."), asked.path):
                return dict(item[asked.method.lower()])
        raise AssertionError(f"no such path: {asked.path}")


@pytest.fixture
def described(request, settings) -> Iterator[tuple[Described, Any]]:
    """A described API where our adapter believes the provider to be."""
    file, host = request.param
    if not (CONTRACTS / file).exists():
        pytest.skip(f"needs ../shared/contracts/{file}, which stands beside the checkout")
    with serving() as api:
        api.say = Described(file, host)
        settings.TWILIO_API_BASE_URL = api.url
        yield api.say, api


CALLS = pytest.mark.parametrize(
    "described", [("twilio_api_v2010.json", "https://api.twilio.com")], indirect=True
)
LOOKUPS = pytest.mark.parametrize(
    "described", [("twilio_lookups_v2.json", "https://lookups.twilio.com")], indirect=True
)


@CALLS
@pytest.mark.parametrize(
    "call",
    [
        CALL,
        PlacedCall("+13125550100", "+17735561234", answer_url="https://a.test/v", ring_seconds=0),
        PlacedCall("+1", "+2", (Say("é & <"),), "", 9999, 1, "https://a.test/s?a=1&b=2"),
    ],
)
def test_a_placed_call_is_what_the_provider_describes(described, call):
    spec, api = described
    placed = Twilio().place_call(ACCOUNT, call)
    assert spec.wrong == [] and placed.kind == "accepted" and placed.call_id.startswith("CA")
    form = api.asked[0].form
    assert ("Twiml" in form) is not ("Url" in form)


@CALLS
def test_the_list_of_calls_is_asked_for_as_described(described):
    spec, api = described
    year = datetime(2019, 1, 1, tzinfo=UTC)
    # The example's address of a further page is not what the description itself would allow.
    listed = Twilio().list_calls(ACCOUNT, year, year + timedelta(days=365))
    calls = [next(listed), next(listed)]
    assert spec.wrong == [] and api.asked[0].query["PageSize"] == "1000"
    assert calls[0].status == "completed" and calls[0].started_at.year == 2019


@LOOKUPS
def test_a_lookup_is_what_the_provider_describes(described):
    spec, api = described
    looked = Twilio().lookup(ACCOUNT, "+14159929960")
    assert spec.wrong == [] and api.asked[0].query == {"Fields": "line_type_intelligence"}
    assert looked.line_type == "unknown"  # the example holds none


@LOOKUPS
def test_every_line_type_the_description_names_is_known(described):
    spec, _ = described
    text = json.dumps(spec.spec["components"]["schemas"])
    from messaging.providers.base import LINE_TYPES

    assert {word for word in ("mobile", "landline", "nonFixedVoip") if word in text} <= LINE_TYPES


@CALLS
def test_the_validation_would_catch_what_is_wrong(described):
    spec, _ = described
    path = f"/2010-04-01/Accounts/{ACCOUNT.account_sid}/Calls.json"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": "Basic QUM6dA==",
    }
    good = b"To=%2B17735561234&From=%2B13125550100&Url=https%3A%2F%2Fa.test%2F"
    assert spec.validate(Asked("POST", path, {}, headers, good))
    for bad in (b"From=%2B1", good + b"&Timeout=soon", good + b"&Nonsense=1"):
        with pytest.raises(Exception, match=r".+"):
            spec.validate(Asked("POST", path, {}, headers, bad))


def test_each_product_is_asked_at_its_own_host():
    """Only the provider's public address has hosts beside it; a stand-in serves all products."""
    from urllib.parse import urlsplit

    from messaging.providers.twilio_client import origin

    lookups = urlsplit("https://lookups.twilio.com/v2/PhoneNumbers/x")
    assert origin("https://api.twilio.com", lookups) == "https://lookups.twilio.com"
    assert origin("http://127.0.0.1:9", lookups) == "http://127.0.0.1:9"
