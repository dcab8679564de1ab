"""Schemathesis asks the running application everything its document allows, and what it does not.

A few examples of each operation, always the same; `python3 run.py test
--hypothesis-profile=searching tests/api/test_searching.py` looks for new ones.
"""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import Phase, given
from hypothesis import settings as hypothesis
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from messaging.models import Contact
from tenants.api_scopes import AGENCY
from tenants.models import ApiKey
from tests.api.operations import operations
from tests.api.test_keys import ask
from tests.api.test_openapi import document

# What holds for every answer, to whatever was asked.
ALWAYS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.ignored_auth,
    checks.negative_data_rejection,
]
# Left out: positive_data_acceptance, since ids are made up here and rules of the trade refuse much
# (tests/matrix/test_api_ids.py has real ones); what needs several answers (use_after_free,
# ensure_resource_availability, object_level_authorization), which that test asks too; what only the
# coverage phase asks (missing_required_header, unsupported_method, allow_header_conformance): see
# test_other_methods_are_refused.
# Phone systems send ids and numbers as they like; what can be read is taken.
LENIENT = {"/api/v1/call-events/"}
STEADY = 6


@pytest.fixture(scope="module")
def spec(django_db_setup):
    return schemathesis.openapi.from_dict(json.loads(json.dumps(document(), default=str)))


def examples() -> int:
    """Return how many examples of each operation: a few, or as many as the profile searches."""
    return STEADY if hypothesis.default.derandomize else hypothesis.default.max_examples


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", operations(), ids=str)
def test_every_answer_is_what_the_document_says(
    operation, mode, spec, web_url, plumber, dentist, fill
):
    theirs = fill(dentist)
    is_agency = getattr(operation.view, "level", "") == AGENCY
    owner = plumber.business.agency if is_agency else plumber.business
    key, plain = ApiKey.issue(owner, "Searching", per_minute=100_000)
    headers = {"Authorization": f"Bearer {plain}"}
    tried = []
    wanted = [
        check for check in ALWAYS
        if operation.path not in LENIENT or check is not checks.negative_data_rejection
    ]  # fmt: skip

    @hypothesis(
        max_examples=examples(),
        deadline=None,
        derandomize=hypothesis.default.derandomize,
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=spec[operation.path][operation.method.upper()].as_strategy(mode))
    def ask(case):
        # A key may end itself, or its owner's other key ends it.
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=None, expires_at=None, replaced_by=None)
        answer = case.call(base_url=web_url, headers=headers)
        tried.append(answer.status_code)
        case.validate_response(answer, checks=wanted)

    ask()
    assert tried
    with dentist.scope():  # whatever was asked, it was the plumber's
        assert [contact.pk for contact in Contact.objects.all()] == [theirs.contact.pk]


@pytest.mark.parametrize("path", sorted({each.path for each in operations()}))
def test_other_methods_are_refused_and_told_which_there_are(path, plumber, dentist):
    mine = [each for each in operations() if each.path == path]
    is_agency = getattr(mine[0].view, "level", "") == AGENCY
    owner = plumber.business.agency if is_agency else plumber.business
    _, plain = ApiKey.issue(owner, "Searching", per_minute=100_000)
    given = {each.method.upper() for each in mine}
    address = mine[0].at()
    for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - given):
        answer = ask(plain, method.lower(), address)
        if answer.status_code == 404 and address != path:
            continue  # this id is none of its kind, so nothing stands here
        assert answer.status_code == 405, method
        assert set(answer["Allow"].split(", ")) - {"OPTIONS", "HEAD"} == given
