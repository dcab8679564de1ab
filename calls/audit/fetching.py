"""A provider account's calls, fetched in whole days; some days are one turn of the agenda."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls.audit import logs
from calls.audit.legs import Leg, Merger
from calls.audit.outcomes import INBOUND, LEG, direction_of, outcome_of
from calls.audit.reading import number_of
from calls.audit.shapes import ANSWERED, MISSED, UNKNOWN, VOICEMAIL, Logged
from calls.models import Call
from messaging.providers import provider
from messaging.providers.base import Credentials, ProviderCall, ProviderFailed
from tenants.agenda import Answer, Later, Outside
from tenants.models import Business, CallLog, PhoneNumber, ProviderAccount
from tenants.scope import business_scope

_DAY = timedelta(days=1)
_TURN_SECONDS = 3.0
_ENOUGH = 5_000  # calls that are kept in memory at once
# The phones of a call may begin to ring so much later, on the next day of the provider's.
_LAST_LEG = timedelta(minutes=10)
_NOT_OVER = frozenset({"queued", "ringing", "in-progress", "initiated"})


def accounts_of(agency_id: int, business_id: int | None) -> list[ProviderAccount]:
    """Return the accounts whose calls may be brought in: a business's own, or all of an agency."""
    found = ProviderAccount.objects.filter(agency=agency_id)
    if business_id is not None:
        found = found.filter(numbers__business=business_id).distinct()
    return list(found.order_by("provider", "pk"))


def fetch(log: CallLog) -> Answer:
    """Fetch the next days of a log's period in no transaction, then keep them."""
    account = ProviderAccount.objects.filter(
        pk=log.mapping["account"], agency=log.agency_id
    ).first()
    if account is None:
        _failed(log.pk, "The account is not there any more.")
        return None
    since = datetime.fromisoformat(log.result.get("day") or log.mapping["since"])
    until = datetime.fromisoformat(log.mapping["until"])
    numbers = None
    if log.business_id is not None:
        # An account may serve several businesses, now or once: a business sees the calls of its own
        # numbers, since they are its own.
        own = PhoneNumber.objects.filter(business=log.business_id, account=account.pk)
        numbers = dict(own.values_list("e164", "created_at"))
    credentials = Credentials(account.account_sid, account.auth_token)
    return Outside(
        partial(_ask, account.provider, credentials, since, until),
        partial(_keep, log.pk, log.business_id, account.provider, since, numbers),
    )


def _ask(
    name: str, credentials: Credentials, since: datetime, until: datetime
) -> tuple[list[ProviderCall], datetime] | str:
    """Return the calls of as many days as a turn has time for, and until when they are; or why not."""
    adapter, found, day = provider(name), dict[str, ProviderCall](), since
    ends = time.monotonic() + _TURN_SECONDS
    try:
        while day < until and time.monotonic() < ends and len(found) < _ENOUGH:
            following = min(day + _DAY, until)
            for call in adapter.list_calls(credentials, day, following + _LAST_LEG):
                if call.started_at < following or call.parent_id:
                    found[call.call_id] = call
            day = following
    except ProviderFailed as error:
        return str(error)
    return list(found.values()), day


def _keep(
    log_id: int,
    business_id: int | None,
    name: str,
    since: datetime,
    numbers: Mapping[str, datetime] | None,
    answer: tuple[list[ProviderCall], datetime] | str,
) -> Later | None:
    if isinstance(answer, str):
        _failed(log_id, answer)
        return None
    found, until = answer
    known = _known(business_id, name, [call.call_id for call in found])
    with transaction.atomic():
        log = CallLog.objects.select_for_update().filter(pk=log_id).first()
        if log is None or log.state != CallLog.State.IMPORTING:
            return None
        if datetime.fromisoformat(log.result.get("day") or log.mapping["since"]) != since:
            return None  # somebody else has read this day
        place: dict[str, Any] = dict(log.result)
        calls, strays, legs = together(found, log.rows, numbers, known)
        log.rows += logs.store(log_id, calls)
        begin = datetime.fromisoformat(log.mapping["since"])
        end = datetime.fromisoformat(log.mapping["until"])
        log.done = min(0.99, (until - begin) / (end - begin))
        place["rows"] = place.get("rows", 0) + legs
        place["skipped"] = {"leg": place.get("skipped", {}).get("leg", 0) + strays}
        log.result = place | {"day": until.isoformat(), "read": until >= end}
        log.save(update_fields=["rows", "done", "result"])
    return Later(timezone.now())


def _known(business_id: int | None, name: str, ids: Iterable[str]) -> dict[str, Call]:
    """Return a business's own calls by the provider's id: what became of them is known exactly."""
    if business_id is None:
        return {}
    with business_scope(Business.objects.get(pk=business_id).schema_name):
        found = Call.objects.filter(provider=name, provider_id__in=list(ids)).exclude(
            outcome__in=[Call.Outcome.IN_PROGRESS, Call.Outcome.IGNORED]
        )
        return {call.provider_id: call for call in found.defer("facts", "receipt")}


def together(
    found: list[ProviderCall],
    rows: int,
    numbers: Mapping[str, datetime] | None,
    known: Mapping[str, Call] | None = None,
) -> tuple[list[Logged], int, int]:
    """Return the calls of these legs, how many legs had no call, and how many legs there were.

    rows: how many calls came before; numbers: whose calls are wanted and since when (aware), None
    for everybody's of all times; known: our own calls by the provider's id. Whatever was placed to
    try a line is left out.
    """
    merger, calls, count = Merger(), list[Logged](), 0
    wanted, tests = set[str](), set[str]()
    known = known or {}
    for call in sorted(found, key=lambda call: (bool(call.parent_id), call.started_at)):
        ours = known.get(call.call_id)
        if ours is not None and ours.is_test:
            tests.add(call.call_id)
        if call.status in _NOT_OVER or call.call_id in tests or call.parent_id in tests:
            continue
        leg = _leg(call, rows + count + 1)
        if numbers is not None:
            begins = numbers.get(leg.line)
            if (begins and begins <= call.started_at) or call.parent_id in wanted:
                wanted.add(call.call_id)
            else:
                continue
        count += 1
        if call.parent_id not in known:
            calls += merger.add(leg if ours is None else _as_known(leg, ours))
    calls += merger.rest()
    calls.sort(key=lambda logged: (logged.started_at, logged.row))
    return calls, merger.strays, count


def _leg(call: ProviderCall, row: int) -> Leg:
    """Return a leg as it counts. That the number itself took a call proves no talk: a greeting does so."""
    way = direction_of(call.direction) or INBOUND
    if call.parent_id:
        way = LEG
    outcome, because = outcome_of(call.status) or (MISSED, "no_answer")
    talk = call.seconds if outcome == ANSWERED else None
    if outcome == ANSWERED and call.seconds == 0:
        outcome, because = MISSED, "caller_hung_up"
    elif outcome == ANSWERED and way == INBOUND:
        outcome, talk = UNKNOWN, None
    caller, called = number_of(call.caller)[0], number_of(call.called)[0]
    is_inbound = way == INBOUND
    return Leg(
        row, call.started_at, caller if is_inbound else called, called if is_inbound else caller,
        outcome, because, None, talk, is_inbound,
        way == LEG, call.parent_id or call.call_id,
    )  # fmt: skip


def _as_known(leg: Leg, ours: Call) -> Leg:
    return replace(
        leg,
        outcome=str(ours.outcome) if ours.outcome in (ANSWERED, VOICEMAIL) else MISSED,
        because=str(ours.missed_because),
        ring_seconds=ours.ring_seconds,
        talk_seconds=ours.talk_seconds,
    )


def _failed(log_id: int, sentence: str) -> None:
    CallLog.objects.filter(pk=log_id, state=CallLog.State.IMPORTING).update(
        state=CallLog.State.FAILED, error=sentence[:500]
    )


def try_again(log: CallLog, now: datetime) -> None:
    """Go on fetching where it failed."""
    with transaction.atomic():
        changed = CallLog.objects.filter(pk=log.pk, state=CallLog.State.FAILED).exclude(
            source="csv"
        )
        if changed.update(state=CallLog.State.IMPORTING, error=""):
            logs.work(logs.IMPORT, log, now)
