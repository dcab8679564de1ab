"""Finding by an id: ours, a provider's, Stripe's, an agency's, or the number of a row."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from billing.models import AgencyAccount, Customer, Invoice, Subscription, UsageRecord
from inbox.support import across
from inbox.support.hits import MOST, Found, Hit, business_hit, businesses_of, change, of_things
from inbox.support.things import calls_in, texts_in
from tenants.models import (
    AgendaItem,
    Business,
    PhoneNumber,
    ProviderAccount,
    ProviderEvent,
    ProviderStep,
)


def by_any_id(found: Found, given: str, within: Sequence[int] | None, budget: float) -> None:
    """An id of ours or of a provider's. Where the public floor knows its business, only that is asked."""
    by_outside_id(found, given)
    hints: set[int] = set()
    events = ProviderEvent.objects.select_related("business__agency").filter(subject=given)
    for event in events.order_by("received_at")[:MOST]:
        if event.business_id:
            hints.add(event.business_id)
        title, detail = f"{event.kind} {event.subject}", f"{event.received_at:%Y-%m-%d %H:%M:%S}"
        row = (("Row", change("tenants_providerevent", event.pk)),)
        found.hits.append(
            Hit("Stored webhook", title, f"{detail} UTC · {event.state}", event.business, row)
        )
    used = UsageRecord.objects.filter(key__in=[f"sms:{given}", f"call:{given}"])
    hints |= set(used.values_list("business_id", flat=True))
    item = AgendaItem.objects.filter(subject=given).select_related("business__agency")[:MOST]
    hints |= {row.business_id for row in item if row.business_id}
    if within is not None:
        hints &= set(within)
    if found.below:  # who is hinted at was asked at first
        hints = set()
    only = sorted(hints) if hints else within
    things = _by_id(found, given, only, budget)
    if not things and hints:  # hinted at and not there: everybody is asked
        things = _by_id(found, given, within, budget)
    businesses = businesses_of(set(things))
    for pk, (calls, texts) in things.items():
        business = businesses[pk]
        found.hits.append(business_hit(business))
        found.hits += of_things(business, calls_in(business.schema_name, calls))
        found.hits += of_things(business, texts_in(business.schema_name, texts))
    for event_business in {e.business for e in events if e.business} if not things else ():
        found.hits.append(business_hit(event_business))


def _by_id(
    found: Found, given: str, only: Sequence[int] | None, budget: float
) -> dict[int, tuple[list[int], list[str]]]:
    providers = [*settings.PROVIDERS, "reported"]
    select = (
        "SELECT 'call', id::text FROM {schema}.calls_call "
        "WHERE provider = ANY(%s) AND provider_id = %s UNION ALL "
        "SELECT 'text', id::text FROM {schema}.messaging_message "
        "WHERE provider = ANY(%s) AND provider_id = %s"
    )
    values: list[object] = [providers, given, providers, given]
    if _is_uuid(given):
        select += " UNION ALL SELECT 'text', id::text FROM {schema}.messaging_message WHERE id = %s"
        values.append(UUID(given))
    looked = across.ask(select, values, only=only, budget=budget, below=found.below)
    found.stopped, found.go_on = looked.stopped, looked.go_on
    things: dict[int, tuple[list[int], list[str]]] = {}
    for pk, kind, row in looked.rows:
        calls, texts = things.setdefault(pk, ([], []))
        if kind == "call":
            calls.append(int(row))
        else:
            texts.append(row)
    return things


def _is_uuid(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True


def by_outside_id(found: Found, given: str) -> None:
    """What providers, Stripe and agencies call things of ours."""
    of_business = Business.objects.select_related("agency").filter(external_id=given)
    found.hits += [business_hit(business) for business in of_business[:MOST]]
    for account in ProviderAccount.objects.select_related("agency").filter(account_sid=given):
        row = (("Row", change("tenants_provideraccount", account.pk)),)
        found.hits.append(Hit("Provider account", str(account), account.agency.name, None, row))
    for line in PhoneNumber.objects.select_related("business__agency").filter(
        Q(brand_id=given) | Q(campaign_id=given)
    )[:MOST]:
        row = (("Row", change("tenants_phonenumber", line.pk)),)
        found.hits.append(
            Hit("Line", line.e164, f"Its registration is {given}", line.business, row)
        )
    for step in ProviderStep.objects.select_related("business__agency").filter(external_id=given):
        health = (("Provider health", reverse("support-provider", args=[step.business_id])),)
        found.hits.append(Hit("Step", step.key, step.get_state_display(), step.business, health))
    for model, table, names in (
        (Customer, "", ("customer_id",)),
        (Subscription, "billing_subscription", ("subscription_id", "customer_id", "checkout_id")),
        (Invoice, "billing_invoice", ("invoice_id",)),
        (AgencyAccount, "billing_agencyaccount", ("customer_id", "connect_id")),
    ):
        wanted = Q()
        for name in names:
            wanted |= Q(**{name: given})
        for row_of in model.objects.filter(wanted)[:MOST]:
            business = businesses_of({getattr(row_of, "business_id", 0) or 0})
            link = (("Row", change(table, row_of.pk)),) if table else ()
            title = str(model._meta.verbose_name).capitalize()
            found.hits.append(Hit(title, given, "", next(iter(business.values()), None), link))


def by_row(found: Found, digits: str, within: Sequence[int] | None, budget: float) -> None:
    """A number of a row: a business, a webhook, a row of the agenda; a call where one business is chosen."""
    pk = int(digits)
    found.hits += [business_hit(b) for b in businesses_of({pk}).values()]
    for event in ProviderEvent.objects.select_related("business__agency").filter(pk=pk):
        row = (("Row", change("tenants_providerevent", event.pk)),)
        title = f"{event.kind} {event.subject}"
        found.hits.append(Hit("Stored webhook", title, event.state, event.business, row))
    for item in AgendaItem.objects.select_related("business__agency").filter(pk=pk):
        row = (("Row", change("tenants_agendaitem", item.pk)),)
        found.hits.append(Hit("Agenda", item.kind, item.state, item.business, row))
    by_outside_id(found, digits)
    if within is not None and len(within) == 1:
        business = businesses_of(within)[within[0]]
        found.hits += of_things(business, calls_in(business.schema_name, [pk]))
    else:
        found.note = (
            "Calls count from 1 in every business: choose one to find its call of this number."
        )
