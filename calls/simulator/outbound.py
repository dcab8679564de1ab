"""Calls the platform itself places on the simulated network, and the network's list of calls.

A call to a line of the network arrives there as any caller's does; a call to a number whose
unanswered calls are forwarded to a line (PhoneNumber.forwards_from) arrives after some rings. How
whoever is called behaves is said in CallReason, words joined by "+": one of voice.STAFF, one of
voice.AFTERWARDS, "fast" (five times), "lost" (the forwarding is off). Contract: telephony.md 7.1.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from calls.simulator import dialect
from calls.simulator.calling_back import CallBack, dial_of, leg_fields
from calls.simulator.dialect import Place
from calls.simulator.http import Refusal
from calls.simulator.network import Network
from calls.simulator.texts import ApiError
from calls.simulator.voice import AFTERWARDS, STAFF, Plan, VoiceCall
from calls.simulator.wire import Wire, is_ours
from messaging.numbers import normalise

_FORWARDS_AFTER_SECONDS = 2.0
_LOOK_SECONDS = 0.1
_FAREWELL_SECONDS = 20.0  # what a call that is told to end may still take
_STARTED = "StartTime>", "StartTime<"
Spawn = Callable[[Coroutine[Any, Any, Any]], None]
# The line a number is, or None; the second says whether it is reached by forwarding.
Reach = Callable[[str], Awaitable[tuple[Place | None, bool]]]
Begin = Callable[[Place, Plan], Awaitable[VoiceCall]]


def check(form: Mapping[str, str]) -> Plan:
    """Return how the call goes. Raises ApiError with the provider's code for what it would refuse."""
    to, sender = form.get("To", ""), form.get("From", "")
    if not to or normalise(to) != to:
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to[:40]}")
    if not sender or normalise(sender) != sender:
        raise ApiError(400, 21212, f"Invalid 'From' Phone Number: {sender[:40]}")
    if to == sender:
        raise ApiError(400, 21266, "'To' and 'From' number cannot be the same.")
    if not form.get("Url") and not form.get("Twiml"):
        raise ApiError(400, 21205, "Url: a 'Url' or 'Twiml' is required.")
    for name in ("Url", "StatusCallback"):
        if form.get(name) and not is_ours(form[name]):
            raise ApiError(400, 21205, f"{name}: expected an address of this platform.")
    rings = _whole(form, "Timeout", 60, 600)
    _whole(form, "TimeLimit", 14_400, 86_400)
    words = [word for word in form.get("CallReason", "").split("+") if word]
    known = {*STAFF, *AFTERWARDS, "fast", "lost"}
    if unknown := [word for word in words if word not in known]:
        raise ApiError(400, 20001, f"CallReason: {unknown[0][:20]} is none of {sorted(known)}.")
    return Plan(
        caller=sender,
        staff=next((word for word in words if word in STAFF), "no_answer"),
        ring_seconds=min(6.0, rings),
        afterwards=next((word for word in words if word in AFTERWARDS), "hangs_up"),
        speed=5.0 if "fast" in words else 1.0,
    )


def _whole(form: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    value = form.get(name, str(otherwise))
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= most:
        raise ApiError(400, 20422, f"{name}: expected a whole number from 1 to {most}.")
    return int(value)


class Outbound:
    """Places calls for an account and lists its calls."""

    def __init__(
        self, network: Network, wire: Wire, spawn: Spawn, reach: Reach, begin: Begin
    ) -> None:
        self.network, self.wire, self.spawn = network, wire, spawn
        self.reach, self.begin = reach, begin

    async def create(self, account: str, token: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Place a call and return its resource at once. Raises ApiError."""
        plan = check(form)
        # Any number nobody else's may be shown: the network takes it as verified by its owner.
        own, forwarded = await self.reach(form["From"])
        if own is not None and not forwarded and own.account_sid != account:
            raise ApiError(400, 21210, f"'From' phone number not verified: {form['From']}")
        leg: dict[str, Any] = {
            "sid": dialect.new_sid("CA"),
            "account": account,
            "caller": form["From"],
            "business": form["To"],
            "direction": "outbound-api",
            "state": "ringing",
            "status": "queued",
            "started_at": time.time(),
            "ended_at": None,
            "picked_up_at": None,
            "parent": "",
        }
        await self.network.keep_leg(leg)
        self.spawn(self._ring(leg, token, dict(form), plan))
        return as_json(leg)

    async def _ring(
        self, leg: dict[str, Any], token: str, form: dict[str, str], plan: Plan
    ) -> None:
        place, forwarded = await self.reach(form["To"])
        lost = forwarded and "lost" in form.get("CallReason", "").split("+")
        own, _ = await self.reach(form["From"])
        if place is None and own is not None and dial_of(form.get("Twiml", "")) is not None:
            line = replace(own, token=token)
            leg["status"] = await CallBack(self.network, self.wire, line, leg, form).run()
        elif place is None or lost:
            # Nobody's number, or one whose calls go nowhere: it rings in vain.
            await asyncio.sleep(min(plan.ring_seconds, _FORWARDS_AFTER_SECONDS) / plan.speed)
            leg["status"] = "no-answer"
        else:
            if forwarded:
                await asyncio.sleep(_FORWARDS_AFTER_SECONDS / plan.speed)
            try:
                await self._follow(leg, await self.begin(place, plan), token, form)
            except Refusal:  # too many calls under way
                leg["status"] = "failed"
        leg |= {"state": "ended", "ended_at": time.time()}
        await self.network.keep_leg(leg)
        if form.get("StatusCallback"):
            await self._tell(leg, token, form["StatusCallback"], leg["status"])

    async def _follow(
        self, leg: dict[str, Any], call: VoiceCall, token: str, form: Mapping[str, str]
    ) -> None:
        """Stay on the line until it ends; our side's plan is asked for when it is answered."""
        until = time.monotonic() + int(form.get("TimeLimit", "14400"))
        while call.state.get("state") != "ended" and time.monotonic() < until + _FAREWELL_SECONDS:
            if call.picked_up_at and not leg["picked_up_at"]:
                leg |= {"picked_up_at": call.picked_up_at, "status": "in-progress"}
                await self.network.keep_leg(leg)
                if form.get("Url"):
                    await self._tell(leg, token, form["Url"], "in-progress")
            if time.monotonic() > until:
                await self.network.instruct(call.sid, "hang_up")
            await asyncio.sleep(_LOOK_SECONDS)
        leg["picked_up_at"] = call.picked_up_at
        never = "busy" if call.final == "busy" else "no-answer"
        leg["status"] = "completed" if call.picked_up_at else never

    async def _tell(self, leg: Mapping[str, Any], token: str, url: str, status: str) -> None:
        """Post about our own leg; who pays for it signs."""
        payer = Place(leg["caller"], "", "", leg["account"], token)
        await self.wire.report(
            payer,
            leg["caller"],
            url,
            {
                **leg_fields(leg, status),
                "CallDuration": str(_talked(leg)),
                "CallbackSource": "call-progress-events",
                "SequenceNumber": "0",
            },
            f"The call we placed: {status}",
            call=leg["sid"],
        )

    async def list(self, account: str, query: Mapping[str, str], path: str) -> dict[str, Any]:
        """Return one page of an account's calls, newest first, of the time asked for."""
        size = _whole(query, "PageSize", 50, 1000)
        page = int(query["Page"]) if query.get("Page", "").isdigit() else 0
        after, before = (_moment(query.get(name, "")) for name in _STARTED)
        found = [
            call
            for call in await self.network.calls_of(account)
            if after <= call["started_at"]
            and (not before or call["started_at"] < before)
            and query.get("From") in (None, call["caller"])
            and query.get("To") in (None, call["business"])
        ]
        shown = found[page * size : (page + 1) * size]

        def at(number: int) -> str:
            return f"{path}?{urlencode({**query, 'PageSize': str(size), 'Page': str(number)})}"

        return {
            "calls": [as_json(call) for call in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": at(page),
            "first_page_uri": at(0),
            "next_page_uri": at(page + 1) if len(found) > (page + 1) * size else None,
            "previous_page_uri": at(page - 1) if page else None,
        }


def _moment(value: str) -> float:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() if value else 0.0
    except ValueError:
        raise ApiError(400, 20001, "StartTime: expected an ISO 8601 time.") from None


def _talked(call: Mapping[str, Any]) -> int:
    if not call.get("picked_up_at"):
        return 0
    return max(0, round((call.get("ended_at") or time.time()) - call["picked_up_at"]))


def as_json(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call as the provider's Call resource."""
    account, sid = call["account"], call["sid"]
    started = dialect.timestamp(datetime.fromtimestamp(call["started_at"], UTC))
    ended_at = call.get("ended_at")
    ended = dialect.timestamp(datetime.fromtimestamp(ended_at, UTC)) if ended_at else None
    going = "in-progress" if call.get("picked_up_at") else "ringing"
    return {
        "account_sid": account,
        "answered_by": None,
        "api_version": dialect.API_VERSION,
        "caller_name": None,
        "date_created": started,
        "date_updated": ended or started,
        "direction": call.get("direction") or "inbound",
        "duration": str(_talked(call)) if ended_at else None,
        "end_time": ended,
        "forwarded_from": None,
        "from": call["caller"],
        "from_formatted": call["caller"],
        "group_sid": None,
        "parent_call_sid": call.get("parent") or None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": sid,
        "start_time": started,
        "status": call.get("status") or going,
        "subresource_uris": {},
        "to": call["business"],
        "to_formatted": call["business"],
        "trunk_sid": None,
        "uri": f"/{dialect.API_VERSION}/Accounts/{account}/Calls/{sid}.json",
    }


def line_of(number: str) -> dict[str, Any]:
    """Return a Lookup of a number. Magic endings: 0006 a landline, 0005 VoIP, 0004 not known."""
    kind, carrier = "mobile", "Simulated Wireless"
    if number.endswith("0006"):
        kind, carrier = "landline", "Simulated Telephone"
    elif number.endswith("0005"):
        kind, carrier = "nonFixedVoip", "Simulated VoIP"
    elif number[:5] in ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"):
        kind = "tollFree"
    elif number.endswith("0004"):
        kind, carrier = "unknown", ""
    valid = normalise(number) == number
    return {
        "calling_country_code": "1" if number.startswith("+1") else None,
        "country_code": "US" if number.startswith("+1") else None,
        "phone_number": number,
        "national_format": None,
        "valid": valid,
        "validation_errors": None if valid else ["INVALID_BUT_POSSIBLE"],
        "line_type_intelligence": {
            "type": kind,
            "carrier_name": carrier,
            "mobile_country_code": None,
            "mobile_network_code": None,
            "error_code": None,
        },
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
    }
