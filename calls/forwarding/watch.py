"""The watchdog: once a day a call from the platform to a business's own number must reach its line.

One agenda row a watched line. It places the call, looks for its arrival, tries once more when it did
not come, and then raises the alert; whenever a call arrives the alert is gone by itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import RedisError

from calls.forwarding import carriers
from calls.forwarding.checks import LOST_ALERT, end, look, problem_of, stands
from calls.forwarding.codes import CodeError, compose
from calls.forwarding.quiet import next_look
from calls.models import ForwardingCheck
from calls.setup import load_setup
from calls.simulator import forwarding as simulated
from messaging import alerts
from messaging.numbers import national
from messaging.plan import Hangup
from messaging.providers import provider
from messaging.providers.base import Credentials, PlacedCall, PlaceResult, ProviderFailed
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.models import Forwarding, PhoneNumber, ProviderAccount

log = structlog.get_logger(__name__)

KIND = "calls.watch_forwarding"
STOPPED_ALERT = "FORWARDING_NOT_WATCHED"
_HOUR = timedelta(hours=1)
_AGAIN_ON_ERROR = timedelta(hours=6)
_State = ForwardingCheck.State


@dataclass(frozen=True, slots=True)
class Pace:
    """How a network is watched. ring: seconds it rings; wait, again: until lost, until once more."""

    ring: int
    wait: timedelta
    again: timedelta
    look_every: timedelta


# A carrier forwards after 20 s or so, and takes some seconds itself (telephony.md 1.8).
REAL = Pace(50, timedelta(seconds=75), timedelta(minutes=5), timedelta(seconds=3))
SIMULATED = Pace(6, timedelta(seconds=8), timedelta(seconds=3), timedelta(seconds=0.5))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls to watch a line: a number of the platform's, and the account that pays."""

    provider: str
    account: Credentials
    number: str


def caller_for(number: PhoneNumber) -> Caller | None:
    """Return who may call to watch a line; None where the platform has no number to call from."""
    if number.account.provider == "simulator":
        token = Credentials(number.account.account_sid, number.account.auth_token)
        return Caller("simulator", token, settings.WATCH_NUMBER)
    name, sid, ours = settings.WATCH_FROM
    account = ProviderAccount.objects.filter(provider=name, account_sid=sid).first()
    if account is None or ours in (number.e164, number.forwards_from):
        return None
    return Caller(name, Credentials(sid, account.auth_token, account.application_id), ours)


def start(number: PhoneNumber, *, at: datetime) -> None:
    """Watch a line from `at` (aware) on. In the caller's transaction, in the business's schema."""
    agenda.put(KIND, number.e164, lane="housekeeping", business_id=number.business_id, due_at=at)


def stop(number: PhoneNumber) -> None:
    """Watch a line no longer."""
    agenda.drop(KIND, number.e164, number.business_id)


def watch(item: agenda.Item) -> agenda.Answer:
    """Agenda: call, or see whether the call came. The row lives for as long as the line is watched."""
    now = timezone.now()
    assert item.business_id is not None
    number = (
        PhoneNumber.objects.select_related("account", "business")
        .filter(e164=item.subject, business_id=item.business_id, is_active=True)
        .first()
    )
    if number is None or not number.forwarding_watched or problem_of(number.forwards_from):
        return None
    if number.business.suspended_at is not None:
        return _tomorrow(item, now)
    last = ForwardingCheck.objects.filter(line=number.e164).exclude(kind="self").first()
    if last is not None and last.state == _State.WAITING:
        return _wait(last, number, item, now)
    if last is not None and _too_soon(last, number, now):
        return Later(last.started_at + _HOUR)
    return _call(number, "watch", item, now)


def _too_soon(last: ForwardingCheck, number: PhoneNumber, now: datetime) -> bool:
    return number.account.provider != "simulator" and now < last.started_at + _HOUR


def _call(number: PhoneNumber, kind: str, item: agenda.Item, now: datetime) -> agenda.Answer:
    caller = caller_for(number)
    if caller is None:
        alerts.raise_alert(
            STOPPED_ALERT,
            f"Calls to {national(number.forwards_from)} are not being watched.",
            at=now, subject=number.e164,
            fix="The platform has no number to call from yet. Support sets one; call yourself meanwhile.",
        )  # fmt: skip
        return _tomorrow(item, now)
    pace = SIMULATED if caller.provider == "simulator" else REAL
    check = ForwardingCheck.objects.create(
        line=number.e164, kind=kind, caller=caller.number, asked_by="The system",
        started_at=now, deadline_at=now + pace.wait,
    )  # fmt: skip
    placed = PlacedCall(
        caller.number, number.forwards_from, steps=(Hangup(),), ring_seconds=pace.ring,
        at_most_seconds=pace.ring + 10, rehearse=_rehearse(number),
    )  # fmt: skip

    def settle(result: PlaceResult) -> Later | None:
        moment = timezone.now()
        if result.kind in ("accepted", "unknown"):
            ForwardingCheck.objects.filter(pk=check.pk, state=_State.WAITING).update(
                detail=f"call {result.call_id}" if result.call_id else ""
            )
            return Later(moment + pace.look_every)
        return _not_placed(check.pk, number, result, item, moment)

    adapter, account = provider(caller.provider), caller.account
    return Outside(lambda: adapter.place_call(account, placed), settle)


def _rehearse(number: PhoneNumber) -> str:
    if number.account.provider != "simulator":
        return ""
    try:
        return "" if simulated.is_on(number.forwards_from) else "lost"
    except RedisError:
        return ""


def _not_placed(
    check_id: int, number: PhoneNumber, result: PlaceResult, item: agenda.Item, now: datetime
) -> Later:
    """The call never left: that says nothing about the forwarding."""
    with transaction.atomic():
        ForwardingCheck.objects.filter(pk=check_id).delete()
        alerts.raise_alert(
            STOPPED_ALERT,
            f"The daily look at {national(number.forwards_from)} could not be made.",
            at=now, subject=number.e164,
            fix="Support has been told. Call yourself to be sure.",
        )  # fmt: skip
    log.error("watch_not_placed", line=number.e164, code=result.code, detail=result.detail)
    return Later(now + _AGAIN_ON_ERROR)


def _wait(
    check: ForwardingCheck, number: PhoneNumber, item: agenda.Item, now: datetime
) -> agenda.Answer:
    check = look(check, now)
    pace = SIMULATED if number.account.provider == "simulator" else REAL
    if check.state == _State.REACHED:
        alerts.resolve(STOPPED_ALERT, check.line, by="A call that arrived", at=now)
        return _tomorrow(item, now)
    if now <= check.deadline_at:
        return Later(now + pace.look_every)
    if check.kind == "watch":
        # Networks lose a call now and then: only the second in a row is told.
        if now < check.deadline_at + pace.again:
            return Later(check.deadline_at + pace.again)
        end(check, _State.LOST, now, "It did not arrive; tried once more.")
        return _call(number, "again", item, now)
    caller = caller_for(number)
    call_id = check.detail.removeprefix("call ")
    if caller is None or not call_id:
        return _lost(check.pk, number, "", item)
    adapter, account = provider(caller.provider), caller.account

    def became() -> str:
        try:
            found = adapter.list_calls(account, check.started_at - _HOUR, now + _HOUR)
            leg = next((leg for leg in found if leg.call_id == call_id), None)
        except ProviderFailed:
            return ""
        return _BECAME.get(leg.status, "") if leg else ""

    return Outside(became, lambda how: _lost(check.pk, number, how, item))


_BECAME = {
    "completed": "something else answered it, such as a voicemail",
    "busy": "the line was busy",
    "no-answer": "it rang until the end",
    "failed": "the network could not put it through",
    "canceled": "it rang until the end",
}


def _lost(check_id: int, number: PhoneNumber, how: str, item: agenda.Item) -> Later:
    """The second call in a row did not come: the alert says so with what to dial."""
    now = timezone.now()
    with transaction.atomic():
        check = ForwardingCheck.objects.select_for_update().get(pk=check_id)
        if check.state == _State.WAITING:
            detail = f"{how[:1].upper()}{how[1:]}." if how else "It did not arrive."
            end(check, _State.LOST, now, detail)
            stands(number.e164, Forwarding.LOST, now)
            alerts.raise_alert(
                LOST_ALERT, _sentence(number, how), at=now, subject=number.e164, fix=_fix(number)
            )
    return _tomorrow(item, now)


def _sentence(number: PhoneNumber, how: str) -> str:
    because = f": {how}" if how else ""
    return (
        f"Missed calls to {national(number.forwards_from)} no longer reach us. "
        f"Our two calls to it did not arrive{because}."
    )


def _fix(number: PhoneNumber) -> str:
    try:
        told = compose(carriers.current(), number.forwarding_carrier, number.e164)
    except CodeError:
        return "Set the forwarding up again on the Forwarding page, then call yourself."
    if not told.dials:
        return f"Set the forwarding up again at {told.carrier.name}, then call yourself."
    codes = ", then ".join(dial.code for dial in told.dials)
    return f"On that phone dial {codes}. Then call yourself on the Forwarding page."


def _tomorrow(item: agenda.Item, now: datetime) -> Later:
    week = load_setup(item.schema).week
    return Later(next_look(week, now, secrets.randbelow))


def died(item: agenda.Item, _why: str) -> None:
    """Agenda: a row that failed for good begins anew, so that nobody is unwatched in silence."""
    if item.business_id is None:
        return
    now = timezone.now()
    alerts.raise_alert(
        STOPPED_ALERT, f"The daily look at the line {national(item.subject)} failed.", at=now,
        subject=item.subject, fix="Support has been told. Call yourself to be sure.",
    )  # fmt: skip
    agenda.put(
        KIND, item.subject, lane="housekeeping", business_id=item.business_id,
        due_at=now + timedelta(days=1),
    )  # fmt: skip
