"""What became of a placed call, where nobody tells: the provider is asked until it is known or given up.

A lost answer to the placing, a worker that died with it, a webhook that never came: all are settled
by looking at the provider's own list of calls. Nothing here places a call a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls import placed
from calls.models import Call
from messaging.models import Contact
from messaging.providers import provider
from messaging.providers.base import Credentials, ProviderCall, ProviderFailed
from tenants.agenda import Later, Outside
from tenants.models import PhoneNumber

PLACED, FAILED, UNKNOWN = "placed", "failed", "unknown"
# Shorter than a phone's own voicemail takes to pick up: nobody is to be put through to that.
RING_SECONDS = 18
CALLED_SECONDS = 45
AT_MOST_SECONDS = 3600
USEFUL = timedelta(minutes=1)
# So long both phones ring at most, with what carriers take for it.
RINGS_FOR = timedelta(seconds=RING_SECONDS + CALLED_SECONDS + 20)
_ASK_AFTER = timedelta(seconds=15)
_AGAIN = timedelta(seconds=30)
# A provider that says nothing so long is asked no more; a call may last an hour.
GIVE_UP = timedelta(minutes=15)
_LONGEST = timedelta(seconds=AT_MOST_SECONDS) + GIVE_UP
_BEFORE = timedelta(seconds=10)  # two machines' clocks
_ABSENT_TWICE = 2
_FINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Seen:
    """The provider's answer: the legs from the line to the staff phone, and from it to the person."""

    ours: tuple[ProviderCall, ...] = ()
    theirs: tuple[ProviderCall, ...] = ()


def later(call: Call, now: datetime) -> Later | None:
    """Return when to ask what became of a call, None where its end is known."""
    if call.facts.get("call_status"):
        return None
    if call.facts.get("placed_state") == UNKNOWN:
        return Later(now + _ASK_AFTER)
    return Later(max(call.started_at + RINGS_FOR, now + _ASK_AFTER))


def ask(call: Call, line: PhoneNumber | None, now: datetime) -> Outside | Later | None:
    """Ask the provider about a call that was placed, or may have been; the call is locked."""
    state = call.facts.get("placed_state")
    if call.facts.get("call_status") or state not in (PLACED, UNKNOWN):
        return None
    if state == PLACED and now < call.started_at + RINGS_FOR:
        return Later(call.started_at + RINGS_FOR)
    contact = Contact.objects.filter(calls=call.pk).first()
    if line is None or contact is None:
        not_known(call)
        return None
    return Outside(
        partial(_look, line, str(call.facts["placed_phone"]), contact.phone, call.started_at),
        partial(_settle, call.pk),
    )


def _look(line: PhoneNumber, phone: str, person: str, at: datetime) -> Seen | None:
    """Return the calls that may be the one, None where the provider did not say."""
    account = line.account
    credentials = Credentials(account.account_sid, account.auth_token, account.application_id)
    listed = partial(
        provider(account.provider).list_calls, credentials, at - _BEFORE, caller=line.e164
    )
    try:
        ours = tuple(listed(at + USEFUL + _AGAIN, called=phone))
        theirs = tuple(listed(at + USEFUL + RINGS_FOR, called=person)) if ours else ()
    except ProviderFailed:
        return None
    return Seen(ours, theirs)


def _settle(call_id: int, seen: Seen | None) -> Later | None:
    now = timezone.now()
    with transaction.atomic():
        call = placed.locked(call_id)
        if call is None or call.facts.get("call_status"):
            return None
        others = Call.objects.exclude(pk=call.pk).filter(
            provider=call.provider, provider_id__in=[leg.call_id for leg in seen.ours] if seen else []
        )  # fmt: skip
        found = leg_of(call.provider_id, seen, set(others.values_list("provider_id", flat=True)))
        if seen is None or isinstance(found, str):
            return _unanswered(call, found == "absent", now)
        call.provider_id = found.call_id
        say(call, PLACED)
        if found.status in _FINAL:
            placed.take_in(call, facts_of(found, seen.theirs), found.ended_at or now)
            return None
        if now > call.started_at + _LONGEST:
            not_known(call)
            return None
        return Later(now + 2 * _AGAIN)


def leg_of(known: str, seen: Seen | None, taken: Collection[str]) -> ProviderCall | str:
    """Return the leg to the staff phone, or "absent", or "unknown" where it cannot be told. Pure.

    known: the id it was accepted with, else one of our own that is no leg's; taken: ids that are
    other calls of ours.
    """
    if seen is None:
        return "unknown"
    for leg in seen.ours:
        if leg.call_id == known:
            return leg
    free = [
        leg for leg in seen.ours
        if leg.call_id not in taken and leg.direction != "inbound" and not leg.parent_id
    ]  # fmt: skip
    if len(free) > 1:
        return "unknown"
    return free[0] if free else "absent"


def facts_of(leg: ProviderCall, theirs: Sequence[ProviderCall]) -> dict[str, Any]:
    """Return what the two legs say, as facts of calls.outcome. Pure."""
    facts: dict[str, Any] = {"call_status": leg.status, "call_seconds": leg.seconds or 0}
    put_through = [
        each for each in theirs
        if each.parent_id in ("", leg.call_id) and each.direction != "inbound"
        and each.started_at >= leg.started_at and each.status in _FINAL
    ]  # fmt: skip
    if put_through:
        first = min(put_through, key=lambda each: each.started_at)
        facts |= {"dial_status": first.status, "dial_seconds": first.seconds or 0}
    return facts


def _unanswered(call: Call, is_absent: bool, now: datetime) -> Later | None:
    """The provider knows no such call, or says nothing: ask again, or say what that means."""
    absent = int(call.facts.get("placed_absent") or 0) + 1 if is_absent else 0
    call.facts["placed_absent"] = absent
    if absent >= _ABSENT_TWICE and call.facts.get("placed_state") == UNKNOWN:
        call.facts["placed_problem"] = "It never reached the provider."
        say(call, FAILED)
        return None
    if now > call.started_at + GIVE_UP:
        not_known(call)
        return None
    call.save(update_fields=["facts"])
    return Later(now + _AGAIN)


def not_known(call: Call) -> None:
    """Give up asking: it is said that nobody knows."""
    call.facts["placed_given_up"] = True
    say(call, str(call.facts.get("placed_state") or UNKNOWN))


def say(call: Call, state: str) -> None:
    """Write down where a call stands, and let its thread be drawn again."""
    call.facts["placed_state"] = state
    call.save(update_fields=["facts", "provider_id"])
    placed.show(call)
