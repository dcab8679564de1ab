"""Every page and form times everybody who may ask for it.

The table (tests/matrix/table_pages.py) says for each address and method who is let in. An address
without a row fails, and so does a row whose address went away; GET and POST are tried where the
address itself says that it takes them.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from tenants.models import AgencyDomain, Membership, Role, User
from tests.matrix.agency_things import agency_things_of
from tests.matrix.asking import Asker, addresses, methods, read
from tests.matrix.table_pages import GROUPS, ROWS, WHO
from tests.matrix.things import make, things_of
from tests.support.world import Biz

HOSTS = {
    "business": "config.urls",
    "public": "config.urls_public",
    "agency": "config.urls_agency",  # on a domain that the plumber's agency proved
}
OWN = "app.ours.example"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Files of a test lie in its own folder."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def everybody(plumber: Biz, dentist: Biz) -> dict[str, User | None]:
    """Return who asks; all of the first five groups belong to the plumber or his agency."""
    people: dict[str, User | None] = {"anonymous": None, "other business": dentist.owner}
    people["other agency"] = User.objects.get(email="agency@southwind.example")
    for role in (Role.AGENT, Role.MANAGER):
        user = User.objects.create_user(f"{role}@lakeside.example", "x", name=role.title())
        Membership.objects.create(user=user, business=plumber.business, role=role)
        people[str(role)] = user
    people["owner"] = plumber.owner
    colleague = User.objects.create_user("colleague@northwind.example", "x", name="Col")
    Membership.objects.create(
        user=colleague, agency=plumber.business.agency, role=Role.AGENCY_MEMBER
    )
    people["agency member"] = colleague
    people["agency owner"] = User.objects.get(email="agency@northwind.example")
    people["support"] = User.objects.create_user(
        "sam@ringback.example", "x", name="Sam", is_staff=True, is_superuser=True
    )
    return people


@pytest.mark.parametrize("host", HOSTS)
def test_every_address_has_its_row(host):
    known = {(host, each.name) for each in addresses(HOSTS[host])}
    rows = {(where, name) for where, _method, name in ROWS if where == host}
    assert known == rows


@pytest.mark.parametrize("share", range(8))
@pytest.mark.parametrize("host", HOSTS)
def test_each_gets_what_the_table_says(host, share, plumber, dentist):
    people = everybody(plumber, dentist)
    assert tuple(people) == WHO
    things = things_of(plumber) | agency_things_of(plumber)
    make(AgencyDomain, agency=plumber.business.agency, domain=OWN, verified_at=timezone.now())
    at = {"business": plumber.host, "public": "localhost", "agency": OWN}[host]
    askers = {who: Asker(user, at) for who, user in people.items()}
    wrong, rows = {}, set()
    for address in addresses(HOSTS[host])[share::8]:
        path = address.at(things)
        taken = methods(askers["agency owner"], path)
        rows |= {(host, method, address.name) for method in taken}
        for method in taken:
            group = ROWS.get((host, method, address.name), "no row")
            got = tuple(read(asker.ask(method, path)) for asker in askers.values())
            if got != GROUPS.get(group):
                wrong[f"{method} {address.name} ({group})"] = dict(zip(WHO, got, strict=True))
    assert not wrong
    assert rows == {
        (where, method, name) for where, method, name in ROWS
        if where == host and name in {each.name for each in addresses(HOSTS[host])[share::8]}
    }  # fmt: skip
