"""Bringing a business live: which names it may have, and what stands against it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings

from tenants.models import Business
from tenants.onboarding import Request, onboard


@pytest.fixture
def request_(world) -> Request:
    """A business that can be brought live."""
    return Request(
        agency="Eastwind Agency",
        name="Harbor Law",
        timezone="America/New_York",
        number="+13055550100",
        provider="twilio",
        account_sid="AC" + "7" * 32,
        auth_token="token-of-the-lawyer",
        owner_email="law@harbor.example",
    )


@pytest.mark.parametrize("name", ["ZZ Blueprint", "zz_blueprint", "A ZZ-Blueprint B"])
def test_no_business_lives_in_the_blueprint(name, request_):
    made = onboard(replace(request_, name=name))
    assert settings.TENANT_BASE_SCHEMA not in made.business.schema_name
    assert "zzblueprint" in made.business.schema_name
    assert made.business.name == name


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Public", "b_public"),
        ("My App", "b_my_app"),
        ("Localhost", "b_localhost"),
        ("My App 2", "my_app_2"),
        ("pg stat", "b_pg_stat"),
        ("24/7 Locks", "b_24_7_locks"),
        ("Ünïque", "unique"),
        ("株式会社", "business"),
    ],
)
def test_names_that_mean_something_else_are_not_taken(name, schema, request_, settings):
    settings.PUBLIC_BASE_URL = "https://my-app.localhost"
    made = onboard(replace(request_, name=name))
    assert made.business.schema_name == schema
    assert made.host == f"{schema.replace('_', '-')}.localhost"
    assert Business.objects.get(name=name).pk == made.business.pk
