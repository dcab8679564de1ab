"""What one business or agency has, by its real id: hers to ask about, and to nobody else there at all.

Complete by construction: an operation whose address names something has a real one, or this fails.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection

from tenants.models import Agency, ApiKey, Business
from tests.api.operations import Operation, operations
from tests.api.test_openapi import document
from tests.matrix.asking import Asker
from tests.matrix.real import Real, arguments, names_a_thing, owned, real_of
from tests.matrix.test_api import HEADER
from tests.support.world import Biz

NAMING = [each for each in operations() if names_a_thing(each)]
_WRITES = re.compile(r"\b(INSERT INTO|DELETE FROM|(?<!FOR )UPDATE)\b")
# What any request may write: when a key was last used.
_USED = ("tenants_apikey",)


@pytest.fixture(scope="module")
def bodies(django_db_setup) -> dict[str, str]:
    """What the document gives as an example of each request."""
    found = {}
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            kinds = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in kinds.get("examples", {}).values():
                found.setdefault(f"{method.upper()} {path}", json.dumps(example["value"]))
    return found


def asked(
    key: str, operation: Operation, at: dict[str, Any], body: str, named: str = ""
) -> tuple[int, str, list[str]]:
    """Ask, and return the status, what was said, and the statements that write. Nothing stays changed."""
    headers = {"authorization": f"Bearer {key}"} | ({HEADER: named} if named else {})
    writing: list[str] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITES.search(str(sql)) and not any(name in str(sql) for name in _USED):
            writing.append(str(sql)[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        answer = Asker(None, "localhost").ask(
            operation.method.upper(), operation.at(**at), body or "{}", headers
        )
    return answer.status_code, answer.content.decode(), writing


def test_everything_an_address_names_is_there(plumber, dentist):
    real = real_of(plumber)
    collections = {arguments(each, real) and str(each) for each in NAMING}
    assert collections == {str(each) for each in NAMING} and len(NAMING) > 60
    assert not dentist.business.endpoints.exists()


def wrong_answers(
    owner: tuple[str, str], strangers: dict[str, tuple[str, str]], each: Operation, real: Real, body: str
) -> dict[str, Any]:  # fmt: skip
    """Return what of an operation is not as it must be: the owner finds it, and to others there is nothing."""
    wrong: dict[str, Any] = {}
    at = arguments(each, real)
    status, said, _ = asked(owner[0], each, at, body, owner[1])
    if status in (401, 403, 404, 405) or status >= 500:
        wrong[f"{each}: its owner"] = (status, said[:300])
    for who, (key, named) in strangers.items():
        there, told, tables = asked(key, each, at, body, named)
        _, nothing, _ = asked(key, each, {}, body, named)
        if there != 404 or tables or told != nothing:
            wrong[f"{each}: {who}"] = (there, told[:300], tables)
    return wrong


def keys_of(plumber: Biz, dentist: Biz) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keys of the plumber's side and of the other's, each with the business it names."""
    ours: Agency = plumber.business.agency
    theirs: Agency = dentist.business.agency
    own = {
        "business": (plumber.api_key, ""),
        "agency": (ApiKey.issue(ours, "Ours")[1], ""),
    }
    others = {
        "other business": (dentist.api_key, ""),
        "other agency": (ApiKey.issue(theirs, "Theirs")[1], ""),
        "other agency for its business": (
            ApiKey.issue(theirs, "Theirs, too")[1], str(dentist.business.pk),
        ),
    }  # fmt: skip
    return own, others


@pytest.mark.parametrize("share", range(4))
def test_nobody_else_finds_it(share, plumber, dentist, bodies):
    own, others = keys_of(plumber, dentist)
    real, wrong = real_of(plumber), {}
    # Whose keys an operation takes at all; what an agency's key names is its own business.
    asking = {
        "business": ("business", ("other business", "other agency for its business")),
        "either": ("business", tuple(others)),
        "agency": ("agency", ("other agency",)),
    }
    for each in NAMING[share::4]:
        mine, strangers = asking[getattr(each.view, "level", "business")]
        there = {who: others[who] for who in strangers}
        wrong |= wrong_answers(own[mine], there, each, real, bodies.get(str(each), ""))
    assert not wrong


def test_what_an_agency_has_is_its_own(plumber, dentist, bodies):
    own, others = keys_of(plumber, dentist)
    agency: Agency = plumber.business.agency
    real, wrong = owned(agency, plumber.business), {}
    # Its own business finds nothing of the agency's either, but what happened to itself.
    for each in NAMING:
        if getattr(each.view, "level", "business") != "either":
            continue
        strangers = dict(others)
        if "/events/" not in each.path:
            strangers["its own business"] = own["business"]
        body = bodies.get(str(each), "")
        wrong |= wrong_answers(own["agency"], strangers, each, real, body)
    assert not wrong


def test_a_sister_of_the_same_agency_is_a_stranger(plumber, dentist, bodies):
    real, wrong = real_of(plumber), {}
    own = dentist.business.agency
    Business.objects.filter(pk=dentist.business.pk).update(agency=plumber.business.agency)
    try:
        for each in NAMING:
            if getattr(each.view, "level", "business") != "agency":
                at, body = arguments(each, real), bodies.get(str(each), "")
                status, said, writing = asked(dentist.api_key, each, at, body)
                if status != 404 or writing:
                    wrong[str(each)] = (status, said[:200], writing)
    finally:
        Business.objects.filter(pk=dentist.business.pk).update(agency=own)
    assert not wrong
