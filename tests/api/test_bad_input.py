"""Whatever is sent, the answer is a 4xx problem that names what is wrong, never a 500."""

from __future__ import annotations

import base64
import json

import pytest
from django.test import Client

from messaging.models import Message
from tests.api.conftest import PUBLIC, refused

PATHS = ["contacts", "conversations", "messages", "calls", "consent-events"]


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CURSORS = [
    "x", "%00", "\x00", "🦊", "A" * 5000, "-1", "=", cursor("p=yesterday"), cursor("p=1"),
    cursor("p=2026-11-21"), cursor("p=2026-02-31 10:00:00+00:00"), cursor("o=-1"),
    cursor("o=99999999999999999999"), cursor("p=%00"), cursor("r=1&o=x"),
    cursor("p=2026-11-21 10:00:00"), cursor("p=99999-01-01 00:00:00+00:00"), "/w==", "////",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_cursor_we_never_gave_is_named(path, api):
    for value in CURSORS:
        answer = api.get(f"{path}/", cursor=value)
        if answer.status_code != 200:  # a huge offset is cut to the largest we allow
            refused(answer, 422, "cursor")


def test_a_page_size_that_makes_no_sense_is_named(api):
    for value in ("0", "-1", "201", "x", "1e9", "٣", "9" * 4000, "1.5", "", " ", "\x00"):
        refused(api.get("messages/", limit=value), 422, "limit")


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("contacts", "phone", ["", "anonymous", "\x00", "1" * 30, "+0", "sip:x@y", "9" * 4000]),
        ("conversations", "contact", ["x", "0", "-1", str(2**63), "9" * 4000, "1.5", "\x00"]),
        ("conversations", "state", ["", "gone", "\x00", "OPEN"]),
        ("messages", "conversation", ["x", "0", "-1", str(2**63), "9" * 4000, "[]"]),
        ("messages", "status", ["", "received\x00", "x" * 4000]),
        ("messages", "direction", ["both"]),
        ("calls", "contact", ["-1", "x"]),
        ("calls", "outcome", ["lost"]),
        ("calls", "decision", ["maybe"]),
        ("consent-events", "phone", ["private"]),
        ("consent-events", "contact", ["x"]),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(path, name, values, api):
    for value in values:
        refused(api.get(f"{path}/", **{name: value}), 422, name)


IDS = [
    "0", "-1", "x", "9" * 18, "9" * 19, "9" * 400, "%00", "1%2F2", "' or 1=1", "-" * 36,
    "00000000-0000-0000-0000-000000000000", "%F0%9F%A6%8A", "%ff",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_an_id_of_nothing_is_not_found(path, api):
    for value in IDS:
        refused(api.get(f"{path}/{value}/"), 404)


BODIES = [
        (b"", 422), (b"{", 400), (b"\xff\xfe{}", 400), (b"[" * 30_000, 400), (b"NaN", 400),
        (b'{"to": 1e999}', 422), (b"[]", 422), (b"null", 422), (b'"text"', 422), (b"7", 422),
        (b'{"to": ' + b"9" * 5000 + b"}", 400), (b'{"body": "' + b"x" * 70_000 + b'"}', 413),
]  # fmt: skip


def test_a_body_that_is_not_an_object_of_json(api):
    for body, status in BODIES:
        refused(api.post("messages/", body), status)


GOOD = {"to": "+13125560142", "body": "Hello"}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("to", ["", " ", None, 7.5, True, [], {}, "anonymous", "+266696687", "sip:a@b", "\x00",
                "\ud800", "9" * 39, "9" * 100_0, "+13125550142\x00"]),
        ("body", ["", "   ", "\n", None, [], {}, True, "a\x00b", "a\udfffb", "x" * 1601]),
        ("from", ["", None, [], "+13125559999", "nonsense", "\x00", "\ud800", "9" * 100]),
        ("client_token", ["", None, [], {}, "x" * 81, "\x00", "\ud83d"]),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_queued(field, values, api, plumber):
    for value in values:
        answer = api.post("messages/", json.dumps({**GOOD, field: value}))
        refused(answer, 422, field)
    with plumber.scope():
        assert not Message.objects.exists()


def test_missing_fields_are_all_named(api):
    answer = api.post("messages/", "{}")
    refused(answer, 422, "to", "required")
    refused(answer, 422, "body", "required")


def test_an_idempotency_key_that_cannot_be_used_is_named(api):
    for key in ("", " ", "x" * 256, "\x01" * 90, "é"):
        answer = api.post("messages/", json.dumps(GOOD), **{"Idempotency-Key": key})
        refused(answer, 422, "Idempotency-Key")


def test_other_methods_types_and_addresses_are_problems_too(api, plumber):
    headers = {"host": PUBLIC, "authorization": f"Bearer {plumber.api_key}"}
    client = Client()
    for method in ("put", "patch", "delete"):
        answer = getattr(client, method)("/api/v1/messages/", headers=headers)
        refused(answer, 405)
        assert "POST" in answer.headers["Allow"]
    refused(client.post("/api/v1/calls/", headers=headers), 405)
    refused(client.post("/api/v1/messages/", GOOD, headers=headers), 415)
    refused(client.get("/api/v1/messages/", headers={**headers, "accept": "text/html"}), 406)
    for path in ("v1/", "v1/nothing/", "v2/calls/", "", "v1/messages/1/x/"):
        refused(client.get(f"/api/{path}", headers=headers), 404)


def test_a_charset_that_is_none_harms_nothing(api, plumber):
    for charset in ("rot13", "hex", "utf-7", "\x00", "x" * 300):
        answer = Client().get(
            "/api/v1/contacts/?phone=%2B13125550142",
            content_type=f"application/json; charset={charset}",
            headers={"host": PUBLIC, "authorization": f"Bearer {plumber.api_key}"},
        )
        assert answer.status_code == 200
