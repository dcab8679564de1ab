"""Members of a business or of an agency: invited, let in once, given roles, and let go. The public floor alone.

Who may, in a business: an owner everything; a manager everything but what concerns owners. Whoever comes
by his agency is managed there, by its owners alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tenants import live
from tenants.models import AGENCY_ROLES, Agency, Business, Invitation, Membership, Role, User

VALID_FOR = timedelta(days=7)
ROLES = (Role.OWNER, Role.MANAGER, Role.AGENT)
# Whose word makes owners and unmakes them.
OWNING = frozenset({Role.OWNER, Role.AGENCY_OWNER})
MANAGING = OWNING | {Role.MANAGER, Role.AGENCY_MEMBER}
MOST_OPEN = 100  # invitations to one place at a time
Place = Business | Agency


class MemberError(ValueError):
    """Something that cannot be done; `field` names what is wrong with what was asked, `errors` all that is."""

    def __init__(self, field: str, sentence: str, also: dict[str, str] | None = None) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence
        self.errors = {field: sentence, **(also or {})}


@dataclass(frozen=True, slots=True)
class Asked:
    """An open invitation and the secret of its link, which is kept nowhere."""

    invitation: Invitation
    token: str


def invite(
    place: Place, email: str, name: str, role: str, *, by: User | None, as_role: str, at: datetime,
    language: str = "",
) -> Asked:  # fmt: skip
    """Ask somebody to become a member; asked anew, only the new link works. Raises MemberError.

    by: None where a program asks; as_role: by what role `by` is here; at: aware; language: "en" or "es", '' where nobody knows.
    """
    email, name = email.strip().lower(), " ".join(name.replace("\x00", "").split())[:120]
    try:
        validate_email(email)
    except ValidationError:
        raise MemberError("email", _("This is no email address.")) from None
    wanted = _role(place, role, as_role)
    if language and language not in dict(settings.LANGUAGES):
        raise MemberError("language", _("Choose a language of the list."))
    here = Membership.objects.filter(**_at(place), user__email=email, is_active=True)
    if here.exists():
        raise MemberError("email", _("This person is a member already."))
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        type(place).objects.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
        open_now = Invitation.objects.filter(
            **_at(place), accepted_at=None, withdrawn_at=None, expires_at__gt=at
        )
        if open_now.exclude(email=email).count() >= MOST_OPEN:
            raise MemberError("email", _("Too many invitations are open. Withdraw some first."))
        invitation, _made = Invitation.objects.update_or_create(
            email=email,
            **_at(place),
            accepted_at=None,
            withdrawn_at=None,
            defaults={
                "token_hash": _hash(token),
                "name": name,
                "role": wanted,
                "language": language,
                "invited_by": by,
                "expires_at": at + VALID_FOR,
            },
        )
    return Asked(invitation, token)


def resend(place: Place, invitation_id: int, *, as_role: str, at: datetime) -> Asked:
    """Give an open invitation a new link and seven more days; the old link is dead. Raises MemberError."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = _open(place, invitation_id, as_role)
        invitation.token_hash, invitation.expires_at = _hash(token), at + VALID_FOR
        invitation.save(update_fields=["token_hash", "expires_at"])
    return Asked(invitation, token)


def withdraw(place: Place, invitation_id: int, *, as_role: str, at: datetime) -> Invitation:
    """Take an open invitation back. Raises MemberError."""
    with transaction.atomic():
        invitation = _open(place, invitation_id, as_role)
        invitation.withdrawn_at = at
        invitation.save(update_fields=["withdrawn_at"])
    return invitation


def find(place: Place, token: str) -> Invitation | None:
    """Return the invitation a link belongs to, whatever became of it, or None."""
    invitations = Invitation.objects.select_related("invited_by")
    return invitations.filter(**_at(place), token_hash=_hash(token)).first()


def why_closed(invitation: Invitation, at: datetime) -> str:
    """Return why an invitation lets nobody in, in words; '' while it does."""
    if invitation.accepted_at is not None:
        return _("This invitation was used already. Sign in with your email and password.")
    if invitation.withdrawn_at is not None:
        return _("This invitation was withdrawn. Ask for a new one.")
    if invitation.expires_at <= at:
        return _("This invitation is older than seven days. Ask for a new one.")
    return ""


def join_new(invitation: Invitation, name: str, password: str, *, at: datetime) -> User:
    """Make an account for the invited address and let it in. Raises MemberError.

    Refused where the address has an account: its owner signs in instead.
    """
    name = " ".join(name.replace("\x00", "").split())
    wrong = {}
    if not 1 <= len(name) <= 120:
        wrong["name"] = _("Write your name, at most 120 letters.")
    user = User(email=invitation.email, name=name[:120], language=invitation.language)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        wrong["password"] = " ".join(weak.messages)
    if wrong:
        raise MemberError(*next(iter(wrong.items())), wrong)
    user.set_password(password)  # takes long: before anything is locked
    try:
        with transaction.atomic():
            user.save()
            _let_in(invitation, user, at)
    except IntegrityError:
        raise MemberError(
            "email", _("This email has an account already. Sign in with it.")
        ) from None
    return user


def join_as(invitation: Invitation, user: User, *, at: datetime) -> None:
    """Let somebody in who signed in as the invited address. Raises MemberError for anybody else."""
    if user.email.lower() != invitation.email.lower():
        raise MemberError("email", _("This invitation is for somebody else."))
    with transaction.atomic():
        _let_in(invitation, user, at)


def change_role(place: Place, membership_id: int, role: str, *, as_role: str) -> Membership:
    """Give a member another role. Raises MemberError; the last owner stays one."""
    wanted = _role(place, role, as_role)
    with transaction.atomic():
        membership = _member(place, membership_id, as_role, stays_owner=wanted in OWNING)
        membership.role = wanted
        membership.save(update_fields=["role"])
        live.members_changed()
    return membership


def deactivate(place: Place, membership_id: int, *, by: User | None, as_role: str) -> Membership:
    """Close a member's way in, at once. Raises MemberError for the last owner and for oneself."""
    with transaction.atomic():
        membership = _member(place, membership_id, as_role, stays_owner=False)
        if by is not None and membership.user_id == by.pk:
            raise MemberError("member", _("Somebody else has to take you out."))
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        live.members_changed()
    return membership


def reactivate(place: Place, membership_id: int, *, as_role: str) -> Membership:
    """Let a former member back in with the role he had. Raises MemberError."""
    with transaction.atomic():
        membership = _member(place, membership_id, as_role, stays_owner=True)
        membership.is_active = True
        membership.save(update_fields=["is_active"])
    return membership


def _let_in(invitation: Invitation, user: User, at: datetime) -> None:
    """Use the invitation up. Two at once: the second finds it used."""
    now = Invitation.objects.select_for_update().get(pk=invitation.pk)
    # The link may have been renewed since the page was opened: the old one is dead.
    if now.token_hash != invitation.token_hash or why_closed(now, at):
        raise MemberError(
            "invitation", why_closed(now, at) or _("This link was replaced by a newer one.")
        )
    membership, made = Membership.objects.select_for_update().get_or_create(
        user=user, business=now.business, agency=now.agency, defaults={"role": now.role}
    )
    if not made and not membership.is_active:
        membership.is_active, membership.role = True, now.role
        membership.save(update_fields=["is_active", "role"])
    now.accepted_at = at
    now.save(update_fields=["accepted_at"])


def _open(place: Place, invitation_id: int, as_role: str) -> Invitation:
    found = (
        Invitation.objects.select_for_update()
        .filter(pk=invitation_id, **_at(place), accepted_at=None, withdrawn_at=None)
        .first()
    )
    if found is None:
        raise MemberError("invitation", _("This invitation is no longer open."))
    _role(place, found.role, as_role)
    return found


def _member(place: Place, membership_id: int, as_role: str, *, stays_owner: bool) -> Membership:
    """Return a member under the lock of all of them, so that two owners cannot remove each other."""
    everybody = Membership.objects.select_for_update().filter(**_at(place)).order_by("pk")
    found = {each.pk: each for each in everybody}
    membership = found.get(membership_id)
    if membership is None:
        raise MemberError("member", _not_here(place))
    _may_manage("member", membership.role, as_role)
    owners = [m for m in found.values() if m.role in OWNING and m.is_active]
    if not stays_owner and owners == [membership]:
        raise MemberError("member", _("This is the last owner. Make somebody else an owner first."))
    return membership


def _not_here(place: Place) -> str:
    if isinstance(place, Agency):
        return _("This person is no member of this agency.")
    return _("This person is no member of this business.")


def _may_manage(field: str, theirs: str, as_role: str) -> None:
    """Raise MemberError where somebody of a role decides about nobody of another."""
    if theirs in AGENCY_ROLES and as_role != Role.AGENCY_OWNER:
        raise MemberError(field, _("Only an owner of the agency decides about its members."))
    if as_role not in MANAGING or (theirs == Role.OWNER and as_role not in OWNING):
        raise MemberError(
            field,
            _("Only an owner makes owners.") if field == "role" else _("Only an owner decides about owners."),
        )  # fmt: skip


def _role(place: Place, role: str, as_role: str) -> Role:
    if role not in (AGENCY_ROLES if isinstance(place, Agency) else ROLES):
        raise MemberError("role", _("Choose one of the roles."))
    _may_manage("role", role, as_role)
    return Role(role)


def _at(place: Place) -> dict[str, Any]:
    """Return how a place stands in memberships and invitations."""
    is_agency = isinstance(place, Agency)
    return {"agency": place if is_agency else None, "business": None if is_agency else place}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
