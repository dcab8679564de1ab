"""How often a key may ask, and what its holder can read of what it asked."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.test import Client
from django.utils import timezone

from tenants import api_log
from tenants import redis as our_redis
from tenants.api_keeping import forget
from tenants.models import ApiKey, ApiRequest
from tests.api.conftest import Api, refused
from tests.api.test_keys import ask


@pytest.fixture(autouse=True)
def _nothing_collected(world):
    api_log._waiting.clear()
    yield
    api_log._waiting.clear()


def test_a_key_asks_so_often_and_is_told_how_it_stands(plumber, dentist):
    _, plain = ApiKey.issue(plumber.business, "Slow", per_minute=3)
    slow = Api(plain)
    seen = [slow.get("me/") for _ in range(3)]
    assert [answer.headers["RateLimit-Remaining"] for answer in seen] == ["2", "1", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in seen} == {"3"}
    assert all(1 <= int(answer.headers["RateLimit-Reset"]) <= 60 for answer in seen)
    over = slow.get("contacts/")
    refused(over, 429, "", "throttled")
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert over.headers["RateLimit-Remaining"] == "0"
    for key in (plumber.api_key, dentist.api_key):  # a limit is one key's own
        assert Api(key).get("me/").headers["RateLimit-Limit"] == "600"


def test_a_repeat_counts_too_and_does_nothing_beyond_the_limit(plumber):
    _, plain = ApiKey.issue(plumber.business, "Slow", per_minute=2)
    answers = [
        Api(plain).post("keys/", {"name": "a"}, **{"Idempotency-Key": "k"}) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]


def test_while_redis_is_away_everybody_may_ask(api, settings, monkeypatch):
    import redis

    away = redis.Redis(port=9, socket_connect_timeout=0.2)
    monkeypatch.setattr(our_redis, "client", lambda: away)
    monkeypatch.setattr(our_redis, "_not_before", [0.0])
    answer = api.get("me/")
    assert answer.status_code == 200 and "RateLimit-Limit" not in answer.headers


def test_what_was_asked_is_in_the_log_without_numbers_and_bodies(api, other, plumber, dentist):
    first = api.get("contacts/", phone="+13125550142")
    refused(api.get("contacts/3125550142/"), 404)
    refused(api.post("messages/", {"to": "+18005551234", "body": "secret words"}), 422)
    assert not ApiRequest.objects.exists()  # no request waits for the log
    assert api_log.flush() == 3
    rows = list(ApiRequest.objects.order_by("pk"))
    assert [(row.method, row.path, row.status, row.code) for row in rows] == [
        ("GET", "/api/v1/contacts/", 200, ""),
        ("GET", "/api/v1/contacts/{number}/", 404, "not_found"),
        ("POST", "/api/v1/messages/", 422, "NOT_TEXTABLE"),
    ]
    assert rows[0].request_id == first.headers["X-Request-Id"]
    assert {row.business_id for row in rows} == {plumber.business.pk}
    listed = api.get("requests/").json()["results"]
    assert [row["path"] for row in listed] == [row.path for row in reversed(rows)]
    assert [row["status"] for row in api.get("requests/", status=422).json()["results"]] == [422]
    assert other.get("requests/").json()["results"] == []
    refused(api.get("requests/", status="x"), 422, "status")


def test_an_agency_s_request_for_a_business_is_in_both_logs(plumber, dentist, api):
    _, plain = ApiKey.issue(plumber.business.agency, "Portal")
    ask(plain, "get", "/api/v1/contacts/", **{"for-business": str(plumber.business.pk)})
    api_log.flush()
    assert len(Api(plain).get("requests/").json()["results"]) == 1
    [row] = api.get("requests/").json()["results"]
    assert row["path"] == "/api/v1/contacts/"


def test_paths_lose_numbers_and_keep_ids():
    kept = "/api/v1/messages/019aa2b4-7c1e-7d3a-9f00-123456789012/"
    assert api_log.shown_path(kept) == kept
    assert api_log.shown_path("/api/v1/contacts/+13125550142/") == "/api/v1/contacts/{number}/"
    assert api_log.shown_path("/api/v1/contacts/123456/") == "/api/v1/contacts/123456/"
    assert len(api_log.shown_path("/x" * 400)) == 200


def test_rows_are_written_by_themselves_a_moment_later(api, settings):
    settings.API_LOG_SECONDS = 0.05
    api.get("me/")
    ends = monotonic() + 60
    while not ApiRequest.objects.exists() and monotonic() < ends:
        sleep(0.02)
    assert ApiRequest.objects.get().path == "/api/v1/me/"


def test_the_log_is_kept_a_fortnight(api, plumber):
    from tenants.agenda import Item

    api.get("me/")
    api.get("me/")
    api_log.flush()
    old = ApiRequest.objects.order_by("pk").first()
    ApiRequest.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=15))
    forget(
        Item(1, "housekeeping", "tenants.forget_requests", None, "", "all", timezone.now(), None, 1)
    )
    assert [row.pk for row in ApiRequest.objects.all()] == [old.pk + 1]


def test_an_answer_s_etag_spares_the_second_body(api, other, plumber, fill):
    fill(plumber)
    first = api.get("contacts/")
    tag = first.headers["ETag"]
    headers = {"host": "localhost", "authorization": f"Bearer {api.key}"}
    same = Client().get("/api/v1/contacts/", headers={**headers, "if-none-match": f'W/{tag}, "x"'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["X-Request-Id"] and "no-cache" in same.headers["Cache-Control"]
    fill(plumber)
    changed = Client().get("/api/v1/contacts/", headers={**headers, "if-none-match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag
    assert other.get("contacts/").headers["ETag"] != tag
    assert api.post("messages/", {}).headers["Cache-Control"] == "no-store"


def test_what_django_itself_refuses_is_a_problem_too(plumber):
    answer = Client(raise_request_exception=False).post(
        "/api/v1/messages/", b"{" + b"x" * 2_000_000, content_type="application/json",
        headers={
            "host": "localhost", "authorization": f"Bearer {plumber.api_key}", "idempotency-key": "a",
        },
    )  # fmt: skip
    refused(answer, 413)
    assert answer.headers["X-Request-Id"]


def test_only_the_fields_that_were_asked_for(api, other, plumber, fill):
    shown = fill(plumber)
    [row] = api.get("contacts/", fields="id,phone").json()["results"]
    assert row == {"id": shown.contact.pk, "phone": shown.contact.phone}
    one = api.get(f"messages/{shown.message.pk}/", fields=" body , id ").json()
    assert set(one) == {"id", "body"}
    for path in ("contacts/", f"messages/{shown.message.pk}/", "event-types/"):
        for wrong in ("", "nothing", "id,,phone", "id,\x00", "__class__"):
            refused(api.get(path, fields=wrong), 422, "fields", "unknown_field")
    assert other.get("contacts/", fields="id").json()["results"] == []


def test_a_parameter_nobody_knows_is_named_instead_of_ignored(api, plumber, fill):
    shown = fill(plumber)
    refused(api.get("contacts/", phne="+13125550142"), 422, "phne", "unknown_parameter")
    refused(api.get(f"contacts/{shown.contact.pk}/", phone="x"), 422, "phone", "unknown_parameter")
    assert api.get("contacts/", limit=1, fields="id", phone=shown.contact.phone).status_code == 200
