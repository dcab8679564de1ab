"""A business set up in one request: everything is made together or nothing, and then it goes live.

What a provider must be asked for (a number that is bought) waits as a step; the business goes live by
itself once it is here. Verbs of the API; the pages do the same step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls import opening
from calls.timetable import Opening
from inbox.agency.onboarding.deaths import LACKING, still_a_draft
from messaging.senders import buying, held, searching
from messaging.senders.steps import SenderError, account_of
from tenants import agenda, api_scopes, drafts, publishing
from tenants.agenda import Later
from tenants.models import Agency, ApiKey, Business, ProviderAccount, Stage
from tenants.publishing import NotADraft, NotReady
from tenants.scope import business_scope

KIND = "inbox.publish"
# So long a business waits to go live by itself; a ported number may take weeks.
WAITS = timedelta(days=30)
# The longer it waited, the longer until it is asked again; a number that is bought is here in seconds.
_SOONEST, _LATEST = timedelta(seconds=2), timedelta(hours=1)
SIMULATED = "simulator"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A business as a request names it; '' and None leave a thing to its pack or for later.

    number: one the provider account holds and whose addresses point here; area_code: one is bought;
    account: an account's id, or "simulator"; forwards_from: the number customers know.
    """

    name: str
    zone: str
    playbook: str = "general"
    posture: str = ""
    external_id: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    hours: tuple[Opening, ...] | None = None
    number: str = ""
    area_code: str = ""
    account: str = ""
    registration: str = ""
    forward_to: tuple[str, ...] = ()
    publish: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it. api_key: of the business, shown once; '' where it was there before or nothing may be given."""

    business: Business
    is_new: bool
    api_key: str = field(default="", repr=False)


def ask(agency: Agency, wanted: Wanted) -> str:
    """Ask the provider what a set-up must know, in no transaction; returns the number to buy, '' for none.

    Raises SenderError naming the field.
    """
    if wanted.external_id and drafts.by_external_id(agency, wanted.external_id) is not None:
        return ""
    e164 = _found(agency, wanted)
    if wanted.number:
        account = _account(agency, wanted.account)
        if held.is_to_be_asked(account, wanted.number):
            held.check(account, wanted.number)
    return e164


def set_up(
    agency: Agency, wanted: Wanted, e164: str, *, by: str, at: datetime, then: Callable[[Business], None],
    giver: tuple[str, ...] = (), until: datetime | None = None,
) -> Made:  # fmt: skip
    """Make a business, or find the one of this external_id; e164: what `ask` found to buy; at: aware.

    then: what else is done with a new one, in the same transaction; giver, until: the scopes of the
    key that asks (none: all) and its end, for nobody is given more than he has.

    Raises OnboardingError, drafts.FactsError and SenderError naming the field: nothing was made then.
    A business that lacks something stays a draft, which says what (tenants.publishing.gaps_of).
    """
    who: dict[str, Any] = {"by": by, "door": "api", "at": at}
    known = drafts.by_external_id(agency, wanted.external_id) if wanted.external_id else None
    if known is not None:
        return Made(_live_if(known, wanted, at, by), is_new=False)
    with transaction.atomic():
        business, is_new = drafts.make_draft(
            agency, name=wanted.name, zone=wanted.zone, playbook=wanted.playbook,
            posture=wanted.posture, external_id=wanted.external_id, **who,
        )  # fmt: skip
        if not is_new:
            return Made(_live_if(business, wanted, at, by), is_new=False)
        if wanted.facts:
            drafts.save_facts(business, wanted.facts, **who)
        if wanted.hours is not None:
            with business_scope(str(business.schema_name)):
                opening.save_week(wanted.hours, **who)
        if wanted.number:
            drafts.take_number(
                business, _account(agency, wanted.account), wanted.number,
                staff=wanted.forward_to, registration=wanted.registration, **who,
            )  # fmt: skip
        if e164:
            account = _account(agency, wanted.account)
            buying.buy(business, e164, by=by, door="api", account_id=account.pk)
        then(business)
        plain = _first_key(business, giver, until)
        business = _live_if(business, wanted, at, by)
    return Made(business, is_new=True, api_key=plain)


def _first_key(business: Business, giver: tuple[str, ...], until: datetime | None) -> str:
    """Return the plain text of a new business's first key, '' where its maker has no scope to give."""
    own = api_scopes.offered(api_scopes.BUSINESS)
    scopes = [name for name in giver if name in own]
    if giver and not scopes:
        return ""  # a key without scopes would have all of them
    return ApiKey.issue(business, "First key", scopes=scopes, expires_at=until)[1]


def publish_when_ready(item: agenda.Item) -> agenda.Answer:
    """Agenda: make a business live once its number is here; where it cannot be, it stays a draft that says so."""
    now = timezone.now()
    business = Business.objects.select_related("agency").filter(pk=int(item.subject)).first()
    if business is None:
        return None
    try:
        publishing.publish(business, by="Asked for by API", door="agenda", at=now)
    except NotReady as missing:
        expires = item.expires_at or now
        if expires > now and all(gap.field == "number" for gap in missing.gaps):
            waited = now - (expires - WAITS)
            return Later(now + max(_SOONEST, min(_LATEST, waited / 4)))
        still_a_draft(LACKING, now)
    except NotADraft:
        return None
    return None


def _live_if(business: Business, wanted: Wanted, at: datetime, by: str) -> Business:
    """Make it live where that was asked for and nothing stands against it; else it goes on as it is."""
    if not wanted.publish or business.stage != Stage.DRAFT:
        return business
    try:
        live, _ = publishing.publish(business, by=by, door="api", at=at)
    except NotReady as missing:
        if all(gap.field == "number" for gap in missing.gaps):
            agenda.put(
                KIND, str(business.pk), lane="realtime", business_id=business.pk,
                due_at=at + _SOONEST, expires_at=at + WAITS,
            )  # fmt: skip
        return business
    return live


def _account(agency: Agency, chosen: str) -> ProviderAccount:
    """Return the account that was chosen, else the agency's only one. Raises SenderError naming `account`."""
    if chosen == SIMULATED:
        return drafts.simulated_account(agency)
    return account_of(Business(agency=agency), int(chosen) if chosen else _only(agency))


def _only(agency: Agency) -> int | None:
    found = list(ProviderAccount.objects.filter(agency=agency).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        what = "several provider accounts; say which one" if found else "no provider account yet"
        raise SenderError("account", f"the agency has {what}")
    return found[0]


def _found(agency: Agency, wanted: Wanted) -> str:
    """Return a number on offer with the wanted area code, '' where none is to be bought."""
    if not wanted.area_code:
        return ""
    # The search wants to know the agency alone; the business is not made yet.
    account = _account(agency, wanted.account)
    offered = searching.search(
        Business(agency=agency), area_code=wanted.area_code, account_id=account.pk
    )
    if not offered:
        raise SenderError("area_code", "no number with this area code is on offer just now")
    return offered[0].e164
