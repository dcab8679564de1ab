"""Bringing a business live: agency, schema, host, number, hours, rule, templates, key, owner.

One transaction: either all of it exists afterwards or none. The seed, the admin, the command and
the API go through `onboard`.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import psycopg
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from tenants.accounts import account_problem, rotate_token, webhook_urls
from tenants.models import (
    E164,
    Agency,
    Answering,
    ApiKey,
    Business,
    Domain,
    Membership,
    PhoneNumber,
    ProviderAccount,
    Role,
    User,
)
from tenants.playbooks import PLAYBOOKS, Playbook
from tenants.postures import POSTURES, stricter
from tenants.registration_rules import FIRST_STATES, sender_kind_of
from tenants.scope import business_scope

# Names that mean something else on our hosts or in PostgreSQL.
_RESERVED = frozenset(
    {
        "public",
        "www",
        "app",
        "api",
        "admin",
        "mail",
        "static",
        "localhost",
        "information_schema",
    }
)


# What a constraint says when somebody else was faster by a moment.
_TAKEN = {
    "tenants_phonenumber_e164_key": ("number", "another business took it a moment ago"),
    "tenants_agency_name_key": ("agency", "it was made a moment ago; try again"),
    "tenants_business_schema_name_key": ("name", "a business of that name was made a moment ago"),
    "tenants_domain_domain_key": ("name", "a business of that name has this host already"),
    "tenants_user_email_key": ("owner-email", "this user was made a moment ago; try again"),
    "provider_account_once": ("account-sid", "this account was made a moment ago; try again"),
}


class OnboardingError(ValueError):
    """What was asked for cannot be made; `field` names what is wrong."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(f"{field_name}: {sentence}")
        self.field, self.sentence = field_name, sentence


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
    try:
        with transaction.atomic():
            agency, _ = Agency.objects.get_or_create(name=request.agency.strip())
            account = _account(agency, request)
            schema = _free_schema(request.name)
            business = Business(
                agency=agency,
                name=request.name.strip(),
                timezone=request.timezone,
                playbook=playbook.key,
                posture=_posture(agency, request),
                schema_name=schema,
            )
            try:
                business.save(verbosity=0)
            except ValidationError as error:  # the name of the schema was free a moment ago
                raise OnboardingError(*_TAKEN["tenants_business_schema_name_key"]) from error
            host = f"{schema.replace('_', '-')}.{settings.BASE_DOMAIN}"
            Domain.objects.create(domain=host, tenant=business, is_primary=True)
            PhoneNumber.objects.create(
                e164=request.number,
                business=business,
                account=account,
                answering=Answering.STAFF_FIRST if request.forward_to else Answering.GREETING,
                staff_numbers=list(request.forward_to),
                press_one=request.press_one,
                greeting=playbook.greeting,
                sender_kind=sender_kind_of(request.number),
                registration=_registration(request),
            )
            if owner.pk is None:
                owner.save()
            Membership.objects.create(user=owner, business=business, role=Role.OWNER)
            _, api_key = ApiKey.issue(business, "First key")
            with business_scope(schema):
                for path in settings.BUSINESS_CREATED_HANDLERS:
                    fill: Callable[[Playbook], None] = import_string(path)
                    fill(playbook)
    except IntegrityError as error:
        taken = _TAKEN.get(_constraint(error))
        if taken is None:
            raise
        raise OnboardingError(*taken) from error
    return Onboarded(
        business,
        host,
        request.number,
        webhook_urls(request.provider, request.account_sid),
        api_key,
        request.owner_email.lower(),
        password,
    )


def _constraint(error: IntegrityError) -> str:
    """Return the name of the constraint that was broken, '' when the database named none."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _checked(request: Request) -> Playbook:
    for name in ("agency", "name"):
        value = getattr(request, name).strip()
        if not value or len(value) > 120 or not value.isprintable():
            raise OnboardingError(name, "expected 1 to 120 printable characters")
    if request.timezone not in _zones():
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
        _check_number(name, value)
    if request.number in request.forward_to:
        raise OnboardingError("forward-to", "a number cannot ring itself")
    if len(request.forward_to) > 10:
        raise OnboardingError("forward-to", "at most 10 phones can ring at once")
    _check_phones(request)
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


def _check_number(name: str, value: str) -> None:
    try:
        E164(value)
        phonenumbers.parse(value)
    except (ValidationError, phonenumbers.NumberParseException):
        raise OnboardingError(name, "expected a number like +13125550142") from None


def _check_phones(request: Request) -> None:
    """Ask the rules of the lines which phones may be rung. Raises OnboardingError."""
    if not request.forward_to:
        return
    values = {each.attname: each.get_default() for each in PhoneNumber._meta.concrete_fields}
    values |= {"answering": Answering.STAFF_FIRST, "staff_numbers": list(request.forward_to)}
    check: Callable[..., dict[str, str]] = import_string(settings.LINE_CHECK)
    wrong = check(
        values, e164=request.number, business_id=None, forwards_from="", floor="implied"
    )  # fmt: skip
    if "staff_numbers" in wrong:
        raise OnboardingError("forward-to", wrong["staff_numbers"])


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


def _free_schema(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", ascii_name).strip("_")[:40].strip("_") or "business"
    # Cloning replaces the blueprint's name wherever it stands, so it stands in no other name.
    template = settings.TENANT_BASE_SCHEMA
    base = base.replace(template, template.replace("_", ""))
    if template in base:
        base = "business"
    # Below BASE_DOMAIN the platform's own host may have a name too (app.example.com).
    own_label = (urlsplit(settings.PUBLIC_BASE_URL).hostname or "").partition(".")[0]
    reserved = _RESERVED | {own_label.replace("-", "_")}
    if base in reserved or base.startswith("pg_") or base[0].isdigit():
        base = f"b_{base}"
    taken = set(
        Business.objects.filter(schema_name__startswith=base).values_list("schema_name", flat=True)
    )
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}_{number}"
    return candidate
