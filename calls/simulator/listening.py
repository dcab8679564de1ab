"""The caller's side of a call that the platform answers: listening, pressing a key, leaving a message."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from calls.consented import spoken_seconds
from calls.simulator.dialect import new_sid, voice_fields
from calls.simulator.twiml import Dial, Gather, Record, Verb

if TYPE_CHECKING:
    from calls.simulator.voice import VoiceCall

_LONGEST_SPEECH = 4.0  # a greeting is shown in full but not waited for in full
_PATIENCE = 2.2  # seconds of greeting heard by a caller who has no reason to stay
_FINDS_THE_KEY = 1.6  # seconds until somebody who wants to press it has
_MESSAGE = "Hi, this is about the leak in our kitchen. Please call me back. Thank you."
_KEYS = {"star": "*", "pound": "#"}
_PRESS = re.compile(r"\bpress (star|pound|[0-9*#])", re.IGNORECASE)
_EMERGENCY = re.compile(r"\bemergency, press (star|pound|[0-9*#])", re.IGNORECASE)


class CallerGone(Exception):
    """The caller hung up."""


def _length(call: VoiceCall, words: str, ahead: Sequence[Verb]) -> float:
    """Return how many seconds words last; those before a ringing, or heard out, are never cut short."""
    heard_out = call.plan.afterwards == "listens" or any(isinstance(verb, Dial) for verb in ahead)
    return spoken_seconds(words) if heard_out else min(_LONGEST_SPEECH, spoken_seconds(words))


def _stays(call: VoiceCall, ahead: Sequence[Verb]) -> bool:
    """Whether what comes next is worth staying for."""
    worth = {
        "leaves_message": (Record, Dial),
        "presses_1": (Gather, Dial),
        "emergency": (Gather, Dial),
        "emergency_unanswered": (Gather, Dial),
    }
    wanted = worth.get(call.plan.afterwards, (Dial,))
    return call.plan.afterwards == "listens" or any(isinstance(verb, wanted) for verb in ahead)


def keys_in(words: str) -> tuple[str, str]:
    """Return which key a caller is told to press for a text and which in an emergency, '' for none."""
    urgent = _EMERGENCY.search(words)
    others = _PRESS.search(_EMERGENCY.sub("", words))
    named = [_KEYS.get(f.group(1).lower(), f.group(1)) if f else "" for f in (others, urgent)]
    return named[0], named[1]


async def speak(call: VoiceCall, words: str, ahead: Sequence[Verb]) -> None:
    """Speak to the caller, who leaves half way unless there is a reason to stay. Raises CallerGone.

    ahead: what the plan still holds.
    """
    call.pick_up()
    length = _length(call, words, ahead)
    await call.show("greeting", seconds=length, says=words)
    if _stays(call, ahead):
        await call.wait(length)
    else:
        await call.wait(min(length, _PATIENCE))
        raise CallerGone


async def offer(call: VoiceCall, verb: Gather, ahead: Sequence[Verb]) -> tuple[Verb, ...] | None:
    """Speak and wait for a key; returns what follows the pressed one, None when none was pressed.

    A key can be pressed on the page, too, for as long as it is open. Raises CallerGone.
    """
    call.pick_up()
    seconds = _length(call, verb.words, ahead) + verb.seconds
    key, urgent = keys_in(verb.words)
    # Who was told of the emergency's key earlier still knows it.
    urgent = call.emergency_key = urgent or call.emergency_key
    await call.show("greeting", seconds=seconds, says=verb.words, key=key, emergency=urgent)
    wanted = {
        "presses_1": key,
        "emergency": urgent,
        "emergency_unanswered": urgent,
    }.get(call.plan.afterwards, "")
    stays = _stays(call, ahead)
    patience = _FINDS_THE_KEY if wanted else seconds if stays else _PATIENCE
    by_hand = {"caller_press_1": key, "caller_press_emergency": urgent}
    word = await call.wait(min(seconds, patience), *(word for word, it in by_hand.items() if it))
    pressed = by_hand.get(word) or wanted
    if pressed:
        call.state["pressed_at"] = time.time()
        return await call.ask(verb.action, f"The caller pressed {pressed}", Digits=pressed)
    if not stays:
        raise CallerGone
    return None


async def record(call: VoiceCall, verb: Record) -> None:
    """Take a message; hanging up is how callers end one. Raises CallerGone."""
    call.pick_up()
    if call.plan.afterwards != "leaves_message":
        raise CallerGone
    seconds = max(1, min(call.plan.message_seconds, verb.seconds))
    started = time.time()
    await call.show("recording", seconds=seconds, says="Leaving a message")
    try:
        await call.wait(seconds)
    except CallerGone:
        seconds = max(1, round((time.time() - started) * call.plan.speed))
    call.is_gone = True
    sid = new_sid("RE")
    url = (
        f"{settings.SIMULATOR_API_BASE_URL}/2010-04-01/Accounts/{call.place.account_sid}"
        f"/Recordings/{sid}-{seconds}"
    )
    about = {"RecordingUrl": url, "RecordingSid": sid, "RecordingDuration": str(seconds)}
    if verb.action:
        await call.ask(verb.action, f"A message of {seconds} s was left", **about, Digits="hangup")
    if verb.callback:
        await call.ask(
            verb.callback,
            "The recording is stored",
            **about,
            RecordingStatus="completed",
            RecordingSource="RecordVerb",
            RecordingChannels="1",
        )
    if verb.transcript:
        await call.send(
            verb.transcript,
            voice_fields(call.place, call.sid, call.plan.caller, "completed")
            | about
            | {
                "TranscriptionSid": new_sid("TR"),
                "TranscriptionStatus": "completed",
                "TranscriptionText": _MESSAGE,
            },
            "The message was written out",
        )
    raise CallerGone
