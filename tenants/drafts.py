"""A business that is being set up, piece by piece: made, described, given a pack and a number.

Each verb is one transaction and leaves a draft one can go on with. A draft texts nobody (row 2 of
the gate); tenants/publishing.py makes it live.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants import agencies, business_facts, postures
from tenants.accounts import account_problem
from tenants.making import (
    OnboardingError,
    add_number,
    all_or_nothing,
    check_number,
    check_phones,
    make_business,
    zones,
)
from tenants.models import (
    Agency,
    Business,
    BusinessFacts,
    PhoneNumber,
    ProviderAccount,
    Registration,
    Stage,
)
from tenants.playbooks import PLAYBOOKS, Playbook
from tenants.scope import business_scope

MOST_NUMBERS = 50  # of one business


class FactsError(ValueError):
    """Facts that cannot be kept; `problems` has a sentence for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in problems.items()))
        self.problems = dict(problems)


def make_draft(
    agency: Agency, *, name: str, zone: str, playbook: str, by: str, door: str, at: datetime,
    posture: str = "", external_id: str = "",
) -> tuple[Business, bool]:  # fmt: skip
    """Begin a business: schema, host and what its pack brings. Returns it, and whether it is new.

    zone: such as America/Chicago; posture: '' for the agency's floor; external_id: the agency's own
    name for it: the same one returns the same business. at: aware. Raises OnboardingError.
    """
    if external_id and (known := by_external_id(agency, external_id)) is not None:
        return known, False
    wrong = _checked(name, zone, playbook, external_id)
    if wrong is not None:
        raise wrong
    wanted = posture or agency.posture_floor
    if wanted not in postures.POSTURES:
        raise OnboardingError("posture", f"expected one of: {', '.join(postures.POSTURES)}")
    if postures.stricter(wanted, agency.posture_floor) != wanted:
        least = postures.POSTURES[agency.posture_floor].name
        raise OnboardingError("posture", f"the agency requires at least “{least}”")
    try:
        with all_or_nothing():
            business, host = make_business(
                agency, " ".join(name.split()), zone, PLAYBOOKS[playbook], wanted, Stage.DRAFT,
                external_id,
            )  # fmt: skip
            BusinessFacts.objects.create(business=business)
            agencies.note(
                agency, "business.create", actor=by, door=door, at=at, business=business, host=host,
                playbook=playbook,
            )  # fmt: skip
    except OnboardingError as late:
        # Two requests with one id: the other one made it.
        known = by_external_id(agency, external_id) if external_id else None
        if known is None:
            raise late from None
        return known, False
    return business, True


def by_external_id(agency: Agency, external_id: str) -> Business | None:
    """Return the agency's business of this name of its own, or None."""
    return Business.objects.filter(agency=agency, external_id=external_id).first()


def save_facts(
    business: Business, typed: Mapping[str, str], *, by: str, door: str, at: datetime
) -> list[str]:
    """Keep what was typed of the facts, with `name` and `timezone`; returns what changed.

    Only what is given is touched. Raises FactsError naming every field that is wrong; nothing is
    kept then.
    """
    facts, wrong = business_facts.read(typed)
    about: dict[str, str] = {}
    if "name" in typed:
        about["name"] = " ".join(typed["name"].split())
        if not _is_name(about["name"]):
            wrong["name"] = "Give the name as its customers know it, at most 120 characters."
    if "timezone" in typed:
        about["timezone"] = typed["timezone"].strip()
        if about["timezone"] not in zones():
            wrong["timezone"] = "Choose a time zone of the list, such as America/Chicago."
    if wrong:
        raise FactsError(wrong)
    with all_or_nothing():
        kept = _locked(business)
        row, _ = BusinessFacts.objects.get_or_create(business=kept)
        changed = [name for name, value in facts.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, facts[name])
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
        own = [name for name, value in about.items() if getattr(kept, name) != value]
        for name in own:
            setattr(kept, name, about[name])
        if own:
            kept.save(update_fields=own)
        if changed or own:
            agencies.note(
                kept.agency, "business.facts", actor=by, door=door, at=at, business=kept,
                fields=[*own, *changed],
            )  # fmt: skip
    return [*own, *changed]


def choose_playbook(business: Business, key: str, *, by: str, door: str, at: datetime) -> bool:
    """Give a draft another ready pack; what somebody changed himself stays. Returns whether it is another.

    Raises OnboardingError for an unknown pack and for a business that is live.
    """
    if key not in PLAYBOOKS:
        raise OnboardingError("playbook", f"expected one of: {', '.join(PLAYBOOKS)}")
    with all_or_nothing():
        kept = _locked(business)
        if kept.playbook == key:
            return False
        if kept.stage != Stage.DRAFT:
            raise OnboardingError("playbook", "a business that is live keeps its pack")
        before = PLAYBOOKS.get(kept.playbook, PLAYBOOKS["general"])
        kept.playbook = key
        kept.save(update_fields=["playbook"])
        with business_scope(str(kept.schema_name)):
            for path in settings.PLAYBOOK_CHOSEN_HANDLERS:
                refill: Callable[[Playbook, Playbook], None] = import_string(path)
                refill(before, PLAYBOOKS[key])
        agencies.note(
            kept.agency, "business.playbook", actor=by, door=door, at=at, business=kept,
            before=before.key, after=key,
        )  # fmt: skip
    return True


def take_number(
    business: Business, account: ProviderAccount, e164: str, *, by: str, door: str, at: datetime,
    staff: Sequence[str] = (), registration: str = "",
) -> PhoneNumber:  # fmt: skip
    """Make a number the account has the business's; one it has already is returned as it is.

    That the account has it was asked before: a provider is asked in no transaction
    (messaging/senders/held.py).

    registration: '' for unregistered, or approved on the simulated network. Raises OnboardingError.
    """
    check_number("number", e164)
    for phone in staff:
        check_number("forward-to", phone)
    check_phones(e164, staff)
    if account.agency_id != business.agency_id:
        raise OnboardingError("account", "this account belongs to another agency")
    first = Registration.UNREGISTERED
    if account.provider == "simulator":
        first = Registration.APPROVED
    with all_or_nothing():
        kept = _locked(business)
        known = PhoneNumber.objects.select_related("account").filter(e164=e164).first()
        if known is not None and known.business_id == kept.pk:
            return known
        if known is not None:
            raise OnboardingError("number", f"{e164} already belongs to a business")
        if PhoneNumber.objects.filter(business=kept).count() >= MOST_NUMBERS:
            raise OnboardingError("number", f"a business has at most {MOST_NUMBERS} numbers")
        number = add_number(
            kept, account, e164, staff=staff, registration=registration or first,
            greeting=PLAYBOOKS.get(kept.playbook, PLAYBOOKS["general"]).greeting,
        )  # fmt: skip
        agencies.note(
            kept.agency, "business.number", actor=by, door=door, at=at, business=kept,
            number=e164, provider=account.provider,
        )  # fmt: skip
    return number


def simulated_account(agency: Agency) -> ProviderAccount:
    """Return the agency's account on the simulated network, made where it has none.

    Raises OnboardingError where the simulator is off.
    """
    if not settings.SIMULATOR_ENABLED:
        raise OnboardingError("provider", "there is no simulated network here")
    with all_or_nothing():
        Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
        found = ProviderAccount.objects.filter(agency=agency, provider="simulator")
        return found.order_by("pk").first() or ProviderAccount.objects.create(
            agency=agency, provider="simulator", account_sid=f"AC{secrets.token_hex(16)}",
            auth_token=secrets.token_hex(16),
        )  # fmt: skip


def connect_account(
    agency: Agency, *, provider: str, account_sid: str, auth_token: str, public_key: str,
    application_id: str, by: str, door: str, at: datetime,
) -> ProviderAccount:  # fmt: skip
    """Keep an agency's account at a phone provider. Raises OnboardingError naming the field."""
    if provider not in settings.PROVIDERS or provider == "simulator":
        raise OnboardingError("provider", "expected one of the list")
    if not auth_token:
        raise OnboardingError("auth-token", "it is empty")
    wrong = account_problem(provider, account_sid, auth_token, public_key, application_id)
    if wrong is not None:
        raise OnboardingError(*wrong)
    with all_or_nothing():
        if ProviderAccount.objects.filter(provider=provider, account_sid=account_sid).exists():
            raise OnboardingError("account-sid", "this account is connected already")
        account = ProviderAccount.objects.create(
            agency=agency, provider=provider, account_sid=account_sid, auth_token=auth_token,
            public_key=public_key, application_id=application_id,
        )  # fmt: skip
        agencies.note(
            agency, "account.connect", actor=by, door=door, at=at, provider=provider,
            account=account_sid[-6:],
        )  # fmt: skip
    return account


def _locked(business: Business) -> Business:
    found = Business.objects.select_for_update(of=("self",)).select_related("agency")
    return found.get(pk=business.pk)


def _is_name(name: Any) -> bool:
    return 0 < len(name) <= 120 and name.isprintable()


def _checked(name: str, zone: str, playbook: str, external_id: str) -> OnboardingError | None:
    if not _is_name(" ".join(name.split())):
        return OnboardingError("name", "expected 1 to 120 printable characters")
    if zone not in zones():
        return OnboardingError("timezone", "expected a zone such as America/Chicago")
    if playbook not in PLAYBOOKS:
        return OnboardingError("playbook", f"expected one of: {', '.join(PLAYBOOKS)}")
    if len(external_id) > 80 or not external_id.isprintable():
        return OnboardingError("external-id", "expected at most 80 printable characters")
    return None
