"""Members of an agency, its profile and its record: two agencies that never see each other."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from inbox.models import Activity
from messaging.models import Conversation
from messaging.people import lock_contact, touch_conversation
from tenants import agencies, members
from tenants.members import MemberError
from tenants.models import Agency, AgencyEntry, Business, Invitation, Membership, Role, User
from tenants.scope import business_scope
from tests.agency.conftest import HOST, person
from tests.inbox.conftest import Member
from tests.support.hooks import a_caller

PHRASE = "three old red barns"


def link() -> str:
    """Return the path of the newest letter's link."""
    return re.search(r"https?://[^/]+(/agency/\S+)", mail.outbox[-1].body)[1]


def talk_of(user_id: int) -> int:
    """Make a conversation of the business in scope that is somebody's; returns its id."""
    now = timezone.now()
    with transaction.atomic():
        contact = lock_contact(a_caller(), now)
        touch_conversation(contact.pk, at=now, line="+13125550100", direction="in")
    talk = Conversation.objects.get(contact=contact)
    Conversation.objects.filter(pk=talk.pk).update(assignee=user_id)
    return talk.pk


def place_of(somebody: Member) -> int:
    return Membership.objects.get(user=somebody.user, agency__isnull=False).pk


def roles(agency: Agency) -> dict[str, str]:
    here = Membership.objects.filter(agency=agency, is_active=True).select_related("user")
    return {m.user.email: m.role for m in here}


def invited(north, email="new@agency.example", role="agency_member") -> str:
    north.boss.post(north.url("members/invite/"), {"email": email, "name": "", "role": role})
    return link()


def test_who_works_there_is_taken_out_as_a_file(north, south):
    invited(north, "new@agency.example")
    invited(south, "theirs@agency.example")
    north.boss.post(north.url(f"members/{place_of(north.helper)}/out/"), {})
    lines = list(csv.DictReader(io.StringIO(north.boss.get(north.url("members.csv"))[1:])))
    found = {line["email"]: (line["role"], line["state"]) for line in lines}
    assert found == {
        north.boss.user.email: ("agency_owner", "active"),
        north.helper.user.email: ("agency_member", "former"),
        "new@agency.example": ("agency_member", "invited"),
    }
    assert lines[-1]["since"].endswith("Z") and lines[-1]["until"] > lines[-1]["since"]
    noted = AgencyEntry.objects.get(agency=north.agency, action="list.export")
    assert noted.detail == {"list": "members", "rows": 3}
    south.boss.get(north.url("members.csv"), 404)


def test_an_invitation_makes_a_member_of_the_agency_and_of_no_other(north, south):
    before = roles(south.agency)
    path = invited(north, "New@Agency.example")
    assert mail.outbox[-1].to == ["new@agency.example"]
    stranger = Member(None, HOST)
    assert f"Join {north.agency.name}" in stranger.get(path)
    assert "too common" in stranger.post(path, {"name": "Nina", "password": "password1"}, 422)
    assert "Harbor Heating" in stranger.post(path, {"name": "Nina", "password": PHRASE})
    assert roles(north.agency)["new@agency.example"] == Role.AGENCY_MEMBER
    assert "used already" in Member(None, HOST).get(path, 410)
    # At the other agency's address the link is nothing, nor is it one of a business's.
    wrong = path.replace(f"/agency/{north.agency.pk}/", f"/agency/{south.agency.pk}/")
    Member(None, HOST).get(wrong, 404)
    Member(None, north.first.host).get(f"/join/{path.split('/')[4]}/", 404)
    assert roles(south.agency) == before
    done = list(AgencyEntry.objects.filter(agency=north.agency).values_list("action", flat=True))
    assert sorted(done) == ["member.invite", "member.join"]
    assert not AgencyEntry.objects.filter(agency=south.agency).exists()


def test_an_invitation_is_sent_again_and_withdrawn(north, south):
    first = invited(north)
    invitation = Invitation.objects.get()
    south.boss.post(south.url(f"members/invitations/{invitation.pk}/withdraw/"))
    assert Invitation.objects.filter(withdrawn_at=None).count() == 1
    north.boss.post(north.url(f"members/invitations/{invitation.pk}/again/"))
    fresh = link()
    Member(None, HOST).get(first, 404)
    assert "Join" in Member(None, HOST).get(fresh)
    assert "withdrawn" in north.boss.post(
        north.url(f"members/invitations/{invitation.pk}/withdraw/")
    )
    assert "was withdrawn" in Member(None, HOST).get(fresh, 410)


def test_only_an_owner_decides_about_members(north, south):
    path = north.url("members/invite/")
    assert "not yours" in north.helper.post(
        path, {"email": "x@y.example", "role": "agency_member"}, 403
    )
    assert "Invite somebody" not in north.helper.get(north.url("members/"))
    for role in ("owner", "agent", "root", ""):
        north.boss.post(path, {"email": "x@y.example", "role": role}, 422)
    page = north.boss.post(
        path, {"email": "no address", "name": "Nina", "role": "agency_owner"}, 422
    )
    assert "no email address" in page and "Nina" in page
    south.boss.post(path, {"email": "x@y.example", "role": "agency_member"}, 404)
    # What a business's owner may is no power over its agency.
    with pytest.raises(MemberError):
        members.invite(
            north.agency, "x@y.example", "", "agency_owner", by=north.first.owner,
            as_role=Role.OWNER, at=timezone.now(),
        )  # fmt: skip
    assert not Invitation.objects.exists() and mail.outbox == []


def test_roles_change_and_members_go_everywhere_at_once(north, south):
    helper = Membership.objects.get(user=north.helper.user)
    assert "is now" in north.boss.post(
        north.url(f"members/{helper.pk}/role/"), {"role": "agency_owner"}
    )
    assert roles(north.agency)[north.helper.user.email] == Role.AGENCY_OWNER
    inside = Member(north.helper.user, north.first.host)
    inside.get("/settings/")
    assert "no member of this agency" in south.boss.post(south.url(f"members/{helper.pk}/out/"))
    assert "is out" in north.boss.post(north.url(f"members/{helper.pk}/out/"))
    inside.get("/settings/", 404)
    north.helper.get(north.url(), 404)
    north.boss.post(north.url(f"members/{helper.pk}/back/"))
    inside.get("/settings/")
    actions = set(AgencyEntry.objects.values_list("action", flat=True))
    assert {"member.role", "member.remove", "member.return"} <= actions


def test_what_a_former_member_had_in_the_businesses_is_nobodys_again(north, south, work):
    helper = Membership.objects.get(user=north.helper.user)
    held = {}
    for place in (north.first.business, north.second, south.second):
        with business_scope(place.schema_name):
            held[place.schema_name] = talk_of(helper.user_id)
    north.boss.post(north.url(f"members/{helper.pk}/out/"))
    work()
    for place in (north.first.business, north.second):
        with business_scope(place.schema_name):
            assert Conversation.objects.get(pk=held[place.schema_name]).assignee is None
            assert Activity.objects.get(conversation=held[place.schema_name]).kind == "unassigned"
    # Another agency's businesses are none of this one's matter.
    with business_scope(south.second.schema_name):
        assert Conversation.objects.get(pk=held[south.second.schema_name]).assignee


def test_who_is_back_before_it_was_done_keeps_what_he_has(north, south, work):
    helper = Membership.objects.get(user=north.helper.user)
    with north.first.scope():
        talk = talk_of(helper.user_id)
    north.boss.post(north.url(f"members/{helper.pk}/out/"))
    north.boss.post(north.url(f"members/{helper.pk}/back/"))
    work()
    with north.first.scope():
        assert Conversation.objects.get(pk=talk).assignee == helper.user_id
    with south.first.scope():
        assert not Conversation.objects.exists()


def test_the_last_owner_stays_also_when_two_remove_each_other(north, south):
    boss = Membership.objects.get(user=north.boss.user, agency=north.agency)
    assert "last owner" in north.boss.post(
        north.url(f"members/{boss.pk}/role/"), {"role": "agency_member"}
    )
    other = person(north.agency, Role.AGENCY_OWNER, "Olga")
    hers = Membership.objects.get(user=other.user)
    wishes = [(north.boss.user, hers.pk), (other.user, boss.pk)]

    def out(wish: tuple[User, int]) -> bool:
        try:
            members.deactivate(north.agency, wish[1], by=wish[0], as_role=Role.AGENCY_OWNER)
        except MemberError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(out, wishes)) == [False, True]
    assert list(roles(north.agency).values()).count(Role.AGENCY_OWNER) == 1


def test_the_profile_is_an_owners_and_its_floor_holds_in_every_business(north, south):
    kept = {
        "name": "Northwind & Sons", "legal_name": "Northwind LLC", "website": "northwind.example",
        "phone": "(312) 555-0142", "timezone": "America/Denver", "posture_floor": "press_one",
    }  # fmt: skip
    old = {name: getattr(north.agency, name) for name in kept}
    north.helper.post(north.url("profile/"), kept, 403)
    before = Business.objects.get(pk=north.second.pk).setup_version
    try:
        assert "Saved." in north.boss.post(north.url("profile/"), kept)
        now = Agency.objects.get(pk=north.agency.pk)
        assert (now.phone, now.website) == ("+13125550142", "https://northwind.example")
        assert Business.objects.get(pk=north.second.pk).effective_posture == "press_one"
        assert Business.objects.get(pk=north.second.pk).setup_version > before
        assert Business.objects.get(pk=south.second.pk).effective_posture == "implied"
        wrong = {
            "name": "",
            "website": "x y",
            "phone": "12",
            "timezone": "Mars",
            "posture_floor": "none",
        }
        page = north.boss.post(north.url("profile/"), wrong, 422)
        for sentence in ("Write the agency", "Write an address", "Write a number", "time zones"):
            assert sentence in page, sentence
        assert "x y" in page
        taken = north.boss.post(north.url("profile/"), kept | {"name": south.agency.name}, 422)
        assert "has this name" in taken
        entry = AgencyEntry.objects.get(action="agency.change")
        assert "name" in entry.detail["changed"] and entry.agency_id == north.agency.pk
    finally:
        Agency.objects.filter(pk=north.agency.pk).update(**old)


def test_the_record_says_who_did_what_by_business_and_kind(north, south):
    now = timezone.now()
    for n in range(55):
        agencies.note(
            north.agency, "business.enter", actor="=Eve()", door="page", at=now,
            business=north.second if n % 2 else north.first.business, path=f"/{n}",
        )  # fmt: skip
    agencies.note(south.agency, "business.enter", actor="Somebody else", door="page", at=now)
    page = north.helper.get(north.url("record/"))
    assert page.count("opened a business") == 51 and "Somebody else" not in page
    rest = re.search(r'href="(\?after=[^"]+)"', page)[1].replace("&amp;", "&")
    assert north.helper.get(north.url(f"record/{rest}")).count("opened a business") == 6
    only = north.helper.get(north.url("record/"), business=str(north.second.pk))
    assert only.count("opened a business:") + only.count("opened a business</") > 20
    assert "Nothing here" in north.helper.get(north.url("record/"), action="member.invite")
    for odd in (
        {"business": "x"},
        {"since": "0001-01-01"},
        {"after": "x.y"},
        {"after": "2026-01-01.1"},
    ):
        north.helper.get(north.url("record/"), **odd)
    assert "Nothing here" in north.helper.get(north.url("record/"), until="2001-01-01")
    found = list(csv.DictReader(io.StringIO(north.boss.get(north.url("record.csv")))))
    assert len(found) == 55 and {row["actor"] for row in found} == {"'=Eve()"}
    south.boss.get(north.url("record.csv"), 404)
