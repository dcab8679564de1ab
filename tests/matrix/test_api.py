"""Every operation of the API times everybody who may present himself there.

The table says whose keys an operation takes and which scope it needs; an operation without a row
fails, and so does a row whose operation went away.
"""

from __future__ import annotations

import pytest

from tenants.models import ApiKey
from tests.api.operations import operations
from tests.matrix.asking import HIDDEN, IN, REFUSED, UNKNOWN, Asker, read
from tests.matrix.table_api import ROWS
from tests.matrix.test_pages import everybody
from tests.support.world import Biz

# A business's key, an agency's, either's; or something else than a key proves who asks.
BUSINESS, AGENCY, EITHER, PROVEN = "business", "agency", "either", "proven"
MISNAMED = "misnamed"
HEADER = "for-business"
OPERATIONS = {str(each): each for each in operations()}


def expected(level: str, scope: str) -> dict[str, str]:
    """Return what each of those who ask must get."""
    if level == PROVEN:  # an address that is its own secret: nobody's key opens it
        return dict.fromkeys(ASKERS, HIDDEN)
    business = REFUSED if level == AGENCY else IN
    return {
        "anonymous": UNKNOWN,
        **dict.fromkeys(SESSIONS, UNKNOWN),
        "other business": UNKNOWN,
        "other agency": UNKNOWN,
        "revoked": UNKNOWN,
        "without scope": IN if scope == "any" else REFUSED,
        "business": business,
        "agency": IN,
        "agency naming none": MISNAMED if level == BUSINESS else IN,
        "agency naming another's": IN if level == AGENCY else MISNAMED,
    }


# A session opens no operation, whoever's it is: the API knows keys alone.
SESSIONS = ("agent", "manager", "owner", "agency member", "agency owner", "support")
ASKERS = (
    "anonymous", *SESSIONS, "other business", "other agency", "revoked", "without scope",
    "business", "agency", "agency naming none", "agency naming another's",
)  # fmt: skip


def test_every_operation_has_its_row():
    assert set(OPERATIONS) == set(ROWS)


@pytest.fixture
def keys(plumber: Biz, dentist: Biz) -> dict[str, str]:
    """One key of each kind; without scope: one that may only use what the platform itself has no scope for."""
    from django.utils import timezone

    agency = plumber.business.agency
    revoked, gone = ApiKey.issue(plumber.business, "Gone")
    ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    return {
        "other business": dentist.api_key,
        "other agency": ApiKey.issue(dentist.business.agency, "Theirs")[1],
        "revoked": gone,
        "business": plumber.api_key,
        "agency": ApiKey.issue(agency, "Ours")[1],
    }


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_gets_what_the_table_says(name, keys, plumber, dentist):
    level, scope = ROWS[name]
    operation = OPERATIONS[name]
    people = everybody(plumber, dentist)
    at_home, public = plumber.host, "localhost"
    ours, theirs = str(plumber.business.pk), str(dentist.business.pk)
    other_scope = "usage:read" if scope != "usage:read" else "hours:read"
    owner = plumber.business.agency if level == AGENCY else plumber.business
    narrow = ApiKey.issue(owner, "Narrow", scopes=[other_scope])[1]
    home = public if level == AGENCY else at_home
    asks = {
        "anonymous": (None, "", home, ""),
        **{who: (people[who], "", home, "") for who in SESSIONS},
        "other business": (None, keys["other business"], at_home, ""),
        "other agency": (None, keys["other agency"], at_home, ""),
        "revoked": (None, keys["revoked"], home, ""),
        "without scope": (None, narrow, home, ""),
        "business": (None, keys["business"], public, ""),
        "agency": (None, keys["agency"], public, "" if level == AGENCY else ours),
        "agency naming none": (None, keys["agency"], public, ""),
        "agency naming another's": (None, keys["agency"], public, theirs),
    }
    got = {}
    for who, (user, key, host, named) in asks.items():
        headers = {"authorization": f"Bearer {key}"} if key else {}
        headers |= {HEADER: named} if named else {}
        answer = Asker(user, host).ask(operation.method.upper(), operation.at(), "{}", headers)
        misnamed = answer.status_code == 422 and HEADER in answer.content.decode().lower()
        absent = answer.status_code == 404 and level != PROVEN
        got[who] = MISNAMED if misnamed else IN if absent else read(answer)
    assert got == expected(level, scope)
