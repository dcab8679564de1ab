"""From the portal into a business: once, within a minute, for one person, and written down."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone

from messaging.models import AuditEntry
from tenants import handoffs
from tenants.handoffs import HandoffRefused
from tenants.models import AgencyEntry, Business, Handoff, Membership
from tests.inbox.conftest import Member


def way(member: Member, bureau, business: Business, path: str = "/", status: int = 200) -> str:
    """Return the path, at the business's host, that the portal leads to."""
    url = bureau.url(f"businesses/{business.pk}/enter/")
    page = member.post(url, {"path": path}, status)
    found = re.search(r'content="0;url=http://([^/"]+)(/enter/[^"]+)"', page)
    return found[2] if found else ""


def arrives(path: str, host: str, member: Member | None = None):
    """Open a path at a host with a browser of its own; returns the browser and the answer."""
    visitor = member or Member(None, host)
    return visitor, visitor.client.get(path, headers={"host": host})


def test_a_member_of_the_agency_goes_in_and_it_is_written_down_twice(north, south):
    path = way(north.helper, north, north.first.business, "/contacts/?q=a")
    visitor, answer = arrives(path, north.first.host)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/contacts/?q=a")
    assert "Contacts" in visitor.get("/contacts/")
    entry = AgencyEntry.objects.get(action="business.enter")
    assert (entry.agency, entry.business, entry.actor) == (
        north.agency, north.first.business, str(north.helper.user),
    )  # fmt: skip
    with north.first.scope():
        noted = AuditEntry.objects.get(action="member.enter")
        assert noted.actor == "Hedy" and noted.detail == {"from": "agency", "path": "/contacts/"}
    with south.first.scope():
        assert not AuditEntry.objects.filter(action="member.enter").exists()
    # What is kept opens nothing.
    secret = path.split("/")[2].rpartition(":")[0]
    assert secret and secret not in str(Handoff.objects.values().get())


def test_a_way_works_once_and_for_a_minute(north):
    path = way(north.boss, north, north.first.business)
    assert arrives(path, north.first.host)[1].status_code == 302
    again, answer = arrives(path, north.first.host)
    assert answer.status_code == 410 and "used already" in answer.content.decode()
    assert again.client.get("/", headers={"host": north.first.host}).status_code == 302
    path = way(north.boss, north, north.first.business)
    Handoff.objects.filter(used_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "older than a minute" in arrives(path, north.first.host)[1].content.decode()
    for wrong in ("/enter/x/", f"{path[:-2]}/", "/enter/%F0%9F%90%9F:y/"):
        assert arrives(wrong, north.first.host)[1].status_code == 404


def test_it_fits_one_business_alone(north, south):
    path = way(north.boss, north, north.first.business)
    other = handoffs.host_of(north.second)
    for host in (other, south.first.host):
        answer = arrives(path, host)[1]
        assert answer.status_code == 404 and "another business" in answer.content.decode()
    assert arrives(path, north.first.host)[1].status_code == 302


def test_nobody_is_signed_in_as_somebody_else_unaware(north):
    """A link that a member of the same agency sent: whoever is signed in here stays who he is."""
    path = way(north.helper, north, north.first.business)
    owner = Member(north.first.owner, north.first.host)
    answer = arrives(path, north.first.host, owner)[1]
    assert answer.status_code == 403 and "Sign out here" in answer.content.decode()
    assert "Settings" in owner.get("/settings/")
    # It was not used up: signed out, its person goes in.
    assert arrives(path, north.first.host)[1].status_code == 302


def test_whoever_is_signed_in_already_just_goes_on(north):
    there = Member(north.boss.user, north.first.host)
    path = way(north.boss, north, north.first.business, "/settings/")
    assert arrives(path, north.first.host, there)[1].headers["Location"] == "/settings/"


def test_a_removed_member_and_a_closed_account_stay_out(north, south):
    path = way(north.helper, north, north.first.business)
    Membership.objects.filter(user=north.helper.user).update(is_active=False)
    answer = arrives(path, north.first.host)[1]
    assert answer.status_code == 403 and "may not enter" in answer.content.decode()
    there = Member(north.helper.user, north.first.host)
    assert "may not enter" in arrives(path, north.first.host, there)[1].content.decode()
    path = way(north.boss, north, north.first.business)
    type(north.boss.user).objects.filter(pk=north.boss.user.pk).update(is_active=False)
    assert arrives(path, north.first.host)[1].status_code == 403
    with pytest.raises(HandoffRefused):
        handoffs.make(south.boss.user, north.first.business, path="/", at=timezone.now())


def test_another_agencys_business_is_as_good_as_none(north, south):
    way(north.boss, north, south.first.business, status=404)
    way(north.boss, south, south.first.business, status=404)
    way(Member(north.first.owner, "localhost"), north, north.first.business, status=404)
    assert not Handoff.objects.exists() and not AgencyEntry.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", "", "/a\nb", "/" * 2,
     "http:/evil", "/" + "x" * 200, "/\t/evil.example"],
)  # fmt: skip
def test_a_way_leads_nowhere_else(path):
    assert handoffs.local(path) == "/"


def test_who_has_a_second_step_needs_it_once(north):
    """Given at the portal it counts at the business; without it the portal gives no way."""
    Authenticator.objects.create(
        user=north.boss.user, type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    url = north.url(f"businesses/{north.first.business.pk}/enter/")
    half = Member(north.boss.user, "localhost")
    assert half.sent(url).headers["Location"].startswith("/login/")
    session = north.boss.client.session
    session["signed_in_fully"] = True
    session.save()
    path = way(north.boss, north, north.first.business)
    visitor, answer = arrives(path, north.first.host)
    assert answer.status_code == 302 and "Settings" in visitor.get("/settings/")


def test_of_two_who_take_it_at_once_one_wins(north):
    path = way(north.boss, north, north.first.business)

    def take(_: int) -> int:
        try:
            return arrives(path, north.first.host)[1].status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [302, 410, 410, 410]
    with north.first.scope():
        assert AuditEntry.objects.filter(action="member.enter").count() == 1
