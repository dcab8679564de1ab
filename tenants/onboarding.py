"""Bringing a business live: agency, schema, host, number, hours, rule, templates, key, owner.

One transaction: either all of it exists afterwards or none. The seed, the admin and the command go
through `onboard`; whoever works step by step makes a draft (tenants/drafts.py).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from tenants.accounts import account_problem, rotate_token, webhook_urls
from tenants.making import (
    OnboardingError,
    add_number,
    all_or_nothing,
    check_number,
    check_phones,
    go_live,
    make_business,
    zones,
)
from tenants.models import (
    Agency,
    ApiKey,
    Business,
    Membership,
    PhoneNumber,
    ProviderAccount,
    Role,
    Stage,
    User,
)
from tenants.playbooks import PLAYBOOKS, Playbook
from tenants.postures import POSTURES, stricter
from tenants.registration_rules import FIRST_STATES

__all__ = ["Onboarded", "OnboardingError", "Request", "onboard"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is needed to bring a business live. Numbers in E.164; forward_to rings before the greeting."""

    agency: str
    name: str
    timezone: str
    number: str
    provider: str
    account_sid: str
    auth_token: str = field(repr=False)
    owner_email: str
    forward_to: tuple[str, ...] = ()
    playbook: str = "general"
    press_one: bool = True
    password: str = field(default="", repr=False)
    # Without it a token that differs from the known account's is taken for a mistake.
    rotate_token: bool = False
    # Where the provider signs with a key of its own, and places calls by an application of its own.
    public_key: str = ""
    application_id: str = ""
    # One of FIRST_STATES; '' is "declared", or "approved" where no carrier is involved.
    registration: str = ""
    # A key of tenants.postures; '' is the agency's floor.
    posture: str = ""


@dataclass(frozen=True, slots=True)
class Onboarded:
    """What was made. `api_key` and `password` are shown once; password is '' for a known owner."""

    business: Business
    host: str
    number: str
    webhook_urls: dict[str, str]
    api_key: str = field(repr=False)
    owner_email: str = ""
    password: str = field(default="", repr=False)

    def as_json(self) -> dict[str, object]:
        """Return the object that `onboard_business` prints."""
        return {
            "schema": self.business.schema_name,
            "host": self.host,
            "number": self.number,
            "webhook_urls": self.webhook_urls,
            "api_key": self.api_key,
            "owner_email": self.owner_email,
            "password": self.password,
        }


def onboard(request: Request) -> Onboarded:
    """Bring a business live. Raises OnboardingError naming the field that stands against it."""
    playbook = _checked(request)
    # Hashing a password takes longer than all the rest: not while rows are locked.
    owner, password = _owner(request)
    with all_or_nothing():
        agency, _ = Agency.objects.get_or_create(name=request.agency.strip())
        account = _account(agency, request)
        posture = _posture(agency, request)
        business, host = make_business(
            agency, request.name, request.timezone, playbook, posture, Stage.DRAFT
        )
        add_number(
            business,
            account,
            request.number,
            staff=request.forward_to,
            greeting=playbook.greeting,
            registration=_registration(request),
            press_one=request.press_one,
        )
        if owner.pk is None:
            owner.save()
        Membership.objects.create(user=owner, business=business, role=Role.OWNER)
        _, api_key = ApiKey.issue(business, "First key")
        go_live(business, timezone.now())
    return Onboarded(
        business,
        host,
        request.number,
        webhook_urls(request.provider, request.account_sid),
        api_key,
        request.owner_email.lower(),
        password,
    )


def _checked(request: Request) -> Playbook:
    for name in ("agency", "name"):
        value = getattr(request, name).strip()
        if not value or len(value) > 120 or not value.isprintable():
            raise OnboardingError(name, "expected 1 to 120 printable characters")
    if request.timezone not in zones():
        raise OnboardingError("timezone", "expected a zone such as America/Chicago")
    ZoneInfo(request.timezone)
    if request.provider not in settings.PROVIDERS:
        raise OnboardingError("provider", f"expected one of: {', '.join(settings.PROVIDERS)}")
    if request.playbook not in PLAYBOOKS:
        raise OnboardingError("playbook", f"expected one of: {', '.join(PLAYBOOKS)}")
    if request.posture and request.posture not in POSTURES:
        raise OnboardingError("posture", f"expected one of: {', '.join(POSTURES)}")
    if _registration(request) not in FIRST_STATES:
        raise OnboardingError("registration", f"expected one of: {', '.join(FIRST_STATES)}")
    if not request.auth_token.strip():
        raise OnboardingError("auth-token", "it is empty")
    problem = account_problem(
        request.provider,
        request.account_sid,
        request.auth_token,
        _known_key(request),
        request.application_id,
    )
    if problem:
        raise OnboardingError(*problem)
    for name, value in [
        ("number", request.number),
        *(("forward-to", n) for n in request.forward_to),
    ]:
        check_number(name, value)
    check_phones(request.number, request.forward_to)
    try:
        validate_email(request.owner_email)
    except ValidationError:
        raise OnboardingError("owner-email", "expected an e-mail address") from None
    taken = PhoneNumber.objects.filter(e164=request.number).select_related("business").first()
    if taken:
        raise OnboardingError("number", f"{request.number} already belongs to a business")
    return PLAYBOOKS[request.playbook]


def _posture(agency: Agency, request: Request) -> str:
    """Return the posture asked for. Raises OnboardingError where it is milder than the agency's floor."""
    wanted = request.posture or agency.posture_floor
    if stricter(wanted, agency.posture_floor) != wanted:
        floor = POSTURES[agency.posture_floor].name
        raise OnboardingError("posture", f"the agency requires at least “{floor}”")
    return wanted


def _registration(request: Request) -> str:
    by_default = "approved" if request.provider == "simulator" else "declared"
    return request.registration.strip() or by_default


def _known_key(request: Request) -> str:
    """Return the public key given, or the one a known account has."""
    if request.public_key:
        return request.public_key
    known = ProviderAccount.objects.filter(
        provider=request.provider, account_sid=request.account_sid
    )
    return known.values_list("public_key", flat=True).first() or ""


def _account(agency: Agency, request: Request) -> ProviderAccount:
    token = request.auth_token.strip()
    account, is_new = ProviderAccount.objects.select_for_update().get_or_create(
        provider=request.provider,
        account_sid=request.account_sid,
        defaults={
            "agency": agency,
            "auth_token": token,
            "public_key": request.public_key.strip(),
            "application_id": request.application_id,
        },
    )
    if is_new:
        return account
    if account.agency_id != agency.pk:
        raise OnboardingError("account-sid", "this account belongs to another agency")
    if request.public_key and request.public_key.strip() != account.public_key:
        raise OnboardingError(
            "public-key",
            "this is not the key we have for this account; change it on the account's page in the admin",
        )
    if token != account.auth_token and not request.rotate_token:
        # Every number on the account would send with it, and after two of them nothing verifies.
        raise OnboardingError(
            "auth-token",
            "this is not the token we have for this account; if it was changed at the provider, "
            "ask for its rotation (--rotate-token, or the account's page in the admin)",
        )
    rotate_token(account, token)
    return account


def _owner(request: Request) -> tuple[User, str]:
    """Return the owner, not yet written when new, and his password when we made one."""
    existing = User.objects.filter(email=request.owner_email.strip().lower()).first()
    if existing:
        return existing, ""
    password = request.password or secrets.token_urlsafe(12)
    owner = User(email=request.owner_email.strip().lower())
    owner.set_password(password)
    return owner, password
