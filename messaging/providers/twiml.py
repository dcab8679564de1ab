"""A voice plan as TwiML, which Twilio, the phone simulator and TeXML (Telnyx) read.

Sources: telephony.md 1.2 (Dial), 1.5 (Record), 3.5 (Gather), 4.2 (TeXML).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from messaging.plan import (
    Bridge,
    Connect,
    Gather,
    Hangup,
    Play,
    Press,
    Record,
    Reject,
    Ring,
    Say,
    Step,
    Wait,
)

if TYPE_CHECKING:
    from twilio.twiml import TwiML
    from twilio.twiml.voice_response import VoiceResponse

SILENCE = b'<?xml version="1.0" encoding="UTF-8"?><Response />'


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a reader of TwiML makes of it.

    answers_on_bridge: it knows answerOnBridge, so that the caller hears real ringing; transcribes: it
    writes a voicemail out and reports it to voice/transcript; leaves_out: (verb, attribute) it has
    no such thing as.
    """

    answers_on_bridge: bool = True
    transcribes: bool = True
    leaves_out: frozenset[tuple[str, str]] = frozenset()


TWILIO = Dialect()
# TeXML as far as it is described. To be looked at on a live account, in this order: answerOnBridge
# and the words before the bridge (<Number url>), sequential, whether <Gather> takes a method.
TELNYX = Dialect(
    answers_on_bridge=False,
    transcribes=False,
    leaves_out=frozenset({("Gather", "actionOnEmptyResult"), ("Gather", "method")}),
)


@lru_cache(maxsize=5_000)
def render(base: str, steps: tuple[Step, ...], dialect: Dialect) -> bytes:
    """Render a plan. A line's plans are few and asked for at every call, so they are kept.

    base: the address of the provider's voice webhook, whose paths the actions lie below; query keys
    of emitted URLs stay sorted (telephony.md 1.6).
    """
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    for step in steps:
        if isinstance(step, Ring):
            _ring(response, base, step, dialect)
        elif isinstance(step, Say | Play):
            _speak(response, step)
        elif isinstance(step, Gather):
            _gather(response, base, step)
        elif isinstance(step, Record):
            _record(response, base, step, dialect)
        elif isinstance(step, Bridge):
            _bridge(response, base, step)
        elif isinstance(step, Hangup):
            response.hangup()
        elif isinstance(step, Wait):
            response.pause(length=step.seconds)
        elif isinstance(step, Press):
            response.play(digits=step.key)
        elif isinstance(step, Reject):
            response.reject()
        elif isinstance(step, Connect):
            continue  # an empty answer on the leg of whoever was rung connects it
    _leave_out(response, dialect)
    return str(response).encode()


def _leave_out(verb: TwiML, dialect: Dialect) -> None:
    for name, attribute in dialect.leaves_out:
        if verb.name == name:
            verb.attrs.pop(attribute, None)
    for inner in verb.verbs:
        _leave_out(inner, dialect)


def _ring(response: VoiceResponse, base: str, step: Ring, dialect: Dialect) -> None:
    from twilio.twiml.voice_response import Dial

    about: dict[str, Any] = {"timeout": step.seconds}
    if dialect.answers_on_bridge:
        # The caller hears real ringing and is connected only to a person. It counts only where this
        # is the first verb: words before it answer the call.
        about["answer_on_bridge"] = True
    if step.in_order and len(step.numbers) > 1:
        about["sequential"] = True
    ended, screen = ("oncall", "oncall/screen") if step.on_call else ("dial", "screen")
    dial = Dial(action=f"{base}/{ended}", method="POST", **about)
    for number in step.numbers:
        extra = {"url": f"{base}/{screen}", "method": "POST"} if step.press_one else {}
        dial.number(number, **extra)
    response.append(dial)


def _bridge(response: VoiceResponse, base: str, step: Bridge) -> None:
    from twilio.twiml.voice_response import Dial

    # Without an action of its own the plan just goes on: nobody's greeting is played to a member.
    told = {"action": f"{base}/{step.tells}", "method": "POST"} if step.tells else {}
    dial = Dial(timeout=step.seconds, caller_id=step.shows, **told)
    dial.number(step.number)
    response.append(dial)


def _gather(response: VoiceResponse, base: str, step: Gather) -> None:
    from twilio.twiml.voice_response import Gather as Verb

    on_their_leg = step.to.endswith("screen")
    # Nothing pressed is nothing posted: the next verb has its turn (telephony.md 3.5).
    silent = {} if on_their_leg else {"action_on_empty_result": False}
    verb = Verb(
        num_digits=1, timeout=step.seconds, action=f"{base}/{step.to}", method="POST", **silent
    )
    if {step.consent_key, step.emergency_key} & {"#"}:
        verb.attrs["finishOnKey"] = ""  # else # would end the entry and be no key
    for part in step.prompt:
        _speak(verb, part)
    response.append(verb)
    if on_their_leg:
        response.hangup()


def _speak(verb: Any, part: Say | Play) -> None:
    if isinstance(part, Play):
        verb.play(part.url)
    else:
        verb.say(part.words)


def _record(response: VoiceResponse, base: str, step: Record, dialect: Dialect) -> None:
    about: dict[str, Any] = {}
    if step.transcribe and dialect.transcribes:
        about = {"transcribe": True, "transcribe_callback": f"{base}/transcript"}
    # An action of its own, else <Record> posts to this very URL again, for ever.
    response.record(
        action=f"{base}/recording", method="POST", max_length=step.seconds, play_beep=True,
        recording_status_callback=f"{base}/recording", **about,
    )  # fmt: skip
