"""A member calls somebody back on the simulated network: two phones ring, one after the other.

The staff phone rings first; who picks it up hears the platform's words, and is put through to the
person, whose phone shows the business's number. People press the buttons of both phones on the page,
or a program instructs them; a phone nobody touches rings out. Contract: telephony.md 1.2, 2.4.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from calls.simulator import dialect, twiml
from calls.simulator.dialect import Place
from calls.simulator.network import Network
from calls.simulator.twiml import BadTwiml, Dial, Hangup, Pause, Say
from calls.simulator.wire import Wire

_LISTEN = 0.1  # seconds between two looks at what people do on the page
_SPOKEN_SECONDS = 1.5  # the words before the ringing are shown, not waited for in full
_ENDS = {"caller_decline": "busy", "hang_up": "busy", "staff_hang_up": "canceled", "": "no-answer"}


def dial_of(document: str) -> Dial | None:
    """Return whom an answer puts through to, None where it puts nobody through."""
    try:
        verbs = twiml.parse(document.encode())
    except BadTwiml:
        return None
    return next((verb for verb in verbs if isinstance(verb, Dial)), None)


class CallBack:
    """One call from a line to a staff phone, and on to a person. Times are Unix seconds."""

    def __init__(
        self, network: Network, wire: Wire, line: Place, leg: dict[str, Any],
        form: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.network, self.wire, self.line, self.leg, self.form = network, wire, line, leg, form
        dial = dial_of(form["Twiml"])
        assert dial is not None
        self.dial, self.person = dial, dial.numbers[0].phone
        self.sid = dialect.new_sid("CA")  # under which the page knows both legs
        self.talked = 0
        self.state: dict[str, Any] = {
            "sid": self.sid, "account": line.account_sid, "caller": self.person,
            "business": line.number, "business_name": line.business_name, "staff_phone": leg["business"],
            "started_at": time.time(), "picked_up_at": None, "back": True,
        }  # fmt: skip

    async def run(self) -> str:
        """See the call to its end; returns how the staff's leg ended, in the provider's word."""
        rings = int(self.form.get("Timeout", "60"))
        # Who looks at another caller's phone learns by the line's own story whose phone will ring.
        await self.network.tell(
            self.line.number, "back", business=self.line.number, caller=self.person, call=self.sid
        )
        await self._show("back_staff", "back_ringing", seconds=rings)
        word = await self._wait(rings, "answer", "decline", "hang_up")
        ended = {"": "no-answer", "decline": "busy", "hang_up": "canceled"}.get(word, "completed")
        if word == "answer":
            self.leg |= {"picked_up_at": time.time(), "status": "in-progress"}
            await self.network.keep_leg(self.leg)
            await self._follow()
        await self._show("ended", "idle", says=f"The call back is over ({ended})")
        return ended

    async def _follow(self) -> None:
        """Do what the platform said when the call was placed."""
        for verb in twiml.parse(self.form["Twiml"].encode()):
            match verb:
                case Say(words):
                    await self._show("back_staff", "back_waiting", says=words)
                    if await self._wait(_SPOKEN_SECONDS, "staff_hang_up", "hang_up"):
                        return
                case Pause(seconds):
                    if await self._wait(seconds, "staff_hang_up", "hang_up"):
                        return
                case Dial():
                    await self._put_through()
                    return  # what follows a <Dial> with an action is never reached
                case _:
                    return

    async def _put_through(self) -> None:
        child: dict[str, Any] = {
            **self.leg, "sid": dialect.new_sid("CA"), "parent": self.leg["sid"],
            "business": self.person, "direction": "outbound-dial", "status": "queued",
            "started_at": time.time(), "picked_up_at": None, "ended_at": None,
        }  # fmt: skip
        await self.network.keep_leg(child)
        await self._show("back_ringing", "back_waiting", seconds=self.dial.seconds)
        word = await self._wait(
            self.dial.seconds, "caller_answer", "caller_decline", "hang_up", "staff_hang_up"
        )
        status, seconds = _ENDS.get(word, "completed"), 0
        if word == "caller_answer":
            child["picked_up_at"] = self.state["picked_up_at"] = began = time.time()
            await self._show("talking", "talking")
            # Both may hang up; the one that called ends its own leg as well.
            word = await self._wait(
                float(self.form.get("TimeLimit", "14400")), "hang_up", "staff_hang_up"
            )
            seconds = max(1, round(time.time() - began))
        child |= {"status": status, "ended_at": time.time(), "state": "ended"}
        await self.network.keep_leg(child)
        await self._report(status, child["sid"], seconds, is_over=word == "staff_hang_up")

    async def _report(self, status: str, child: str, seconds: int, *, is_over: bool) -> None:
        """Tell the platform how the ringing of the person ended; nothing it could answer goes on."""
        if not self.dial.action:
            return
        fields = {
            **leg_fields(self.leg, "completed" if is_over else "in-progress"),
            "DialCallStatus": status, "DialCallSid": child, "DialCallDuration": str(seconds),
            "DialBridged": str(seconds > 0).lower(),
        }  # fmt: skip
        answer = await self.wire.report(
            self.line, self.person, self.dial.action, fields,
            f"The ringing of the person ended ({status})", call=self.sid,
        )  # fmt: skip
        verbs = twiml.parse(answer.body) if answer else ()
        assert all(isinstance(verb, Hangup) for verb in verbs), "a call back ends after the ringing"

    async def _show(
        self, state: str, staff: str, *, seconds: float | None = None, says: str = ""
    ) -> None:
        now = time.time()
        self.state |= {
            "state": state, "staff": staff, "says": says, "since": now, "key": "", "emergency": "",
            "until": now + seconds if seconds else None,
        }  # fmt: skip
        if state == "ended":
            self.state["ended_at"] = now
        await self.network.keep_call(self.state)
        await self.network.tell(self.person, "call", at=now, **self.state)

    async def _wait(self, seconds: float, *words: str) -> str:
        """Wait, and return early with an instruction among `words`; '' when the time is over."""
        until = time.monotonic() + seconds
        while True:
            word = await self.network.instruction(self.sid)
            if word in words:
                return word
            left = until - time.monotonic()
            if left <= 0:
                return ""
            await asyncio.sleep(min(_LISTEN, left))


def leg_fields(leg: Mapping[str, Any], status: str) -> dict[str, str]:
    """Return the fields every webhook about a leg the platform placed carries."""
    return {
        "AccountSid": leg["account"], "ApiVersion": dialect.API_VERSION, "CallSid": leg["sid"],
        "CallStatus": status, "Direction": leg["direction"], "From": leg["caller"],
        "To": leg["business"], "Timestamp": dialect.timestamp(datetime.now(UTC)),
    }  # fmt: skip
