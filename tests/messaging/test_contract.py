"""What we send, held against the provider's own published description (read beside the checkout)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from messaging.providers.base import Credentials, Text
from messaging.providers.twilio import Twilio

SPEC = Path(__file__).resolve().parents[3] / "shared" / "contracts" / "twilio_api_v2010.json"
ACCOUNT = Credentials("AC" + "1" * 32, "token")
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The published description."""
    if not SPEC.exists():
        pytest.skip(
            "needs ../shared/contracts/twilio_api_v2010.json, which stands beside the checkout"
        )
    return dict(json.loads(SPEC.read_text()))


class Listening:
    """A server that validates what it is sent and answers with the description's own examples."""

    def __init__(self, spec: dict[str, Any]) -> None:
        from openapi_core import Config, OpenAPI

        self.spec, self.seen = spec, []
        self.openapi = OpenAPI.from_dict(spec, config=Config(spec_validator_cls=None))

    def validate(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        """Raise when the request is not one the description allows; return its form or query."""
        from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
        from werkzeug.test import EnvironBuilder
        from werkzeug.wrappers import Request

        class Described(WerkzeugOpenAPIRequest):
            host_url = "https://api.twilio.com"

        parts = urlsplit(target)
        request = Request(
            EnvironBuilder(
                path=parts.path, query_string=parts.query, method=method, data=body, headers=headers
            ).get_environ()
        )
        request.get_data(
            cache=True
        )  # before the form, else the validator sees an empty body and passes
        self.openapi.validate_request(Described(request))
        operation = self.spec["paths"][MESSAGES][method.lower()]
        if method == "POST":
            content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
            known = set(content["schema"]["properties"])
            given: dict[str, Any] = request.form.to_dict()
        else:
            known = {parameter["name"] for parameter in operation["parameters"]}
            given = request.args.to_dict()
        unknown = set(given) - known
        assert not unknown, f"fields the provider does not know: {unknown}"
        return given


@pytest.fixture
def listening(spec, settings) -> Iterator[Listening]:
    """The validating server, where our adapter believes the provider to be."""
    held = Listening(spec)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                given = held.validate(self.command, self.path, dict(self.headers), body)
                held.seen.append((self.command, given, None))
            except Exception as error:
                held.seen.append((self.command, {}, error))
            operation = held.spec["paths"][MESSAGES][self.command.lower()]
            status = "201" if self.command == "POST" else "200"
            examples = operation["responses"][status]["content"]["application/json"]["examples"]
            answer = json.dumps(next(iter(examples.values()))["value"]).encode()
            self.send_response(int(status))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET = _serve

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield held
    server.shutdown()
    server.server_close()


def a_text(body: str = "Lakeside Plumbing: Sorry we missed your call.", **changes: Any) -> Text:
    fields: dict[str, Any] = {
        "our_id": str(uuid.uuid4()),
        "schema": "lakeside_plumbing",
        "sender": "+13125550100",
        "to": "+17735561234",
        "body": body,
        "valid_seconds": 1800,
        "created_at": timezone.now(),
    }
    return Text(**{**fields, **changes})


@pytest.mark.parametrize("body", ["Plain.", "Ünïcode “quotes” 🚿 & = ? +", "x" * 1600, "a\nb"])
@pytest.mark.parametrize("valid", [1, 1800, 10**9, 0])
def test_a_text_is_what_the_provider_describes(body, valid, listening):
    result = Twilio().send(ACCOUNT, a_text(body, valid_seconds=valid))
    ((method, form, error),) = listening.seen
    assert error is None and method == "POST"
    assert (form["To"], form["From"], form["Body"]) == ("+17735561234", "+13125550100", body)
    assert 1 <= int(form["ValidityPeriod"]) <= 36_000
    assert result.kind == "accepted" and result.message_id.startswith(("SM", "MM"))


@pytest.mark.parametrize("body", ["Look.", ""])
@pytest.mark.parametrize("count", [1, 5])
def test_a_text_with_pictures_is_what_the_provider_describes(body, count, listening):
    urls = tuple(f"https://ringback.test/media/token.{n}:x_-/" for n in range(count))
    result = Twilio().send(ACCOUNT, a_text(body, media_urls=urls))
    ((method, form, error),) = listening.seen
    assert error is None and method == "POST" and result.kind == "accepted"
    assert form["MediaUrl"] == urls[0] and form.get("Body", "") == body


def test_asking_for_a_text_is_what_the_provider_describes(listening):
    found = Twilio().find(ACCOUNT, a_text(), frozenset())
    method, query, error = listening.seen[0]  # the example has further pages
    assert (
        error is None
        and method == "GET"
        and (query["To"], query["From"]) == ("+17735561234", "+13125550100")
    )
    assert found.kind == "absent"  # the example is about another text


def test_the_validation_would_catch_what_is_wrong(spec):
    held = Listening(spec)
    path = MESSAGES.replace("{AccountSid}", ACCOUNT.account_sid)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": "Basic QUM6dA==",
    }
    assert held.validate("POST", path, headers, b"To=%2B17735561234&Body=x&From=%2B13125550100")
    for bad in (b"Body=x", b"To=%2B1&ValidityPeriod=abc", b"To=%2B1&Nonsense=1"):
        with pytest.raises(Exception, match=r".+"):
            held.validate("POST", path, headers, bad)


def test_every_status_word_of_the_provider_is_known(spec):
    from messaging.status import FROM_PROVIDER

    words = set(spec["components"]["schemas"]["message_enum_status"]["enum"])
    assert words - {"received", "receiving"} == set(FROM_PROVIDER)


def test_every_final_call_status_of_the_provider_is_known(spec):
    from calls.outcome import FINAL_STATUSES

    words = set(spec["components"]["schemas"]["call_enum_status"]["enum"])
    assert words - {"queued", "ringing", "in-progress"} == FINAL_STATUSES
