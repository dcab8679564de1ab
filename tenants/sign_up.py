"""A new agency: asked for by anybody, made by whoever opens the link that went to his address.

Nothing is kept until then: what was typed travels, signed, in the link. So an address is proven before
there is an agency, an account or anything that costs money; nobody chooses a password for somebody else's
address; and whether an address has an account is told to nobody but its owner.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tenants import agencies
from tenants.models import Agency, Membership, Role, User

VALID_FOR = timedelta(hours=24)
_SALT = "ringback.agency.sign-up"


class SignUpError(ValueError):
    """What cannot be signed up; `errors` names every field that is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for, as the link carries it. timezone: an IANA name."""

    agency: str
    email: str
    timezone: str
    language: str = ""


def wanted(agency: str, email: str, timezone: str, language: str = "") -> Wanted:
    """Return what was asked for, cleaned. Raises SignUpError naming every field that cannot be used."""
    agency, email = " ".join(agency.replace("\x00", "").split()), email.strip().lower()
    errors = {}
    if not 1 <= len(agency) <= 120:
        errors["agency"] = _("Write the agency's name, at most 120 letters.")
    elif Agency.objects.filter(name__iexact=agency).exists():
        errors["agency"] = _("Another agency has this name.")
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = _("This is no email address.")
    if timezone not in zoneinfo.available_timezones():
        errors["timezone"] = _("Choose one of the time zones.")
    if errors:
        raise SignUpError(errors)
    return Wanted(agency, email, timezone, language)


def to_token(asked: Wanted) -> str:
    """Return the part of the link that carries it."""
    return signing.dumps(asdict(asked), salt=_SALT, compress=True)


def from_token(token: str) -> Wanted | None:
    """Return what a link carries, None for one that is wrong or older than a day."""
    try:
        return Wanted(**signing.loads(token[:2000], salt=_SALT, max_age=VALID_FOR))
    except (signing.BadSignature, TypeError, ValueError):
        return None


def make_new(
    asked: Wanted, agency: str, name: str, password: str, *, at: datetime
) -> tuple[Agency, User]:
    """Make an account for the proven address, and its agency. Raises SignUpError."""
    name, agency = (" ".join(text.replace("\x00", "").split()) for text in (name, agency))
    errors = {}
    if not 1 <= len(name) <= 120:
        errors["name"] = _("Write your name, at most 120 letters.")
    user = User(
        email=asked.email, name=name[:120], language=asked.language, timezone=asked.timezone
    )
    try:
        validate_password(password, user)
    except ValidationError as weak:
        errors["password"] = " ".join(weak.messages)
    if errors:
        raise SignUpError(errors)
    user.set_password(password)  # takes long: before anything is locked
    try:
        with transaction.atomic():
            user.save()
            return _made(asked, agency, user, at), user
    except IntegrityError:
        raise SignUpError(_taken(asked)) from None


def make_as(asked: Wanted, agency: str, user: User, *, at: datetime) -> Agency:
    """Make the agency of somebody who is signed in as the proven address. Raises SignUpError."""
    if user.email.lower() != asked.email:
        raise SignUpError({"email": _("This link is for somebody else.")})
    try:
        with transaction.atomic():
            return _made(asked, " ".join(agency.replace("\x00", "").split()), user, at)
    except IntegrityError:
        raise SignUpError({"agency": _("Another agency has this name.")}) from None


def _made(asked: Wanted, name: str, user: User, at: datetime) -> Agency:
    if not 1 <= len(name) <= 120 or Agency.objects.filter(name__iexact=name).exists():
        raise SignUpError({
            "agency": _("Another agency has this name.")
            if name else _("Write the agency's name, at most 120 letters.")
        })  # fmt: skip
    agency = Agency.objects.create(name=name, timezone=asked.timezone)
    Membership.objects.create(user=user, agency=agency, role=Role.AGENCY_OWNER)
    agencies.note(agency, "agency.create", actor=str(user), door="page", at=at)
    return agency


def _taken(asked: Wanted) -> dict[str, str]:
    if User.objects.filter(email=asked.email).exists():
        return {"email": _("This email has an account already. Sign in with it.")}
    return {"agency": _("Another agency has this name.")}
