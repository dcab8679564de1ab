"""Members of a business: invited, let in once, given roles, and let go. The public floor alone.

Who may: an owner everything; a manager everything but what concerns owners. Whoever comes by his
agency is managed there.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tenants import live
from tenants.models import Business, Invitation, Membership, Role, User

VALID_FOR = timedelta(days=7)
ROLES = (Role.OWNER, Role.MANAGER, Role.AGENT)
# Whose word makes owners and unmakes them.
OWNING = frozenset({Role.OWNER, Role.AGENCY_OWNER})
MANAGING = OWNING | {Role.MANAGER, Role.AGENCY_MEMBER}
MOST_OPEN = 100  # invitations of one business at a time


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
    business: Business, email: str, name: str, role: str, *, by: User, as_role: str, at: datetime,
    language: str = "",
) -> Asked:  # fmt: skip
    """Ask somebody to become a member; asked anew, only the new link works. Raises MemberError.

    as_role: by what role `by` is here; at: aware; language: "en" or "es", '' where nobody knows.
    """
    email, name = email.strip().lower(), " ".join(name.replace("\x00", "").split())[:120]
    try:
        validate_email(email)
    except ValidationError:
        raise MemberError("email", _("This is no email address.")) from None
    wanted = _role(role, as_role)
    if language and language not in dict(settings.LANGUAGES):
        raise MemberError("language", _("Choose a language of the list."))
    here = Membership.objects.filter(business=business, user__email=email, is_active=True)
    if here.exists():
        raise MemberError("email", _("This person is a member already."))
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Business.objects.select_for_update(of=("self",), no_key=True).get(pk=business.pk)
        open_now = Invitation.objects.filter(
            business=business, accepted_at=None, withdrawn_at=None, expires_at__gt=at
        )
        if open_now.exclude(email=email).count() >= MOST_OPEN:
            raise MemberError("email", _("Too many invitations are open. Withdraw some first."))
        invitation, _made = Invitation.objects.update_or_create(
            email=email,
            business=business,
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


def resend(business: Business, invitation_id: int, *, as_role: str, at: datetime) -> Asked:
    """Give an open invitation a new link and seven more days; the old link is dead. Raises MemberError."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = _open(business, invitation_id, as_role)
        invitation.token_hash, invitation.expires_at = _hash(token), at + VALID_FOR
        invitation.save(update_fields=["token_hash", "expires_at"])
    return Asked(invitation, token)


def withdraw(business: Business, invitation_id: int, *, as_role: str, at: datetime) -> Invitation:
    """Take an open invitation back. Raises MemberError."""
    with transaction.atomic():
        invitation = _open(business, invitation_id, as_role)
        invitation.withdrawn_at = at
        invitation.save(update_fields=["withdrawn_at"])
    return invitation


def find(business: Business, token: str) -> Invitation | None:
    """Return the invitation a link belongs to, whatever became of it, or None."""
    invitations = Invitation.objects.select_related("invited_by")
    return invitations.filter(business=business, token_hash=_hash(token)).first()


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


def change_role(business: Business, membership_id: int, role: str, *, as_role: str) -> Membership:
    """Give a member another role. Raises MemberError; the last owner stays one."""
    wanted = _role(role, as_role)
    with transaction.atomic():
        membership = _member(business, membership_id, as_role, stays_owner=wanted == Role.OWNER)
        membership.role = wanted
        membership.save(update_fields=["role"])
        live.members_changed()
    return membership


def deactivate(business: Business, membership_id: int, *, by: User, as_role: str) -> Membership:
    """Close a member's way in, at once. Raises MemberError for the last owner and for oneself."""
    with transaction.atomic():
        membership = _member(business, membership_id, as_role, stays_owner=False)
        if membership.user_id == by.pk:
            raise MemberError("member", _("Somebody else has to take you out."))
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        live.members_changed()
    return membership


def reactivate(business: Business, membership_id: int, *, as_role: str) -> Membership:
    """Let a former member back in with the role he had. Raises MemberError."""
    with transaction.atomic():
        membership = _member(business, membership_id, as_role, stays_owner=True)
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
        user=user, business=now.business, agency=None, defaults={"role": now.role}
    )
    if not made and not membership.is_active:
        membership.is_active, membership.role = True, now.role
        membership.save(update_fields=["is_active", "role"])
    now.accepted_at = at
    now.save(update_fields=["accepted_at"])


def _open(business: Business, invitation_id: int, as_role: str) -> Invitation:
    found = (
        Invitation.objects.select_for_update()
        .filter(pk=invitation_id, business=business, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if found is None:
        raise MemberError("invitation", _("This invitation is no longer open."))
    _role(found.role, as_role)
    return found


def _member(
    business: Business, membership_id: int, as_role: str, *, stays_owner: bool
) -> Membership:
    """Return a member under the lock of all of them, so that two owners cannot remove each other."""
    everybody = Membership.objects.select_for_update().filter(business=business).order_by("pk")
    found = {each.pk: each for each in everybody}
    membership = found.get(membership_id)
    if membership is None:
        raise MemberError("member", _("This person is no member of this business."))
    if as_role not in MANAGING or (membership.role == Role.OWNER and as_role not in OWNING):
        raise MemberError("member", _("Only an owner decides about owners."))
    owners = [m for m in found.values() if m.role == Role.OWNER and m.is_active]
    if not stays_owner and owners == [membership]:
        raise MemberError("member", _("This is the last owner. Make somebody else an owner first."))
    return membership


def _role(role: str, as_role: str) -> Role:
    if role not in ROLES:
        raise MemberError("role", _("Choose one of the roles."))
    if as_role not in MANAGING or (role == Role.OWNER and as_role not in OWNING):
        raise MemberError("role", _("Only an owner makes owners."))
    return Role(role)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
