"""The numbers of a business that leaves: kept while it may stay, given back before its data is deleted.

What is on its way to it is called off. A purchase the provider was asked for already is finished,
for nobody knows whether it is paid; `taking.take_on` then has the line given back like the others.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from messaging.senders import bringing, buying, ending, porting, releasing, steps
from messaging.senders.steps import SenderError
from tenants import agencies, agenda
from tenants.models import Business, Departure, PhoneNumber, ProviderStep, StepState

# Of a port that the agency ordered in the provider's portal; ours we take back (porting.py).
PORTED_STILL = (
    "Called off because the business leaves. Take the port back at the provider too, or the number "
    "arrives there and is paid for."
)
_BROUGHT = Q(key__startswith=bringing.key_of(""))
_BOUGHT = Q(key__startswith=buying.key_of(""))


def leaves(departure: Departure, actor: str, door: str, now: datetime) -> None:
    """Call off what is on its way, and want every line given back with its business."""
    coming = Q(_BROUGHT, state__in=steps.OPEN) | Q(_BOUGHT, state=StepState.WANTED)
    for step in ProviderStep.objects.filter(coming, business=departure.business):
        is_port = step.wanted.get("how") == bringing.PORT and not porting.order_of(step)
        porting.forget(step, now)
        step.wanted["departure"] = str(departure.pk)
        steps.move(step, StepState.CANCELLED, now, problem=PORTED_STILL if is_port else "")
        kind = bringing.KIND if "how" in step.wanted else buying.KIND
        agenda.drop(kind, str(step.pk), step.business_id)
        agencies.note(
            departure.business.agency, "number.call_off", actor=actor, door=door, at=now,
            business=departure.business, number=step.wanted["e164"],
        )  # fmt: skip
    _all_go(departure, actor, door, now)


def begins(departure: Departure, now: datetime) -> None:
    """Deleting begins, in this transaction: from here on every line is given back, and what is filed ends."""
    ending.begins(departure, now)
    _all_go(departure, "", "agenda", now)
    for step in releasing.under_way(departure.business):
        if step.state == StepState.WANTED:
            releasing.put_off(step, now)


def stays(departure: Departure, actor: str, door: str, now: datetime) -> None:
    """Keep the lines that were to go with their business, and wait for ports again.

    What the agency had asked back by hand before goes all the same, a week from now if its day is over.
    """
    business = departure.business
    for step in releasing.under_way(business):
        if step.wanted.get("departure") == str(departure.pk):
            releasing.undo(business, step.wanted["e164"], by=actor, door=door)
        elif step.state == StepState.WANTED and releasing.due_of(step) <= now:
            releasing.put_off(step, now + releasing.GRACE)
    for step in called_off(departure):
        try:
            bringing.bring(
                business, step.wanted["e164"], by=actor, door=door, how=step.wanted["how"],
                carrier=step.wanted.get("carrier", ""), account_id=step.wanted["account"],
            )  # fmt: skip
        except SenderError:
            continue  # somebody else has it meanwhile


def called_off(departure: Departure) -> QuerySet[ProviderStep]:
    """Return the steps of numbers that were being brought when the business left."""
    mine = ProviderStep.objects.filter(_BROUGHT, business=departure.business)
    return mine.filter(state=StepState.CANCELLED, wanted__departure=str(departure.pk)).order_by(
        "key"
    )


def is_buying(business: Business) -> bool:
    """Whether the provider was asked for a number and has not said whether it is the account's."""
    asked = ProviderStep.objects.filter(_BOUGHT, business=business, state=StepState.TRYING)
    return asked.exists()


def _all_go(departure: Departure, actor: str, door: str, now: datetime) -> None:
    for number in PhoneNumber.objects.filter(business=departure.business, is_active=True):
        try:
            releasing.goes_with(departure, number, by=actor, door=door, at=now)
        except SenderError:
            continue  # switched off a moment ago
