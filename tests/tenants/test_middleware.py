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
