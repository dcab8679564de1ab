"""Giving a number back in two steps: asked for, with days to change one's mind, and then done.

Until it is done calls and texts to the number come in as ever. Afterwards the line is switched off
and stays on record; somebody who texts STOP to it is obeyed while it still reaches us. While its
business leaves, no number goes before deleting has begun: until then somebody may change his mind.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.senders import filing, steps
from messaging.senders.steps import SenderError
from tenants import agencies, agenda, lifecycle
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.making import numbers_changed
from tenants.models import Business, Departure, PhoneNumber, ProviderStep, Stage, StepState

KIND = "messaging.release_number"
GRACE = timedelta(days=7)
# How soon a number is looked at again whose business leaves and is not deleted yet.
_LOOK_AGAIN = timedelta(hours=1)
_STILL_ASKING = "The provider did not take it back yet. It is asked again."
_UNREADABLE = "The provider does not take the account's token. Enter it again."


def key_of(e164: str) -> str:
    """Return the key of the step that gives a number back."""
    return f"number.release:{e164}"


def release(
    number: PhoneNumber, *, by: str, door: str = "page", at: datetime | None = None,
    grace: timedelta = GRACE, departure: Departure | None = None,
) -> ProviderStep:  # fmt: skip
    """Want a number given back when `grace` is over; a second wish returns the first one's step.

    `at` (aware) is when it is asked for, now by default. departure: the leaving that asks, if it is
    one. Raises SenderError for a line not in use.
    """
    now = at or timezone.now()
    business = number.business
    with transaction.atomic():
        steps.stage_of(business.pk)
        steps.hold(f"number:{number.e164}")
        known = steps.find(business, key_of(number.e164))
        if known is not None and known.state in steps.OPEN:
            return known
        if not PhoneNumber.objects.filter(pk=number.pk, is_active=True).exists():
            raise SenderError("number", "this line is not in use")
        if known is not None:  # given back once before, and bought again since
            steps.move(known, StepState.CANCELLED, now)
        due = now + grace
        wanted = {"e164": number.e164, "account": number.account_id, "due": due.isoformat()}
        if departure is not None:
            wanted["departure"] = str(departure.pk)
        step = steps.want(business, key_of(number.e164), wanted, by=by, at=now)
        agencies.note(
            business.agency, "number.release", actor=by, door=door, at=now, business=business,
            number=number.e164, due=due.isoformat(),
        )  # fmt: skip
        agenda.put(KIND, str(step.pk), lane="housekeeping", business_id=business.pk, due_at=due)
    return step


def goes_with(
    departure: Departure, number: PhoneNumber, *, by: str, door: str, at: datetime
) -> ProviderStep:
    """Want a line given back with its business that leaves. `at` is aware. Raises SenderError."""
    due = at if departure.begun_at is not None else max(departure.due_at, at)
    return release(number, by=by, door=door, at=at, grace=due - at, departure=departure)


def put_off(step: ProviderStep, due: datetime) -> None:
    """Let a number go on another day (aware). Runs in a transaction that holds its business."""
    step.wanted["due"] = due.isoformat()
    step.save(update_fields=["wanted"])
    agenda.put(
        KIND, str(step.pk), lane="housekeeping", business_id=step.business_id, due_at=due
    )  # fmt: skip


def undo(business: Business, e164: str, *, by: str, door: str = "page") -> bool:
    """Keep a number that was to be given back; False when it is too late or nobody asked."""
    now = timezone.now()
    with transaction.atomic():
        steps.stage_of(business.pk)
        steps.hold(f"number:{e164}")
        found = steps.find(business, key_of(e164))
        step = steps.locked(str(found.pk)) if found is not None else None
        if step is None or step.state != StepState.WANTED:
            return False
        steps.move(step, StepState.CANCELLED, now)
        agenda.drop(KIND, str(step.pk), business.pk)
        agencies.note(
            business.agency,
            "number.keep",
            actor=by,
            door=door,
            at=now,
            business=business,
            number=e164,
        )
    return True


def under_way(business: Business) -> list[ProviderStep]:
    """Return the steps of the numbers that are to be given back and are not yet."""
    rows = ProviderStep.objects.filter(
        business=business, key__startswith=key_of(""), state__in=steps.OPEN
    )
    return list(rows.order_by("key"))


def leaving(business: Business) -> dict[str, datetime]:
    """Return the numbers that are to be given back, and when each (aware)."""
    return {row.wanted["e164"]: due_of(row) for row in under_way(business)}


def due_of(step: ProviderStep) -> datetime:
    """Return when a number is given back."""
    due = parse_datetime(str(step.wanted.get("due", "")))
    return due if due is not None and due.tzinfo is not None else step.changed_at


def work(item: agenda.Item) -> agenda.Answer:
    """Agenda: give a number back once its days are over. Found half done, it is simply done."""
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(item.subject)
        if step is None or step.state not in (StepState.WANTED, StepState.TRYING):
            return None
        if step.state == StepState.WANTED and (day := _not_before(step, now)) > now:
            return Later(day)
        account = steps.account_of(step.business, step.wanted["account"])
        try:
            adapter, credentials = steps.office_of(account)
        except Undecryptable:
            steps.move(step, StepState(step.state), now, problem=_UNREADABLE, field="account")
            return Later(now + _LOOK_AGAIN)
        steps.begin(step, now)
    act = partial(_give_back, adapter, credentials, step.wanted["e164"])
    return Outside(act, partial(_settled, str(step.pk)))


def _not_before(step: ProviderStep, now: datetime) -> datetime:
    """Return when a number may go: on its day, and never while its business leaves and may still stay."""
    if step.business.stage == Stage.LEAVING:
        departure = lifecycle.open_departure(step.business)
        if departure is not None and departure.begun_at is None:
            return max(due_of(step), now + _LOOK_AGAIN)
    return due_of(step)


def _give_back(adapter: Provider, account: Credentials, e164: str) -> str:
    """Return '' when the account holds the number no more, else why that is not known."""
    try:
        held = adapter.find_number(account, e164)
        if held is not None:
            adapter.release_number(account, held.number_id)
    except ProviderFailed as failed:
        return str(failed)
    return ""


def _settled(step_id: str, problem: str) -> Later | None:
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(step_id)
        if step is None or step.state != StepState.TRYING:
            return None
        if problem:
            steps.move(step, StepState.TRYING, now, problem=_STILL_ASKING)
            return Later(now + steps.pause(step.attempts))
        PhoneNumber.objects.filter(e164=step.wanted["e164"], business=step.business).update(
            is_active=False
        )
        numbers_changed(step.business_id, now)
        bought = steps.find(step.business, f"number.buy:{step.wanted['e164']}")
        if bought is not None:
            steps.move(bought, StepState.CANCELLED, now)
        filing.number_gone(step.business, step.wanted["e164"], at=now)
        steps.move(step, StepState.DONE, now)
    return None
