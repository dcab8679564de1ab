"""Members: invited once, each in his role, and out at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from inbox.models import TeamMember
from messaging.models import AuditEntry, Conversation
from tenants.models import Invitation, Membership, Role, User
from tests.inbox.conftest import Member, a_member
from tests.support.world import PASSWORD

PHRASE = "three old red barns"


def link() -> str:
    """Return the path of the newest letter's link."""
    return re.search(r"https?://[^/]+(/join/\S+/)", mail.outbox[-1].body)[1]


def invited(owner, email="new@lakeside.example", role="agent", status=302) -> str:
    owner.post("/settings/members/invite/", {"email": email, "name": "", "role": role}, status)
    return link() if status == 302 else ""


@pytest.fixture
def stranger(plumber):
    return Member(None, plumber.host)


def roles(biz) -> dict[str, str]:
    here = Membership.objects.filter(business=biz.business, is_active=True)
    return {m.user.email: m.role for m in here.select_related("user")}


def test_an_invitation_makes_a_member_once(owner, stranger, plumber, dentist):
    before = roles(dentist)
    path = invited(owner, "New@Lakeside.example")
    assert mail.outbox[-1].to == ["new@lakeside.example"]
    page = stranger.get(path)
    assert "Join Lakeside Plumbing" in page and "new@lakeside.example" in page
    assert "too common" in stranger.post(path, {"name": "Nina", "password": "password1"}, 422)
    assert "Write your name" in stranger.post(path, {"name": " ", "password": PHRASE}, 422)
    both = stranger.post(path, {"name": " ", "password": "short"}, 422)
    assert "Write your name" in both and "at least 8 characters" in both
    assert "Keep your account safe" in stranger.post(path, {"name": "Nina", "password": PHRASE})
    assert roles(plumber)["new@lakeside.example"] == Role.AGENT
    # Just signed in: the second step may be set up without asking once more who one is.
    assert stranger.client.get("/account/app/", headers={"host": plumber.host}).status_code == 200
    other = Member(None, plumber.host)
    assert "used already" in other.get(path, 410)
    assert "used already" in other.post(path, {"name": "Eve", "password": PHRASE}, 410)
    assert roles(dentist) == before
    with plumber.scope():
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"member.invite", "member.join"} <= actions


def test_the_link_of_an_invitation_is_kept_nowhere(owner, plumber):
    token = invited(owner).split("/")[2]
    stored = Invitation.objects.values().get()
    assert token not in str(stored) and token not in owner.get("/settings/members/")


def test_an_old_a_withdrawn_and_a_replaced_link_let_nobody_in(owner, stranger, plumber):
    path = invited(owner)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "older than seven days" in stranger.get(path, 410)
    invitation = Invitation.objects.get()
    assert "run out" in owner.get("/settings/members/")
    owner.post(f"/settings/members/invitations/{invitation.pk}/again/")
    fresh = link()
    assert "replaced by a newer" in stranger.get(path, 404)
    assert "Join Lakeside" in stranger.get(fresh)
    owner.post(f"/settings/members/invitations/{invitation.pk}/withdraw/")
    assert "was withdrawn" in stranger.post(fresh, {"name": "Nina", "password": PHRASE}, 410)
    assert not User.objects.filter(email="new@lakeside.example").exists()


def test_inviting_again_replaces_the_first_link(owner, stranger):
    first = invited(owner)
    second = invited(owner, role="manager")
    assert Invitation.objects.count() == 1
    stranger.get(first, 404)
    assert "Manager" in stranger.get(second)


def test_an_invitation_is_for_one_address_and_one_business(owner, plumber, dentist, other_owner):
    path = invited(owner, dentist.owner.email)
    # At the other business's host the link is nothing.
    other_owner.get(path, 404)
    # Somebody else's account is refused, and nothing is used up.
    wrong = Member(a_member(plumber, Role.AGENT, "Wanda"), plumber.host)
    assert "somebody else" in wrong.get(path, 403)
    wrong.post(path, status=403)
    # A stranger cannot set a password for an account that exists.
    assert "This address has an account" in Member(None, plumber.host).get(path)
    Member(None, plumber.host).post(path, {"name": "Eve", "password": PHRASE}, 200)
    dentist.owner.refresh_from_db()
    assert dentist.owner.check_password(PASSWORD)
    # Signed in as that address he joins by a button; looking alone does nothing.
    right = Member(dentist.owner, plumber.host)
    assert "Join" in right.get(path)
    assert dentist.owner.email not in roles(plumber)
    right.post(path)
    assert roles(plumber)[dentist.owner.email] == Role.AGENT
    assert roles(dentist)[dentist.owner.email] == Role.OWNER


def test_a_wrong_invitation_says_what_is_wrong_and_keeps_what_was_typed(owner, plumber):
    page = owner.post(
        "/settings/members/invite/", {"email": "no address", "name": "Nina", "role": "agent"}, 422
    )
    assert "no email address" in page and "no address" in page and "Nina" in page
    page = owner.post(
        "/settings/members/invite/", {"email": plumber.owner.email, "role": "agent"}, 422
    )
    assert "a member already" in page
    for role in ("agency_owner", "root", ""):
        owner.post("/settings/members/invite/", {"email": "x@y.example", "role": role}, 422)
    assert not Invitation.objects.exists() and mail.outbox == []


def test_a_manager_makes_no_owners_and_an_agent_nothing(owner, manager, agent, plumber):
    assert "Only an owner" in manager.post(
        "/settings/members/invite/", {"email": "x@y.example", "role": "owner"}, 422
    )
    invited(manager, role="manager")
    boss = Membership.objects.get(user=plumber.owner, business=plumber.business)
    him = Membership.objects.get(user=manager.user)
    for path, data in (
        (f"/settings/members/{boss.pk}/out/", {}),
        (f"/settings/members/{boss.pk}/role/", {"role": "agent"}),
        (f"/settings/members/{him.pk}/role/", {"role": "owner"}),
    ):
        assert "Only an owner" in manager.post(path, data)
        agent.post(path, data, 403)
    agent.post("/settings/members/invite/", {"email": "x@y.example", "role": "agent"}, 403)
    for place in ("teams", "tags", "fields"):
        agent.post(f"/settings/{place}/", {"name": "X", "label": "X"}, 403)
    assert roles(plumber)[plumber.owner.email] == Role.OWNER
    assert "Invite somebody" not in agent.get("/settings/members/")


def test_the_last_owner_stays(owner, plumber):
    boss = Membership.objects.get(user=plumber.owner, business=plumber.business)
    page = owner.post(f"/settings/members/{boss.pk}/role/", {"role": "agent"})
    assert "last owner" in page
    assert "last owner" in owner.post(f"/settings/members/{boss.pk}/out/")
    second = a_member(plumber, Role.AGENT, "Sue")
    hers = Membership.objects.get(user=second)
    owner.post(f"/settings/members/{hers.pk}/role/", {"role": "owner"})
    owner.post(f"/settings/members/{boss.pk}/role/", {"role": "manager"})
    assert roles(plumber) == {plumber.owner.email: Role.MANAGER, second.email: Role.OWNER}


def test_who_is_removed_is_out_at_once(owner, agent, plumber, dentist, person):
    with plumber.scope():
        Conversation.objects.update(assignee=agent.user.pk)
    owner.post("/settings/teams/", {"name": "Desk", "members": [agent.user.pk]})
    agent.get("/settings/")
    his = Membership.objects.get(user=agent.user)
    assert "is out" in owner.post(f"/settings/members/{his.pk}/out/")
    assert agent.client.get("/settings/", headers={"host": plumber.host}).status_code == 404
    with plumber.scope():
        assert not Conversation.objects.exclude(assignee=None).exists()
        assert not TeamMember.objects.exists()
    assert "1 former member" in owner.get("/settings/members/")
    owner.post(f"/settings/members/{his.pk}/back/")
    agent.get("/settings/")


def test_members_of_another_business_are_out_of_reach(owner, dentist, other_owner):
    theirs = Membership.objects.get(user=dentist.owner)
    before = roles(dentist)
    for verb, data in (("out", {}), ("back", {}), ("role", {"role": "agent"})):
        assert "no member of this business" in owner.post(
            f"/settings/members/{theirs.pk}/{verb}/", data
        )
    invited(other_owner, "x@desert.example")
    open_there = Invitation.objects.get()
    assert "no longer open" in owner.post(
        f"/settings/members/invitations/{open_there.pk}/withdraw/"
    )
    open_there.refresh_from_db()
    assert open_there.withdrawn_at is None and roles(dentist) == before


def test_people_of_the_agency_are_shown_and_managed_elsewhere(owner, plumber):
    page = owner.get("/settings/members/")
    assert "agency@northwind.example" in page and "agency@southwind.example" not in page
    boss = Membership.objects.get(user__email="agency@northwind.example")
    assert "no member of this business" in owner.post(f"/settings/members/{boss.pk}/out/")


def test_a_letter_that_does_not_leave_is_said(owner, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = owner.post("/settings/members/invite/", {"email": "x@y.example", "role": "agent"})
    assert "did not leave" in page and Invitation.objects.count() == 1


def test_a_stranger_at_the_pages_of_members_is_sent_to_the_door(plumber):
    for path in ("/settings/", "/settings/members/", "/settings/security/"):
        answer = Client().get(path, headers={"host": plumber.host})
        assert answer["Location"].startswith("/login/")
