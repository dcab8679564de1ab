"""Bringing a number along: one the account holds already, or one that is being ported to it.

A port is ordered here where the provider takes orders (porting.py), else by the agency in its portal; the
step waits here either way. It looks by itself how the order stands and whether the account holds the
number, sets its addresses and makes it a line; until then calls go on ringing at the old carrier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from messaging.numbers import national
from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.providers.porting import PortStanding
from messaging.senders import buying, filing, porting, steps
from messaging.senders.steps import SenderError
from messaging.senders.taking import take_on
from tenants import agencies, agenda
from tenants.accounts import webhook_urls
from tenants.agenda import Later, Outside
from tenants.models import Business, ProviderStep, Stage, StepState

KIND = "messaging.bring_number"
PORT, HELD = "port", "held"
# A port takes days to weeks; somebody who says that it is done now is believed and it is looked for.
_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
_NOT_YET = "The account does not hold this number yet."
_HAVE_READY = (
    "Have ready: a bill of the last month, the account number and the PIN at the old carrier, and who "
    "may sign for the line."
)
_DO_NOT_CANCEL = "Do not cancel the line at the old carrier: that would lose the number."
_BY_ITSELF = (
    "Nothing is left to do here: the number is looked for, and becomes a line as soon as the account "
    "holds it."
)
_IN_PORTAL = "If it is ordered in the provider's portal already, order it no second time: it is looked for by itself."


@dataclass(frozen=True, slots=True)
class _Looked:
    number_id: str = ""
    problem: str = ""
    order: str = ""
    standing: PortStanding | None = None


def key_of(e164: str) -> str:
    """Return the key of the step that brings a number."""
    return f"number.bring:{e164}"


def bring(
    business: Business, e164: str, *, by: str, how: str = PORT, door: str = "page",
    carrier: str = "", account_id: int | None = None,
) -> ProviderStep:  # fmt: skip
    """Want a number that is ported ("port") or held by the account already ("held").

    carrier: where it is now, in the agency's words. A second wish returns the first one's step.
    Raises SenderError naming number, account, business, how.
    """
    if how not in (PORT, HELD):
        raise SenderError("how", f"expected one of: {PORT}, {HELD}")
    e164 = buying.checked(e164)
    account = steps.account_of(business, account_id)
    now = timezone.now()
    with transaction.atomic():
        if steps.stage_of(business.pk) in (Stage.LEAVING, Stage.GONE):
            raise SenderError("business", "it is leaving; nothing is brought in for it")
        steps.hold(f"number:{e164}")
        known = steps.find(business, key_of(e164))
        if known is not None and known.state in steps.OPEN:
            return known
        buying.free(e164, business)
        if known is not None:
            steps.move(known, StepState.CANCELLED, now)
        wanted = {"e164": e164, "account": account.pk, "how": how, "carrier": carrier[:80]}
        step = steps.want(business, key_of(e164), wanted, by=by, at=now, state=StepState.WAITING)
        agencies.note(
            business.agency, f"number.{how}", actor=by, door=door, at=now, business=business,
            number=e164,
        )  # fmt: skip
        agenda.put(KIND, str(step.pk), lane="realtime", business_id=business.pk, due_at=now)
    return step


def instructions(step: ProviderStep) -> list[str]:
    """Return what the agency does at the provider meanwhile, sentence by sentence."""
    if step.wanted.get("how") != PORT:
        return []
    if told := porting.story(step):
        return [*told, _DO_NOT_CANCEL, _BY_ITSELF]
    if porting.takes_orders(step):
        return [_HAVE_READY, _DO_NOT_CANCEL, _IN_PORTAL]
    number = national(step.wanted["e164"])
    where = {
        "twilio": f"In the provider's console open Phone Numbers, Port & Host, and begin a port for {number}.",
        "telnyx": f"In the provider's portal open Numbers, Port Numbers, and begin a port for {number}.",
    }
    account = steps.account_of(step.business, step.wanted["account"])
    first = where.get(
        account.provider, f"The simulated network never ports {number}: buy one there."
    )
    return [first, _HAVE_READY, _DO_NOT_CANCEL, _BY_ITSELF]


def look_now(step: ProviderStep) -> None:
    """Look for a number at once: somebody says that it has arrived."""
    with transaction.atomic():
        agenda.put(
            KIND, str(step.pk), lane="realtime", business_id=step.business_id,
            due_at=timezone.now(),
        )  # fmt: skip


def call_off(step: ProviderStep, *, by: str, door: str = "page") -> bool:
    """Wait for a number no longer; False when it is a line already."""
    now = timezone.now()
    with transaction.atomic():
        kept = steps.locked(str(step.pk))
        if kept is None or kept.state not in steps.OPEN:
            return False
        steps.move(kept, StepState.CANCELLED, now)
        agencies.note(
            kept.business.agency, "number.call_off", actor=by, door=door, at=now,
            business=kept.business, number=kept.wanted["e164"],
        )  # fmt: skip
        agenda.drop(KIND, str(step.pk), step.business_id)
        porting.forget(kept, now)
    return True


def look(item: agenda.Item) -> agenda.Answer:
    """Agenda: see whether the account holds the number; then it gets its addresses and is a line."""
    with transaction.atomic():
        step = steps.locked(item.subject)
        if step is None or step.state not in steps.OPEN:
            return None
        account = steps.account_of(step.business, step.wanted["account"])
        adapter, credentials = steps.office_of(account)
        step.attempts = min(step.attempts + 1, 1000)
        step.save(update_fields=["attempts"])
    urls = webhook_urls(account.provider, account.account_sid)
    order = porting.order_of(step)
    act = partial(_looked, adapter, credentials, step.wanted["e164"], urls, order)
    return Outside(act, partial(_settled, str(step.pk)))


def _looked(
    adapter: Provider, account: Credentials, e164: str, urls: dict[str, str], order: str
) -> _Looked:
    # Whatever the order's desk says or not: the number may be here.
    standing = porting.standing_of(adapter, account, order) if order else None
    try:
        held = adapter.find_number(account, e164)
        if held is None:
            return _Looked(problem=_NOT_YET, order=order, standing=standing)
        # Setting the same addresses once more changes nothing, so this may be repeated.
        adapter.configure_number(account, held.number_id, urls)
    except ProviderFailed as failed:
        return _Looked(problem=str(failed), order=order, standing=standing)
    return _Looked(number_id=held.number_id, order=order, standing=standing)


def _settled(step_id: str, looked: _Looked) -> Later | None:
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(step_id)
        if step is None or step.state not in steps.OPEN:
            return None
        if looked.standing is not None and looked.order == porting.order_of(step):
            porting.keep(step, looked.standing)
        if not looked.number_id:
            is_first = step.wanted.get("how") == PORT and looked.problem == _NOT_YET
            steps.move(step, StepState.WAITING, now, problem="" if is_first else looked.problem)
            return Later(now + _LOOKS[min(step.attempts, len(_LOOKS)) - 1])
        try:
            take_on(
                step.business, step.wanted["e164"], step.wanted["account"], by=step.asked_by, at=now
            )
        except SenderError as error:
            steps.move(step, StepState.REFUSED, now, problem=error.sentence, field="number")
            return None
        steps.move(step, StepState.DONE, now, external_id=looked.number_id)
        filing.number_added(step.business, step.wanted["e164"], by=step.asked_by, at=now)
    return None
