"""Every address of both admins times everybody: whoever is not of support never comes in.

No rows: the rule is one for all of them, and what is open to others is named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tenants.models import AgencyDomain
from tests.matrix.asking import HIDDEN, LOGIN, REFUSED, Asker, read
from tests.matrix.test_pages import OWN, everybody
from tests.matrix.things import make

HOSTS = {"business": "config.urls", "public": "config.urls_public"}
# To the admin all others are the same: no member of anything is of support.
STRANGERS = ("anonymous", "other agency", "owner", "agency owner")
# The way in and out, and words for its scripts.
OPEN = {"login", "logout", "jsi18n"}
# Refuses what names no field.
ASKS_MORE = {"autocomplete", "logout"}
# Records are neither added nor deleted by hand, by nobody.
KEPT = ("_add", "_delete")


def admin_addresses(urlconf: str) -> dict[str, str]:
    """Return the admin's paths by name, with places filled by what names nothing."""
    return dict(_walk(get_resolver(urlconf).url_patterns, ""))


def _walk(patterns: list[Any], root: str) -> Iterator[tuple[str, str]]:
    for each in patterns:
        path = root + str(each.pattern)
        if isinstance(each, URLResolver):
            if "admin/".startswith(path[:6]):
                yield from _walk(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith("admin/"):
            plain = re.sub(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)", "1", path).replace("^", "")
            yield f"{each.name or path}", "/" + plain.replace("$", "").replace("\\", "")


@pytest.mark.parametrize("host", HOSTS)
def test_only_support_comes_in(host, plumber, dentist):
    people = everybody(plumber, dentist)
    support = people.pop("support")
    at = plumber.host if host == "business" else "localhost"
    askers = {who: Asker(people[who], at) for who in STRANGERS}
    full = Asker(support, at)
    found = admin_addresses(HOSTS[host])
    assert len(found) > 40
    wrong = {}
    for name, path in found.items():
        for method in ("GET", "POST"):
            if name not in OPEN:
                for who, asker in askers.items():
                    answer = asker.ask(method, path)
                    if answer.status_code == 405:  # takes no form, from nobody
                        continue
                    if (got := read(answer)) not in (LOGIN, HIDDEN, REFUSED):
                        wrong[f"{method} {path}: {who}"] = got
        if (
            name not in ASKS_MORE
            and not name.endswith(KEPT)
            and (got := read(full.ask("GET", path))) in (LOGIN, REFUSED)
        ):
            wrong[f"GET {path}: support"] = got
    assert not wrong


def test_an_agency_s_own_host_has_no_admin_for_anybody(plumber, dentist):
    make(AgencyDomain, agency=plumber.business.agency, domain=OWN, verified_at=timezone.now())
    assert admin_addresses("config.urls_agency") == {}
    people = everybody(plumber, dentist)
    askers = {who: Asker(people[who], OWN) for who in (*STRANGERS, "support")}
    paths = {path for host in HOSTS.values() for path in admin_addresses(host).values()}
    wrong = {
        f"{path}: {who}": got
        for path in sorted(paths) for who, asker in askers.items()
        if (got := read(asker.ask("GET", path))) != HIDDEN
    }  # fmt: skip
    assert not wrong
