"""The campaign of a business that leaves is ended at the provider: carriers charge for one each month.

Asked for once deleting has begun and nobody can change his mind, after its numbers; it outlives the
business's schema, and is given up after some days, which the agency then reads in its record. The
brand stays: it was paid once and costs nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.senders import releasing, steps
from messaging.senders.dossier import NUMBER, PARTS, TOLL_FREE
from tenants import agencies, agenda
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import Business, Departure, ProviderStep, StepState

KIND = "messaging.end_campaign"
_SERVICE = PARTS[-2]
# A part the provider is being asked for this moment is known, or never will be, before we look.
_SETTLES = timedelta(minutes=10)
_NUMBERS_FIRST, _PAUSE = timedelta(minutes=10), timedelta(minutes=30)
_TRIED_FOR = timedelta(days=7)


def begins(departure: Departure, now: datetime) -> None:
    """Deleting begins, in this transaction: nothing more is filed, and what is filed is to end. `now` is aware."""
    business = departure.business
    for step in ProviderStep.objects.filter(business=business, state__in=steps.OPEN):
        if step.key in PARTS or step.key.startswith((NUMBER, TOLL_FREE)):
            steps.move(step, StepState.CANCELLED, now)
    services = ProviderStep.objects.filter(business=business, key=_SERVICE).exclude(external_id="")
    for account, service in services.values_list("wanted__account", "external_id").distinct():
        agenda.put(
            KIND, f"{account}:{service}", lane="housekeeping", business_id=business.pk,
            due_at=now + _SETTLES, expires_at=now + _TRIED_FOR,
        )  # fmt: skip


def work(item: agenda.Item) -> agenda.Answer:
    """Agenda: end the campaigns of one messaging service, of which there is one. Done twice it is done once."""
    now = timezone.now()
    account_id, _, service = item.subject.partition(":")
    business = Business.objects.select_related("agency").get(pk=item.business_id)
    if releasing.under_way(business) and not _is_last(item, now):
        return Later(now + _NUMBERS_FIRST)
    try:
        adapter, account = steps.office_of(steps.account_of(business, int(account_id)))
    except Undecryptable:
        return _again(item, business, False)
    return Outside(partial(_ended, adapter, account, service), partial(_again, item, business))


def died(item: agenda.Item, _words: str) -> None:
    """Ending it was given up (settings.AGENDA_DEAD_HANDLERS): the agency reads so."""
    business = Business.objects.select_related("agency").get(pk=item.business_id)
    _note(business, "registration.stands", timezone.now())


def _ended(adapter: Provider, account: Credentials, service: str) -> bool | None:
    """Return whether none is left; None: the provider will not end it, whoever asks again."""
    try:
        adapter.end_campaigns(account, service)
    except ProviderFailed as failed:
        status = failed.http_status or 0
        return None if 400 <= status < 500 and status not in (401, 403, 429) else False
    return True


def _again(item: agenda.Item, business: Business, is_done: bool | None) -> Later | None:
    now = timezone.now()
    if is_done is False and not _is_last(item, now):
        return Later(now + _PAUSE)
    _note(business, "registration.end" if is_done else "registration.stands", now)
    return None


def _is_last(item: agenda.Item, now: datetime) -> bool:
    """Whether the row expires before it would be asked again."""
    return item.expires_at is not None and now >= item.expires_at - _PAUSE


def _note(business: Business, action: str, now: datetime) -> None:
    with transaction.atomic():
        agencies.note(business.agency, action, actor="", door="agenda", at=now, business=business)
