"""A voice plan as TwiML, which Twilio, the phone simulator and TeXML (Telnyx) read.

Sources: telephony.md 1.2 (Dial), 1.5 (Record), 3.5 (Gather), 4.2 (TeXML).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from messaging.plan import AskConsent, AskPressOne, Connect, Hangup, Record, Reject, Ring, Say, Step

SILENCE = b'<?xml version="1.0" encoding="UTF-8"?><Response />'


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a reader of TwiML makes of it.

    answers_on_bridge: it knows answerOnBridge, so that the caller hears real ringing.
    """

    answers_on_bridge: bool = True


TWILIO = Dialect()


@lru_cache(maxsize=5_000)
def render(base: str, steps: tuple[Step, ...], dialect: Dialect) -> bytes:
    """Render a plan. A line's plans are few and asked for at every call, so they are kept.

    base: the address of the provider's voice webhook, whose paths the actions lie below; query keys
    of emitted URLs stay sorted (telephony.md 1.6).
    """
    from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

    response = VoiceResponse()
    for step in steps:
        if isinstance(step, Ring):
            # answerOnBridge: the caller hears real ringing and is connected only to a person. It
            # counts only where this is the first verb: words before it answer the call.
            bridged = {"answer_on_bridge": True} if dialect.answers_on_bridge else {}
            dial = Dial(action=f"{base}/dial", method="POST", timeout=step.seconds, **bridged)
            for number in step.numbers:
                extra = {"url": f"{base}/screen", "method": "POST"} if step.press_one else {}
                dial.number(number, **extra)
            response.append(dial)
        elif isinstance(step, Say):
            response.say(step.words)
        elif isinstance(step, Record):
            # An action of its own, else <Record> posts to this very URL again, for ever.
            response.record(
                action=f"{base}/recording", method="POST", max_length=step.seconds,
                play_beep=True, recording_status_callback=f"{base}/recording",
            )  # fmt: skip
        elif isinstance(step, AskPressOne):
            gather = Gather(num_digits=1, timeout=6, action=f"{base}/screen", method="POST")
            gather.say(step.words)
            response.append(gather)
            response.hangup()
        elif isinstance(step, AskConsent):
            # Nothing pressed is nothing posted: the next verb has its turn (telephony.md 3.5).
            gather = Gather(
                num_digits=1, timeout=step.seconds, action=f"{base}/consent", method="POST",
                action_on_empty_result=False,
            )  # fmt: skip
            gather.say(step.words)
            response.append(gather)
        elif isinstance(step, Hangup):
            response.hangup()
        elif isinstance(step, Reject):
            response.reject()
        elif isinstance(step, Connect):
            continue  # an empty answer on the staff's leg connects it
    return str(response).encode()
