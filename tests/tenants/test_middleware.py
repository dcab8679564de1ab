"""One request leaves nothing of itself to the next in the same thread."""

from __future__ import annotations

from django.test import RequestFactory
from django.utils import timezone

from tenants.middleware import HostMiddleware
from tenants.scope import current_schema


def test_neither_schema_nor_time_zone_outlives_a_request(world):
    seen = []

    def page(request):
        timezone.activate("America/Phoenix")
        seen.append(current_schema())

    before = timezone.get_current_timezone_name()
    middleware = HostMiddleware(page)
    middleware(RequestFactory().get("/", HTTP_HOST=world.dentist.host))
    assert current_schema() == "public"
    middleware(RequestFactory().get("/", HTTP_HOST=world.plumber.host))
    assert seen == [world.dentist.schema, world.plumber.schema]
    HostMiddleware(lambda request: seen.append(timezone.get_current_timezone_name()))(
        RequestFactory().get("/", HTTP_HOST="localhost")
    )
    assert seen[-1] == before


def test_a_missing_slash_is_no_reason_for_a_404(plumber, client):
    public = {"HTTP_HOST": "localhost"}
    key = {"HTTP_AUTHORIZATION": f"Bearer {plumber.api_key}"}
    assert client.get("/api/v1/calls", **public, **key).status_code == 200
    text = {"to": "+17735550142", "body": "Hello"}
    sent = client.post("/api/v1/messages", text, content_type="application/json", **public, **key)
    assert sent.status_code == 201
    assert client.get("/login?next=/x", **public)["Location"] == "/login/?next=%2Fx"
    assert client.get("/nothing-here", **public).status_code == 404
