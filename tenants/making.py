"""The pieces a business is made of: schema, host, number. Each runs in its caller's transaction.

`onboard` joins them in one; a draft takes them one after the other (tenants/drafts.py).
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
import psycopg
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants.models import (
    E164,
    Agency,
    Answering,
    Business,
    Domain,
    PhoneNumber,
    ProviderAccount,
    Stage,
)
from tenants.playbooks import Playbook
from tenants.registration_rules import sender_kind_of
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
    "business_external_id_once": ("external-id", "a business with this id was made a moment ago"),
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


@contextlib.contextmanager
def all_or_nothing() -> Iterator[None]:
    """Work in one transaction; what somebody else took a moment ago is an OnboardingError that says so."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        taken = _TAKEN.get(_constraint(error))
        if taken is None:
            raise
        raise OnboardingError(*taken) from error


def make_business(
    agency: Agency, name: str, zone: str, playbook: Playbook, posture: str, stage: Stage,
    external_id: str = "",
) -> tuple[Business, str]:  # fmt: skip
    """Make a business with its schema, host and what its pack brings; returns it and its host.

    Raises OnboardingError, IntegrityError.
    """
    schema = _free_schema(name)
    business = Business(
        agency=agency,
        name=name.strip(),
        timezone=zone,
        playbook=playbook.key,
        posture=posture,
        schema_name=schema,
        stage=stage,
        external_id=external_id,
    )
    try:
        business.save(verbosity=0)
    except ValidationError as error:  # the name of the schema was free a moment ago
        raise OnboardingError(*_TAKEN["tenants_business_schema_name_key"]) from error
    host = f"{schema.replace('_', '-')}.{settings.BASE_DOMAIN}"
    Domain.objects.create(domain=host, tenant=business, is_primary=True)
    with business_scope(schema):
        for path in settings.BUSINESS_CREATED_HANDLERS:
            fill: Callable[[Playbook], None] = import_string(path)
            fill(playbook)
    return business, host


def add_number(
    business: Business, account: ProviderAccount, e164: str, *, staff: Sequence[str], greeting: str,
    registration: str, press_one: bool = True,
) -> PhoneNumber:  # fmt: skip
    """Make a number of a known account the business's. Raises IntegrityError where it is somebody's."""
    made = PhoneNumber.objects.create(
        e164=e164,
        business=business,
        account=account,
        answering=Answering.STAFF_FIRST if staff else Answering.GREETING,
        staff_numbers=list(staff),
        press_one=press_one,
        greeting=greeting,
        sender_kind=sender_kind_of(e164),
        registration=registration,
    )
    numbers_changed(business.pk, timezone.now())
    return made


def numbers_changed(business_id: int, at: datetime) -> None:
    """Tell that a business has more or fewer numbers in use than before; `at` is aware.

    Runs in the transaction in which that happens.
    """
    for path in settings.NUMBERS_CHANGED_HANDLERS:
        import_string(path)(business_id, at)


def check_number(name: str, value: str) -> None:
    """Raise OnboardingError naming the field unless this is a number in E.164."""
    try:
        E164(value)
        phonenumbers.parse(value)
    except (ValidationError, phonenumbers.NumberParseException):
        raise OnboardingError(name, "expected a number like +13125550142") from None


def check_phones(e164: str, phones: Sequence[str]) -> None:
    """Ask the rules of the lines which phones a new line may ring. Raises OnboardingError."""
    if e164 in phones:
        raise OnboardingError("forward-to", "a number cannot ring itself")
    if len(phones) > 10:
        raise OnboardingError("forward-to", "at most 10 phones can ring at once")
    if not phones:
        return
    values = {each.attname: each.get_default() for each in PhoneNumber._meta.concrete_fields}
    values |= {"answering": Answering.STAFF_FIRST, "staff_numbers": list(phones)}
    check: Callable[..., dict[str, str]] = import_string(settings.LINE_CHECK)
    wrong = check(values, e164=e164, business_id=None, forwards_from="", floor="implied")
    if "staff_numbers" in wrong:
        raise OnboardingError("forward-to", wrong["staff_numbers"])


def go_live(business: Business, now: datetime) -> None:
    """Make a draft live, and tell whoever begins something then (settings.BUSINESS_LIVE_HANDLERS)."""
    business.stage, business.published_at = Stage.LIVE, now
    business.save(update_fields=["stage", "published_at"])
    for path in settings.BUSINESS_LIVE_HANDLERS:
        begin: Callable[[Business, datetime], object] = import_string(path)
        begin(business, now)


def _constraint(error: IntegrityError) -> str:
    """Return the name of the constraint that was broken, '' when the database named none."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


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
