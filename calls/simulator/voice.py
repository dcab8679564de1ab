"""One call on the simulated network: it rings, obeys the answers it gets, and reports what happened.

Source: telephony.md 1.4; every situation there can be placed from the page. Seconds are real
unless the plan is sped up; durations reported to the platform are never scaled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from calls.simulator import listening, twiml
from calls.simulator.dialect import Place, staff_fields, timestamp, voice_fields
from calls.simulator.listening import CallerGone
from calls.simulator.network import Network
from calls.simulator.twiml import (
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from calls.simulator.wire import Wire

WEBHOOKS = "/webhooks/simulator"
STAFF = (
    "no_answer", "caller_hangs_up", "busy", "unreachable", "decline", "voicemail", "answers",
    "by_hand",
)  # fmt: skip
AFTERWARDS = (
    "hangs_up", "leaves_message", "listens", "presses_1", "emergency", "emergency_unanswered",
)  # fmt: skip
_LISTEN = 0.1  # seconds between two looks at what people do on the page


@dataclass(frozen=True, slots=True)
class Plan:
    """What people do. staff: one of STAFF; afterwards: one of AFTERWARDS; seconds are real seconds."""

    caller: str
    staff: str = "no_answer"
    ring_seconds: float = 6
    talk_seconds: int = 8
    message_seconds: int = 5
    afterwards: str = "hangs_up"
    speed: float = 1


class VoiceCall:
    """A call from its first ring to its last callback."""

    def __init__(self, network: Network, wire: Wire, place: Place, plan: Plan, sid: str) -> None:
        self.network, self.wire, self.place, self.plan, self.sid = network, wire, place, plan, sid
        self.picked_up_at: float | None = None
        self.final = ""
        self.is_gone = False
        self.emergency_key = ""  # which the caller was told of
        self.state: dict[str, Any] = {
            "sid": sid,
            "account": place.account_sid,
            "caller": plan.caller,
            "business": place.number,
            "business_name": place.business_name,
            "staff_phone": place.staff[0] if place.staff else "",
            "started_at": time.time(),
        }

    # --- what everybody sees and does ----------------------------------------------------------

    async def show(
        self,
        state: str,
        staff: str = "idle",
        *,
        seconds: float | None = None,
        says: str = "",
        key: str = "",
        emergency: str = "",
    ) -> None:
        """Tell both phones where the call stands.

        seconds: how long this lasts at most, for a countdown; key, emergency: what the caller may
        press now, for a text and in need.
        """
        now = time.time()
        until = now + seconds / self.plan.speed if seconds else None
        self.state |= {
            "state": state,
            "staff": staff,
            "says": says,
            "key": key,
            "emergency": emergency,
            "since": now,
            "until": until,
            "picked_up_at": self.picked_up_at,
        }
        await self.network.keep_call(self.state)
        await self.network.tell(self.plan.caller, "call", at=now, **self.state)

    async def wait(self, seconds: float, *words: str) -> str:
        """Wait, and return early with an instruction among `words`. Raises CallerGone."""
        until = time.monotonic() + seconds / self.plan.speed
        while True:
            word = await self.network.instruction(self.sid)
            if word == "hang_up":
                raise CallerGone
            if word and word in words:
                return word
            left = until - time.monotonic()
            if left <= 0:
                return ""
            await asyncio.sleep(min(_LISTEN, left))

    def pick_up(self) -> None:
        """The platform answers the caller's leg; from here on the caller pays."""
        self.picked_up_at = self.picked_up_at or time.time()

    @property
    def status(self) -> str:
        """CallStatus of the caller's leg right now."""
        if self.is_gone:
            return "completed"
        return "in-progress" if self.picked_up_at else "ringing"

    async def ask(self, url: str, title: str, **extra: str) -> tuple[Verb, ...]:
        """Post about the caller's leg and return what to do next; nothing when there was no answer."""
        fields = voice_fields(self.place, self.sid, self.plan.caller, self.status) | extra
        return await self.verbs(await self.send(url, fields, title))

    async def send(self, url: str, fields: dict[str, str], title: str) -> bytes | None:
        """Post a webhook of this call and return the answer's body, None when there was none."""
        answer = await self.wire.report(
            self.place, self.plan.caller, url, fields, title, call=self.sid
        )
        return answer.body if answer else None

    async def verbs(self, body: bytes | None) -> tuple[Verb, ...]:
        """Return what an answer tells us to do, and tell the page; an unusable one ends the call."""
        try:
            verbs = twiml.parse(body) if body is not None else (Hangup(),)
        except twiml.BadTwiml as error:
            await self.network.tell(
                self.plan.caller,
                "problem",
                business=self.place.number,
                call=self.sid,
                title=f"Cannot follow: {error}",
            )
            return (Hangup(),)
        told = [twiml.in_words(verb) for verb in verbs]
        if told:
            await self.network.tell(
                self.plan.caller, "verbs", business=self.place.number, call=self.sid, told=told
            )
        return verbs

    # --- the call ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Place the call and see it to its end; raises only what stops the process."""
        await self.show("calling")
        body = await self.send(
            f"{WEBHOOKS}/voice",
            voice_fields(self.place, self.sid, self.plan.caller, "ringing"),
            "A call comes in",
        )
        if body is None:
            # A provider then asks the fallback address (telephony.md 1.6).
            verbs = await self.ask(
                f"{WEBHOOKS}/fallback",
                "The first answer failed: the fallback is asked",
                ErrorCode="11200",
                ErrorUrl=f"{settings.PUBLIC_BASE_URL}{WEBHOOKS}/voice",
            )
        else:
            verbs = await self.verbs(body)
        try:
            await self.follow(verbs)
            how = "The platform ended the call"
        except CallerGone:
            self.is_gone = True
            self.state.setdefault("hung_up_at", time.time())
            how = "The caller hung up"
        await self._finish(how)

    async def _finish(self, how: str) -> None:
        ended = time.time()
        self.state["ended_at"] = ended
        if not self.final:
            self.final = (
                "completed" if self.picked_up_at else "canceled" if self.is_gone else "no-answer"
            )
        self.state["status"] = self.final
        seconds = round((ended - self.picked_up_at) * self.plan.speed) if self.picked_up_at else 0
        await self.show("ended", says=how)
        fields = voice_fields(self.place, self.sid, self.plan.caller, self.final)
        fields |= {
            "CallDuration": str(seconds),
            "Duration": str(-(-seconds // 60)),
            "SequenceNumber": "0",
            "Timestamp": timestamp(datetime.now(UTC)),
            "CallbackSource": "call-progress-events",
        }
        await self.send(f"{WEBHOOKS}/voice/status", fields, f"The call is over ({self.final})")

    async def follow(self, verbs: Sequence[Verb]) -> None:
        """Do what the platform said until the call ends."""
        left = list(verbs)
        for _ in range(50):  # an answer that redirects to itself must not run for ever
            if not left:
                return
            verb = left.pop(0)
            match verb:
                case Hangup():
                    return
                case Reject(reason):
                    self.final = "busy" if reason == "busy" else "no-answer"
                    return
                case Say(words):
                    await listening.speak(self, words, left)
                case Play():
                    await listening.speak(self, twiml.RECORDED, left)
                case Gather() as gather:
                    after = await listening.offer(self, gather, left)
                    left = left if after is None else list(after)
                case Pause(seconds):
                    await self.wait(seconds)
                case Redirect(url):
                    left = list(await self.ask(url, "Redirected"))
                case Dial() as dial:
                    # Verbs after a <Dial> with an action are unreachable (telephony.md 1.2).
                    after = await self.dial(dial)
                    left = left if after is None else list(after)
                case Record() as record:
                    await listening.record(self, record)

    async def dial(self, verb: Dial) -> tuple[Verb, ...] | None:
        """Ring the staff and return what follows; None lets the next verb have its turn."""
        from calls.simulator.ringing import (
            Ringing,  # it drives this call: imported where it is used
        )

        if not verb.answer_on_bridge:
            self.pick_up()
        ringing = Ringing(self, verb)
        gone: CallerGone | None = None
        try:
            await ringing.run()
        except CallerGone as error:
            gone, self.is_gone = error, True
            self.state["hung_up_at"] = time.time()
            ringing.caller_left()
        if not ringing.bridged:
            # From here the platform may know that the call was missed: the page measures from it.
            self.state["rang_until"] = time.time()
        await ringing.report_legs()
        after: tuple[Verb, ...] | None = None
        if verb.action:
            after = await self.ask(verb.action, ringing.summary, **ringing.dial_fields())
        if gone:
            if not ringing.bridged and verb.answer_on_bridge:
                self.final = "canceled"
            raise gone
        return after

    def staff_fields(self, child: str, phone: str, status: str) -> dict[str, str]:
        """Return the fields of a webhook about a staff leg of this call."""
        return staff_fields(self.place, child, self.sid, self.plan.caller, phone, status)
