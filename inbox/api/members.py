"""REST: who works here, and who is asked to. A key decides as a manager does: never about owners."""

from __future__ import annotations

import smtplib
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_operations import asked, operation, refusing, whole
from inbox import staff
from inbox.api.things import Things
from inbox.notices.members import base_url
from inbox.settings import services
from inbox.settings.people import send_invitation
from tenants import members
from tenants.members import Asked, MemberError
from tenants.models import Business, Invitation, Membership, Role
from tenants.scope import current_business

log = structlog.get_logger(__name__)
AS = Role.MANAGER
_MEMBER = {
    "id": 31, "user": 12, "name": "Pat Moss", "email": "pat@lakeside.example", "role": "agent",
    "is_active": True,
}  # fmt: skip
_INVITED = {
    "id": 8, "email": "new@lakeside.example", "name": "Nora New", "role": "agent",
    "language": "en", "expires_at": "2026-11-28T16:20:00Z", "created_at": "2026-11-21T16:20:00Z",
}  # fmt: skip
ROLES = [Role.MANAGER.value, Role.AGENT.value]


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody who works here."""

    user = serializers.IntegerField(
        source="user_id", read_only=True, help_text="What `assignee` and `mentions` name."
    )
    name = serializers.SerializerMethodField()
    email = serializers.CharField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "name", "email", "role", "is_active"]

    def get_name(self, member: Membership) -> str:
        """Return the name others read."""
        return str(member.user)


class RoleSerializer(serializers.Serializer[Any]):
    """A role."""

    role = serializers.ChoiceField(ROLES, help_text="Owners are made by owners, on the page.")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """Somebody who is asked to become a member. The link is sent to the address alone."""

    class Meta:
        model = Invitation
        fields = ["id", "email", "name", "role", "language", "expires_at", "created_at"]


class InviteSerializer(RoleSerializer):
    """Whom to ask."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(
        ["", "en", "es"], required=False, default="", help_text="Of the letter."
    )


class Members(Things):
    """Members of the business itself; those of its agency are managed there."""

    area = "members"
    queryset = Membership.objects.none()
    serializer_class = MemberSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the memberships of the business whose key was presented."""
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        found = Membership.objects.filter(business=current_business()).select_related("user")
        return found.order_by("user__name", "pk")

    @operation(
        "Members", "members_list", "List members",
        "Everybody who has a place in this business, former ones too. People of its agency may come "
        "in as well; they are at `colleagues`.",
        gives=MemberSerializer(many=True), told=_MEMBER,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(MemberSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Members", "members_change_role", "Give a member another role",
        "Manager or agent. Owners are a 422: only owners decide about owners.",
        asks=RoleSerializer, gives=MemberSerializer, sent={"role": "agent"}, told=_MEMBER,
        errors=(404,),
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a role. Raises ValidationError."""
        number, wanted = self.id(), asked(RoleSerializer, request)
        with refusing(MemberError):
            member = members.change_role(current_business(), number, wanted["role"], as_role=AS)
            self.note("member.role", member=member.user_id, role=member.role)
        return self._now(number)

    @operation(
        "Members", "members_remove", "Take a member out",
        "At once: his sessions end, and what was his is nobody's. He can be let back in.",
        gives=MemberSerializer, told=_MEMBER | {"is_active": False}, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: str) -> Response:
        """Take him out. Raises ValidationError."""
        number = self.id()
        with refusing(MemberError):
            gone = services.let_go(
                current_business(), number, by=self.actor, as_role=AS, at=timezone.now()
            )
            self.note("member.remove", member=gone.user_id)
        return self._now(number)

    @operation(
        "Members", "members_return", "Let a former member back in", "With the role he had.",
        gives=MemberSerializer, told=_MEMBER, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="return")
    def come_back(self, request: Request, pk: str) -> Response:
        """Let him in. Raises ValidationError."""
        number = self.id()
        with refusing(MemberError):
            back = members.reactivate(current_business(), number, as_role=AS)
            self.note("member.return", member=back.user_id, role=back.role)
        return self._now(number)

    def _now(self, number: int) -> Response:
        return Response(MemberSerializer(self.get_queryset().get(pk=number)).data)


class ColleagueSerializer(serializers.Serializer[Any]):
    """Somebody a conversation can be given to."""

    user = serializers.IntegerField(source="id")
    name = serializers.CharField()
    role = serializers.CharField()


class Colleagues(Things):
    """Whoever may enter the business now, directly or through its agency."""

    area = "members"
    queryset = Membership.objects.none()
    serializer_class = ColleagueSerializer

    @operation(
        "Members", "colleagues_list", "List whom work can be given to",
        "Everybody who may enter now, people of the agency too.",
        gives=ColleagueSerializer(many=True),
        told={"user": 12, "name": "Pat Moss", "role": "agent"},
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(ColleagueSerializer(staff.colleagues(current_business()), many=True).data)


class Invitations(Things):
    """Open invitations."""

    area = "members"
    queryset = Invitation.objects.none()
    serializer_class = InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        """Return those of the business whose key was presented."""
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        return Invitation.objects.filter(
            business=current_business(), accepted_at=None, withdrawn_at=None
        ).order_by("-created_at", "-pk")

    @operation(
        "Members", "invitations_list", "List open invitations", "Also those that ran out.",
        gives=InvitationSerializer(many=True), told=_INVITED,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(InvitationSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Members", "invitations_create", "Invite somebody",
        "Sends a link to the address, which works for seven days; it is shown to nobody else. "
        "Asked anew, only the new link works.",
        asks=InviteSerializer, gives=InvitationSerializer, status=201, told=_INVITED,
        sent={"email": "new@lakeside.example", "name": "Nora New", "role": "agent", "language": "en"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Invite. Raises ValidationError naming fields."""
        wanted = asked(InviteSerializer, request)
        business = current_business()
        with refusing(MemberError):
            invited = members.invite(business, **wanted, by=None, as_role=AS, at=timezone.now())
            self.note("member.invite", role=invited.invitation.role)
            transaction.on_commit(lambda: _write_to(invited, business))
        return Response(InvitationSerializer(invited.invitation).data, status=201)

    @operation(
        "Members", "invitations_resend", "Send an invitation once more",
        "With a new link and seven more days; the old link is dead.",
        gives=InvitationSerializer, told=_INVITED, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Send it. Raises ValidationError."""
        number, business = self.id(), current_business()
        with refusing(MemberError):
            invited = members.resend(business, number, as_role=AS, at=timezone.now())
            self.note("member.resend", role=invited.invitation.role)
            transaction.on_commit(lambda: _write_to(invited, business))
        return Response(InvitationSerializer(invited.invitation).data)

    @operation(
        "Members", "invitations_withdraw", "Take an invitation back", "Its link is dead.",
        status=204, errors=(404, 422),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw. Raises ValidationError."""
        number = self.id()
        with refusing(MemberError):
            gone = members.withdraw(current_business(), number, as_role=AS, at=timezone.now())
            self.note("member.withdraw", role=gone.role)
        return Response(status=204)


def _write_to(asked_: Asked, business: Business) -> None:
    """Send the link; one that did not leave can be sent once more."""
    url = base_url(business) + reverse("inbox:join", args=[asked_.token], urlconf="config.urls")
    try:
        send_invitation(asked_.invitation, business, by=business.name, url=url)
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("invitation_not_sent", error=type(problem).__name__)
