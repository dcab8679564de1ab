"""The search over everything: what was typed finds the business and the thing. Verbs that only read.

The public floor is asked first: numbers, stored webhooks, use, ids at providers. It says in which
businesses to look; where it cannot, each schema is asked by an index, within a bound of time
(inbox/support/across.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from inbox.support import across, masking
from inbox.support.asking import Asked
from inbox.support.hits import (
    MOST,
    Found,
    Hit,
    agency_hit,
    business_hit,
    businesses_of,
    change,
    of_things,
)
from inbox.support.ids import by_any_id, by_outside_id, by_row
from inbox.support.things import of_contacts
from tenants.models import (
    Agency,
    Business,
    BusinessFacts,
    Invitation,
    PhoneNumber,
    User,
)

# So many of the newest webhooks are looked through for a caller's number.
_NEWEST = 4_000


def find(
    asked: Asked,
    *,
    within: Sequence[int] | None = None,
    budget: float = across.BUDGET_SECONDS,
    below: int = 0,
) -> Found:
    """Return what is found; within: ids of the businesses to look in, None for all.

    below: goes on where a search stopped (Found.go_on).
    """
    found = Found(asked, below=below)
    {
        "number": _number,
        "email": _email,
        "uuid": by_any_id,
        "id": by_any_id,
        "row": by_row,
        "words": _words,
        "": lambda *_: None,
    }[asked.kind](found, asked.value, within, budget)
    if within is not None:
        found.hits = [h for h in found.hits if h.business is None or h.business.pk in within]
    return found


def _number(found: Found, e164: str, within: Sequence[int] | None, budget: float) -> None:
    lines = PhoneNumber.objects.select_related("business__agency").filter(
        Q(e164=e164) | Q(forwards_from=e164) | Q(emergency_number=e164)
        | Q(staff_numbers__contains=[e164])
    )  # fmt: skip
    for line in lines[:MOST]:
        found.hits.append(business_hit(line.business))
        what = "Line" if line.e164 == e164 else "Phone behind a line"
        detail = line.label or line.get_answering_display()
        row = (("Row", change("tenants_phonenumber", line.pk)),)
        found.hits.append(Hit(what, line.e164, detail, line.business, row))
    for facts in BusinessFacts.objects.select_related("business__agency").filter(
        contact_phone=e164
    )[:MOST]:
        found.hits.append(business_hit(facts.business))
    for agency in Agency.objects.filter(phone=e164)[:MOST]:
        found.hits.append(agency_hit(agency))
    looked = across.ask(
        "SELECT id FROM {schema}.messaging_contact WHERE phone = %s",
        [e164], first=_who_heard(e164), only=within, budget=budget,
        below=found.below,
    )  # fmt: skip
    found.stopped, found.go_on = looked.stopped, looked.go_on
    businesses = businesses_of({row[0] for row in looked.rows})
    for pk, contact_id in looked.rows[:MOST]:
        business = businesses[pk]
        found.hits.append(
            Hit("Caller", masking.number(e164), f"Known at {business.name}", business)
        )
        found.hits += of_things(business, of_contacts(business.schema_name, [contact_id]))


def _who_heard(e164: str) -> list[int]:
    """Return the businesses that the newest webhooks of a number went to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT business_id FROM (SELECT business_id, params FROM "
            "public.tenants_providerevent ORDER BY received_at DESC LIMIT %s) e WHERE business_id "
            "IS NOT NULL AND (params->>'From' = %s OR params->>'To' = %s "
            "OR params->>'data.payload.from.phone_number' = %s)",
            [_NEWEST, e164, e164, e164],
        )
        return [row[0] for row in cursor.fetchall()]


def _email(found: Found, address: str, within: Sequence[int] | None, budget: float) -> None:
    places = ("memberships__business__agency", "memberships__agency")
    for user in User.objects.filter(email__iexact=address).prefetch_related(*places)[:MOST]:
        member = [m for m in user.memberships.all() if m.is_active]
        detail = ", ".join(f"{m.agency or m.business} ({m.get_role_display()})" for m in member)
        state = "" if user.is_active else "Signed out for good (inactive). "
        row = (("Row", change("tenants_user", user.pk)),)
        found.hits.append(
            Hit("Member", str(user), state + (detail or "Member of nothing"), None, row)
        )
        found.hits += [business_hit(m.business) for m in member if m.business]
        found.hits += [agency_hit(m.agency) for m in member if m.agency]
    for asked in Invitation.objects.select_related("business__agency", "agency").filter(
        email__iexact=address, accepted_at=None
    )[:MOST]:
        state = "withdrawn" if asked.withdrawn_at else f"open until {asked.expires_at:%Y-%m-%d}"
        found.hits.append(
            Hit("Invitation", str(asked.business or asked.agency), state, asked.business)
        )
    for facts in BusinessFacts.objects.select_related("business__agency").filter(
        contact_email__iexact=address
    )[:MOST]:
        found.hits.append(business_hit(facts.business))


def _words(found: Found, said: str, within: Sequence[int] | None, budget: float) -> None:
    wanted = said.removeprefix("https://").removeprefix("http://").split("/")[0].split(":")[0]
    by_outside_id(found, said)
    named = (
        Q(name__icontains=said) | Q(schema_name=wanted) | Q(domains__domain__icontains=wanted)
        | Q(facts__legal_name__icontains=said) | Q(agency__name__icontains=said)
    )  # fmt: skip
    businesses = Business.objects.select_related("agency").filter(named).distinct().order_by("name")
    if within is not None:
        businesses = businesses.filter(pk__in=within)
    rows = list(businesses[: MOST + 1])
    seen = {hit.business.pk for hit in found.hits if hit.business}
    found.hits += [business_hit(b) for b in rows[:MOST] if b.pk not in seen]
    found.hits += [agency_hit(a) for a in Agency.objects.filter(name__icontains=said)[:MOST]]
    if len(rows) > MOST:
        found.stopped = f"Only the first {MOST} businesses are shown. Type more of the name."
