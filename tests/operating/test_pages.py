"""Pages show what the views give them, and nothing else."""

from __future__ import annotations

import pytest
from django.test import Client

from tenants import scope
from tenants.scope import business_scope


def get(path, host, user=None) -> str:
    visitor = Client()
    if user:
        visitor.force_login(user)
    answer = visitor.get(path, headers={"host": host})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/inbox/list/"])
def test_an_empty_inbox_leads_to_the_simulator_where_there_is_one(path, plumber, settings):
    wanted = f'href="{settings.PUBLIC_BASE_URL}/simulator/"'
    assert "No calls yet" in get(path, plumber.host, plumber.owner)
    assert wanted in get(path, plumber.host, plumber.owner)
    settings.SIMULATOR_ENABLED = False
    page = get(path, plumber.host, plumber.owner)
    assert "No calls yet" in page and "simulator" not in page


def test_the_door_says_whose_it_is(plumber):
    assert f"to {plumber.business.name}" in get("/login/", plumber.host)
    assert "to " + plumber.business.name not in get("/login/", "localhost")


def test_no_schema_is_the_public_floor_wherever_one_stands(plumber):
    with plumber.scope():
        with business_scope(""):
            assert scope.current_schema() == "public"
        assert scope.current_schema() == plumber.schema
