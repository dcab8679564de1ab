"""The staff's side of a call: phones ring, somebody picks up or nobody does, a 1 is pressed or not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calls.simulator.dialect import new_sid, timestamp
from calls.simulator.listening import CallerGone
from calls.simulator.twiml import Dial, Gather, Hangup, Number, Pause, Say, Verb

if TYPE_CHECKING:
    from calls.simulator.voice import VoiceCall

_BUSY_SECONDS = 0.8  # how long a busy line takes to say so
_THINKS_SECONDS = 1.4  # before a person presses 1

_SUMMARIES = {
    "no-answer": "The ringing ended: nobody picked up",
    "busy": "The ringing ended: the staff's line is busy",
    "canceled": "The caller hung up while it rang",
    "completed": "The staff's leg is over",
    "failed": "The staff's phone cannot be reached",
}


class Ringing:
    """One <Dial>: its phones ring at once, of which the page shows the first, or one after the other."""

    def __init__(self, call: VoiceCall, verb: Dial) -> None:
        self.call, self.verb = call, verb
        self.legs = [(number, new_sid("CA")) for number in verb.numbers]
        self.status = "no-answer"
        self.bridged = False
        self.answered_at: float | None = None
        self.seconds = 0
        self.turn = 0  # which phone rings, or was picked up

    @property
    def _leg(self) -> tuple[Number, str]:
        return self.legs[self.turn]

    @property
    def _is_on_call(self) -> bool:
        return self.verb.action.endswith("/oncall")

    @property
    def _whose(self) -> str:
        """Say which phone of several this is, where it is not just the staff's."""
        if self._is_on_call:
            return "the one on call"
        return f"phone {self.turn + 1} of {len(self.legs)}" if self.verb.in_order else ""

    @property
    def _does(self) -> str:
        """What the phone that rings does: one of voice.STAFF."""
        plan = self.call.plan
        if self._is_on_call:
            # Whoever is on call takes an emergency, unless the plan or the page says otherwise.
            reached = "answers" if plan.afterwards == "emergency" else "no_answer"
            return "by_hand" if plan.staff == "by_hand" else reached
        if self.verb.in_order and plan.staff == "answers" and self.turn < len(self.legs) - 1:
            return "no_answer"  # the last of them picks up, so that one sees them all ring
        return plan.staff

    @property
    def summary(self) -> str:
        """What the end of the ringing is called on the page."""
        if self.status == "completed" and not self.bridged:
            return "Somebody picked up, but nobody pressed 1"
        return _SUMMARIES[self.status]

    def dial_fields(self) -> dict[str, str]:
        """Return what the Dial's action is told (telephony.md 1.2)."""
        return {
            "DialCallStatus": self.status,
            "DialCallSid": self._leg[1],
            "DialCallDuration": str(self.seconds),
            "DialBridged": str(self.bridged).lower(),
        }

    def caller_left(self) -> None:
        """The caller hung up: a conversation is over, a ringing is cancelled."""
        self._count()
        self.status = "completed" if self.bridged else "canceled"

    async def run(self) -> None:
        """Ring until something happens. Raises CallerGone."""
        turns = range(len(self.legs)) if self.verb.in_order else range(1)
        for turn in turns:
            self.turn = turn
            self.call.state["turn"] = self._whose
            for number, child in [self.legs[turn]] if self.verb.in_order else self.legs:
                for status in ("initiated", "ringing"):
                    await self._progress(number, child, status, status)
            await self._ring()
            if self.answered_at is not None:
                return

    async def _ring(self) -> None:
        """Ring the phone whose turn it is, or all of them. Raises CallerGone."""
        plan, does = self.call.plan, self._does
        rings = min(float(self.verb.seconds), plan.ring_seconds)
        if does == "by_hand":
            rings = float(self.verb.seconds)
        self.status = "no-answer"
        if does in ("busy", "unreachable"):
            await self.call.show("ringing", "busy", seconds=_BUSY_SECONDS)
            await self.call.wait(_BUSY_SECONDS)
            self.status = "busy" if does == "busy" else "failed"
            return
        await self.call.show("ringing", "ringing", seconds=rings)
        word = await self.call.wait(rings, "answer", "decline")
        if not word:
            in_time = plan.ring_seconds < self.verb.seconds
            word = (
                {"decline": "decline", "answers": "answer", "voicemail": "voicemail"}.get(does, "")
                if in_time
                else ""
            )
            if does == "caller_hangs_up" and in_time:
                raise CallerGone
        if word == "decline":
            self.status = "busy"  # what most carriers report for a declined call
        elif word:
            await self._picked_up(word)

    async def _picked_up(self, by: str) -> None:
        number, child = self._leg
        self.answered_at, self.status = time.time(), "completed"
        await self._progress(number, child, "answered", "in-progress")
        if await self._accepted(number, child, by):
            self.bridged = True
            self.call.pick_up()
            self.answered_at = time.time()
            if by == "voicemail":
                await self.call.show(
                    "talking",
                    "voicemail",
                    seconds=self.call.plan.talk_seconds,
                    says="The staff phone's own voicemail talks to the caller",
                )
            else:
                await self.call.show("talking", "talking", seconds=self.call.plan.talk_seconds)
            await self.call.wait(self.call.plan.talk_seconds, "staff_hang_up")
        self._count()

    def _count(self) -> None:
        if self.answered_at is not None:
            self.seconds = round((time.time() - self.answered_at) * self.call.plan.speed)

    async def _accepted(self, number: Number, child: str, by: str) -> bool:
        """Whether the leg may be connected: what the whisper's answers say."""
        if not number.whisper:
            return True
        verbs = await self._ask(
            number, child, number.whisper, "The staff phone picked up: what now?"
        )
        for _ in range(10):
            pressed, after = await self._follow(verbs, by)
            if pressed is None:
                return after
            url, digit = pressed
            verbs = await self._ask(number, child, url, f"“{digit}” was pressed", Digits=digit)
        return False

    async def _follow(
        self, verbs: tuple[Verb, ...], by: str
    ) -> tuple[tuple[str, str] | None, bool]:
        """Obey on the staff's leg; returns (where to post which key) or (None, connect or not)."""
        for verb in verbs:
            match verb:
                case Gather(words, _, seconds, action):
                    await self.call.show(
                        "ringing",
                        "screening_voicemail" if by == "voicemail" else "screening",
                        seconds=seconds,
                        says=words,
                    )
                    if by == "voicemail":
                        await self.call.wait(seconds)  # a voicemail presses nothing
                        continue
                    by_hand = self._does != "answers"
                    word = await self.call.wait(
                        seconds if by_hand else _THINKS_SECONDS, "press_1", "decline"
                    )
                    if word == "press_1" or (not by_hand and word != "decline"):
                        return (action, "1"), False
                    if word == "decline":
                        return None, False
                case Say(words):
                    await self.call.show("ringing", "screening", says=words)
                    await self.call.wait(0.3 * len(words.split()))
                case Pause(seconds):
                    await self.call.wait(seconds)
                case Hangup():
                    return None, False
        return None, True

    async def _ask(
        self, number: Number, child: str, url: str, title: str, **extra: str
    ) -> tuple[Verb, ...]:
        fields = self.call.staff_fields(child, number.phone, "in-progress") | extra
        return await self.call.verbs(await self.call.send(url, fields, title))

    async def report_legs(self) -> None:
        """Post the last progress of every leg: one that was picked up, the others cancelled."""
        rung = self.legs[: self.turn + 1] if self.verb.in_order else self.legs
        for number, child in rung:
            is_it = (number, child) == self._leg
            others = "no-answer" if self.verb.in_order else "canceled"
            status = self.status if is_it or self.answered_at is None else others
            await self._progress(number, child, "completed", status, self.seconds if is_it else 0)

    async def _progress(
        self, number: Number, child: str, event: str, status: str, seconds: int = 0
    ) -> None:
        if not number.callback or event not in number.events:
            return
        order = ["initiated", "ringing", "answered", "completed"].index(event)
        fields = self.call.staff_fields(child, number.phone, status) | {
            "CallDuration": str(seconds),
            "SequenceNumber": str(order),
            "Timestamp": timestamp(datetime.now(UTC)),
            "CallbackSource": "call-progress-events",
        }
        await self.call.send(number.callback, fields, f"Staff leg: {event} ({status})")
