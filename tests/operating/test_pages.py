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


@pytest.mark.parametrize("path", ["/rules/add/", "/compliance/evidence/", "/logout/"])
def test_what_only_takes_a_form_says_so_to_whoever_opens_it(path, plumber, dentist):
    visitor = Client()
    visitor.force_login(plumber.owner)
    answer = visitor.get(path, headers={"host": plumber.host})
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    page = answer.content.decode()
    assert "There is nothing to open at this address" in page and 'href="/"' in page
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    # A stranger learns no more, and somebody of another business not even that.
    assert Client().get(path, headers={"host": plumber.host}).status_code == 405
    other = Client()
    other.force_login(dentist.owner)
    expected = 405 if path == "/logout/" else 404
    assert other.get(path, headers={"host": plumber.host}).status_code == expected


def test_the_api_and_other_methods_keep_their_own_405(plumber):
    visitor = Client()
    visitor.force_login(plumber.owner)
    api = visitor.get("/api/v1/rules/validate/", headers={"host": plumber.host})
    assert api.status_code in (401, 405) and api.headers["Content-Type"].startswith("application/")
    posted = visitor.post("/inbox/list/", headers={"host": plumber.host})
    assert (posted.status_code, posted.content) == (405, b"")


def test_no_schema_is_the_public_floor_wherever_one_stands(plumber):
    with plumber.scope():
        with business_scope(""):
            assert scope.current_schema() == "public"
        assert scope.current_schema() == plumber.schema
